import { newId } from '@straylight/kit'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { afterSeconds, type Customer, eur, newCustomer, openShop, utc } from '../../test/money/shop.ts'
import { prove } from '../billing/index.ts'
import { type Db, openDatabase, type Tx } from '../foundation/db.ts'
import { balanceOf, entriesOf } from '../ledger/index.ts'
import {
  chargeDue,
  chargesOf,
  closeMeters,
  consumptionOf,
  currentPrices,
  hourMicrosOf,
  type Line,
  openMeter,
  openMeters,
  publishPrices,
  rate,
  renameOnBill,
  rerate,
  seedPrices,
} from './index.ts'

let postgres: TestDatabase
let db: Db
const start = utc('2026-05-01 10:00:00')

async function openTestShop() {
  postgres = await testDatabase()
  db = postgres.database.db
  await openShop(db, start)
}

const vcpus = (quantity: number): Line[] => [{ sku: 'vcpu', quantity }]

const open = (customer: Customer, lines: Line[], at: Date, id = newId()) =>
  db
    .transaction()
    .execute((tx) => openMeters(tx, { ...customer, resource: { type: 'server', id, name: 'one' }, lines, at }))
    .then(() => id)

const close = (resourceId: string | string[], at: Date, skus?: string[]) =>
  db.transaction().execute((tx) => closeMeters(tx, { resourceId, at, ...(skus ? { skus } : {}) }))

const vcpuPrice = (unitHourMicros: bigint, at: Date) =>
  db
    .transaction()
    .execute((tx) => publishPrices(tx, { at, prices: [{ sku: 'vcpu', unit: 'vCPU', unitHourMicros, currency: 'EUR' }] }))

const left = async ({ accountId }: Customer, at: Date) => {
  const { postedMicros, accruedMicros } = await balanceOf(db, accountId, at)
  return { posted: postedMicros, accrued: accruedMicros }
}

describe('prices', () => {
  beforeAll(openTestShop)
  afterAll(() => postgres.drop())

  test('the seeded list makes a usual server about 42 EUR a month of 720 hours', async () => {
    const lines = [
      { sku: 'vcpu', quantity: 4 },
      { sku: 'ram_gib', quantity: 8 },
      { sku: 'volume_gib', quantity: 80 },
      { sku: 'address_v4', quantity: 1 },
    ]
    const rated = rate(await currentPrices(db, start), lines)
    expect(rated).toMatchObject({ currency: 'EUR', hourMicros: eur('0.0585'), monthMicros: eur('42.12') })
    expect(rated.lines.map((line) => line.monthMicros)).toEqual([eur('20.16'), eur('14.40'), eur('5.76'), eur('1.80')])
  })

  test('seeding again, or by two processes at once, leaves one list', async () => {
    await Promise.all([1, 2, 3].map(() => db.transaction().execute((tx) => seedPrices(tx, afterSeconds(start, 60)))))
    expect(await db.selectFrom('price_version').selectAll().execute()).toHaveLength(1)
  })

  test('a service may sell in another currency', async () => {
    const elsewhere = await testDatabase()
    await elsewhere.database.db.transaction().execute((tx) => seedPrices(tx, start, 'CHF'))
    expect((await currentPrices(elsewhere.database.db, start, 'CHF')).prices.size).toBe(5)
    await elsewhere.drop()
  })

  test('before the first list, and for what is not on it, there is no price', async () => {
    await expect(currentPrices(db, afterSeconds(start, -1))).rejects.toThrow('there are prices in EUR')
    await expect(currentPrices(db, start, 'CHF')).rejects.toThrow('there are prices in CHF')
    const prices = await currentPrices(db, start)
    expect(() => rate(prices, [{ sku: 'unobtainium', quantity: 1 }])).toThrow('unobtainium has a price')
    const customer = await newCustomer(db, { at: start })
    await expect(open(customer, [{ sku: 'unobtainium', quantity: 1 }], start)).rejects.toThrow('unobtainium has a price')
    await expect(open(customer, vcpus(1), afterSeconds(start, -1))).rejects.toThrow('vcpu has a price')
  })

  test('a list that was published does not change', async () => {
    await expect(sql`update price set unit_hour_micros = 1`.execute(db)).rejects.toThrow('append-only')
    await expect(sql`delete from price_version`.execute(db)).rejects.toThrow('append-only')
  })
})

