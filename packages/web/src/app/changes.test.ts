import { expect, test } from 'vitest'
import { parseChange, staleAfter } from './changes.ts'
import { keys } from './keys.ts'

test('a change of a server makes its list and its page stale', () => {
  const change = parseChange('{"type":"server","id":"s1","project_id":"p1"}')
  expect(change && staleAfter(change)).toEqual([keys.servers('p1'), keys.server('s1'), keys.consumption('p1')])
})

test('a change of the balance makes everything about money stale', () => {
  expect(staleAfter({ type: 'balance', id: 'a1', project_id: null })).toEqual([keys.money])
  expect(keys.balance.slice(0, 1)).toEqual(keys.money)
})

test('what this app does not know is passed over', () => {
  for (const data of ['', '[]', 'null', '{"type":"constructor","id":"x"}', '{"type":"quasar","id":"x"}', '{"id":"x"}']) expect(parseChange(data), data).toBeUndefined()
})
