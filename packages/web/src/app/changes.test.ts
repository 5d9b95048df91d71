import { expect, test } from 'vitest'
import { isKnownChange, staleAfter } from './changes.ts'
import { keys } from './keys.ts'
import { createGatherer } from './live-updates.ts'

test('a change of a server makes its list, its page and what hangs on it stale', () => {
  expect(staleAfter({ type: 'server', id: 's1', project_id: 'p1' })).toEqual([
    keys.servers('p1'),
    keys.server('s1'),
    keys.volumes('p1'),
    keys.addresses('p1'),
  ])
})

test('a step of a task makes the servers stale that show it', () => {
  const stale = staleAfter({ type: 'task', id: 't1', project_id: 'p1' })
  expect(stale).toContainEqual(keys.servers('p1'))
  expect(keys.server('s1').slice(0, 1)).toEqual(keys.eachServer)
})

test('a change of the balance makes everything about money stale', () => {
  expect(staleAfter({ type: 'balance', id: 'a1', project_id: null })).toEqual([keys.money])
  expect(keys.balance.slice(0, 1)).toEqual(keys.money)
})

test('what this app does not know is passed over', () => {
  expect(isKnownChange({ type: 'server', id: 'x' })).toBe(true)
  for (const type of ['quasar', 'constructor', '']) expect(isKnownChange({ type, id: 'x' })).toBe(false)
})

test('a burst of changes is asked once', async () => {
  const flushed: string[][] = []
  const gather = createGatherer((changes) => flushed.push(changes.map(({ id }) => id)), 5)
  for (const id of ['a', 'b', 'c']) gather({ type: 'server', id })
  await new Promise((resolve) => setTimeout(resolve, 30))
  gather({ type: 'server', id: 'd' })
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(flushed).toEqual([['a', 'b', 'c'], ['d']])
})
