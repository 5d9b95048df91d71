import { sumOf, times } from '../../app/money.ts'
import type { PriceLine } from './use-billing.ts'

/** How many of which SKU something takes. */
export type Taken = Partial<Record<'vcpu' | 'ram_gib' | 'volume_gib' | 'address_v4', number>>

/** What it costs for a month by the price list; undefined where the list lacks a SKU. The service's own computation decides at the order. */
export function monthOf(prices: readonly PriceLine[], taken: Taken): string | undefined {
  const sums: string[] = []
  for (const [sku, quantity] of Object.entries(taken)) {
    const line = prices.find((one) => one.sku === sku)
    if (!line) return undefined
    sums.push(times(line.month, quantity))
  }
  return sumOf(sums)
}

/** The least server that can be had, with its disk and a public address. */
export const cheapestMonth = (prices: readonly PriceLine[]): string | undefined =>
  monthOf(prices, { vcpu: 1, ram_gib: 1, volume_gib: 10, address_v4: 1 })
