import { computed, type Ref, shallowRef, watch } from 'vue'
import { format } from '../../i18n/index.ts'
import type { Column } from '../types.ts'
import { sorted } from './sort.ts'

export interface OrderOptions<Row> {
  rows: () => readonly Row[]
  columns: () => readonly Column<Row>[]
  /** `name` or `-name`; a column that is not there, or does not sort, leaves the rows as they come. */
  sort: Ref<string>
  rowKey: (row: Row) => string
  /** What the rows were asked by besides: search and filter. */
  asked: () => unknown
  /** The rows come sorted from the server. */
  outside: () => boolean
}

/** Rows in their order, which can be frozen: what changes meanwhile stays where it is, what is new comes last. */
export function useOrder<Row>({ rows, columns, sort, rowKey, asked, outside }: OrderOptions<Row>) {
  const frozen = shallowRef<Map<string, number>>()
  const wanted = computed<readonly Row[]>(() => {
    const column = columns().find(({ key }) => key === sort.value.replace(/^-/, ''))
    if (outside() || !column?.sort) return rows()
    return sorted(rows(), column.sort, {
      decimal: column.decimal,
      descending: sort.value.startsWith('-'),
      compare: format.compare,
    })
  })
  const ordered = computed<readonly Row[]>(() => {
    const places = frozen.value
    if (!places) return wanted.value
    return wanted.value
      .map((row, index) => ({ row, place: places.get(rowKey(row)) ?? places.size + index }))
      .sort((a, b) => a.place - b.place)
      .map(({ row }) => row)
  })
  const take = () => new Map(wanted.value.map((row, index) => [rowKey(row), index]))
  // What was asked for is given at once, and in its order: rows that another filter had left out have no place yet.
  watch([sort, () => JSON.stringify(asked())], () => {
    if (frozen.value) frozen.value = take()
  })
  return {
    ordered,
    freeze: () => {
      frozen.value ??= take()
    },
    thaw: () => {
      frozen.value = undefined
    },
  }
}
