import { newId } from '@straylight/kit'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { afterSeconds, newCustomer, openShop, utc } from '../../test/money/shop.ts'
import type { Tx } from '../foundation/db.ts'
import { placeHold, promisePayment } from '../ledger/index.ts'
import { chargeDue, closeMeters, openMeters, publishPrices } from '../metering/index.ts'
import { prove } from './index.ts'

let postgres: TestDatabase
const start = utc('2026-05-01 10:00:00')
const now = afterSeconds(start, 3 * 3600 + 20)

beforeAll(async () => {
  postgres = await testDatabase()
  const { db } = postgres.database
  await openShop(db, start)
  const customer = await newCustomer(db, { funds: '10', at: start })
  const { accountId } = customer
  const lines = [
    { sku: 'vcpu', quantity: 2 },
    { sku: 'ram_gib', quantity: 4 },
  ]
  const ended = newId()
  const inOneTransaction = (work: (tx: Tx) => Promise<unknown>) => db.transaction().execute(work)
  await inOneTransaction((tx) =>
    openMeters(tx, { ...customer, resource: { type: 'server', id: newId(), name: 'one' }, lines, at: start }),
  )
  await inOneTransaction((tx) =>
    openMeters(tx, { ...customer, resource: { type: 'server', id: ended, name: 'two' }, lines, at: start }),
  )
  await inOneTransaction((tx) => closeMeters(tx, { resourceId: ended, at: afterSeconds(start, 4000) }))
  const prices = [{ sku: 'vcpu', unit: 'vCPU', unitHourMicros: 9_000n, currency: 'EUR' }]
  await inOneTransaction((tx) => publishPrices(tx, { at: afterSeconds(start, 5000), prices }))
  await inOneTransaction((tx) =>
    promisePayment(tx, { accountId, amountMicros: 5n, at: start, dueAt: afterSeconds(start, 86_400) }),
  )
  const subject = { type: 'server', id: newId() }
  await inOneTransaction((tx) =>
    placeHold(tx, { accountId, amountMicros: 5n, subject, at: start, expiresAt: afterSeconds(now, 60) }),
  )
  await chargeDue(db, { now })
})
afterAll(() => postgres.drop())

const undo = new Error('undo')

/** The rules that are broken once `statements` have run, which are then undone. */
async function spoilt(statements: string[], at = now): Promise<string[]> {
  let found: string[] = []
  await postgres.database.db
    .transaction()
    .execute(async (tx) => {
      await sql`set local session_replication_role = replica`.execute(tx) // past the triggers, as a hand in the database would go
      for (const statement of statements) await sql.raw(statement).execute(tx)
      found = (await prove(tx, at)).map((difference) => difference.rule)
      throw undo
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error
    })
  return [...new Set(found)]
}

test('honest books have no difference', async () => {
  expect(await prove(postgres.database.db, now)).toEqual([])
})

const oneOf = (table: string, where = 'true') => `ctid = (select ctid from ${table} where ${where} limit 1)`
const anEntry = "select id from ledger_entry where code = 'usage' limit 1"
const noHold = "update hold set state = 'released', ended_at = now()"

