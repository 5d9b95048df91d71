import { sql } from 'kysely'
import type { Db } from '../foundation/db.ts'
import { cutToSecond } from '../ledger/index.ts'
import type { PriceList } from './rate.ts'

export interface Rerated {
  accountId: string
  /** What the meters charge for that time. */
  chargedMicros: bigint
  /** What they would charge at the other prices. A SKU without a price in that list keeps its own. */
  ratedMicros: bigint
}

/**
 * Rates what was used from `from` to `until` once more, at other prices: to try a price list on a real month, or to see by how much
 * a wrong one has to be corrected. Changes nothing. Only meters in the list's currency count.
 */
export async function rerate(
  db: Db,
  { prices, from, until }: { prices: PriceList; from: Date; until: Date },
): Promise<Rerated[]> {
  const list = [...prices.prices.values()]
  const [begin, end] = [cutToSecond(from).toISOString(), cutToSecond(until).toISOString()]
  const { rows } = await sql<Rerated>`
    select account_id as "accountId",
      sum(usage_micros(quantity * unit_hour_micros, until_s - opened_s) - usage_micros(quantity * unit_hour_micros, from_s - opened_s))::int8 as "chargedMicros",
      sum(usage_micros(quantity * coalesce(new_micros, unit_hour_micros), until_s - from_s))::int8 as "ratedMicros"
    from (
      select m.account_id, m.quantity, m.unit_hour_micros, p.micros as new_micros, extract(epoch from m.opened_at)::int8 as opened_s,
        extract(epoch from greatest(m.opened_at, ${begin}::timestamptz))::int8 as from_s,
        extract(epoch from least(m.closed_at, ${end}::timestamptz))::int8 as until_s
      from meter m
      left join unnest(${list.map((price) => price.sku)}::text[], ${list.map((price) => price.unitHourMicros)}::int8[]) p (sku, micros) on p.sku = m.sku
      where m.currency = ${prices.currency} and m.opened_at < ${end}::timestamptz and (m.closed_at is null or m.closed_at > ${begin}::timestamptz)
    ) used group by account_id order by account_id`.execute(db)
  return rows
}
