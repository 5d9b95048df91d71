import { expect, test } from 'vitest'
import { memoryStorage } from '../../test/storage.ts'
import { dropDraft, dropEveryDraft, readDraft, writeDraft } from './drafts.ts'

const isText = (value: unknown): value is string => typeof value === 'string'
const day = 86_400_000

test('a draft is there again within seven days and gone after them', () => {
  const storage = memoryStorage()
  writeDraft(storage, 'server', 'web-01', 0)
  expect(readDraft(storage, 'server', isText, 7 * day)).toBe('web-01')
  expect(readDraft(storage, 'server', isText, 7 * day + 1)).toBeUndefined()
  expect(storage.length).toBe(0)
})

test('a draft that this form cannot read is passed over', () => {
  const storage = memoryStorage()
  writeDraft(storage, 'server', { name: 'web-01' }, 0)
  expect(readDraft(storage, 'server', isText, 1)).toBeUndefined()
  storage.setItem('straylight.draft.server', 'no json')
  expect(readDraft(storage, 'server', isText, 1)).toBeUndefined()
})

test('an order that was given leaves no draft', () => {
  const storage = memoryStorage()
  writeDraft(storage, 'server', 'web-01', 0)
  dropDraft(storage, 'server')
  expect(readDraft(storage, 'server', isText, 1)).toBeUndefined()
})

test('who signs out leaves no draft to the next person, and keeps the look of the page', () => {
  const storage = memoryStorage()
  storage.setItem('straylight.preferences', '{}')
  writeDraft(storage, 'server.ada', 'web-01', 0)
  writeDraft(storage, 'volume.ada', 'pg-data', 0)
  dropEveryDraft(storage)
  expect(storage.length).toBe(1)
  expect(storage.getItem('straylight.preferences')).toBe('{}')
})

test('a storage that is full does not break the form', () => {
  const full: Storage = {
    ...memoryStorage(),
    setItem: () => {
      throw new Error('QuotaExceededError')
    },
  }
  expect(() => writeDraft(full, 'server', 'web-01', 0)).not.toThrow()
})
