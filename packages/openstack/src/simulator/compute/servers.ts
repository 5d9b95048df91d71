import { type Call, asFlag, asObject, asText, strings } from '../call.ts'
import { type Sortable, nextQuery, page, sortBy, sortKeys } from '../lists.ts'
import type { Route } from '../router.ts'
import { parseTime } from '../times.ts'
import { bad, computeRoute, invalidField, links, policy } from './answers.ts'
import { startServerDelete } from './boot.ts'
import { recordAction } from './instance-actions.ts'
import { createServers } from './server-orders.ts'
import { type Server, actableServer, basicView, serverView, statusOf, touchServer, visibleServer } from './server.ts'

export const routes: Route[] = [
  computeRoute('GET', '/servers', (call) => listServers(call, false)),
  computeRoute('GET', '/servers/detail', (call) => listServers(call, true)),
  computeRoute('POST', '/servers', createServers),
  computeRoute('GET', '/servers/:id', (call) => ({ status: 200, body: { server: serverView(call, visibleServer(call), true) } })),
  computeRoute('PUT', '/servers/:id', updateServer),
  computeRoute('DELETE', '/servers/:id', deleteServer),
]

// ---- lists

const sortReaders: Record<string, (server: Server) => Sortable> = {
  created_at: (server) => server.createdMs,
  updated_at: (server) => server.updatedMs,
  display_name: (server) => server.name,
  name: (server) => server.name,
  uuid: (server) => server.id,
  id: (server) => server.id,
  vm_state: (server) => server.vmState,
  task_state: (server) => server.taskState,
  power_state: (server) => server.powerState,
  host: (server) => server.hostName,
  launched_at: (server) => server.launchedMs,
  project_id: (server) => server.projectId,
  user_id: (server) => server.userId,
  instance_type_id: (server) => server.flavor.flavorId,
  image_ref: (server) => server.imageId,
}

function listServers(call: Call, detailed: boolean) {
  const { world, query, who, version } = call
  const allText = query.get('all_tenants')
  const all = allText !== null && (allText === '' || asFlag(allText) === true)
  if (all && !who.isAdmin) throw policy(`servers:${detailed ? 'detail' : 'index'}:get_all_tenants`)
  // The schema lets it through and the database does not know it.
  if (who.isAdmin && query.has('metadata')) throw bad('Invalid filter field: metadata.')
  const since = timeOf(query, 'changes-since')
  const before = version >= 66 ? timeOf(query, 'changes-before') : undefined
  const project = query.get('project_id') ?? query.get('tenant_id')
  const pool = all
    ? project === null
      ? world.servers.all()
      : world.servers.where('projectId', project)
    : world.servers.where('projectId', who.projectId)
  const wantsDeleted = who.isAdmin && asFlag(query.get('deleted') ?? 'false') === true
  const isFiltered = [...query.keys()].some((key) => !controls.has(key))
  const matches = (server: Server) => !isFiltered || matchesFilters(server, call)
  const found = pool.filter((server) => {
    if (since !== undefined || before !== undefined) {
      // What is only ordered and in no cell yet is told whatever time is asked for: the times are looked at in the cells.
      if (server.taskState === 'scheduling') return matches(server)
      if (since !== undefined && Math.floor(server.updatedMs / 1000) * 1000 < since) return false
      if (before !== undefined && server.updatedMs > before) return false
      // Whoever asks for changes is told what is gone, too.
      if (!query.has('deleted')) return matches(server)
    }
    return server.deleted === wantsDeleted && matches(server)
  })
  const text = query.get('limit')
  if (text !== null && !/^\d*$/.test(text))
    throw bad(`Invalid input for query parameters limit. Value: ${text}. '${text}' does not match '^[0-9]*$'`)
  const sorted = query.has('sort_key') || query.has('sort_dir') ? sortedAsAsked(found, query) : found.sort(newestFirst)
  const limit = Math.min(Number(text ?? 1000) || 1000, 1000)
  const { rows } = page(sorted, query.get('marker'), limit, (marker) => bad(`marker [${marker}] not found`))
  const last = rows.at(-1)
  const more = last && rows.length === limit
  return {
    status: 200,
    body: {
      servers: rows.map((server) =>
        detailed
          ? serverView(call, server, false)
          : { id: server.id, name: server.name, links: links(call, `servers/${server.id}`) },
      ),
      ...(more ? { servers_links: [{ rel: 'next', href: `${call.base}${call.path}?${nextQuery(query, last.id)}` }] } : {}),
    },
  }
}

const newestFirst = (a: Server, b: Server): number => b.createdMs - a.createdMs || (a.id < b.id ? 1 : -1)

