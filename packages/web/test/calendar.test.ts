import { expect, test } from 'vitest'
import { isDay, monthGrid, shiftDay, shiftMonth } from '../src/lib/calendar.ts'

test('days do not know of daylight saving, months end where they end', () => {
  expect([
    shiftDay('2026-03-29', 1),
    shiftDay('2026-10-25', -1),
    shiftDay('2028-02-28', 1),
    shiftMonth('2026-12', 1),
    shiftMonth('2026-01', -1),
  ]).toEqual(['2026-03-30', '2026-10-24', '2028-02-29', '2027-01', '2025-12'])
  expect(['2026-02-30x', '2026-13-01', '2026-11-22'].map(isDay)).toEqual([false, false, true])
})

test('a month is six weeks from a Monday', () => {
  const grid = monthGrid('2026-11')
  expect([grid.length, grid[0]?.[0], grid[0]?.[6], grid[5]?.[6]]).toEqual([6, '2026-10-26', '2026-11-01', '2026-12-06'])
})
