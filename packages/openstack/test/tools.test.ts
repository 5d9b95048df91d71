import { expect, test } from 'vitest'
import { hasTool } from './tools.ts'

test('a tool that is missing is a reason to skip, and a failure when it is required', () => {
  expect(hasTool('openstack-cli', false, '')).toBe(false)
  expect(hasTool('openstack-cli', false, 'rabbitmq')).toBe(false)
  expect(hasTool('openstack-cli', true, 'openstack-cli')).toBe(true)
  expect(() => hasTool('openstack-cli', false, 'rabbitmq, openstack-cli')).toThrow('openstack-cli is not installed')
})
