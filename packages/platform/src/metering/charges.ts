import { sql } from 'kysely'
import type { Db } from '../foundation/db.ts'
import { cutToSecond } from '../ledger/index.ts'

/** What one resource used of one SKU on one UTC day. */
export interface DayCharge {
  /** YYYY-MM-DD */
  day: string
  projectId: string
  resourceType: string
  resourceId: string
  resourceName: string
  sku: string
  quantity: number
  seconds: number
  amountMicros: bigint
}

export interface ChargesAsked {
  accountId: string
  /** Days, YYYY-MM-DD, both included. */
  from?: string
  to?: string
  /** To this second, what is not posted yet included. */
  at: Date
  /** How many lines at most; all when absent. */
  most?: number
}

/**
 * Charges by resource, SKU and day, newest day first. Computed from the meters: the charge of a day is the charge up to its end less the
 * charge up to its begin, so the days of a meter sum to what was posted for it, to the micro-unit.
 */
export async function chargesOf(db: Db, { accountId, from, to, at, most }: ChargesAsked): Promise<DayCharge[]> {
  const now = cutToSecond(at).toISOString()
  const { rows } = await sql<DayCharge>`
    select day::text as day, project_id as "projectId", resource_type as "resourceType", resource_id as "resourceId", max(resource_name) as "resourceName",
      sku, quantity::float8 as quantity, sum(until_s - from_s)::float8 as seconds,
      sum(usage_micros(hour_micros, until_s - opened_s) - usage_micros(hour_micros, from_s - opened_s))::int8 as "amountMicros"
    from (
      select m.*, d.day, m.quantity * m.unit_hour_micros as hour_micros, extract(epoch from m.opened_at)::int8 as opened_s,
        extract(epoch from greatest(m.opened_at, d.day::timestamp at time zone 'UTC'))::int8 as from_s,
        extract(epoch from least(m.ended_at, (d.day + 1)::timestamp at time zone 'UTC'))::int8 as until_s
      from (select *, least(coalesce(closed_at, ${now}::timestamptz), ${now}::timestamptz) as ended_at from meter where account_id = ${accountId}) m
      cross join lateral (
        select first + n as day
        from (select greatest((m.opened_at at time zone 'UTC')::date, ${from ?? null}::date) as first,
          least(((m.ended_at - interval '1 second') at time zone 'UTC')::date, ${to ?? null}::date) as last) span,
          generate_series(0, last - first) as n
      ) d
      where m.ended_at > m.opened_at
    ) days
    group by day, project_id, resource_type, resource_id, sku, quantity
    order by day desc, "resourceName", resource_id, sku, quantity
    ${most === undefined ? sql`` : sql`limit ${most}`}`.execute(db)
  return rows
}

/** What a project uses now. */
export interface Consumption {
  resourceType: string
  sku: string
  unit: string
  /** How many resources. */
  resources: number
  /** Units, of all of them. */
  quantity: number
  hourMicros: bigint
}

/** What the meters of a project that are open now add up to, by kind of resource and SKU. */
export async function consumptionOf(db: Db, { projectId }: { projectId: string }): Promise<Consumption[]> {
  const { rows } = await sql<Consumption>`
    select resource_type as "resourceType", sku, unit, count(*)::int4 as resources, sum(quantity)::float8 as quantity,
      sum(quantity * unit_hour_micros)::int8 as "hourMicros"
    from meter where project_id = ${projectId} and closed_at is null group by resource_type, sku, unit order by resource_type, sku`.execute(
    db,
  )
  return rows
}

/** What each of these resources costs now, micro-units per hour; one that is not metered is absent. */
export async function hourMicrosOf(db: Db, resourceIds: string[]): Promise<Map<string, bigint>> {
  const { rows } = await sql<{ id: string; micros: bigint }>`
    select resource_id as id, sum(quantity * unit_hour_micros)::int8 as micros from meter
    where resource_id = any(${resourceIds}::uuid[]) and closed_at is null group by resource_id`.execute(db)
  return new Map(rows.map((row) => [row.id, row.micros]))
}