function sortedAsAsked(servers: Server[], query: URLSearchParams): Server[] {
  const keys = sortKeys(query, [
    ['created_at', true],
    ['id', true],
  ])
  const unknown = keys.find(([key]) => !(key in sortReaders))
  if (unknown)
    throw bad(
      `Invalid input for query parameters sort_key. Value: ${unknown[0]}. '${unknown[0]}' is not one of the known sort keys`,
    )
  return sortBy(
    servers,
    keys.map(([key, descending]) => ({ read: sortReaders[key] as (server: Server) => Sortable, descending })),
  )
}

function timeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const ms = parseTime(text)
  if (ms === undefined) throw bad(`Invalid input for query parameters ${name}. Value: ${text}. '${text}' is not a 'date-time'`)
  return ms
}

const controls = new Set([
  'limit',
  'marker',
  'sort_key',
  'sort_dir',
  'all_tenants',
  'changes-since',
  'changes-before',
  'deleted',
  'project_id',
  'tenant_id',
])

/** `name` and addresses are regular expressions, as the database matches them. */
function like(pattern: string): (text: string) => boolean {
  try {
    const regex = new RegExp(pattern)
    return (text) => regex.test(text)
  } catch {
    return (text) => text.includes(pattern)
  }
}

function matchesFilters(server: Server, call: Call): boolean {
  const { query, world, who, version } = call
  const is = (name: string, actual: string | null | undefined): boolean => {
    const wanted = query.get(name)
    return wanted === null || wanted === (actual ?? '')
  }
  const name = query.get('name')
  if (name !== null && !like(name)(server.name)) return false
  const statuses = query.getAll('status')
  if (statuses.length > 0 && !statuses.some((status) => status.toUpperCase() === statusOf(server))) return false
  const uuids = query.getAll('uuid')
  if (uuids.length > 0 && !uuids.includes(server.id)) return false
  if (!is('flavor', server.flavor.flavorId) || !is('image', server.imageId) || !is('reservation_id', server.reservationId))
    return false
  if (!is('user_id', server.userId)) return false
  if (who.isAdmin && (!is('host', server.hostName) || !is('vm_state', server.vmState) || !is('task_state', server.taskState)))
    return false
  if (
    version >= 83 &&
    (!is('key_name', server.keyName) ||
      !is('description', server.description) ||
      !is('availability_zone', server.availabilityZone))
  )
    return false
  const locked = query.get('locked')
  if (version >= 73 && locked !== null && asFlag(locked) !== server.locked) return false
  const tags = query.get('tags')
  if (version >= 26 && tags !== null && !tags.split(',').every((tag) => server.tags.includes(tag))) return false
  const anyTags = query.get('tags-any')
  if (version >= 26 && anyTags !== null && !anyTags.split(',').some((tag) => server.tags.includes(tag))) return false
  for (const [key, version4] of [
    ['ip', true],
    ['ip6', false],
  ] as const) {
    const wanted = query.get(key)
    if (wanted === null) continue
    const matches = like(wanted)
    const addresses = world.ports.where('deviceId', server.id).flatMap((port) => port.fixedIps.map((ip) => ip.ip_address))
    if (!addresses.some((address) => address.includes(':') !== version4 && matches(address))) return false
  }
  return true
}

// ---- create

export const known = new Set([
  'name',
  'flavorRef',
  'imageRef',
  'networks',
  'security_groups',
  'key_name',
  'metadata',
  'block_device_mapping_v2',
  'block_device_mapping',
  'user_data',
  'config_drive',
  'availability_zone',
  'min_count',
  'max_count',
  'return_reservation_id',
  'adminPass',
  'personality',
  'OS-DCF:diskConfig',
  'accessIPv4',
  'accessIPv6',
  'os:scheduler_hints',
  'OS-SCH-HNT:scheduler_hints',
  'description',
  'tags',
  'trusted_image_certificates',
  'host',
  'hypervisor_hostname',
  'hostname',
])

export function metadataOf(value: unknown): Record<string, string> {
  for (const [key, item] of Object.entries(asObject(value)))
    if (typeof item !== 'string') throw invalidField(key, item, `${String(item)} is not of type 'string'`)
  return strings(value)
}

function updateServer(call: Call) {
  const before = visibleServer(call)
  const wanted = asObject(call.body.server)
  const name = asText(wanted.name)
  if (name !== undefined && name.trim() === '') throw invalidField('name', name, `'${name}' is too short`)
  const server = touchServer(call.world, before.id, {
    name: name ?? before.name,
    description: call.version >= 19 && 'description' in wanted ? (asText(wanted.description) ?? null) : before.description,
    hostname: call.version >= 90 ? (asText(wanted.hostname) ?? before.hostname) : before.hostname,
  })
  return { status: 200, body: { server: call.version >= 75 ? serverView(call, server, true) : basicView(call, server, true) } }
}

function deleteServer(call: Call) {
  const server = actableServer(call)
  // Deleting twice is answered as if it were the first time.
  if (server.taskState === 'deleting') return { status: 204 }
  recordAction(call, server, 'delete', 'compute_terminate_instance')
  startServerDelete(call.world, server)
  return { status: 204 }
}
