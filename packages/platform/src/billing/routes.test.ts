import { type Route, routes } from '@straylight/api'
import { AdjustableClock, CallerError, newId } from '@straylight/kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { afterSeconds, type Customer, newCustomer, openShop, utc } from '../../test/money/shop.ts'
import { chargeDue, closeMeters, openMeters } from '../metering/index.ts'
import { type BillingOptions, billingRoutes } from './routes.ts'

let postgres: TestDatabase
let customer: Customer
const start = utc('2026-05-01 10:00:00')
const clock = new AdjustableClock('still', start)

/** Calls a handler as the HTTP layer does: the query read by the contract, the answer checked against it. */
async function call<R extends Route>(
  route: R,
  {
    query = {},
    body,
    takesDemoPayments = true,
  }: { query?: Record<string, string>; body?: unknown } & Partial<BillingOptions> = {},
) {
  const handler = billingRoutes({ takesDemoPayments }).find((candidate) => candidate.route === route)
  if (!handler) throw new Error(`no handler for ${route.name}`)
  const { db } = postgres.database
  const { data } = await db.transaction().execute((tx) => {
    const given = { query: route.query ? route.query.parse(query) : {}, body: route.body?.parse(body) }
    return handler.run({
      db,
      tx,
      clock,
      params: {},
      caller: { accountId: customer.accountId },
      request: { id: newId() },
      ...given,
    } as never)
  })
  return route.response?.parse(data) as { result: never; count: number }
}

beforeAll(async () => {
  postgres = await testDatabase()
  const { db } = postgres.database
  await openShop(db, start)
  customer = await newCustomer(db, { funds: '10', at: start })
  const lines = [
    { sku: 'vcpu', quantity: 2 },
    { sku: 'ram_gib', quantity: 4 },
  ]
  await db
    .transaction()
    .execute((tx) => openMeters(tx, { ...customer, resource: { type: 'server', id: newId(), name: 'one' }, lines, at: start }))
  const ended = newId()
  await db.transaction().execute((tx) =>
    openMeters(tx, {
      ...customer,
      resource: { type: 'volume', id: ended, name: 'disk' },
      lines: [{ sku: 'volume_gib', quantity: 100 }],
      at: start,
    }),
  )
  await db.transaction().execute((tx) => closeMeters(tx, { resourceId: ended, at: afterSeconds(start, 1800) }))
  clock.advance(15 * 3600_000)
  await chargeDue(db, { now: clock.now() })
  clock.advance(1000)
})
afterAll(() => postgres.drop())

describe('the balance', () => {
  test('is told exactly, to this second', async () => {
    expect((await call(routes.billingBalance)).result).toEqual({
      currency: 'EUR',
      posted: '9.635',
      held: '0.00',
      accrued: '0.000005',
      available: '9.634995',
      burn: { hour: '0.024', month: '17.28' },
      zero_at: '2026-05-18T18:27:31.000Z', // 9.635 last 1,445,250 s at 0.024 an hour, and a second more: two lines round down
      at: '2026-05-02T01:00:01.000Z',
    })
  })

  test('is told in numbers to the published clients', async () => {
    expect((await call(routes.balanceOfAccount)).result).toEqual({
      balance: 9.634995,
      credit_limit: 0,
      cost: { hour: 0.024, month: 17.28 },
      cost_active: { hour: 0.024, month: 17.28 },
      days_left_until_zero: 16,
    })
  })

  test('each day has its end', async () => {
    expect((await call(routes.billingHistory, { query: { days: '3' } })).result).toEqual([
      { day: '2026-04-30', balance: '0.00', top_ups: '0.00', charges: '0.00' },
      { day: '2026-05-01', balance: '9.659', top_ups: '10.00', charges: '0.341' },
      { day: '2026-05-02', balance: '9.635', top_ups: '0.00', charges: '0.024' },
    ])
  })
})

describe('entries', () => {
  const amounts = async (query: Record<string, string>) =>
    ((await call(routes.billingEntries, { query })).result as { amount: string }[]).map((entry) => entry.amount)

  test('come newest first, with the balance after each', async () => {
    const { count, result } = await call(routes.billingEntries, { query: { limit: '2' } })
    expect(count).toBe(17)
    expect(result).toMatchObject([
      { code: 'usage', amount: '-0.024', balance: '9.635', description: 'Usage 00:00–01:00 UTC' },
      { code: 'usage', amount: '-0.024', balance: '9.659', description: 'Usage 23:00–00:00 UTC' },
    ])
  })

  test('can be filtered, ordered and paged', async () => {
    expect(await amounts({ code: 'top_up' })).toEqual(['10.00'])
    expect(await amounts({ ordering: 'occurred_at', limit: '2', offset: '1' })).toEqual(['-0.005', '-0.024'])
    expect(await amounts({ occurred_at__gte: '2026-05-02T00:00:00Z' })).toHaveLength(2)
    expect(await amounts({ occurred_at__lt: '2026-05-01T11:00:00Z', code__in: 'usage,bonus' })).toEqual(['-0.005'])
  })

  test.each([{ colour: 'red' }, { ordering: 'amount' }, { occurred_at__gte: 'yesterday' }, { code__gt: 'a' }])(
    'what cannot be asked is a field error: %o',
    async (query) => {
      const error = await call(routes.billingEntries, { query }).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(CallerError)
      expect(error).toMatchObject({ kind: 'invalid', fields: [{ field: Object.keys(query)[0] }] })
    },
  )
})