describe('meters', () => {
  beforeAll(openTestShop)
  afterAll(() => postgres.drop())

  test('opening again changes nothing; another quantity is a bug until the meter is closed', async () => {
    const customer = await newCustomer(db, { funds: '10', at: start })
    const id = await open(customer, vcpus(2), start)
    await open(customer, vcpus(2), afterSeconds(start, 60), id)
    expect(await left(customer, afterSeconds(start, 3600))).toEqual({ posted: eur('10'), accrued: 14_000n })
    await expect(open(customer, vcpus(3), afterSeconds(start, 60), id)).rejects.toThrow('metered with 2: close it before')

    await db.transaction().execute(async (tx) => {
      const at = afterSeconds(start, 3600)
      await closeMeters(tx, { resourceId: id, at })
      await openMeter(tx, { ...customer, resource: { type: 'server', id, name: 'one' }, sku: 'vcpu', quantity: 3, at })
    })
    expect(await left(customer, afterSeconds(start, 7200))).toEqual({ posted: eur('10') - 14_000n, accrued: 21_000n })
    expect(await prove(db, afterSeconds(start, 7200))).toEqual([])
  })

  test('a quantity below one, or no whole number, is refused', async () => {
    const customer = await newCustomer(db, { at: start })
    for (const quantity of [0, -1, 0.5, Number.NaN]) await expect(open(customer, vcpus(quantity), start)).rejects.toThrow()
    expect(await db.selectFrom('meter').selectAll().where('account_id', '=', customer.accountId).execute()).toEqual([])
  })

  test('a resource of somebody without a ledger cannot be metered', async () => {
    await expect(open({ accountId: newId(), projectId: newId() }, vcpus(1), start)).rejects.toThrow('has a ledger')
  })

  test('closing posts at once, closing again or closing the unknown does nothing', async () => {
    const customer = await newCustomer(db, { funds: '1', at: start })
    const id = await open(customer, [...vcpus(1), { sku: 'ram_gib', quantity: 2 }], start)
    const end = afterSeconds(start, 1800)
    await close(id, end, ['vcpu'])
    await close(id, afterSeconds(end, 600), ['vcpu'])
    await close(newId(), end)
    expect(await left(customer, end)).toEqual({ posted: eur('1') - 3500n, accrued: 2500n })
    await close([id, newId()], end)
    expect(await left(customer, end)).toEqual({ posted: eur('1') - 6000n, accrued: 0n })
    const { entries } = await entriesOf(db, customer.accountId, { codes: ['usage'] }, { limit: 9, offset: 0 })
    expect(entries.map((entry) => entry.description)).toEqual(['Usage to 10:30:00 UTC', 'Usage to 10:30:00 UTC'])
    expect(await prove(db, end)).toEqual([])
  })

  test('what ends while the hourly job is late has its full hours posted first, each by itself', async () => {
    const customer = await newCustomer(db, { funds: '1', at: start })
    const other = await open(customer, vcpus(1), start)
    const id = await open(customer, vcpus(1), start)
    await close(id, utc('2026-05-01 12:10:00'))
    const { entries } = await entriesOf(db, customer.accountId, { codes: ['usage'] }, { limit: 9, offset: 0 })
    expect(entries.map(({ description, amountMicros }) => [description, amountMicros])).toEqual([
      ['Usage to 12:10:00 UTC', -1166n],
      ['Usage 11:00–12:00 UTC', -14_000n],
      ['Usage 10:00–11:00 UTC', -14_000n],
    ])
    await close(other, utc('2026-05-01 12:10:00'))
  })

  test('a resource that ended before it began used nothing', async () => {
    const customer = await newCustomer(db, { funds: '1', at: start })
    const id = await open(customer, vcpus(1), afterSeconds(start, 10))
    await close(id, start)
    expect(await left(customer, afterSeconds(start, 7200))).toEqual({ posted: eur('1'), accrued: 0n })
    expect(await chargesOf(db, { accountId: customer.accountId, at: afterSeconds(start, 7200) })).toEqual([])
  })

  test('a closed meter stays closed as it is', async () => {
    const customer = await newCustomer(db, { at: start })
    await close(await open(customer, vcpus(1), start), afterSeconds(start, 1))
    for (const change of [
      'closed_at = null',
      "closed_at = closed_at + interval '1 second'",
      'quantity = 2',
      'unit_hour_micros = 0',
    ])
      await expect(sql.raw(`update meter set ${change}`).execute(db)).rejects.toThrow('only ever closed')
    await expect(sql`delete from meter`.execute(db)).rejects.toThrow('only ever closed')
  })

  test('the news of an end that comes after its hour was posted gives back the rest', async () => {
    const customer = await newCustomer(db, { funds: '1', at: start })
    const id = await open(customer, vcpus(1), start)
    await chargeDue(db, { now: utc('2026-05-01 12:00:00') })
    await close(id, utc('2026-05-01 10:30:00'))
    expect(await left(customer, utc('2026-05-01 12:00:00'))).toEqual({ posted: eur('1') - 3500n, accrued: 0n })
    const [newest] = (await entriesOf(db, customer.accountId, {}, { limit: 1, offset: 0 })).entries
    expect(newest).toMatchObject({ code: 'usage_correction', amountMicros: 10_500n })
    expect(await prove(db, utc('2026-05-01 12:00:00'))).toEqual([])
  })

  test('the news of a begin that comes after its hour was posted is charged with the next hour: an hour has one entry', async () => {
    const customer = await newCustomer(db, { funds: '1', at: start })
    await open(customer, vcpus(1), start)
    await chargeDue(db, { now: utc('2026-05-01 12:00:00') })
    await open(customer, vcpus(2), utc('2026-05-01 11:30:00'))
    await chargeDue(db, { now: utc('2026-05-01 12:59:59') })
    expect(await left(customer, utc('2026-05-01 12:00:00'))).toEqual({ posted: eur('1') - 14_000n, accrued: 7_000n })
    await chargeDue(db, { now: utc('2026-05-01 13:00:00') })
    const { entries } = await entriesOf(db, customer.accountId, { codes: ['usage'] }, { limit: 9, offset: 0 })
    expect(entries.map((entry) => entry.amountMicros)).toEqual([-28_000n, -7_000n, -7_000n])
    expect(await prove(db, utc('2026-05-01 13:00:00'))).toEqual([])
  })

  test('a project tells what runs in it, and a resource what it costs', async () => {
    const customer = await newCustomer(db, { at: start })
    const one = await open(customer, [...vcpus(2), { sku: 'ram_gib', quantity: 4 }], start)
    const two = await open(customer, vcpus(1), start)
    await close(two, afterSeconds(start, 5))
    await open(customer, vcpus(3), start)
    await open({ ...customer, projectId: newId() }, vcpus(8), start)
    expect(await consumptionOf(db, customer)).toEqual([
      { resourceType: 'server', sku: 'ram_gib', unit: 'GiB', resources: 1, quantity: 4, hourMicros: 10_000n },
      { resourceType: 'server', sku: 'vcpu', unit: 'vCPU', resources: 2, quantity: 5, hourMicros: 35_000n },
    ])
    expect(await hourMicrosOf(db, [one, two])).toEqual(new Map([[one, 24_000n]]))
  })

  test('the bill calls a resource by its present name', async () => {
    const customer = await newCustomer(db, { at: start })
    const id = await open(customer, vcpus(1), start)
    await close(id, afterSeconds(start, 60))
    await db.transaction().execute((tx) => renameOnBill(tx, { resourceId: id, name: 'two' }))
    const [charge] = await chargesOf(db, { accountId: customer.accountId, at: afterSeconds(start, 60) })
    expect(charge).toMatchObject({ resourceName: 'two', seconds: 60, amountMicros: 116n })
  })
})

