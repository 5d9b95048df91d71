import { expect, test } from 'vitest'
import { isLoopback, placeOf } from './places.ts'

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['2001:db8:0:2::', '2001:db8:0:2::/64'],
])('%s is counted as %s', (ip, place) => {
  expect(placeOf(ip)).toBe(place)
})

test('what comes from this machine is known', () => {
  expect(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'].every(isLoopback)).toBe(true)
  expect(['203.0.113.7', '2001:db8::1', '10.127.0.1'].some(isLoopback)).toBe(false)
})
