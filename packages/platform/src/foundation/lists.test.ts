import { expect, test } from 'vitest'
import { pageOf, pageOfRows } from './lists.ts'

const entries = [
  { id: 'a', amount: '-2.50', name: 'web-10' },
  { id: 'b', amount: '0.5', name: 'web-2' },
  { id: 'c', amount: '-10.00', name: 'Web-1' },
  { id: 'd', amount: '0.25', name: 'db' },
  { id: 'e', amount: '9007199254740993.000001', name: 'db' },
  { id: 'f', amount: '9007199254740993.000002', name: 'db' },
]
const ids = ({ result }: { result: { id: string }[] }) => result.map(({ id }) => id).join('')

test('sums are ordered and compared as sums, to the micro-unit', () => {
  expect(ids(pageOf(entries, { ordering: 'amount' }))).toBe('cadbef')
  expect(ids(pageOf(entries, { ordering: '-amount' }))).toBe('febdac')
  expect(ids(pageOf(entries, { amount__lt: '0' }))).toBe('ac')
  expect(ids(pageOf(entries, { amount__gt: '9007199254740993.000001' }))).toBe('f')
  expect(ids(pageOf(entries, { amount__range: '-3,0.3' }))).toBe('ad')
})

test('names are ordered as people read them', () => {
  expect(ids(pageOf(entries.slice(0, 4), { ordering: 'name' }))).toBe('dcba')
})

test('a page of rows is the same page, and only it is described where nothing is filtered or ordered', async () => {
  for (const query of [
    {},
    { limit: 2 },
    { limit: 2, offset: 1 },
    { offset: 9 },
    { limit: 2, ordering: 'amount' },
    { name: 'db' },
  ]) {
    const described: string[] = []
    const answer = await pageOfRows(entries, query, async (rows) => {
      described.push(...rows.map(({ id }) => id))
      return rows
    })
    expect(answer).toEqual(pageOf(entries, query))
    const isPlain = !('ordering' in query) && !('name' in query)
    expect(described.join('')).toBe(isPlain ? ids(answer) : 'abcdef')
  }
})

test('an unknown field or operator is named, with what is allowed', () => {
  expect(() => pageOf(entries, { colour: 'red' })).toThrow('There is no field colour')
  expect(() => pageOf(entries, { amount__near: '1' })).toThrow('amount__near is no filter')
})
