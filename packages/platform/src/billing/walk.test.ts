import { newId } from '@straylight/kit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { afterSeconds, eur, newCustomer, openShop, utc } from '../../test/money/shop.ts'
import { balanceOf, captureHold, entriesOf, placeHold } from '../ledger/index.ts'
import { chargeDue, chargesOf, closeMeters, currentPrices, holdMicros, openMeters, rate } from '../metering/index.ts'
import { prove } from './index.ts'

let postgres: TestDatabase
beforeAll(async () => {
  postgres = await testDatabase()
})
afterAll(() => postgres.drop())

test('a server is ordered, runs, is charged by the second and deleted, and the bill is exact', async () => {
  const { db } = postgres.database
  const start = utc('2026-03-28 22:30:00')
  await openShop(db, start)
  const { accountId, projectId } = await newCustomer(db, { funds: '100', at: start })
  const lines = [
    { sku: 'vcpu', quantity: 4 },
    { sku: 'ram_gib', quantity: 8 },
    { sku: 'volume_gib', quantity: 80 },
    { sku: 'address_v4', quantity: 1 },
  ]
  const price = rate(await currentPrices(db, start), lines)
  expect(price).toMatchObject({ hourMicros: eur('0.0585'), monthMicros: eur('42.12') })

  const server = { type: 'server', id: newId(), name: 'one' }
  const holdId = await db.transaction().execute((tx) =>
    placeHold(tx, {
      accountId,
      amountMicros: holdMicros(price),
      subject: server,
      at: start,
      expiresAt: afterSeconds(start, 7200),
    }),
  )
  expect(await balanceOf(db, accountId, start)).toMatchObject({
    postedMicros: eur('100'),
    heldMicros: eur('1.404'),
    availableMicros: eur('98.596'),
  })

  const runs = afterSeconds(start, 7.4)
  await db.transaction().execute(async (tx) => {
    await captureHold(tx, holdId, runs)
    await openMeters(tx, { accountId, projectId, resource: server, lines, at: runs })
  })
  expect(await balanceOf(db, accountId, runs)).toMatchObject({
    heldMicros: 0n,
    accruedMicros: 0n,
    burnMicrosPerHour: eur('0.0585'),
  })

  const end = utc('2026-03-29 02:10:07')
  await chargeDue(db, { now: utc('2026-03-29 02:00:00') })
  await db.transaction().execute((tx) => closeMeters(tx, { resourceId: server.id, at: end }))
  // 3 h 40 min of 0.0585 per hour is 0.2145; each of the four lines rounds down by itself.
  const spent = eur('0.214498')
  expect(await balanceOf(db, accountId, end)).toMatchObject({
    postedMicros: eur('100') - spent,
    accruedMicros: 0n,
    burnMicrosPerHour: 0n,
    zeroAt: null,
  })
  const charges = await chargesOf(db, { accountId, at: end })
  expect(charges.map((charge) => charge.day)).toEqual([...Array(4).fill('2026-03-29'), ...Array(4).fill('2026-03-28')])
  expect(charges.reduce((sum, charge) => sum + charge.amountMicros, 0n)).toBe(spent)
  const { count, entries } = await entriesOf(db, accountId, {}, { limit: 10, offset: 0 })
  expect(count).toBe(6)
  expect(entries.map((entry) => entry.description)).toEqual([
    'Usage to 02:10:07 UTC',
    'Usage 01:00–02:00 UTC',
    'Usage 00:00–01:00 UTC',
    'Usage 23:00–00:00 UTC',
    'Usage 22:00–23:00 UTC',
    'Top-up (demo)',
  ])
  expect(await prove(db, end)).toEqual([])
})