describe('charges', () => {
  test('are told by resource and day, to this second', async () => {
    const { count, result } = await call(routes.billingCharges, { query: { ordering: '-amount' } })
    expect(count).toBe(5)
    expect(
      (result as { day: string; sku: string; seconds: number; amount: string }[]).map(({ day, sku, seconds, amount }) => ({
        day,
        sku,
        seconds,
        amount,
      })),
    ).toEqual([
      { day: '2026-05-01', sku: 'vcpu', seconds: 50_400, amount: '0.196' },
      { day: '2026-05-01', sku: 'ram_gib', seconds: 50_400, amount: '0.14' },
      { day: '2026-05-02', sku: 'vcpu', seconds: 3601, amount: '0.014003' },
      { day: '2026-05-02', sku: 'ram_gib', seconds: 3601, amount: '0.010002' },
      { day: '2026-05-01', sku: 'volume_gib', seconds: 1800, amount: '0.005' },
    ])
  })

  test('can be asked for days and resources', async () => {
    expect((await call(routes.billingCharges, { query: { from: '2026-05-02' } })).count).toBe(2)
    expect((await call(routes.billingCharges, { query: { to: '2026-05-01', resource_type: 'server' } })).count).toBe(2)
    expect((await call(routes.billingCharges, { query: { from: '2026-05-03' } })).count).toBe(0)
    expect((await call(routes.billingCharges, { query: { from: '2026-05-02', to: '2026-05-01' } })).count).toBe(0)
  })
})

describe('charges of many days', () => {
  const days = async (query: Record<string, string>) =>
    new Set(((await call(routes.billingCharges, { query })).result as { day: string }[]).map(({ day }) => day))

  test('are those of the last 31 when nobody says which', async () => {
    clock.advance(40 * 86_400_000)
    const told = await days({})
    expect(told.size).toBe(31)
    expect(told.has('2026-06-11')).toBe(true)
    expect(told.has('2026-05-11')).toBe(false)
    expect(await days({ to: '2026-05-03' })).toEqual(new Set(['2026-05-01', '2026-05-02', '2026-05-03']))
  })

  test.each([{ from: '2020-01-01' }, { from: '2025-01-01', to: '2026-01-02' }])(
    'are refused when they are too many: %o',
    async (query) => {
      await expect(call(routes.billingCharges, { query })).rejects.toMatchObject({
        kind: 'invalid',
        code: 'request.invalid',
        fields: [{ field: 'from', message: expect.stringContaining('366 days') }],
      })
    },
  )
})

describe('a top-up', () => {
  test.each(['0.01', '25', '1000000.00'])('of %s is paid at once', async (amount) => {
    const before = (await call(routes.billingEntries)).count
    expect((await call(routes.billingTopUp, { body: { amount, method: 'demo' } })).result).toMatchObject({ status: 'paid' })
    expect((await call(routes.billingEntries)).count).toBe(before + 1)
  })

  test.each(['0', '0.00', '-1', '0.001', '10.005', '1000000.01', '999999999999'])(
    'of %s is a field error, and nothing is written',
    async (amount) => {
      const before = (await call(routes.billingEntries)).count
      const error = await call(routes.billingTopUp, { body: { amount, method: 'demo' } }).catch((error: unknown) => error)
      expect(error).toMatchObject({ kind: 'invalid', code: 'top_up.amount', fields: [{ field: 'amount' }] })
      expect((await call(routes.billingEntries)).count).toBe(before)
    },
  )

  test('by the method demo is refused where it is not offered, and nothing is written', async () => {
    const before = (await call(routes.billingEntries)).count
    const error = await call(routes.billingTopUp, {
      body: { amount: '10.00', method: 'demo' },
      takesDemoPayments: false,
    }).catch((error: unknown) => error)
    expect(error).toMatchObject({ kind: 'invalid', code: 'top_up.method_not_offered', fields: [{ field: 'method' }] })
    expect((await call(routes.billingEntries)).count).toBe(before)
  })

  test.each(['', '1e3', '1,50', ' 5', '٥', '1.0000001', 'NaN'])('of %j is not a sum', async (amount) => {
    await expect(call(routes.billingTopUp, { body: { amount, method: 'demo' } })).rejects.toThrow('decimal string')
  })
})

test('the price list tells hour and month', async () => {
  const { result } = await call(routes.pricesList)
  expect(result).toContainEqual({ sku: 'vcpu', unit: 'vCPU', hour: '0.007', month: '5.04', currency: 'EUR' })
})
