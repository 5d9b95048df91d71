import fc from 'fast-check'
import { sql } from 'kysely'
import { afterEach, describe, expect, test } from 'vitest'
import { testDatabase } from '../../test/database.ts'
import { Life, life } from '../../test/money/life.ts'
import { utc } from '../../test/money/shop.ts'
import { openDatabase } from '../foundation/db.ts'
import { expireHolds } from '../ledger/index.ts'
import { prove } from './index.ts'

/** In each zone. */
const lives = Number(process.env.STRAYLIGHT_LIVES ?? 6)

const zoneBefore = process.env.TZ
afterEach(() => {
  if (zoneBefore === undefined) delete process.env.TZ
  else process.env.TZ = zoneBefore
})

/** Each begins some hours before clocks change there; Lord Howe Island changes by half an hour. */
const nights = [
  { zone: 'UTC', start: '2026-02-27 20:00:00', offsetsMinutes: [0] },
  { zone: 'Europe/Berlin', start: '2026-03-28 21:13:07', offsetsMinutes: [-60, -120] },
  { zone: 'America/New_York', start: '2026-11-01 01:59:59', offsetsMinutes: [240, 300] },
  { zone: 'Australia/Lord_Howe', start: '2026-04-04 12:00:00', offsetsMinutes: [-660, -630] },
  { zone: 'Asia/Kathmandu', start: '2026-12-31 17:00:01', offsetsMinutes: [-345] },
]

describe.each(nights)('in $zone', ({ zone, start, offsetsMinutes }) => {
  test('whatever happens in months, the charges are the integral of the prices, and zero comes when it was forecast', {
    timeout: lives * 10_000 + 30_000,
  }, async () => {
    process.env.TZ = zone
    const begin = utc(start)
    const offset = (days: number) => new Date(begin.getTime() + days * 86_400_000).getTimezoneOffset()
    expect([...new Set([offset(0), offset(2)])]).toEqual(offsetsMinutes) // the process really lives in that zone, and through that night

    await fc.assert(
      fc.asyncProperty(life, async (happenings) => {
        const postgres = await testDatabase({ connections: 1 })
        await sql.raw(`alter database ${postgres.name} set timezone to '${zone}'`).execute(postgres.database.db)
        const there = openDatabase(postgres.url, { connections: 2 })
        try {
          const customer = await Life.begin(there.db, begin)
          for (const happening of happenings) await customer.live(happening)
          await customer.end()
          await expireHolds(there.db, { now: customer.now })
          expect(await prove(there.db, customer.now)).toEqual([])
        } finally {
          await there.close()
          await postgres.drop()
        }
      }),
      // A failure has the rest of the time to find a shorter life that fails as well; too little time for all lives is a failure.
      { numRuns: lives, interruptAfterTimeLimit: lives * 10_000, markInterruptAsFailure: true },
    )
  })
})
