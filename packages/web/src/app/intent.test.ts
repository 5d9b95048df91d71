import { ApiError } from '@straylight/api'
import { expect, test } from 'vitest'
import { createIntents } from './intent.ts'

const counted = () => {
  let count = 0
  return createIntents(() => `key-${++count}`)
}

test('pressing again after a lost answer repeats the same order', () => {
  const intents = counted()
  const first = intents.keyFor({ name: 'web-01' })
  intents.failed({ name: 'web-01' }, new ApiError(0, undefined))
  expect(intents.keyFor({ name: 'web-01' })).toBe(first)
  intents.failed({ name: 'web-01' }, new ApiError(503, undefined))
  expect(intents.keyFor({ name: 'web-01' })).toBe(first)
})

test('an order that was changed is another order', () => {
  const intents = counted()
  const first = intents.keyFor({ name: 'web-01' })
  intents.failed({ name: 'web-01' }, new ApiError(0, undefined))
  expect(intents.keyFor({ name: 'web-02' })).not.toBe(first)
})

test('a refusal and a success both end the intent', () => {
  const intents = counted()
  const first = intents.keyFor({})
  intents.failed({}, new ApiError(402, undefined))
  const second = intents.keyFor({})
  expect(second).not.toBe(first)
  intents.answered({})
  expect(intents.keyFor({})).not.toBe(second)
})