const spoils: { title: string; statements: string[]; rules: string[]; at?: Date }[] = [
  {
    title: 'a posting that was changed',
    statements: [
      `update ledger_posting set amount_micros = amount_micros + 1 where ${oneOf('ledger_posting', 'balance_after_micros is null')}`,
    ],
    rules: ['the postings of an entry sum to zero', 'all postings of a currency sum to zero'],
  },
  {
    title: 'an entry that lost its postings',
    statements: [`delete from ledger_posting where entry_id = (${anEntry})`],
    rules: [
      'the postings of an entry sum to zero',
      'a balance is the fold of its postings',
      'each posting tells the balance after it',
      'an entry of usage is the sum of its charges',
    ],
  },
  {
    title: 'a balance that was set by hand',
    statements: ['update ledger_account set posted_micros = posted_micros + 1 where owner_id is not null'],
    rules: ['a balance is the fold of its postings'],
  },
  {
    title: 'a running balance that was changed',
    statements: [
      `update ledger_posting set balance_after_micros = 7 where ${oneOf('ledger_posting', 'balance_after_micros is not null')}`,
    ],
    rules: ['each posting tells the balance after it'],
  },
  {
    title: 'a charge that was lost',
    statements: ['delete from charge where meter_id = (select id from meter where closed_at is not null limit 1)'],
    rules: [
      'an entry of usage is the sum of its charges',
      'the charges of a meter are the integral of the price list over its time',
    ],
  },
  {
    title: 'a charge that was written twice, its entry too',
    statements: [
      `create temporary table twin on commit drop as select gen_random_uuid() as id, id as old from ledger_entry where code = 'usage' and idempotency_key is null limit 1`,
      `insert into ledger_entry select twin.id, account_id, code, subject_type, subject_id, corrects, description, occurred_at, recorded_at, null from ledger_entry join twin on old = ledger_entry.id`,
      'insert into ledger_posting (entry_id, ledger_account_id, amount_micros) select twin.id, ledger_account_id, amount_micros from ledger_posting join twin on old = entry_id',
      'insert into charge select twin.id, meter_id, from_at, until_at, amount_micros from charge join twin on old = entry_id',
    ],
    rules: [
      'a balance is the fold of its postings',
      'each posting tells the balance after it',
      'the charges of a meter are the integral of the price list over its time',
    ],
  },
  {
    title: 'a price that was changed in its list',
    statements: ["update price set unit_hour_micros = unit_hour_micros + 1 where sku = 'ram_gib'"],
    rules: ['the charges of a meter are the integral of the price list over its time'],
  },
  {
    title: 'a meter that kept its price when the list changed',
    statements: [
      "insert into price_version values ('00000000-0000-7000-8000-000000000001', '2026-05-01 12:30:00Z')",
      "insert into price select '00000000-0000-7000-8000-000000000001', sku, currency, unit, unit_hour_micros + case sku when 'vcpu' then 100 else 0 end from price where version_id = (select id from price_version order by valid_from limit 1)",
    ],
    rules: ['the charges of a meter are the integral of the price list over its time'],
  },
  {
    title: 'a meter that runs and is charged no more',
    statements: [`delete from accrual where ${oneOf('accrual')}`],
    rules: [
      'the charges of a meter are the integral of the price list over its time',
      'what runs accrues at the price of its meter',
    ],
  },
  {
    title: 'something that goes on costing after its end',
    statements: ['update meter set closed_at = opened_at where closed_at is null'],
    rules: [
      'the charges of a meter are the integral of the price list over its time',
      'what runs accrues at the price of its meter',
    ],
  },
  {
    title: 'an accrual that forgot what was charged',
    statements: ['update accrual set charged_micros = 0'],
    rules: ['an accrual knows what was charged'],
  },
  {
    title: 'an hourly job that stands still',
    statements: [noHold],
    at: afterSeconds(now, 2 * 3600),
    rules: ['usage is posted within an hour of its hour'],
  },
  {
    title: 'a promise that vanished',
    statements: ['update promised_payment set open_micros = 1'],
    rules: ['what was promised and not yet paid is on the books'],
  },
  { title: 'a hold beyond its time', statements: [], at: afterSeconds(now, 60), rules: ['a hold ends when its time is over'] },
  {
    title: 'a hold whose order runs',
    statements: ['update hold set subject_id = (select resource_id from meter where closed_at is null limit 1)'],
    rules: ['a hold ends when its order runs'],
  },
]

test.each(spoils)('the proof finds $title', async ({ statements, rules, at }) => {
  expect((await spoilt(statements, at)).sort()).toEqual([...rules].sort())
})

test('a hold whose order is over is told when the orders are known', async () => {
  const { db } = postgres.database
  const asked: unknown[] = []
  const over = await prove(db, now, {
    ordersAlive: async (subjects) => {
      asked.push(...subjects)
      return new Set()
    },
  })
  expect(asked).toHaveLength(1)
  expect(over.map((difference) => difference.rule)).toEqual(['no hold outlives its order'])
  expect(await prove(db, now, { ordersAlive: async (subjects) => new Set(subjects.map((subject) => subject.id)) })).toEqual([])
})
