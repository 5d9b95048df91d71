import type { Refusal } from './call.ts'

/** Rows after `marker`, at most `limit`. @throws what `missing` makes when the marker is not among them. */
export function page<T extends { id: string }>(
  rows: T[],
  marker: string | null,
  limit: number,
  missing: (marker: string) => Refusal,
): { rows: T[]; more: boolean } {
  let start = 0
  if (marker !== null && marker !== '') {
    const at = rows.findIndex((row) => row.id === marker)
    if (at < 0) throw missing(marker)
    start = at + 1
  }
  return { rows: rows.slice(start, start + limit), more: rows.length > start + limit }
}

export type Sortable = string | number | boolean | null | undefined

/** Sorts by several keys, each ascending or descending; ties keep their order. */
export function sortBy<T>(rows: T[], keys: { read: (row: T) => Sortable; descending: boolean }[]): T[] {
  return [...rows].sort((a, b) => {
    for (const { read, descending } of keys) {
      const order = compare(read(a), read(b))
      if (order !== 0) return descending ? -order : order
    }
    return 0
  })
}

function compare(a: Sortable, b: Sortable): number {
  if (a === b) return 0
  if (a === null || a === undefined) return -1
  if (b === null || b === undefined) return 1
  return a < b ? -1 : 1
}

/** `sort=name:asc,created_at` or `sort_key=name&sort_dir=asc`, as Glance, Cinder and Nova take it. */
export function sortKeys(query: URLSearchParams, defaults: [string, boolean][]): [key: string, descending: boolean][] {
  const sort = query.get('sort')
  if (sort !== null)
    return sort.split(',').map((part) => {
      const [key = '', direction = 'desc'] = part.split(':')
      return [key, direction !== 'asc']
    })
  const keys = query.getAll('sort_key')
  const directions = query.getAll('sort_dir')
  if (keys.length === 0) return directions.length === 0 ? defaults : defaults.map(([key]) => [key, directions[0] !== 'asc'])
  return keys.map((key, i) => [key, (directions[i] ?? directions[0] ?? 'desc') !== 'asc'])
}

/** The query of a "next" link: the same one with another marker. */
export function nextQuery(query: URLSearchParams, marker: string, drop: string[] = []): string {
  const next = new URLSearchParams(query)
  for (const name of drop) next.delete(name)
  next.delete('marker')
  next.append('marker', marker)
  return next.toString()
}
