import { compareDecimals } from '../../lib/format.ts'

export interface SortOptions {
  descending?: boolean | undefined
  /** The values are decimal strings and are compared exactly. */
  decimal?: boolean | undefined
  compare: (a: string, b: string) => number
}

/** A sorted copy: what is absent comes last either way; equals keep their order. Values are asked once per row. */
export function sorted<Row>(
  rows: readonly Row[],
  valueFor: (row: Row) => string | number | null | undefined,
  { descending, decimal, compare }: SortOptions,
): Row[] {
  const sign = descending ? -1 : 1
  const keyed = rows.map((row) => ({ row, value: valueFor(row) }))
  keyed.sort((a, b) => {
    if (a.value == null || b.value == null) return a.value == null ? (b.value == null ? 0 : 1) : -1
    if (typeof a.value === 'number' && typeof b.value === 'number') return sign * (a.value - b.value)
    return sign * (decimal ? compareDecimals(String(a.value), String(b.value)) : compare(String(a.value), String(b.value)))
  })
  return keyed.map(({ row }) => row)
}
