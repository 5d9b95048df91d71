import { asArray, asFlag, type Call, isObject, type JsonObject, Refusal } from '../call.ts'
import { sortBy, type Sortable } from '../lists.ts'
import { route } from '../router.ts'
import type { Row } from '../table.ts'

/** What every resource of Neutron has. */
export interface NetworkResource extends Row {
  projectId: string
  name: string
  description: string
  tags: string[]
  createdMs: number
  updatedMs: number
  revision: number
}

export const freshResource = (call: Call, wanted: JsonObject) => ({
  projectId: projectOf(call, wanted),
  name: String(wanted.name ?? ''),
  description: String(wanted.description ?? ''),
  tags: [] as string[],
  createdMs: call.world.nowMs,
  updatedMs: call.world.nowMs,
})

/** An administrator may make things for another project. */
function projectOf(call: Call, wanted: JsonObject): string {
  const asked = wanted.project_id ?? wanted.tenant_id
  if (typeof asked !== 'string' || asked === call.who.projectId) return call.who.projectId
  if (!call.who.isAdmin)
    throw new Refusal(403, '((rule:create_resource and rule:create_resource:tenant_id)) is disallowed by policy', {
      type: 'PolicyNotAuthorized',
    })
  return asked
}

/** A change of a resource: its revision and time move. */
export const touched = <T extends NetworkResource>(call: { world: { nowMs: number } }, row: T) => ({
  revision: row.revision + 1,
  updatedMs: call.world.nowMs,
})

/** The resource in the body. @throws Refusal 400 for attributes that do not exist, are missing, or never change. */
export function wanted(
  call: Call,
  name: string,
  known: readonly string[],
  options: { required?: string[]; readOnly?: readonly string[] } = {},
): JsonObject {
  const body = call.body[name]
  if (!isObject(body)) throw new Refusal(400, `Unable to find '${name}' in request body`)
  const unknown = Object.keys(body).filter((key) => !known.includes(key) && !(options.readOnly ?? []).includes(key))
  if (unknown.length > 0) throw new Refusal(400, `Unrecognized attribute(s) '${unknown.join("', '")}'`)
  for (const key of options.readOnly ?? []) if (key in body) throw new Refusal(400, `Cannot update read-only attribute ${key}`)
  for (const key of options.required ?? [])
    if (!(key in body)) throw new Refusal(400, `Failed to parse request. Required attribute '${key}' not specified`)
  return body
}

export const disallowed = (rule: string): Refusal =>
  new Refusal(403, `${rule} is disallowed by policy`, { type: 'PolicyNotAuthorized' })

/** @throws Refusal 403 when somebody other than an administrator sets one of `names`. */
export function adminOnly(call: Call, verb: string, resource: string, body: JsonObject, names: string[]): void {
  if (call.who.isAdmin) return
  const found = names.find((name) => name in body && body[name] !== undefined)
  if (found) throw disallowed(`(rule:${verb}_${resource} and rule:${verb}_${resource}:${found})`)
}

export const missing = (type: string, message: string): Refusal => new Refusal(404, message, { type })
export const inConflict = (type: string, message: string): Refusal => new Refusal(409, message, { type })
export const badRequest = (type: string, message: string): Refusal => new Refusal(400, message, { type })

const controls = new Set([
  'limit',
  'marker',
  'page_reverse',
  'sort_key',
  'sort_dir',
  'fields',
  'tags',
  'tags-any',
  'not-tags',
  'not-tags-any',
])