describe('a new price list', () => {
  beforeEach(openTestShop)
  afterEach(() => postgres.drop())

  test('closes and opens what runs at that second, and leaves what costs the same', async () => {
    const customer = await newCustomer(db, { funds: '1', at: start })
    const id = await open(customer, [...vcpus(1), { sku: 'ram_gib', quantity: 1 }], start)
    const change = utc('2026-05-01 10:20:00')
    expect(await vcpuPrice(10_000n, change)).toMatchObject({ repricedMeters: 1 })
    expect(rate(await currentPrices(db, change), vcpus(1)).hourMicros).toBe(10_000n)
    expect(rate(await currentPrices(db, afterSeconds(change, -1)), vcpus(1)).hourMicros).toBe(7_000n)
    await close(id, utc('2026-05-01 11:20:00'))
    // vCPU: 20 min at 0.007 and an hour at 0.010; RAM: 80 min at 0.0025, in one go
    expect(await left(customer, utc('2026-05-01 11:20:00'))).toEqual({
      posted: eur('1') - 2_333n - 10_000n - 3_333n,
      accrued: 0n,
    })
    expect(await prove(db, utc('2026-05-01 11:20:00'))).toEqual([])
  })

  test('what began before it and is heard of later had the old price until then', async () => {
    const customer = await newCustomer(db, { funds: '1', at: start })
    await vcpuPrice(10_000n, utc('2026-05-01 10:20:00'))
    await vcpuPrice(20_000n, utc('2026-05-01 10:40:00'))
    await open(customer, vcpus(3), utc('2026-05-01 10:10:00'))
    expect(await left(customer, utc('2026-05-01 11:40:00'))).toEqual({ posted: eur('1') - 3_500n - 10_000n, accrued: 60_000n })
    await chargeDue(db, { now: utc('2026-05-01 11:40:00') })
    expect(await prove(db, utc('2026-05-01 11:40:00'))).toEqual([])
  })

  test('cannot begin before the list in force, nor before something that is settled', async () => {
    await expect(vcpuPrice(1n, start)).rejects.toMatchObject({ code: 'prices.in_the_past' })
    const customer = await newCustomer(db, { at: start })
    await close(await open(customer, vcpus(1), start), afterSeconds(start, 100))
    await expect(vcpuPrice(1n, afterSeconds(start, 99))).rejects.toMatchObject({ code: 'prices.in_the_past' })
    await vcpuPrice(1n, afterSeconds(start, 100))
  })

  /** Runs `first` and, before it commits, `second`, which has to wait for it. */
  const overlapping = async (first: (tx: Tx) => Promise<unknown>, second: () => Promise<unknown>) => {
    let done = false
    let waiting: Promise<unknown> = Promise.resolve()
    await db.transaction().execute(async (tx) => {
      await first(tx)
      waiting = second().finally(() => {
        done = true
      })
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(done).toBe(false)
    })
    await waiting
  }
  const change = afterSeconds(start, 60)
  const openPrices = async () =>
    (await db.selectFrom('meter').select('unit_hour_micros').where('closed_at', 'is', null).execute()).map(
      (row) => row.unit_hour_micros,
    )

  test('waits for what is being ordered at that moment, and takes it along', async () => {
    const customer = await newCustomer(db, { at: start })
    const resource = { type: 'server', id: newId(), name: 'one' }
    await overlapping(
      (tx) => openMeters(tx, { ...customer, resource, lines: vcpus(1), at: start }),
      () => vcpuPrice(10_000n, change),
    )
    expect(await openPrices()).toEqual([10_000n])
    expect(await prove(db, change)).toEqual([])
  })

  test('lets an order that comes while it is published begin at the new price', async () => {
    const customer = await newCustomer(db, { at: start })
    const prices = [{ sku: 'vcpu', unit: 'vCPU', unitHourMicros: 10_000n, currency: 'EUR' }]
    await overlapping(
      (tx) => publishPrices(tx, { at: change, prices }),
      () => open(customer, vcpus(1), afterSeconds(change, 1)),
    )
    expect(await openPrices()).toEqual([10_000n])
    expect(await prove(db, change)).toEqual([])
  })
})

