import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@straylight/kit'
import { sql } from 'kysely'
import { type Db, openDatabase } from '../packages/platform/src/foundation/db.ts'
import { migrate } from '../packages/platform/src/foundation/migrate.ts'
import { startPostgres } from '../packages/platform/src/foundation/postgres.ts'
import { prove } from '../packages/platform/src/billing/index.ts'
import { balanceOf, openLedger, placeHold, topUp, usageMicros } from '../packages/platform/src/ledger/index.ts'
import {
  chargeDue,
  closeMeters,
  currentPrices,
  openMeters,
  publishPrices,
  rerate,
  seedPrices,
} from '../packages/platform/src/metering/index.ts'

/*
 * Money: rating in memory, storing an hour of charges, rating a month once more, and what an order costs in time.
 * One resource-hour is one meter (a SKU of a resource) for one hour. The database is the embedded one with its ordinary settings, synced to disk.
 */

const customers = Number(process.env.BENCH_CUSTOMERS ?? 500)
const resources = Number(process.env.BENCH_RESOURCES ?? 50_000)
const hours = 720
const start = new Date('2026-05-01T00:00:00Z')
const after = (seconds: number) => new Date(start.getTime() + seconds * 1000)
const figure = (what: string, value: string) => console.log(`${what.padEnd(64)} ${value}`)
const perSecond = (count: number, ms: number) => `${Math.round((count / ms) * 1000).toLocaleString('en')} / s`
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`

async function timed<T>(work: () => Promise<T> | T): Promise<{ ms: number; value: T }> {
  const begin = performance.now()
  const value = await work()
  return { ms: performance.now() - begin, value }
}

/** The p-th percentile of milliseconds. */
const percentile = (all: number[], p: number) => [...all].sort((a, b) => a - b)[Math.floor((all.length - 1) * p)] ?? 0

function rateInMemory(): void {
  const prices = Array.from({ length: 1000 }, (_, index) => BigInt(2_500 * (1 + (index % 64))))
  const points = 5_000_000
  let total = 0n
  const begin = performance.now()
  for (let done = 0; done < points; ) {
    const hour = prices[done % prices.length] ?? 0n
    let charged = 0n
    for (let n = 1; n <= hours && done < points; n++, done++) {
      const until = usageMicros(hour, n * 3600 - 1234)
      total += until - charged
      charged = until
    }
  }
  const ms = performance.now() - begin
  if (total <= 0n) throw new Error('nothing was rated')
  figure('rating in memory, one core, resource-hours', perSecond(points, ms))
}

/** So many resources of one meter each, spread over the customers. Set up in bulk: how fast that goes is not measured. */
async function fill(db: Db): Promise<void> {
  const ids = Array.from({ length: customers }, () => newId())
  await db.transaction().execute((tx) => openLedger(tx, { accountId: ids[0] ?? newId(), currency: 'EUR' }))
  await sql`insert into ledger_account (id, owner_id, purpose, currency, normal_side, posted_micros)
    select gen_random_uuid(), id, 'balance', 'EUR', 'credit', 0 from unnest(${ids.slice(1)}::uuid[]) id`.execute(db)
  await sql`insert into meter (id, account_id, project_id, resource_type, resource_id, resource_name, sku, unit, quantity, currency, price_version_id, unit_hour_micros, opened_at)
    select gen_random_uuid(), (${ids}::uuid[])[1 + n % ${customers}], gen_random_uuid(), 'server', gen_random_uuid(), 'server-' || n, p.sku, p.unit, 1 + n % 64, 'EUR', p.version_id, p.unit_hour_micros,
      ${start.toISOString()}::timestamptz + (n % 3600) * interval '1 second'
    from generate_series(0, ${resources - 1}::int) n join price p on p.sku = case n % 3 when 0 then 'vcpu' when 1 then 'ram_gib' else 'volume_gib' end`.execute(
    db,
  )
  await sql`insert into accrual (id, account_id, hour_micros, since, charged_until, due_at)
    select id, account_id, quantity * unit_hour_micros, opened_at, opened_at, to_timestamp((floor(extract(epoch from opened_at) / 3600) + 1) * 3600) from meter`.execute(
    db,
  )
  await sql`analyze`.execute(db)
}

async function orders(db: Db, from: number): Promise<void> {
  const at = (n: number) => after(from + n)
  const accountId = newId()
  await db.transaction().execute(async (tx) => {
    await openLedger(tx, { accountId, currency: 'EUR' })
    await topUp(tx, { accountId, amountMicros: 1_000_000_000n, method: 'demo', idempotencyKey: 'bench', at: at(0) })
  })
  const lines = [
    { sku: 'vcpu', quantity: 4 },
    { sku: 'ram_gib', quantity: 8 },
  ]
  const measured = { hold: [] as number[], open: [] as number[], balance: [] as number[], close: [] as number[] }
  for (let n = 0; n < 300; n++) {
    const id = newId()
    const subject = { type: 'server', id }
    const hold = () =>
      db
        .transaction()
        .execute((tx) => placeHold(tx, { accountId, amountMicros: 1n, subject, at: at(n), expiresAt: at(n + 7200) }))
    const open = () =>
      db
        .transaction()
        .execute((tx) =>
          openMeters(tx, { accountId, projectId: id, resource: { type: 'server', id, name: 'one' }, lines, at: at(n) }),
        )
    measured.hold.push((await timed(hold)).ms)
    measured.open.push((await timed(open)).ms)
    measured.balance.push((await timed(() => balanceOf(db, accountId, at(n)))).ms)
    if (n % 3 === 0)
      measured.close.push(
        (await timed(() => db.transaction().execute((tx) => closeMeters(tx, { resourceId: id, at: at(n + 30) })))).ms,
      )
  }
  const both = (all: number[]) => `p50 ${percentile(all, 0.5).toFixed(1)} ms, p95 ${percentile(all, 0.95).toFixed(1)} ms`
  figure('placing a hold, with its commit', both(measured.hold))
  figure('opening the two meters of a server, with its commit', both(measured.open))
  figure('closing them and posting what they used, with its commit', both(measured.close))
  figure('balance of a customer with up to 400 meters, with zero', both(measured.balance))
}

const folder = mkdtempSync(join(tmpdir(), 'straylight-bench-money-'))
const postgres = await startPostgres(folder)
const database = openDatabase(postgres.url)
try {
  rateInMemory()
  await migrate(database.pool)
  const { db } = database
  await db.transaction().execute((tx) => seedPrices(tx, start))
  await fill(db)
  const first = await timed(() => chargeDue(db, { now: after(3600) }))
  figure(
    `storing an hour of ${resources.toLocaleString('en')} resources of ${customers} customers`,
    `${seconds(first.ms)}: ${perSecond(first.value.charges, first.ms)}`,
  )
  const late = await timed(() => chargeDue(db, { now: after(4 * 3600) }))
  figure('three hours late, in order', `${seconds(late.ms)}: ${perSecond(late.value.charges, late.ms)}`)
  const idle = await timed(() => chargeDue(db, { now: after(4 * 3600) }))
  figure('looking for what is due when nothing is', `${idle.ms.toFixed(1)} ms`)
  const prices = await currentPrices(db, start)
  const again = await timed(() => rerate(db, { prices, from: start, until: after(hours * 3600) }))
  figure(`rating a month of ${resources.toLocaleString('en')} resources once more`, seconds(again.ms))
  const changed = [{ sku: 'vcpu', unit: 'vCPU', unitHourMicros: 8_000n, currency: 'EUR' }]
  const publish = () => db.transaction().execute((tx) => publishPrices(tx, { at: after(4 * 3600 + 60), prices: changed }))
  const published = await timed(publish)
  figure(`a new price for ${published.value.repricedMeters.toLocaleString('en')} meters that run`, seconds(published.ms))
  const proof = await timed(() => prove(db, after(4 * 3600)))
  figure(
    `proving the books (${(first.value.charges + late.value.charges).toLocaleString('en')} charges)`,
    `${seconds(proof.ms)}: ${proof.value.length} differences`,
  )
  await orders(db, 4 * 3600 + 60)
} finally {
  await database.close()
  await postgres.stop()
  for (const path of [folder, new URLSearchParams(postgres.url.split('?')[1]).get('host') ?? folder])
    rmSync(path, { recursive: true, force: true })
}
