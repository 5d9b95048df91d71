import { ApiError } from '@straylight/api'
import { expect, test } from 'vitest'
import { memoryStorage } from '../../test/storage.ts'
import { createIntents, type IntentOptions, keptIn } from './intent.ts'

let count = 0
const counted = (options: IntentOptions = {}) => createIntents({ newKey: () => `key-${++count}`, ...options })
const lost = new ApiError(0, undefined)

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

test('a page that was loaded anew after a lost answer repeats the order, each form its own', () => {
  const storage = memoryStorage()
  const form = () => counted({ store: keptIn(storage, () => 'server.p1') })
  const wish = { name: 'web-01', user_data: 'password: secret' }
  const before = form()
  const first = before.keyFor(wish)
  before.failed(wish, lost)
  expect(JSON.stringify(storage.getItem(storage.key(0) ?? ''))).not.toContain('secret')

  const after = form()
  expect(after.keyFor(wish)).toBe(first)
  expect(after.keyFor({ ...wish, name: 'web-02' })).not.toBe(first)
  expect(counted({ store: keptIn(storage, () => 'server.p2') }).keyFor(wish)).not.toBe(first)
  after.answered(wish)
  after.answered({ ...wish, name: 'web-02' })
  expect(form().keyFor(wish)).not.toBe(first)
})

test('what was answered leaves nothing in the tab', () => {
  const storage = memoryStorage()
  const intents = counted({ store: keptIn(storage, () => 'top-up') })
  intents.keyFor({ amount: '25.00' })
  expect(storage.length).toBe(1)
  intents.answered({ amount: '25.00' })
  expect(storage.length).toBe(0)
})

test('a storage that is full or spoiled keeps nobody from ordering, nor lets them order twice', () => {
  const full: Storage = {
    ...memoryStorage(),
    getItem: () => 'no json',
    setItem: () => {
      throw new Error('QuotaExceededError')
    },
  }
  const intents = counted({ store: keptIn(full, () => 'server') })
  const first = intents.keyFor('web-01')
  expect(intents.keyFor('web-01')).toBe(first)
})

test('stop, whose answer was lost, then start, then stop: the second stop is another wish', () => {
  const wish = (verb: string, id: string) => ({ verb, id })
  const intents = counted({ subjectOf: (one) => (one as { id: string }).id })
  const stop = intents.keyFor(wish('stop', 's1'))
  const other = intents.keyFor(wish('stop', 's2'))
  intents.failed(wish('stop', 's1'), lost)
  expect(intents.keyFor(wish('stop', 's1'))).toBe(stop)
  intents.keyFor(wish('start', 's1'))
  intents.answered(wish('start', 's1'))
  expect(intents.keyFor(wish('stop', 's1'))).not.toBe(stop)
  expect(intents.keyFor(wish('stop', 's2'))).toBe(other)
})

test('after a while the same words are a new wish', () => {
  let at = 0
  const intents = counted({ now: () => at, keptForMs: 300_000 })
  const first = intents.keyFor('stop')
  at = 300_000
  expect(intents.keyFor('stop')).toBe(first)
  at = 600_001
  expect(intents.keyFor('stop')).not.toBe(first)
})
