import { assert } from '@straylight/kit'

/** A month of prices is 30 days. */
export const hoursPerMonth = 720n

export interface Price {
  sku: string
  /** `vCPU`, `GiB`, `address` */
  unit: string
  /** Micro-units of the currency for one unit and hour. */
  unitHourMicros: bigint
}

/** The prices of one currency that are in force at a moment, by SKU. */
export interface PriceList {
  versionId: string
  currency: string
  validFrom: Date
  prices: ReadonlyMap<string, Price>
}

/** So many units of a SKU. */
export interface Line {
  sku: string
  quantity: number
}

export interface RatedLine extends Line {
  unit: string
  hourMicros: bigint
  monthMicros: bigint
}

export interface Rated {
  currency: string
  hourMicros: bigint
  monthMicros: bigint
  lines: RatedLine[]
}

/** What `lines` cost: the one computation behind the price of an offer, the hold of an order and the rate of a meter. Exact: prices are whole micro-units per hour. */
export function rate({ prices, currency }: PriceList, lines: Line[]): Rated {
  const rated = lines.map(({ sku, quantity }) => {
    const price = prices.get(sku)
    assert(price, `${sku} has a price`)
    const hourMicros = price.unitHourMicros * BigInt(quantity)
    return { sku, quantity, unit: price.unit, hourMicros, monthMicros: hourMicros * hoursPerMonth }
  })
  const hourMicros = rated.reduce((sum, line) => sum + line.hourMicros, 0n)
  return { currency, hourMicros, monthMicros: hourMicros * hoursPerMonth, lines: rated }
}

/** What an order of `rated` reserves: its first day. */
export const holdMicros = ({ hourMicros }: Rated): bigint => hourMicros * 24n
