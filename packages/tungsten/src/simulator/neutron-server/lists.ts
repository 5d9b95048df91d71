import type { Filters, Resource } from '../neutron/session.ts'
import { filterValue } from './attributes.ts'
import { badRequest, NeutronError } from './refusals.ts'

/** A list as it was asked for. Only the filters reach the backend; order and pages are made here from everything that it returns. */
export interface ListQuery {
  filters: Filters
  fields: string[]
  sorts: { key: string; ascending: boolean }[]
  limit: number
  marker: string | undefined
  reverse: boolean
}

const notFilters = new Set(['fields', 'sort_key', 'sort_dir', 'limit', 'marker', 'page_reverse'])

/** https://opendev.org/openstack/neutron/src/branch/master/neutron/api/api_common.py */
export function listQuery(kind: string, query: URLSearchParams): ListQuery {
  const filters: Filters = {}
  for (const [name, value] of query)
    if (!notFilters.has(name) && value !== '') filters[name] = [...(filters[name] ?? []), filterValue(kind, name, value)]
  const keys = query.getAll('sort_key')
  const directions = query.getAll('sort_dir')
  if (keys.length !== directions.length) throw badRequest('The number of sort_keys and sort_dirs must be same')
  const limit = Number(query.get('limit') ?? 0)
  if (!Number.isInteger(limit) || limit < 0)
    throw new NeutronError(
      400,
      'BadRequest',
      `Bad limit request: Limit must be an integer 0 or greater and not '${query.get('limit')}'.`,
    )
  return {
    filters: backendFilters(filters),
    fields: query.getAll('fields').filter((name) => name !== ''),
    sorts: keys.map((key, index) => ({ key, ascending: directions[index] !== 'desc' })),
    limit,
    marker: query.get('marker') ?? undefined,
    reverse: query.get('page_reverse')?.toLowerCase() === 'true',
  }
}

/** The backend knows tenants, not projects. */
function backendFilters({ project_id, ...filters }: Filters): Filters {
  return project_id && !filters.tenant_id ? { ...filters, tenant_id: project_id } : filters
}

export function sorted(items: Resource[], { sorts }: ListQuery): Resource[] {
  return items.toSorted((one, other) => {
    for (const { key, ascending } of sorts) {
      const order = compare(one[key], other[key])
      if (order !== 0) return ascending ? order : -order
    }
    return 0
  })
}

function compare(one: unknown, other: unknown): number {
  if (one === null || other === null) return Number(other === null) - Number(one === null)
  return (one as string) > (other as string) ? 1 : (one as string) < (other as string) ? -1 : 0
}

export function page(items: Resource[], { limit, marker, reverse }: ListQuery): Resource[] {
  if (limit === 0) return items
  let index = reverse ? items.length : 0
  if (marker !== undefined) {
    index = items.findIndex(({ id }) => id === marker)
    if (index < 0) return []
  }
  if (reverse) return items.slice(Math.max(index - limit, 0), index)
  const first = marker === undefined ? index : index + 1
  return items.slice(first, first + limit)
}

/** Links to the pages around this one. A full page has both, whether or not there is anything. */
export function links(
  url: string,
  query: URLSearchParams,
  shown: Resource[],
  { limit, reverse }: ListQuery,
): { rel: string; href: string }[] {
  if (limit === 0) return []
  const href = (marker: unknown, isReverse: boolean) => {
    const parameters = new URLSearchParams([...query].filter(([name]) => name !== 'marker' && name !== 'page_reverse'))
    if (marker !== undefined) parameters.set('marker', String(marker))
    if (isReverse) parameters.set('page_reverse', 'True')
    return `${url}?${parameters}`
  }
  const isShort = shown.length < limit
  return [
    ...(isShort && !reverse ? [] : [{ rel: 'next', href: href(shown.at(-1)?.id, false) }]),
    ...(isShort && reverse ? [] : [{ rel: 'previous', href: href(shown[0]?.id, true) }]),
  ]
}

export const picked = (resource: Resource, fields: readonly string[]): Resource =>
  fields.length === 0 ? resource : Object.fromEntries(Object.entries(resource).filter(([name]) => fields.includes(name)))
