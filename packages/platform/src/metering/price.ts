import { assert, conflict, newId } from '@straylight/kit'
import { sql } from 'kysely'
import { type Db, lockFor, type Tx } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { cutToSecond, lockEveryAccount, secondOf, startAccruals, stopAccruals } from '../ledger/index.ts'
import type { Price, PriceList } from './rate.ts'
import './store.ts'

export interface PublishedPrice extends Price {
  currency: string
}

/** What a service sells in unless it is told otherwise. */
export const defaultCurrency = 'EUR'

/**
 * What a new service starts with. 4 vCPU, 8 GiB, a volume of 80 GiB and an IPv4 address are 42.12 EUR in a month of 720 hours:
 * 20.16 + 14.40 + 5.76 + 1.80.
 */
export const seedPriceList: PublishedPrice[] = [
  { sku: 'vcpu', unit: 'vCPU', unitHourMicros: 7_000n, currency: defaultCurrency },
  { sku: 'ram_gib', unit: 'GiB', unitHourMicros: 2_500n, currency: defaultCurrency },
  { sku: 'volume_gib', unit: 'GiB', unitHourMicros: 100n, currency: defaultCurrency },
  { sku: 'volume_gib_local', unit: 'GiB', unitHourMicros: 80n, currency: defaultCurrency },
  { sku: 'address_v4', unit: 'address', unitHourMicros: 2_500n, currency: defaultCurrency },
]

/** The SKU of a disk by the API's storage type. */
export const skuOfStorage = { volume: 'volume_gib', local: 'volume_gib_local' } as const

/** Publishes the first price list in the service's currency, unless there is a list already. The operator puts other sums in force by `publishPrices`. */
export async function seedPrices(tx: Tx, at: Date, currency = defaultCurrency): Promise<void> {
  await lockFor(tx, 'metering.prices')
  const known = await tx.selectFrom('price_version').select('id').limit(1).executeTakeFirst()
  if (known) return
  await insertVersion(
    tx,
    at,
    seedPriceList.map((price) => ({ ...price, currency })),
  )
}

/** The list in force at `at`, in one currency. @throws Bug when there was none yet. */
export async function currentPrices(db: Db, at: Date, currency = defaultCurrency): Promise<PriceList> {
  const rows = await db
    .selectFrom('price as p')
    .innerJoin(
      (query) =>
        query
          .selectFrom('price_version')
          .selectAll()
          .where('valid_from', '<=', at)
          .orderBy('valid_from', 'desc')
          .limit(1)
          .as('v'),
      (join) => join.onRef('v.id', '=', 'p.version_id'),
    )
    .select(['v.id', 'v.valid_from', 'p.sku', 'p.unit', 'p.unit_hour_micros'])
    .where('p.currency', '=', currency)
    .orderBy('p.sku')
    .execute()
  const [first] = rows
  assert(first, `there are prices in ${currency} at ${at.toISOString()}`)
  const prices = new Map(rows.map((row) => [row.sku, { sku: row.sku, unit: row.unit, unitHourMicros: row.unit_hour_micros }]))
  return { versionId: first.id, currency, validFrom: first.valid_from, prices }
}

/**
 * Puts `prices` in force from the second of `at` on; SKUs that are not named keep theirs. Whatever runs is closed at the old price and
 * opened again at the new one at that second. Every customer's ledger is locked meanwhile, so nothing can start at a price that just ended.
 * @throws CallerError `prices.in_the_past` when a later list exists, or something has ended after `at`: its bill is closed.
 */
export async function publishPrices(
  tx: Tx,
  { at, prices }: { at: Date; prices: PublishedPrice[] },
): Promise<{ versionId: string; repricedMeters: number }> {
  await lockFor(tx, 'metering.prices')
  await lockEveryAccount(tx)
  const second = cutToSecond(at)
  const { rows } = await sql<{ version: string | null; validFrom: Date | null; closedAt: Date | null }>`
    select v.id as version, v.valid_from as "validFrom", (select max(closed_at) from meter where closed_at is not null) as "closedAt"
    from (select 1) one left join lateral (select * from price_version order by valid_from desc limit 1) v on true`.execute(tx)
  const latest = rows[0]
  if (latest?.validFrom && latest.validFrom >= second)
    throw inThePast(`the list in force is of ${latest.validFrom.toISOString()}`)
  if (latest?.closedAt && latest.closedAt > second)
    throw inThePast(`something ended at ${latest.closedAt.toISOString()} and is charged`)
  const before = latest?.version
    ? await tx.selectFrom('price').selectAll().where('version_id', '=', latest.version).execute()
    : []
  const merged = new Map(
    before.map((row) => [
      `${row.currency} ${row.sku}`,
      { sku: row.sku, unit: row.unit, unitHourMicros: row.unit_hour_micros, currency: row.currency },
    ]),
  )
  for (const price of prices) merged.set(`${price.currency} ${price.sku}`, price)
  const versionId = await insertVersion(tx, second, [...merged.values()])
  return { versionId, repricedMeters: await reprice(tx, { versionId, from: second, recordedAt: at }) }
}