/** A page of a collection: filters on any attribute, several values meaning "one of", sorting, marker, chosen fields. */
export function collection(call: Call, name: string, views: JsonObject[], knownFilters: readonly string[] = []) {
  const { query } = call
  const filters = [...new Set(query.keys())].filter((key) => !controls.has(key))
  const sample = views[0]
  if (sample) {
    const unknown = filters.filter((key) => !(key in sample) && !knownFilters.includes(key))
    if (unknown.length > 0)
      throw new Refusal(400, `[${unknown.map((key) => `'${key}'`).join(', ')}] is invalid attribute for filtering`)
  }
  let found = views.filter((view) => filters.every((key) => isOneOf(view[key], query.getAll(key))) && hasTags(view, query))
  const keys = query.getAll('sort_key')
  if (keys.length > 0) {
    const directions = query.getAll('sort_dir')
    found = sortBy(
      found,
      keys.map((key, i) => ({ read: (view) => view[key] as Sortable, descending: directions[i] === 'desc' })),
    )
  }
  const links: { rel: string; href: string }[] = []
  const limit = Number(query.get('limit') ?? 0)
  const reverse = asFlag(query.get('page_reverse')) === true
  const marker = query.get('marker')
  if (marker !== null) {
    const at = found.findIndex((view) => view.id === marker)
    if (at < 0) throw missing('HTTPNotFound', `The resource could not be found.`)
    found = reverse ? found.slice(0, at) : found.slice(at + 1)
  }
  if (limit > 0) {
    found = reverse ? found.slice(-limit) : found.slice(0, limit)
    const link = (rel: string, id: unknown, back: boolean) => {
      const next = new URLSearchParams(query)
      next.delete('page_reverse')
      next.set('marker', String(id))
      if (back) next.set('page_reverse', 'True')
      links.push({ rel, href: `${call.base}${call.path}?${next}` })
    }
    // A full page has a next one, even when that turns out empty.
    if (found.length === limit) link('next', found.at(-1)?.id, false)
    if (found.length > 0) link('previous', found[0]?.id, true)
  }
  const fields = query.getAll('fields')
  const shown =
    fields.length === 0
      ? found
      : found.map((view) => Object.fromEntries(Object.entries(view).filter(([key]) => fields.includes(key))))
  return { status: 200, body: { [name]: shown, ...(links.length > 0 ? { [`${name}_links`]: links } : {}) } }
}

function isOneOf(actual: unknown, options: string[]): boolean {
  return options.some((option) => {
    if (typeof actual === 'boolean') return asFlag(option) === actual
    if (Array.isArray(actual)) return actual.some((item) => inside(item, option))
    if (actual === null || actual === undefined) return option === ''
    return String(actual) === option
  })
}

/** `fixed_ips=ip_address=10.0.0.5`: a part of a structured attribute; `ip_address_substr` looks inside. */
function inside(item: unknown, option: string): boolean {
  if (!isObject(item)) return String(item) === option
  const at = option.indexOf('=')
  if (at < 0) return false
  const key = option.slice(0, at)
  const value = option.slice(at + 1)
  if (key === 'ip_address_substr') return String(item.ip_address).includes(value)
  return String(item[key]) === value
}

function hasTags(view: JsonObject, query: URLSearchParams): boolean {
  const own = asArray(view.tags)
  const list = (name: string) => query.get(name)?.split(',')
  return (
    (list('tags')?.every((tag) => own.includes(tag)) ?? true) &&
    (list('tags-any')?.some((tag) => own.includes(tag)) ?? true) &&
    !(list('not-tags')?.every((tag) => own.includes(tag)) ?? false) &&
    !(list('not-tags-any')?.some((tag) => own.includes(tag)) ?? false)
  )
}

/** The routes of the tags of a kind of resource. */
export function tagRoutes(
  plural: string,
  read: (call: Call) => NetworkResource,
  write: (call: Call, id: string, tags: string[]) => void,
) {
  const path = `/v2.0/${plural}/:id/tags`
  const checked = (call: Call, tag: string) => {
    const row = read(call)
    if (!row.tags.includes(tag)) throw missing('TagNotFound', `Tag ${tag} could not be found.`)
    return row
  }
  return [
    route('GET', path, (call) => ({ status: 200, body: { tags: [...read(call).tags].sort() } })),
    route('PUT', path, (call) => {
      const tags = asArray(call.body.tags).map(String)
      write(call, read(call).id, tags)
      return { status: 200, body: { tags } }
    }),
    route('DELETE', path, (call) => {
      write(call, read(call).id, [])
      return { status: 204 }
    }),
    route('GET', `${path}/:tag`, (call) => {
      checked(call, call.params.tag ?? '')
      return { status: 204 }
    }),
    route('PUT', `${path}/:tag`, (call) => {
      const row = read(call)
      const tag = call.params.tag ?? ''
      if (!row.tags.includes(tag)) write(call, row.id, [...row.tags, tag])
      return { status: 201, headers: { 'content-type': 'application/json' }, body: 'null' }
    }),
    route('DELETE', `${path}/:tag`, (call) => {
      const row = checked(call, call.params.tag ?? '')
      write(
        call,
        row.id,
        row.tags.filter((tag) => tag !== call.params.tag),
      )
      return { status: 204 }
    }),
  ]
}
