import fc from 'fast-check'
import { expect, test } from 'vitest'
import { usageMicros } from './seconds.ts'
import { accruedMicros, horizonSeconds, type Running, zeroSecond } from './zero.ts'

const now = 1_800_000_000

/** Posted up to some second not later than now, as the ledger leaves it; some began in the future, when clocks of processes differ. */
const running: fc.Arbitrary<Running> = fc
  .record({
    hourMicros: fc.oneof(fc.bigInt(0n, 50n), fc.bigInt(1n, 5_000_000n)),
    age: fc.integer({ min: -30, max: 5_000_000 }),
    unposted: fc.integer({ min: 0, max: 7200 }),
  })
  .map(({ hourMicros, age, unposted }) => ({
    hourMicros,
    sinceSecond: now - age,
    chargedMicros: usageMicros(hourMicros, Math.max(0, age - unposted)),
  }))

test('the forecast of zero is the first second at which a clock that ticks finds nothing left', () => {
  fc.assert(
    fc.property(fc.array(running, { maxLength: 12 }), fc.bigInt(0n, 3000n), (all, spare) => {
      // Money for about as long as a test can tick.
      const posted = accruedMicros(all, now) + spare
      const forecast = zeroSecond(posted, all, now)
      let ticked: number | undefined
      for (let second = now; second <= now + 20_000; second++)
        if (posted - accruedMicros(all, second) <= 0n) {
          ticked = second
          break
        }
      const idle = all.every((item) => item.hourMicros === 0n) && spare === 0n
      if (idle) expect(forecast).toBeUndefined()
      else if (ticked === undefined) expect(forecast ?? Infinity).toBeGreaterThan(now + 20_000)
      else expect(forecast).toBe(ticked)
    }),
    { numRuns: 300 },
  )
})

test('far from now the second of the forecast still is the first without money', () => {
  fc.assert(
    fc.property(fc.array(running, { minLength: 1, maxLength: 12 }), fc.bigInt(1n, 10n ** 15n), (all, posted) => {
      const forecast = zeroSecond(posted, all, now)
      const left = (second: number) => posted - accruedMicros(all, second)
      if (forecast === undefined) {
        expect(left(now + horizonSeconds)).toBeGreaterThan(0n)
        return
      }
      expect(left(forecast)).toBeLessThanOrEqual(0n)
      if (forecast > now) expect(left(forecast - 1)).toBeGreaterThan(0n)
    }),
    { numRuns: 1000 },
  )
})

const line = (hourMicros: bigint): Running => ({ hourMicros, sinceSecond: now, chargedMicros: 0n })

test.each([
  { title: 'nothing runs and nothing is owed', posted: 0n, all: [], zero: undefined },
  { title: 'nothing runs and something is owed', posted: -1n, all: [], zero: now },
  { title: 'something runs on an empty balance', posted: 0n, all: [line(1n)], zero: now },
  { title: 'one micro-unit at one per hour lasts an hour', posted: 1n, all: [line(1n)], zero: now + 3600 },
  { title: 'two lines of one per hour each round down by themselves', posted: 1n, all: [line(1n), line(1n)], zero: now + 3600 },
  { title: 'one line of two per hour rounds down once', posted: 1n, all: [line(2n)], zero: now + 1800 },
  { title: 'it ends on the last second of ten years', posted: 87_600n, all: [line(1n)], zero: now + horizonSeconds },
  { title: 'it ends beyond ten years', posted: 87_601n, all: [line(1n)], zero: undefined },
])('$title', ({ posted, all, zero }) => {
  expect(zeroSecond(posted, all, now)).toBe(zero)
})
