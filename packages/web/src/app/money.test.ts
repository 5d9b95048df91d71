import type { Balance } from '@straylight/api'
import { expect, test } from 'vitest'
import { balanceAfter, runwayOf, shareOf, sumOf, urgencyOf } from './money.ts'

const balance: Balance = {
  currency: 'EUR',
  posted: '100.00',
  held: '0.00',
  accrued: '0.50',
  available: '99.50',
  burn: { hour: '0.0360', month: '26.28' },
  zero_at: '2026-12-15T00:00:00Z',
  at: '2026-11-22T00:00:00Z',
}

test('the balance runs by the second between two answers', () => {
  expect(balanceAfter(balance, 0)).toEqual({ accrued: '0.50', available: '99.50' })
  expect(balanceAfter(balance, 1000)).toEqual({ accrued: '0.50001', available: '99.49999' })
  expect(balanceAfter(balance, 3_600_000)).toEqual({ accrued: '0.536', available: '99.464' })
})

test('a started millionth counts as used, and time never runs back', () => {
  expect(balanceAfter({ ...balance, burn: { hour: '0.000001', month: '0.00' } }, 1).available).toBe('99.499999')
  expect(balanceAfter(balance, -5000).available).toBe('99.50')
})

test('a sum that a float would spoil stays exact', () => {
  expect(sumOf(['0.10', '0.20', '-0.000001', '999999999999.999999'])).toBe('1000000000000.299998')
  expect(sumOf([])).toBe('0.00')
})

test('the runway is what is left until the moment of zero', () => {
  const runway = runwayOf(balance, 1000)
  expect(runway).toEqual({ kind: 'lasts', ms: 23 * 86_400_000 - 1000, zeroAt: balance.zero_at })
  expect(urgencyOf(runway)).toBe('calm')
  expect(urgencyOf(runwayOf({ ...balance, zero_at: '2026-11-27T00:00:00Z' }))).toBe('soon')
  expect(urgencyOf(runwayOf({ ...balance, zero_at: '2026-11-23T00:00:00Z' }))).toBe('now')
  expect(runwayOf({ ...balance, zero_at: '2026-11-22T00:00:00Z' })).toEqual({ kind: 'empty' })
  expect(runwayOf({ ...balance, zero_at: null })).toEqual({ kind: 'endless' })
  expect(runwayOf({ ...balance, zero_at: null, available: '0.00' })).toEqual({ kind: 'empty' })
})

test('the length of a bar is between nothing and full', () => {
  expect(shareOf('25.00', '100.00')).toBe(0.25)
  expect(shareOf('125.00', '100.00')).toBe(1)
  expect(shareOf('1.00', '0.00')).toBe(0)
})