const inThePast = (why: string) =>
  conflict('prices.in_the_past', `A price list takes force later than what is settled: ${why}.`, {
    description: 'Choose a later moment.',
  })

async function insertVersion(tx: Tx, at: Date, prices: PublishedPrice[]): Promise<string> {
  const id = newId()
  await tx
    .insertInto('price_version')
    .values({ id, valid_from: cutToSecond(at) })
    .execute()
  await tx
    .insertInto('price')
    .values(
      prices.map(({ sku, unit, unitHourMicros, currency }) => ({
        version_id: id,
        sku,
        unit,
        unit_hour_micros: unitHourMicros,
        currency,
      })),
    )
    .execute()
  return id
}

interface Reprice {
  versionId: string
  /** When it takes force. */
  from: Date
  recordedAt: Date
  /** Only of this customer. */
  accountId?: string
}

interface RepricedRow {
  id: string
  accountId: string
  quantity: bigint
  unitHourMicros: bigint
  openedSecond: number
}

const metersAtOnce = 20_000

/**
 * Moves open meters whose price differs to the price of a version: closed at `from`, opened again in that second. The ledgers are locked by
 * the caller. @returns how many.
 */
export async function reprice(tx: Tx, { versionId, from, recordedAt, accountId }: Reprice): Promise<number> {
  const fromSecond = secondOf(from)
  let count = 0
  for (;;) {
    const { rows: closed } = await sql<RepricedRow>`
      update meter m set closed_at = greatest(m.opened_at, ${from.toISOString()}::timestamptz)
      from (
        select m.id, p.unit_hour_micros from meter m join price p on p.version_id = ${versionId} and p.sku = m.sku and p.currency = m.currency
        where m.closed_at is null and p.unit_hour_micros <> m.unit_hour_micros ${accountId === undefined ? sql`` : sql`and m.account_id = ${accountId}`}
        order by m.account_id limit ${metersAtOnce}
      ) changed
      where m.id = changed.id
      returning m.id, m.account_id as "accountId", m.quantity, changed.unit_hour_micros as "unitHourMicros", extract(epoch from m.opened_at)::float8 as "openedSecond"`.execute(
      tx,
    )
    if (closed.length === 0) return count
    count += closed.length
    const accountIds = [...new Set(closed.map((row) => row.accountId))]
    await stopAccruals(tx, { accountIds, ids: closed.map((row) => row.id), atSecond: fromSecond, recordedAt })
    const opened = closed.map((row) => ({ ...row, newId: newId(), sinceSecond: Math.max(row.openedSecond, fromSecond) }))
    await sql`
      insert into meter (id, account_id, project_id, resource_type, resource_id, resource_name, sku, unit, quantity, currency, price_version_id, unit_hour_micros, opened_at)
      select n.id, m.account_id, m.project_id, m.resource_type, m.resource_id, m.resource_name, m.sku, p.unit, m.quantity, m.currency, p.version_id, p.unit_hour_micros, m.closed_at
      from unnest(${opened.map((row) => row.newId)}::uuid[], ${opened.map((row) => row.id)}::uuid[]) as n (id, old_id)
      join meter m on m.id = n.old_id
      join price p on p.version_id = ${versionId} and p.sku = m.sku and p.currency = m.currency`.execute(tx)
    await startAccruals(
      tx,
      opened.map((row) => ({
        id: row.newId,
        accountId: row.accountId,
        hourMicros: row.quantity * row.unitHourMicros,
        sinceSecond: row.sinceSecond,
      })),
    )
    for (const id of accountIds) await announce(tx, { type: 'balance', id, accountId: id })
  }
}

/** The versions that came into force after `at`, oldest first. */
export async function versionsAfter(tx: Tx, at: Date): Promise<{ versionId: string; from: Date }[]> {
  return tx
    .selectFrom('price_version')
    .select(['id as versionId', 'valid_from as from'])
    .where('valid_from', '>', at)
    .orderBy('valid_from')
    .execute()
}
