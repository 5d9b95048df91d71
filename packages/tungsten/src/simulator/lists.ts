import { denial, isAdmin, readAccess } from './access.ts'
import { plain } from './python.ts'
import { Refused } from './refusal.ts'
import { resourceTypeOf, schemaOf } from './schema.ts'
import type { StoredObject } from './store.ts'
import { fieldsOf, mayRead, urlOf, viewOf } from './views.ts'
import type { Context, World } from './world.ts'

/** A list as it was asked for, by query or by body. */
export interface ListRequest {
  parentName?: string[] | undefined
  parentType?: string | undefined
  parentIds?: string[] | undefined
  backReferenceIds?: string[] | undefined
  uuids?: string[] | undefined
  names?: string[][] | undefined
  filters?: string | undefined
  fields: string[]
  detail: boolean
  count: boolean
  shared: boolean
  excludeHrefs: boolean
  pageMarker?: string | undefined
  pageLimit?: string | undefined
}

const defaultPage = 256

const split = (text: string | null): string[] | undefined => (text === null ? undefined : text.split(','))
const says = (text: string | null): boolean => (text ?? '').toLowerCase().includes('true')

export const listRequestOfQuery = (query: URLSearchParams): ListRequest => ({
  parentName: query.get('parent_fq_name_str')?.split(':'),
  parentType: query.get('parent_type') ?? undefined,
  parentIds: split(query.get('parent_id')),
  backReferenceIds: split(query.get('back_ref_id')),
  uuids: split(query.get('obj_uuids')),
  names: split(query.get('fq_names'))?.map((name) => name.split(':')),
  filters: query.get('filters') ?? undefined,
  fields: split(query.get('fields')) ?? [],
  detail: says(query.get('detail')),
  count: says(query.get('count')),
  shared: says(query.get('shared')),
  excludeHrefs: query.has('exclude_hrefs'),
  pageMarker: query.get('page_marker') ?? undefined,
  pageLimit: query.get('page_limit') ?? undefined,
})

export function listRequestOfBody(body: Record<string, unknown>): ListRequest {
  const ids = (name: string) => (typeof body[name] === 'string' ? body[name].split(',') : undefined)
  return {
    parentIds: ids('parent_id'),
    backReferenceIds: ids('back_ref_id'),
    uuids: ids('obj_uuids'),
    filters: body.filters ? String(body.filters) : undefined,
    fields: ids('fields') ?? [],
    detail: Boolean(body.detail),
    count: Boolean(body.count),
    shared: Boolean(body.shared),
    excludeHrefs: Boolean(body.exclude_hrefs),
    pageMarker: 'page_marker' in body ? String(body.page_marker ?? 'None') : undefined,
    pageLimit: 'page_limit' in body ? String(body.page_limit) : undefined,
  }
}

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/common/cfgm_common/vnc_cassandra.py (`object_list`) */
export function listObjects(world: World, context: Context, type: string, request: ListRequest): Record<string, unknown> {
  const collection = `${type}s`
  const parentIds = request.parentName ? parentsByName(world, type, request) : request.parentIds
  let { uuids } = request
  if (request.names) {
    const found = request.names.flatMap((name) => world.store.uuidOf(type, name) ?? [])
    if (found.length === 0 && uuids === undefined) return { [collection]: [] }
    uuids = [...(uuids ?? []), ...found]
  }
  const marker = request.pageMarker === undefined ? undefined : readMarker(request.pageMarker)
  const limit = request.pageLimit === undefined ? undefined : readLimit(request.pageLimit)
  const readable = parentIds?.filter((uuid) => {
    const parent = world.store.get(uuid)
    return !parent || denial(context.caller, world.aaaMode, parent, readAccess) === undefined
  })
  if (uuids === undefined && request.backReferenceIds === undefined && readable?.length === 0) return { [collection]: [] }
  const filters = readFilters(request.filters)

  const anchored = Boolean(readable?.length || request.backReferenceIds?.length)
  let found = candidates(world, type, readable, request.backReferenceIds, uuids).filter((object) =>
    matches(type, object, filters),
  )
  if (request.shared) found = [...found, ...sharedWith(world, context, type, found)]
  const page = marker === undefined ? undefined : pageOf(found, marker, limit ?? defaultPage, anchored)
  if (page) found = page.objects

  if (!isAdmin(context.caller)) found = found.filter((object) => mayRead(world, context.caller, object))
  const next = page ? { marker: page.marker } : {}
  if (request.count) return { [collection]: { count: found.length }, ...next }
  return { [collection]: found.map((object) => rowOf(world, context, object, request)), ...next }
}

function rowOf(world: World, context: Context, object: StoredObject, request: ListRequest): Record<string, unknown> {
  const href = request.excludeHrefs ? {} : { href: urlOf(context, object.type, object.uuid) }
  const { own, all } = fieldsOf(object.type)
  const wanted = request.fields.filter((field) => all.has(field))
  if (request.detail)
    return {
      [object.type]: { ...viewOf(world, context, object, [...own, ...wanted], false), ...href, name: object.fq_name.at(-1) },
    }
  if (request.fields.length === 0) return { uuid: object.uuid, fq_name: object.fq_name, ...href }
  const view = viewOf(world, context, object, wanted, false)
  if (!isAdmin(context.caller)) {
    delete view.parent_type
    delete view.parent_uuid
  }
  return { ...view, ...href }
}

