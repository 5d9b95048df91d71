import { newId } from '@straylight/kit'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { playTable } from '../../test/money/ledger-table.ts'
import { eur, newCustomer, utc } from '../../test/money/shop.ts'
import { prove } from '../billing/index.ts'
import type { Tx } from '../foundation/db.ts'
import { balanceOf, correct, entriesOf, grantBonus, openLedger, refund, topUp } from './index.ts'

let postgres: TestDatabase
beforeAll(async () => {
  postgres = await testDatabase()
})
afterAll(() => postgres.drop())

const cases = {
  'a payment is cash for us and money for the customer': `
    event        posted  available  cash.demo
    top_up 100   100.00  100.00     100.00
    top_up 0.01  100.01  100.01     100.01
  `,
  'a payment that is reported twice is recorded once': `
    event                  posted  cash.demo
    top_up 50 payment-7    50.00   50.00
    top_up 50 payment-7    50.00   50.00
    top_up 60 payment-7 ! entry.key_reused
    top_up 50 payment-8    100.00  100.00
  `,
  'a bonus is our expense': `
    event      posted  bonuses
    bonus 5    5.00    5.00
  `,
  'a refund takes what is available and no more': `
    event            posted  held   available  cash.demo
    top_up 10        10.00   0.00   10.00      10.00
    hold a 4         10.00   4.00   6.00       10.00
    refund 6.000001 ! balance.too_low
    refund 6         4.00    4.00   0.00       4.00
  `,
  'a correction goes either way and leaves the wrong entry as it is': `
    event            posted  corrections
    top_up 10        10.00   0.00
    correct -2.50    7.50    -2.50
    correct 0.000001   7.500001  -2.499999
  `,
  'a debt can be written off, up to what is owed': `
    event            posted  available  losses
    run a 2          0.00    0.00       0.00
    wait 3600        0.00    -2.00      0.00
    charge           -2.00   -2.00      0.00
    write_off 2.01 ! balance.no_such_debt
    write_off 1.50   -0.50   -0.50      1.50
    write_off 0.50   0.00    0.00       2.00
  `,
  'a promised payment is one at a time, and a payment covers it first': `
    event          posted  promised  cash.demo
    promise 20     20.00   20.00     0.00
    promise 5 ! promise.open
    top_up 15      20.00   5.00      15.00
    promise 5 ! promise.open
    top_up 15      30.00   0.00      30.00
    promise 5      35.00   5.00      30.00
  `,
  'a promise that was not kept is taken back on its day': `
    event          posted  promised
    promise 20     20.00   20.00
    wait 86399     20.00   20.00
    end_promises   20.00   20.00
    wait 1         20.00   20.00
    end_promises   0.00    0.00
    end_promises   0.00    0.00
  `,
  'a hold reserves, and the order that runs ends it': `
    event            posted  held    available  hold.a
    top_up 100       100.00  0.00    100.00     none
    hold a 30        100.00  30.00   70.00      active
    hold b 70.01 ! balance.too_low
    hold b 70        100.00  100.00  0.00       active
    hold c 0         100.00  100.00  0.00       active
    capture a        100.00  70.00   30.00      captured
    capture a        100.00  70.00   30.00      captured
    release a ! bug
    release b        100.00  0.00    100.00     captured
    release b        100.00  0.00    100.00     captured
    capture b ! bug
    capture nothing ! bug
  `,
  'a hold counts no more when its time is over': `
    event          held   available  hold.a
    top_up 10      0.00   10.00      none
    hold a 10      10.00  0.00       active
    wait 7199      10.00  0.00       active
    expire         10.00  0.00       active
    wait 1         0.00   10.00      active
    expire         0.00   10.00      expired
    release a      0.00   10.00      expired
    capture a      0.00   10.00      expired
  `,
  'in debt, nothing can be ordered, not even what is free': `
    event          posted  available
    run a 1        0.00    0.00
    wait 3600      0.00    -1.00
    hold b 0 ! balance.too_low
    top_up 1       1.00    0.00
    hold b 0       1.00    0.00
  `,
  'usage accrues by the second, is posted by the hour and at the end': `
    event          posted     accrued   available  burn      revenue
    top_up 1       1.00       0.00      1.00       0.00      0.00
    wait 600       1.00       0.00      1.00       0.00      0.00
    run a 0.36     1.00       0.00      1.00       0.36      0.00
    wait 1         1.00       0.0001    0.9999     0.36      0.00
    wait 2999      1.00       0.30      0.70       0.36      0.00
    charge         0.70       0.00      0.70       0.36      0.30
    charge         0.70       0.00      0.70       0.36      0.30
    wait 7         0.70       0.0007    0.6993     0.36      0.30
    stop a         0.6993     0.00      0.6993     0.00      0.3007
    wait 7200      0.6993     0.00      0.6993     0.00      0.3007
    charge         0.6993     0.00      0.6993     0.00      0.3007
  `,
  'an end that is heard of late gives back what was charged beyond it': `
    event          posted     accrued   revenue
    top_up 1       1.00       0.00      0.00
    run a 0.36     1.00       0.00      0.00
    wait 3600      1.00       0.36      0.00
    charge         0.64       0.00      0.36
    stop a 10      0.641      0.00      0.359
  `,
}

