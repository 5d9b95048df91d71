import { CallerError, newId } from '@straylight/kit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { afterSeconds, eur, newCustomer, utc } from '../../test/money/shop.ts'
import { balanceOf, lockAccount, placeHold, refund, startAccruals } from './index.ts'
import { secondOf } from './seconds.ts'

let postgres: TestDatabase
beforeAll(async () => {
  postgres = await testDatabase({ connections: 24 })
})
afterAll(() => postgres.drop())

const at = utc('2026-05-01 10:00')

const order = (accountId: string, sum: string, id: string = newId()) =>
  postgres.database.db.transaction().execute((tx) =>
    placeHold(tx, {
      accountId,
      amountMicros: eur(sum),
      subject: { type: 'server', id },
      at,
      expiresAt: afterSeconds(at, 7200),
    }),
  )

test('of twenty orders at once, with money for ten, exactly ten pass', async () => {
  const { accountId } = await newCustomer(postgres.database.db, { funds: '10', at })
  const orders = await Promise.allSettled(Array.from({ length: 20 }, () => order(accountId, '1')))
  const refused = orders.filter((result) => result.status === 'rejected').map((result) => result.reason)
  expect(refused).toHaveLength(10)
  for (const error of refused) expect(error).toMatchObject({ kind: 'payment_required', code: 'balance.too_low' })
  expect(await balanceOf(postgres.database.db, accountId, at)).toMatchObject({ heldMicros: eur('10'), availableMicros: 0n })
})

test('an order and a refund at once cannot both have the same money', async () => {
  const { accountId } = await newCustomer(postgres.database.db, { funds: '10', at })
  const { db } = postgres.database
  const back = () =>
    db.transaction().execute((tx) => refund(tx, { accountId, amountMicros: eur('6'), method: 'demo', reason: 'test', at }))
  const results = await Promise.allSettled([order(accountId, '6'), back(), order(accountId, '6'), back()])
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
  expect((await balanceOf(db, accountId, at)).availableMicros).toBe(eur('4'))
})

test('too little money says what is needed, what is there and for how long it would last', async () => {
  const { accountId } = await newCustomer(postgres.database.db, { funds: '1', at })
  const error = await order(accountId, '2.40').catch((error: unknown) => error)
  expect(error).toBeInstanceOf(CallerError)
  // 2.40 a day is 0.10 an hour
  expect(error).toMatchObject({
    message: 'This order reserves 2.40 EUR, the price of its first day; 1.00 EUR is available.',
    description: 'Top up by 1.40 EUR or more. What there is would last for 10 h 0 min.',
    facts: { need: '2.40', have: '1.00', currency: 'EUR', lasts_seconds: 36_000 },
  })
})

test('what runs already shortens how long the money would last', async () => {
  const { accountId } = await newCustomer(postgres.database.db, { funds: '1', at })
  await postgres.database.db.transaction().execute(async (tx) => {
    await lockAccount(tx, accountId)
    await startAccruals(tx, [{ id: newId(), accountId, hourMicros: eur('0.10'), sinceSecond: secondOf(at) }])
  })
  await expect(order(accountId, '2.40')).rejects.toMatchObject({ facts: { lasts_seconds: 18_000 } })
})

test('one order has one active hold', async () => {
  const { accountId } = await newCustomer(postgres.database.db, { funds: '10', at })
  const id = newId()
  await order(accountId, '1', id)
  await expect(order(accountId, '1', id)).rejects.toThrow('hold_subject')
})

test('a hold is not negative and ends after it began', async () => {
  const { accountId } = await newCustomer(postgres.database.db, { funds: '10', at })
  await expect(order(accountId, '-1')).rejects.toThrow('not negative')
  const ended = { accountId, amountMicros: 1n, subject: { type: 'server', id: newId() }, at, expiresAt: at }
  await expect(postgres.database.db.transaction().execute((tx) => placeHold(tx, ended))).rejects.toThrow('expires after')
})