describe('rating what was used once more', () => {
  beforeEach(openTestShop)
  afterEach(() => postgres.drop())
  const noon = utc('2026-05-01 12:00:00')

  test('with the prices that were in force gives what was charged', async () => {
    const customer = await newCustomer(db, { funds: '1', at: start })
    const id = await open(customer, [...vcpus(3), { sku: 'ram_gib', quantity: 1 }], start)
    await close(id, utc('2026-05-01 11:15:00'), ['vcpu'])
    const [rerated] = await rerate(db, { prices: await currentPrices(db, start), from: start, until: noon })
    expect(rerated).toEqual({ accountId: customer.accountId, chargedMicros: 26_250n + 5_000n, ratedMicros: 26_250n + 5_000n })
  })

  test('with other prices, over a part of its time, gives what it would have been', async () => {
    const customer = await newCustomer(db, { funds: '1', at: start })
    await open(customer, vcpus(3), start)
    await open(await newCustomer(db, { at: start }), vcpus(1), noon) // not in that time
    await vcpuPrice(10_000n, utc('2026-05-01 11:00:00'))
    const prices = await currentPrices(db, noon)
    expect(await rerate(db, { prices, from: utc('2026-05-01 10:30:00'), until: noon })).toEqual([
      { accountId: customer.accountId, chargedMicros: 10_500n + 30_000n, ratedMicros: 15_000n + 30_000n },
    ])
  })
})