describe('business events', () => {
  test.each(Object.entries(cases).map(([title, table], index) => ({ title, table, index })))(
    '$title',
    async ({ table, index }) => {
      const { told, seen } = await playTable(
        postgres.database.db,
        table,
        `T${String.fromCharCode(65 + Math.floor(index / 26), 65 + (index % 26))}`,
      )
      expect(seen).toBe(told)
    },
  )

  test('after all of these the books are proven', async () => {
    const differences = await prove(postgres.database.db, utc('2026-05-01 10:00'))
    // Here accruals run without meters, which are another module's.
    expect(differences.filter(({ rule }) => !rule.includes('meter'))).toEqual([])
  })
})

describe('the database itself refuses', () => {
  const refused = (statement: string) => expect(sql.raw(statement).execute(postgres.database.db)).rejects

  test('to change or remove what was written', async () => {
    await newCustomer(postgres.database.db, { funds: '5', at: utc('2026-05-01 10:00') })
    for (const table of ['ledger_entry', 'ledger_posting', 'charge']) {
      const column = { ledger_entry: 'description', ledger_posting: 'amount_micros', charge: 'amount_micros' }[table]
      await refused(`update ${table} set ${column} = ${column}`).toThrow(`${table} is append-only`)
      await refused(`delete from ${table}`).toThrow(`${table} is append-only`)
      await refused(`truncate ${table} cascade`).toThrow('is append-only')
    }
    await refused('delete from ledger_account').toThrow('ledger_account is append-only')
  })

  const someEntry = (account: string) =>
    `insert into ledger_entry (id, account_id, code, description, occurred_at, recorded_at) values ('${newId()}', '${account}', 'bonus', 'x', now(), now()) returning id`

  test('an entry whose postings do not sum to zero, when it commits', async () => {
    const { db } = postgres.database
    const { accountId } = await newCustomer(db, { at: utc('2026-05-01 10:00') })
    const half = db.transaction().execute(async (tx) => {
      await sql
        .raw(`with entry as (${someEntry(accountId)}) insert into ledger_posting (entry_id, ledger_account_id, amount_micros, balance_after_micros)
        select entry.id, a.id, side.amount, null from entry, ledger_account a, (values (5), (-4)) side (amount) where owner_id = '${accountId}'`)
        .execute(tx)
    })
    await expect(half).rejects.toThrow('does not balance: 2 postings in 1 currencies sum to 1')
  })

  test('an entry without postings, and a posting added to an old entry', async () => {
    const { db } = postgres.database
    const { accountId } = await newCustomer(db, { funds: '5', at: utc('2026-05-01 10:00') })
    await refused(someEntry(accountId)).toThrow('does not balance: 0 postings')
    await refused(`insert into ledger_posting (entry_id, ledger_account_id, amount_micros)
      select entry_id, ledger_account_id, 1 from ledger_posting limit 1`).toThrow('does not balance: 3 postings')
  })

  test('an entry in two currencies', async () => {
    const { db } = postgres.database
    const { accountId } = await newCustomer(db, { at: utc('2026-05-01 10:00') })
    await db.transaction().execute((tx) => openLedger(tx, { accountId: newId(), currency: 'CHF' }))
    await refused(`with entry as (${someEntry(accountId)}) insert into ledger_posting (entry_id, ledger_account_id, amount_micros)
      select entry.id, a.id, case a.currency when 'CHF' then 5 else -5 end from entry, ledger_account a
      where a.owner_id is null and a.purpose = 'revenue' and a.currency in ('CHF', 'EUR')`).toThrow(
      '2 postings in 2 currencies sum to 0',
    )
  })

  test('an entry of usage that its charges do not explain', async () => {
    const { db } = postgres.database
    const { accountId } = await newCustomer(db, { at: utc('2026-05-01 10:00') })
    await refused(`with entry as (${someEntry(accountId).replace("'bonus'", "'usage'")}) insert into ledger_posting (entry_id, ledger_account_id, amount_micros)
      select entry.id, a.id, case when a.owner_id is null then 5 else -5 end from entry, ledger_account a
      where a.owner_id = '${accountId}' or a.owner_id is null and a.purpose = 'revenue' and a.currency = 'EUR'`).toThrow(
      'takes 5 and its charges sum to 0',
    )
  })
})

