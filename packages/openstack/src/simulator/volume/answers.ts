import { type Call, Refusal } from '../call.ts'
import { nextQuery, page, sortBy, sortKeys, type Sortable } from '../lists.ts'
import { type Handler, type Route, route } from '../router.ts'
import { parseTime } from '../times.ts'

/** A route under the project of the token, which Cinder has in its paths. */
export function projectRoute(method: string, path: string, handle: Handler): Route {
  return route(method, `/v3/:project${path}`, (call) => {
    if (call.params.project !== call.who.projectId) throw new Refusal(400, 'Malformed request url')
    return handle(call)
  })
}

/** A route that exists from a microversion on; before, the path is not there. */
export const since =
  (minor: number, handle: Handler): Handler =>
  (call) => {
    if (call.version < minor) throw new Refusal(404, 'The resource could not be found.')
    return handle(call)
  }

export const policy = (name: string): Refusal => new Refusal(403, `Policy doesn't allow ${name} to be performed.`)

export function requireAdmin(call: Call, name: string): void {
  if (!call.who.isAdmin) throw policy(name)
}

export const missing = (message: string): Refusal => new Refusal(404, message)
export const bad = (message: string): Refusal => new Refusal(400, message)

export const links = (call: Call, path: string) => [
  { rel: 'self', href: `${call.base}/v3/${call.who.projectId}/${path}` },
  { rel: 'bookmark', href: `${call.base}/${call.who.projectId}/${path}` },
]

/** Customers asking for all tenants get their own, without a word. */
export const wantsAll = (call: Call): boolean =>
  call.who.isAdmin && ['1', 'true', 'True'].includes(call.query.get('all_tenants') ?? '')

/** A page of things of one kind, newest first unless asked otherwise. */
export function listing<T extends { id: string; createdMs: number }>(
  call: Call,
  name: string,
  rows: T[],
  readers: Record<string, (row: T) => Sortable>,
  view: (row: T) => unknown,
  what: string,
) {
  const { query } = call
  const text = query.get('limit')
  if (text !== null && !/^\d+$/.test(text)) throw bad('limit param must be an integer')
  const filtered = rows.filter((row) =>
    Object.entries(readers).every(([key, read]) => {
      const wanted = query.get(key)
      if (wanted === null) return true
      if (key.endsWith('_at')) return inTime(read(row), wanted)
      return String(read(row) ?? '').toLowerCase() === wanted.toLowerCase()
    }),
  )
  const keys = sortKeys(query, [
    ['created_at', true],
    ['id', true],
  ])
  const sorted = sortBy(
    filtered.reverse(),
    keys.map(([key, descending]) => ({
      read: readers[key] ?? ((row: T) => (key === 'created_at' ? row.createdMs : '')),
      descending,
    })),
  )
  const limit = Math.min(text === null ? 1000 : Number(text), 1000)
  const offset = Number(query.get('offset') ?? 0)
  const { rows: shown } = page(sorted.slice(offset), query.get('marker'), limit, (marker) =>
    missing(`${what} ${marker} could not be found.`),
  )
  const last = shown.at(-1)
  // Cinder offers a next page whenever this one is full.
  const more = last && text !== null && shown.length === limit
  return {
    status: 200,
    body: {
      [name]: shown.map(view),
      ...(more ? { [`${name}_links`]: [{ rel: 'next', href: `${call.base}${call.path}?${nextQuery(query, last.id)}` }] } : {}),
    },
  }
}

/** `updated_at=gte:2026-01-01T00:00:00`, from 3.60 on; without an operator the very second. */
function inTime(actual: Sortable, wanted: string): boolean {
  const [, operator = 'eq', text = ''] = /^(?:(lt|lte|gt|gte|eq|neq):)?(.*)$/.exec(wanted) ?? []
  const at = parseTime(text)
  if (at === undefined) throw bad(`Invalid input received: Invalid date format ${text}`)
  if (typeof actual !== 'number') return operator === 'neq'
  const own = Math.floor(actual / 1000) * 1000
  return { lt: own < at, lte: own <= at, gt: own > at, gte: own >= at, eq: own === at, neq: own !== at }[operator] ?? false
}
