import type { SimResponse } from '@straylight/kit/simulator'
import { asFlag, type Call, isObject, type JsonObject, Refusal } from '../call.ts'
import { page, sortBy, type Sortable } from '../lists.ts'
import { type Handler, type Route, route } from '../router.ts'
import type { Row } from '../table.ts'
import type { World } from '../world.ts'
import type { LoadBalancer } from './load-balancers.ts'

export type ProvisioningStatus = 'ACTIVE' | 'PENDING_CREATE' | 'PENDING_UPDATE' | 'PENDING_DELETE' | 'ERROR'

/** What everything of a load balancer has. */
export interface Part extends Row {
  projectId: string
  name: string
  description: string
  adminUp: boolean
  provisioningStatus: ProvisioningStatus
  tags: string[]
  createdMs: number
  updatedMs: number | null
}

export const fault = ({ status, message, headers }: Refusal): SimResponse => ({
  status,
  headers,
  body: { faultcode: status < 500 ? 'Client' : 'Server', faultstring: message, debuginfo: null },
})

/** The API lives under `/v2` and, as older clients write it, `/v2.0`. */
export const balancerRoutes = (method: string, path: string, handle: Handler): Route[] =>
  ['/v2/lbaas', '/v2.0/lbaas'].map((prefix) => route(method, prefix + path, handle))

/** `2026-11-22T05:48:51`: without a zone, in UTC. */
export const octaviaTime = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString().slice(0, 19))

export const partView = (part: Part): JsonObject => ({
  id: part.id,
  name: part.name,
  project_id: part.projectId,
  tenant_id: part.projectId,
  admin_state_up: part.adminUp,
  provisioning_status: part.provisioningStatus,
  tags: part.tags,
  created_at: octaviaTime(part.createdMs),
  updated_at: octaviaTime(part.updatedMs),
})

export const freshPart = (world: World, projectId: string, wanted: JsonObject) => ({
  projectId,
  name: String(wanted.name ?? ''),
  description: String(wanted.description ?? ''),
  adminUp: asFlag(wanted.admin_state_up) ?? true,
  provisioningStatus: 'PENDING_CREATE' as ProvisioningStatus,
  tags: Array.isArray(wanted.tags) ? wanted.tags.map(String) : [],
  createdMs: world.nowMs,
  updatedMs: null,
})

export const changedPart = (world: World, before: Part, wanted: JsonObject) => ({
  name: String(wanted.name ?? before.name),
  description: String(wanted.description ?? before.description),
  adminUp: asFlag(wanted.admin_state_up) ?? before.adminUp,
  tags: Array.isArray(wanted.tags) ? wanted.tags.map(String) : before.tags,
  provisioningStatus: 'PENDING_UPDATE' as ProvisioningStatus,
  updatedMs: world.nowMs,
})

export const missing = (kind: string, id: string): Refusal => new Refusal(404, `${kind} ${id} not found.`)
export const bad = (message: string): Refusal => new Refusal(400, message)
export const conflicting = (message: string): Refusal => new Refusal(409, message)

export function wanted(call: Call, name: string): JsonObject {
  const body = call.body[name]
  if (!isObject(body)) throw bad(`Invalid input for field/attribute ${name}. Value: 'None'. Mandatory field missing.`)
  return body
}

/** @throws Refusal 400 when one of `names` is not there. */
export function mandatory(body: JsonObject, names: string[]): void {
  const absent = names.find((name) => body[name] === undefined || body[name] === null)
  if (absent) throw bad(`Invalid input for field/attribute ${absent}. Value: 'None'. Mandatory field missing.`)
}

export function owned<T extends { projectId: string }>(call: Call, row: T | undefined, kind: string, id: string): T {
  if (!row || !(call.who.isAdmin || row.projectId === call.who.projectId)) throw missing(kind, id)
  return row
}

/** Any change locks the whole balancer until it is done. @throws Refusal 409 while another one is under way. */
export function lock(world: World, balancer: LoadBalancer): void {
  if (balancer.provisioningStatus !== 'ACTIVE')
    throw conflicting(`Load Balancer ${balancer.id} is immutable and cannot be updated.`)
  world.loadBalancers.update(balancer.id, { provisioningStatus: 'PENDING_UPDATE', updatedMs: world.nowMs })
  world.later(world.duration('loadbalancer.update'), balancer.id, 'loadbalancer.settled', { id: balancer.id })
}

const controls = new Set(['limit', 'marker', 'sort', 'fields', 'page_reverse', 'tags', 'tags-any', 'not-tags', 'not-tags-any'])

/** A page of things of one kind, filtered by any of their attributes. */
export function collection(call: Call, name: string, views: JsonObject[]) {
  const { query } = call
  const found = views.filter((view) =>
    [...query].every(([key, value]) => controls.has(key) || !(key in view) || String(view[key] ?? '') === value),
  )
  const tags = query.get('tags')?.split(',') ?? []
  const tagged = found.filter((view) => tags.every((tag) => (view.tags as string[]).includes(tag)))
  const sort = (query.get('sort') ?? '').split(',').filter(Boolean)
  const sorted = sortBy(
    tagged,
    sort.map((part) => {
      const [key = '', direction] = part.split(':')
      return { read: (view: JsonObject) => view[key] as Sortable, descending: direction === 'desc' }
    }),
  )
  const limit = Number(query.get('limit') ?? 1000)
  const rows = sorted.map((view) => ({ id: String(view.id), view }))
  const { rows: shown, more } = page(rows, query.get('marker'), limit, (marker) => missing('Marker', marker))
  const last = shown.at(-1)
  const next = new URLSearchParams(query)
  if (last) next.set('marker', last.id)
  return {
    status: 200,
    body: {
      [name]: shown.map(({ view }) => view),
      [`${name}_links`]: more ? [{ rel: 'next', href: `${call.base}${call.path}?${next}` }] : [],
    },
  }
}

export const mine = (call: Call, row: { projectId: string }): boolean => {
  const asked = call.query.get('project_id')
  if (call.who.isAdmin) return asked === null || row.projectId === asked
  return row.projectId === call.who.projectId
}
