import { expect, test } from 'vitest'
import { ConfigurationError, readConfig } from './config.ts'

const realCloud = { OPENSTACK_AUTH_URL: 'http://keystone:5000/v3', OPENSTACK_PASSWORD: 'x' }

test('with nothing set everything is simulated; a URL of any neighbour ends that', () => {
  expect(readConfig({}).isSimulated).toBe(true)
  expect(readConfig(realCloud).isSimulated).toBe(false)
})

test('money is made of nothing only where somebody says so', () => {
  expect(readConfig(realCloud).demoPayments).toBe(false)
  expect(readConfig({ ...realCloud, STRAYLIGHT_DEMO_PAYMENTS: 'true' }).demoPayments).toBe(true)
})

test.each([
  ['STRAYLIGHT_PORT', 'eighty', 'STRAYLIGHT_PORT must be a whole number'],
  ['STRAYLIGHT_PORT', '80.5', 'STRAYLIGHT_PORT must be a whole number'],
  ['STRAYLIGHT_LOG', 'loud', 'STRAYLIGHT_LOG must be one of fatal, error'],
  ['STRAYLIGHT_DEMO_PAYMENTS', 'yes', 'STRAYLIGHT_DEMO_PAYMENTS must be true or false'],
  ['DATABASE_URL', 'somewhere', 'DATABASE_URL must be a URL'],
  ['OPENSTACK_AUTH_URL', 'http://keystone:5000/v3', 'OPENSTACK_PASSWORD is needed'],
])('%s=%s is one sentence', (name, value, sentence) => {
  expect(() => readConfig({ [name]: value })).toThrow(ConfigurationError)
  expect(() => readConfig({ [name]: value })).toThrow(sentence)
})