describe('the hourly job', () => {
  beforeEach(openTestShop)
  afterEach(() => postgres.drop())

  const hours = 75
  const now = afterSeconds(start, hours * 3600 + 1234)

  const entriesPerHour = () =>
    sql<{ account_id: string; entries: number; hours: number }>`
      select account_id, count(*)::int4 as entries, count(distinct occurred_at)::int4 as hours from ledger_entry where code = 'usage' group by account_id`
      .execute(db)
      .then(({ rows }) => rows)

  /** Postings of a customer lie in the order of their hours. */
  const disorder = () =>
    sql`select from (
      select e.occurred_at, lag(e.occurred_at) over (partition by p.ledger_account_id order by p.position) as earlier
      from ledger_posting p join ledger_entry e on e.id = p.entry_id where p.balance_after_micros is not null
    ) o where occurred_at < earlier`
      .execute(db)
      .then(({ rows }) => rows.length)

  const shop = (count: number) =>
    Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const customer = await newCustomer(db, { funds: '1', at: start })
        const ids = [await open(customer, [...vcpus(index + 1), { sku: 'ram_gib', quantity: 2 }], afterSeconds(start, index))]
        return { ...customer, ids }
      }),
    )

  const proven = async (customers: number) => {
    const rows = await entriesPerHour()
    expect(rows).toHaveLength(customers)
    for (const row of rows) expect(row).toMatchObject({ entries: hours, hours })
    expect(await disorder()).toBe(0)
    expect(await prove(db, now)).toEqual([])
  }

  test('late by days, it posts one entry per customer and hour, in order', async () => {
    await shop(4)
    expect(await chargeDue(db, { now, linesAtMost: 100 })).toEqual({ entries: 4 * hours, charges: 8 * hours })
    await proven(4)
    expect(await chargeDue(db, { now })).toEqual({ entries: 0, charges: 0 })
    await proven(4)
  })

  test('run by several processes at once, it posts everything once', async () => {
    await shop(8)
    const others = [openDatabase(postgres.url), openDatabase(postgres.url)]
    const done = await Promise.all(
      [db, ...others.map((other) => other.db)].flatMap((each) => [1, 2].map(() => chargeDue(each, { now, linesAtMost: 150 }))),
    )
    await Promise.all(others.map((other) => other.close()))
    expect(done.reduce((sum, one) => sum + one.entries, 0)).toBe(8 * hours)
    await proven(8)
  })

  test('cut off in the middle, it goes on where it was', async () => {
    await shop(6)
    // The database cuts the connection itself, in the middle of a batch, after the 45th entry.
    await sql`create function cut() returns trigger language plpgsql as $$
      begin
        if (select count(*) from ledger_entry where code = 'usage') >= 45 then perform pg_terminate_backend(pg_backend_pid()); end if;
        return null;
      end $$`.execute(db)
    await sql`create trigger cut after insert on ledger_entry for each row execute function cut()`.execute(db)
    const dying = openDatabase(postgres.url, { connections: 1 })
    await expect(chargeDue(dying.db, { now, linesAtMost: 20 })).rejects.toThrow()
    await sql`drop function cut cascade`.execute(db)
    const { rows } = await sql<{ count: number }>`select count(*)::int4 as count from ledger_entry where code = 'usage'`.execute(
      db,
    )
    expect(rows[0]?.count).toBeGreaterThan(0)
    expect(rows[0]?.count).toBeLessThan(45)
    await dying.close()
    await chargeDue(db, { now })
    await proven(6)
  })

  test('while customers start and stop things, nobody waits for long and nothing is charged twice', async () => {
    const customers = await shop(6)
    const busy = customers.map(async (customer) => {
      for (let n = 0; n < 6; n++) {
        const at = afterSeconds(now, n)
        const id = await open(customer, vcpus(1), at)
        await close(id, afterSeconds(at, 5))
      }
      await close(customer.ids, afterSeconds(now, 60))
    })
    await Promise.all([...busy, chargeDue(db, { now, linesAtMost: 100 }), chargeDue(db, { now, linesAtMost: 100 })])
    for (const customer of customers) {
      const charges = await chargesOf(db, { accountId: customer.accountId, at: afterSeconds(now, 60) })
      const spent = charges.reduce((sum, charge) => sum + charge.amountMicros, 0n)
      expect(await left(customer, afterSeconds(now, 60))).toEqual({ posted: eur('1') - spent, accrued: 0n })
    }
    expect(await prove(db, afterSeconds(now, 60))).toEqual([])
  })
})
