import { expect, test } from 'vitest'
import { integer, oneOf, readQuery, sortBy, text, writeQuery } from '../src/lib/url-state.ts'

const view = { q: text(), status: oneOf(['all', 'error'], 'all'), sort: sortBy('name'), page: integer(1, { min: 1 }) }

test('what stands in the URL is read, what is not understood is the fallback', () => {
  expect(readQuery({ status: 'error' }, 'status', view.status)).toBe('error')
  expect(readQuery({ status: 'exploded' }, 'status', view.status)).toBe('all')
  expect(readQuery({ status: ['error', 'all'] }, 'status', view.status)).toBe('all')
  expect(readQuery({ sort: '-created_in' }, 'sort', view.sort)).toBe('-created_in')
  expect(readQuery({ sort: '-name; drop' }, 'sort', view.sort)).toBe('name')
  expect(['3', '0', '-1', '1e9', '999999999999999999'].map((page) => readQuery({ page }, 'page', view.page))).toEqual([
    3, 1, 1, 1, 1,
  ])
  expect(readQuery({}, 'q', view.q)).toBe('')
})

test('what equals the fallback is left out, what belongs to others stays', () => {
  expect(writeQuery({ tab: 'disks', status: 'error' }, { status: 'all', q: 'web' }, view)).toEqual({ tab: 'disks', q: 'web' })
})

test('what was written is read back', () => {
  const query = writeQuery({}, { q: 'web 01', status: 'error', sort: '-price', page: 4 }, view)
  expect(
    Object.entries(view).map(([name, codec]) => readQuery<string | number>(query as Record<string, string>, name, codec)),
  ).toEqual(['web 01', 'error', '-price', 4])
})