describe('broken input', () => {
  const at = utc('2026-05-01 10:00')
  const rejected = (work: (tx: Tx) => Promise<unknown>) => expect(postgres.database.db.transaction().execute(work)).rejects

  test('sums of zero or below are a bug of the caller, not an entry', async () => {
    const { accountId } = await newCustomer(postgres.database.db, { funds: '5', at })
    for (const amountMicros of [0n, -1n]) {
      await rejected((tx) => topUp(tx, { accountId, amountMicros, method: 'demo', idempotencyKey: 'a', at })).toThrow(
        'above zero',
      )
      await rejected((tx) => grantBonus(tx, { accountId, amountMicros, reason: '', at })).toThrow('above zero')
      await rejected((tx) => refund(tx, { accountId, amountMicros, method: 'demo', reason: '', at })).toThrow('above zero')
    }
    await rejected((tx) => correct(tx, { accountId, amountMicros: 0n, corrects: newId(), reason: '', at })).toThrow('moves money')
    expect((await entriesOf(postgres.database.db, accountId, {}, { limit: 9, offset: 0 })).count).toBe(1)
  })

  test('a correction of an entry that does not exist is refused', async () => {
    const { accountId } = await newCustomer(postgres.database.db, { at })
    await rejected((tx) => correct(tx, { accountId, amountMicros: 1n, corrects: newId(), reason: '', at })).toThrow('foreign key')
  })

  test('a customer without a ledger has no balance, and one with a ledger keeps its currency', async () => {
    const { db } = postgres.database
    await expect(balanceOf(db, newId(), at)).rejects.toThrow('has a ledger')
    const { accountId } = await newCustomer(db, { at })
    await db.transaction().execute((tx) => openLedger(tx, { accountId, currency: 'EUR' }))
    await rejected((tx) => openLedger(tx, { accountId, currency: 'CHF' })).toThrow('one ledger, in one currency')
  })

  test('a sum beyond what eight bytes hold is refused, and nothing is written', async () => {
    const { db } = postgres.database
    const { accountId } = await newCustomer(db, { funds: '5', at })
    const amountMicros = 9_223_372_036_854_775_807n
    await rejected((tx) => topUp(tx, { accountId, amountMicros, method: 'demo', idempotencyKey: 'huge', at })).toThrow(
      'out of range',
    )
    expect((await balanceOf(db, accountId, at)).postedMicros).toBe(eur('5'))
  })
})