function parentsByName(world: World, type: string, request: ListRequest): string[] {
  const types = request.parentType === undefined ? schemaOf(type).parents : [request.parentType]
  return types.flatMap((name) => {
    const parentType = resourceTypeOf(name)
    if (!parentType) throw new Refused(404, `Resource type '${name}' not found`)
    return world.store.uuidOf(parentType, request.parentName ?? []) ?? []
  })
}

function candidates(
  world: World,
  type: string,
  parentIds: string[] | undefined,
  backReferenceIds: string[] | undefined,
  uuids: string[] | undefined,
): StoredObject[] {
  const { store } = world
  const among = (object: StoredObject) => !uuids?.length || uuids.includes(object.uuid)
  if (parentIds?.length) {
    const refersTo = (object: StoredObject) =>
      !backReferenceIds?.length ||
      Object.values(object.references)
        .flat()
        .some(({ uuid }) => backReferenceIds.includes(uuid))
    return parentIds.flatMap((parentId) => store.children(parentId, type)).filter((object) => among(object) && refersTo(object))
  }
  if (backReferenceIds?.length) return unique(backReferenceIds.flatMap((uuid) => store.referrers(uuid, type))).filter(among)
  if (uuids?.length) return unique(uuids.flatMap((uuid) => store.get(uuid) ?? [])).filter((object) => object.type === type)
  return store.ofType(type)
}

const unique = (objects: StoredObject[]): StoredObject[] => [...new Set(objects)]

type Filters = Map<string, unknown[]>

/** `key==JSON,key==JSON`; what is no JSON is a text. More or fewer than one `==` in a term is an error, and commas cannot be escaped. */
function readFilters(text: string | undefined): Filters {
  const filters: Filters = new Map()
  if (!text) return filters
  for (const term of text.split(',')) {
    const parts = term.split('==')
    if (parts.length !== 2) throw new Refused(400, `Invalid filter ${text}`)
    const [key = '', written = ''] = parts
    let value: unknown = written
    try {
      value = JSON.parse(written)
    } catch {
      // A bare word is its own value.
    }
    filters.set(key, [...(filters.get(key) ?? []), value])
  }
  return filters
}

/** Keys that are no properties are ignored when there is nothing else, and match nothing beside a real one. */
function matches(type: string, object: StoredObject, filters: Filters): boolean {
  const properties = schemaOf(type).props
  if (![...filters.keys()].some((key) => key in properties)) return true
  return [...filters].every(([key, values]) => {
    const value = key === 'id_perms' ? object.id_perms : key === 'perms2' ? object.perms2 : object.properties[key]
    if (value === undefined) return false
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return values.some((wanted) => contains(value as Record<string, unknown>, wanted))
    return values.some((wanted) => plain(wanted) === plain(value) && typeof wanted === typeof value)
  })
}

/** A structure matches a JSON text of an object that it contains. The text itself was JSON, so it arrives parsed once too often unless it was quoted. */
function contains(value: Record<string, unknown>, wanted: unknown): boolean {
  let part = wanted
  if (typeof wanted === 'string') {
    try {
      part = JSON.parse(wanted)
    } catch {
      return false
    }
  }
  if (typeof part !== 'object' || part === null) return false
  return Object.entries(part).every(([key, one]) => JSON.stringify(value[key]) === JSON.stringify(one))
}

/** Objects that others share with the caller's project or domain. */
function sharedWith(world: World, context: Context, type: string, owned: StoredObject[]): StoredObject[] {
  const { caller } = context
  return world.store.ofType(type).filter((object) => {
    if (owned.includes(object)) return false
    if (object.perms2.global_access !== 0) return true
    return object.perms2.share.some(
      ({ tenant }) =>
        caller !== undefined &&
        [caller.projectId, caller.domainId].includes((tenant.split(':').at(-1) ?? '').replaceAll('-', '')),
    )
  })
}

const nameKey = (object: StoredObject): string => [...object.fq_name, object.uuid].join(':')

/** Pages of everything go by name, pages below an anchor by uuid. The marker is the last of the page; nothing follows when it is null. */
function pageOf(
  found: StoredObject[],
  marker: string | null,
  limit: number,
  anchored: boolean,
): { objects: StoredObject[]; marker: string | null } {
  const key = anchored ? (object: StoredObject) => object.uuid : nameKey
  const sorted = anchored ? [...found].sort((a, b) => (a.uuid < b.uuid ? -1 : 1)) : found
  const start = marker === null ? 0 : sorted.findIndex((object) => key(object) > marker)
  const rest = start < 0 ? [] : sorted.slice(start)
  const objects = rest.slice(0, limit)
  const last = objects.at(-1)
  // An anchored page always names its last uuid; the page after the last is empty, and only then there is no marker.
  const more = anchored ? last !== undefined : objects.length === limit
  return { objects, marker: more && last ? key(last) : null }
}

function readMarker(text: string): string | null {
  if (text === '' || text.toLowerCase() === 'none') return null
  const uuid = text.split(':').at(-1) ?? ''
  if (!/^[0-9a-fA-F]{32}$/.test(uuid.replaceAll('-', '')))
    throw new Refused(400, `Invalid page_marker ${text}: badly formed hexadecimal UUID string`)
  return text
}

function readLimit(text: string): number {
  if (!/^[+-]?\d+$/.test(text.trim()))
    throw new Refused(400, `Invalid page_limit ${text}: invalid literal for int() with base 10: '${text}'`)
  const limit = Number(text)
  if (limit <= 0) throw new Refused(400, `Invalid page_limit ${text}: page_limit has to be greater than zero`)
  return limit
}
