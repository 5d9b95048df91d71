import { nextTick, ref } from 'vue'
import { afterEach, expect, test, vi } from 'vitest'
import { createFormat } from '../src/lib/format.ts'
import { sorted } from '../src/ui/table/sort.ts'
import { useOrder } from '../src/ui/table/use-order.ts'
import { useRowFocus } from '../src/ui/table/use-row-focus.ts'
import { useSelection } from '../src/ui/table/use-selection.ts'

interface Row {
  id: string
  name: string
  price?: string
}
const row = (id: string, name = id, price?: string): Row => ({ id, name, ...(price === undefined ? {} : { price }) })
const { compare } = createFormat('en')

test('rows sort as people do, what is absent comes last either way', () => {
  const rows = [row('1', 'web-10', '9'), row('2', 'web-2', '10.5'), row('3', 'db')]
  expect(sorted(rows, ({ name }) => name, { compare }).map(({ name }) => name)).toEqual(['db', 'web-2', 'web-10'])
  expect(sorted(rows, ({ price }) => price, { compare, decimal: true }).map(({ id }) => id)).toEqual(['1', '2', '3'])
  expect(sorted(rows, ({ price }) => price, { compare, decimal: true, descending: true }).map(({ id }) => id)).toEqual([
    '2',
    '1',
    '3',
  ])
  expect(rows.map(({ id }) => id)).toEqual(['1', '2', '3'])
})

function table(rows: Row[]) {
  const data = ref(rows)
  const sort = ref('name')
  const asked = ref('')
  const columns = [{ key: 'name', label: 'Name', sort: ({ name }: Row) => name }]
  const order = useOrder<Row>({
    rows: () => data.value,
    columns: () => columns,
    sort,
    rowKey: ({ id }) => id,
    asked: () => [asked.value],
    outside: () => false,
  })
  return { data, sort, asked, ...order, ids: () => order.ordered.value.map(({ id }) => id).join('') }
}

test('while the order is frozen no row moves, new ones come last, gone ones go', () => {
  const { data, freeze, thaw, ids } = table([row('a', '1'), row('b', '2'), row('c', '3')])
  freeze()
  data.value = [row('a', '9'), row('c', '3'), row('d', '0')]
  expect(ids()).toBe('acd')
  thaw()
  expect(ids()).toBe('dca')
})

test('another order that was asked for is given at once, frozen or not', async () => {
  const { sort, freeze, ids } = table([row('a', '1'), row('b', '2'), row('c', '3')])
  freeze()
  sort.value = '-name'
  await nextTick()
  expect(ids()).toBe('cba')
})

test('another filter brings its rows in their order, frozen or not', async () => {
  const all = [row('a', '1'), row('b', '2'), row('c', '3'), row('d', '4')]
  const { data, asked, freeze, ids } = table([all[1] as Row, all[3] as Row])
  freeze()
  asked.value = 'show=all'
  data.value = all
  await nextTick()
  expect(ids()).toBe('abcd')
  data.value = [row('a', '9'), ...all.slice(1)]
  await nextTick()
  expect(ids()).toBe('abcd')
})

function selection(names: string) {
  const rows = ref([...names].map((name) => row(name)))
  const selected = ref<string[]>([])
  return { rows, selected, ...useSelection<Row>({ rows: () => rows.value, ordered: rows, selected, rowKey: ({ id }) => id }) }
}

test('a range reaches from the row touched before to this one, in either direction', () => {
  const { selected, select } = selection('abcdef')
  select(3, true)
  select(1, true, true)
  expect([...selected.value].sort().join('')).toBe('bcd')
  select(5, true)
  select(4, false, true)
  expect([...selected.value].sort().join('')).toBe('bcd')
})

test('a range begins at the row that was touched, also after a filter has moved it, and at none that is gone', async () => {
  const { rows, selected, select, hasAnchor } = selection('abcdef')
  select(4, true)
  rows.value = [...'cef'].map((name) => row(name))
  await nextTick()
  select(2, true, true)
  expect([...selected.value].sort().join('')).toBe('ef')
  select(1, true)
  rows.value = [...'abcdf'].map((name) => row(name))
  await nextTick()
  expect(hasAnchor()).toBe(false)
  selected.value = []
  select(3, true, true)
  expect(selected.value).toEqual(['d'])
})

test('the head selects all and none, and says when it is some', () => {
  const { all, selectAll, select, selectedRows } = selection('abc')
  expect(all.value).toBe(false)
  select(0, true)
  expect(all.value).toBe('mixed')
  selectAll(true)
  expect([all.value, selectedRows.value.length]).toEqual([true, 3])
  selectAll(false)
  expect(selectedRows.value).toEqual([])
})

test('a row that is gone is not selected any more', async () => {
  const { rows, selected, selectAll } = selection('abc')
  selectAll(true)
  rows.value = rows.value.slice(1)
  await nextTick()
  expect(selected.value).toEqual(['b', 'c'])
})

afterEach(() => vi.unstubAllGlobals())

test('the next row follows the one under the keyboard, also when that one was scrolled out of its window', () => {
  const body = {}
  const inside = {}
  const search = {}
  const on = (activeElement: object) => vi.stubGlobal('document', { body, activeElement })
  const root = ref({ contains: (element: object) => element === inside } as unknown as HTMLElement)
  const rows = ref([...'abcdef'].map((name) => row(name)))
  const focus = useRowFocus<Row>({ root, ordered: rows, reach: () => 6, rowKey: ({ id }) => id, reveal: () => {} })
  on(body)
  expect(focus.next(1)).toBe(0)
  focus.key.value = 'd'
  on(inside)
  expect([focus.next(1), focus.next(-1), focus.next(9)]).toEqual([4, 2, 5])
  // Its row is gone from the document, and the browser gave the focus to the body.
  on(body)
  expect(focus.next(1)).toBe(4)
  on(search)
  expect(focus.next(1)).toBe(3)
})
