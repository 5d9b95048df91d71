import type { Charge } from '@straylight/api'
import { expect, test } from 'vitest'
import { chargesByDay, daysOf, firstOfMonth, groupCharges, lastOfMonth, priceOfDays, zeroAfter } from './charges.ts'

const charge = (given: Partial<Charge>): Charge => ({
  day: '2026-11-20',
  project_id: 'p',
  resource_type: 'server',
  resource_id: 's1',
  resource_name: 'web-01',
  sku: 'vcpu',
  quantity: 2,
  seconds: 3600,
  amount: '0.014',
  ...given,
})
const charges = [
  charge({}),
  charge({ sku: 'ram_gib', amount: '0.01' }),
  charge({ day: '2026-11-21', seconds: 1800, amount: '0.007' }),
  charge({ resource_type: 'volume', resource_id: 'v1', resource_name: 'web-01-system', sku: 'volume_gib', amount: '0.1' }),
]

test('charges add up by resource, the largest first, exactly', () => {
  expect(groupCharges(charges, 'resource')).toEqual([
    { key: 'v1', name: 'web-01-system', kind: 'volume', seconds: 3600, sum: '0.10' },
    { key: 's1', name: 'web-01', kind: 'server', seconds: 5400, sum: '0.031' },
  ])
})

test('vCPUs and memory of a server run at the same time and count once', () => {
  expect(groupCharges(charges, 'kind').map(({ key, seconds }) => [key, seconds])).toEqual([
    ['volume', 3600],
    ['server', 5400],
  ])
})

test('a day without charges is a day too', () => {
  expect(
    chargesByDay(charges, daysOf('2026-11-20', '2026-11-22')).map(({ day, total, sums }) => [day, total, sums.server]),
  ).toEqual([
    ['2026-11-20', '0.124', '0.024'],
    ['2026-11-21', '0.007', '0.007'],
    ['2026-11-22', '0.00', '0.00'],
  ])
  expect(groupCharges(charges, 'day').map(({ key }) => key)).toEqual(['2026-11-21', '2026-11-20'])
})

test('a month ends on its last day', () => {
  expect([firstOfMonth('2026-11-22'), lastOfMonth('2026-11-22'), lastOfMonth('2028-02-01'), lastOfMonth('2026-12-31')]).toEqual([
    '2026-11-01',
    '2026-11-30',
    '2028-02-29',
    '2026-12-31',
  ])
})

test('a top-up moves the moment of zero by what it buys', () => {
  const balance = { posted: '10.00', accrued: '1.00', burn: { hour: '0.50' } }
  expect(zeroAfter(balance, '0.00', 0)).toBe(18 * 3_600_000)
  expect(zeroAfter(balance, '5.00', 0)).toBe(28 * 3_600_000)
  expect(zeroAfter({ ...balance, posted: '0.00' }, '0.50', 1000)).toBe(1000)
  expect(zeroAfter({ ...balance, burn: { hour: '0.00' } }, '5.00', 0)).toBeNull()
})

test('days are bought in whole cents, rounded up', () => {
  expect(priceOfDays('0.0585', 30)).toBe('42.12')
  expect(priceOfDays('0.000001', 1)).toBe('0.01')
  expect(priceOfDays('0.00', 30)).toBe('0.00')
})
