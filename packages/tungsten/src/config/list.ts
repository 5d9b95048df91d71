import { invalid } from '@straylight/kit'
import { dashed } from '../ids.ts'
import { type Resource, type ResourceType, underscored } from './resources/index.ts'

type FieldOf<T extends ResourceType> = keyof Resource<T> & string

/** What to list. All that is given must hold; unknown parents, uuids and names shorten the list and are no error. */
export interface ListQuery<T extends ResourceType> {
  /** Children of any of these. */
  parentIds?: readonly string[]
  /** Children of the object of this name. Needs `parentType` when the type has several kinds of parent. */
  parentName?: readonly string[]
  parentType?: string
  /** Objects that refer to any of these. */
  referringTo?: readonly string[]
  uuids?: readonly string[]
  names?: readonly (readonly string[])[]
  /**
   * Properties that must have one of the values given; a structure must contain what is given. Exact, and an object whose property is unset never matches.
   * Only properties: a filter on anything else would be ignored by the server, and everything returned.
   */
  filters?: { [K in FieldOf<T>]?: FilterValue | readonly FilterValue[] }
  /** Objects shared with the caller's project as well. */
  shared?: boolean
}

export type FilterValue = string | number | boolean | Record<string, string | number | boolean>

/** How many ids fit into a query string; more go by POST, as the official client does it (`POST_FOR_LIST_THRESHOLD`). */
export const mostIdsInUrl = 25

/**
 * The parameters of a list, as strings. Filter values are JSON, texts therefore quoted: an unquoted `123` is a number to the server and never equals the text.
 *
 * @throws CallerError `tungsten.filter_inexpressible` for a value that holds `,` or `==`, which the server splits at without any escape
 */
export function listParameters<T extends ResourceType>(query: ListQuery<T>): Record<string, string> {
  const parameters: Record<string, string> = {}
  if (query.parentIds) parameters.parent_id = query.parentIds.map(dashed).join(',')
  if (query.parentName) parameters.parent_fq_name_str = query.parentName.join(':')
  if (query.parentType) parameters.parent_type = query.parentType
  if (query.referringTo) parameters.back_ref_id = query.referringTo.map(dashed).join(',')
  if (query.uuids) parameters.obj_uuids = query.uuids.map(dashed).join(',')
  if (query.names) parameters.fq_names = query.names.map((name) => name.join(':')).join(',')
  if (query.shared) parameters.shared = 'true'
  const filters = filtersOf(query.filters ?? {})
  if (filters !== '') parameters.filters = filters
  return parameters
}

/** Nothing was asked for by id or name: the server would take an empty list for "all". */
export const asksForNothing = (query: ListQuery<ResourceType>): boolean =>
  [query.parentIds, query.referringTo, query.uuids, query.names].some((ids) => ids?.length === 0)

function filtersOf(filters: object): string {
  const terms: string[] = []
  for (const [property, values] of Object.entries(filters) as [string, FilterValue | readonly FilterValue[]][]) {
    for (const value of Array.isArray(values) ? (values as readonly FilterValue[]) : [values as FilterValue]) {
      const written = JSON.stringify(value)
      if (written.includes(',') || written.includes('=='))
        throw invalid(
          'tungsten.filter_inexpressible',
          `the config API cannot filter ${property} by ${written}: a value may hold neither a comma nor ==`,
        )
      terms.push(`${underscored(property)}==${written}`)
    }
  }
  return terms.join(',')
}

export const countIds = (query: ListQuery<ResourceType>): number =>
  (query.parentIds?.length ?? 0) + (query.referringTo?.length ?? 0) + (query.uuids?.length ?? 0) + (query.names?.length ?? 0)

/** A query string with everything percent-encoded; nothing when there are no parameters. */
export function queryString(parameters: Record<string, string>): string {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}
