import { type Call, type JsonObject, asObject, asText } from '../call.ts'
import { seededUuid } from '../ids.ts'
import type { Route } from '../router.ts'
import type { Row } from '../table.ts'
import { databaseTime } from '../times.ts'
import type { World } from '../world.ts'
import type { EmbeddedFlavor, Server } from './server.ts'
import { bad, computeRoute, missing, requireAdmin } from './answers.ts'

/** A compute node with what is taken of it. */
export interface ComputeHost extends Row {
  name: string
  number: number
  ip: string
  vcpus: number
  ramMib: number
  diskGib: number
  vcpusUsed: number
  ramUsedMib: number
  diskUsedGib: number
  servers: number
  enabled: boolean
  disabledReason: string | null
  up: boolean
}

/** How often a thing of a host is promised: the real cloud that was measured is set so. */
export const ratios = { vcpus: 64, ram: 4, disk: 16 }
export const reservedRamMib = 1024

export const routes: Route[] = [
  computeRoute('GET', '/os-hypervisors', (call) => listHypervisors(call, false)),
  computeRoute('GET', '/os-hypervisors/detail', (call) => listHypervisors(call, true)),
  computeRoute('GET', '/os-hypervisors/statistics', statistics),
  computeRoute('GET', '/os-hypervisors/:id', showHypervisor),
  computeRoute('GET', '/os-hypervisors/:id/uptime', showHypervisor),
  computeRoute('GET', '/os-services', listServices),
  computeRoute('PUT', '/os-services/:id', updateService),
  computeRoute('PUT', '/os-services/disable', (call) => switchService(call, false)),
  computeRoute('PUT', '/os-services/enable', (call) => switchService(call, true)),
  computeRoute('GET', '/os-availability-zone', (call) => zones(call, false)),
  computeRoute('GET', '/os-availability-zone/detail', (call) => zones(call, true)),
  computeRoute('GET', '/os-aggregates', (call) => {
    requireAdmin(call, 'os-aggregates:index')
    return { status: 200, body: { aggregates: [] } }
  }),
  computeRoute('GET', '/os-migrations', (call) => {
    requireAdmin(call, 'os-migrations:index')
    return { status: 200, body: { migrations: [] } }
  }),
]

const fits = (host: ComputeHost, flavor: EmbeddedFlavor): boolean =>
  host.up &&
  host.enabled &&
  // However much a host promises in all, one server is never larger than the host.
  flavor.vcpus <= host.vcpus &&
  flavor.ramMib <= host.ramMib &&
  flavor.diskGib <= host.diskGib &&
  host.vcpusUsed + flavor.vcpus <= host.vcpus * ratios.vcpus &&
  host.ramUsedMib + flavor.ramMib <= (host.ramMib - reservedRamMib) * ratios.ram &&
  host.diskUsedGib + flavor.diskGib <= host.diskGib * ratios.disk

/** The host with the most free memory that the server's group allows, or none. */
export function chooseHost(world: World, server: Server, avoid?: string): ComputeHost | undefined {
  const group = world.serverGroups.get(server.serverGroupId ?? '')
  const neighbours = group
    ? world.servers
        .where('projectId', server.projectId)
        .filter((each) => each.serverGroupId === group.id && each.id !== server.id && !each.deleted && each.hostName !== null)
    : []
  const taken = new Set(neighbours.map((each) => each.hostName))
  const allowed = world.hosts.all().filter((host) => {
    if (!fits(host, server.flavor)) return false
    if (group?.policy === 'anti-affinity') return !taken.has(host.name)
    if (group?.policy === 'affinity') return taken.size === 0 || taken.has(host.name)
    return true
  })
  const others = allowed.filter((host) => host.name !== avoid)
  // With one node a resize stays where it is.
  const candidates = others.length > 0 ? others : allowed
  return candidates.sort((a, b) => a.ramUsedMib - b.ramUsedMib)[0]
}

/** Takes (`sign` 1) or gives back (-1) what a flavor needs of a host. */
export function occupy(world: World, hostName: string | null, flavor: EmbeddedFlavor, sign: 1 | -1): void {
  const host = world.hosts.find((each) => each.name === hostName)
  if (!host) return
  world.hosts.update(host.id, {
    vcpusUsed: host.vcpusUsed + sign * flavor.vcpus,
    ramUsedMib: host.ramUsedMib + sign * flavor.ramMib,
    diskUsedGib: host.diskUsedGib + sign * flavor.diskGib,
    servers: host.servers + sign,
  })
}

/** Text of the command `uptime`, as hypervisors report it; the load follows what runs on them. */
function uptime(world: World, host: ComputeHost): string {
  const minutes = Math.floor((world.nowMs - world.startedMs) / 60_000)
  const clock = new Date(world.nowMs).toISOString().slice(11, 19)
  const wave = Math.sin(world.nowMs / 97_000 + host.number) / 4
  const load = (shift: number) => Math.max(0.01, (host.vcpusUsed * 0.08 + 0.2) * (1 + wave / shift)).toFixed(2)
  const span = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`
  return ` ${clock} up ${span},  0 user,  load average: ${load(1)}, ${load(2)}, ${load(4)}\n`
}

const cpuInfo = {
  arch: 'x86_64',
  model: 'Broadwell',
  vendor: 'Intel',
  topology: { cells: 1, sockets: 2, cores: 32, threads: 2 },
  features: ['sse4.2', 'aes', 'avx2'],
}

const capacity = (world: World, host: ComputeHost) => ({
  vcpus: host.vcpus,
  memory_mb: host.ramMib,
  local_gb: host.diskGib,
  vcpus_used: host.vcpusUsed,
  memory_mb_used: host.ramUsedMib + reservedRamMib,
  local_gb_used: host.diskUsedGib,
  free_ram_mb: host.ramMib - host.ramUsedMib - reservedRamMib,
  free_disk_gb: host.diskGib - host.diskUsedGib,
  current_workload: world.servers
    .all()
    .filter((server) => server.hostName === host.name && !server.deleted && server.taskState !== null).length,
  running_vms: host.servers,
  disk_available_least: host.diskGib - Math.round(host.diskUsedGib / 3),
})

function hypervisor(call: Call, host: ComputeHost, detailed: boolean): JsonObject {
  const { world, version } = call
  const byUuid = version >= 53
  const service = {
    id: byUuid ? seededUuid('service', host.name) : host.number + 4,
    host: host.name,
    disabled_reason: host.disabledReason,
  }
  return {
    id: byUuid ? host.id : host.number,
    hypervisor_hostname: host.name,
    state: host.up ? 'up' : 'down',
    status: host.enabled ? 'enabled' : 'disabled',
    ...(detailed
      ? {
          hypervisor_type: 'QEMU',
          hypervisor_version: 7_002_022,
          host_ip: host.ip,
          service,
          // Numbers of capacity are Placement's from 2.88 on; the uptime came instead.
          ...(version >= 88
            ? { uptime: uptime(world, host) }
            : { ...capacity(world, host), cpu_info: version >= 28 ? cpuInfo : JSON.stringify(cpuInfo) }),
        }
      : {}),
  }
}

function listHypervisors(call: Call, detailed: boolean) {
  requireAdmin(call, detailed ? 'os-hypervisors:list-detail' : 'os-hypervisors:list')
  const pattern = call.query.get('hypervisor_hostname_pattern')
  const withServers = call.query.get('with_servers')?.toLowerCase() === 'true'
  const hosts = call.world.hosts.all().filter((host) => pattern === null || host.name.includes(pattern))
  if (pattern !== null && hosts.length === 0) throw missing(`No hypervisor matching '${pattern}' could be found.`)
  const views = hosts.map((host) => ({
    ...hypervisor(call, host, detailed),
    ...(withServers && call.version >= 53
      ? {
          servers: call.world.servers
            .all()
            .filter((server) => server.hostName === host.name && !server.deleted)
            .map(({ id, number }) => ({ uuid: id, name: `instance-${number.toString(16).padStart(8, '0')}` })),
        }
      : {}),
  }))
  return { status: 200, body: { hypervisors: views } }
}

function showHypervisor(call: Call) {
  requireAdmin(call, 'os-hypervisors:show')
  const id = call.params.id ?? ''
  const host = call.world.hosts.all().find((each) => each.id === id || String(each.number) === id)
  if (!host) throw missing(`Compute host ${id} could not be found.`)
  return {
    status: 200,
    body: {
      hypervisor: call.path.endsWith('/uptime')
        ? { ...hypervisor(call, host, false), uptime: uptime(call.world, host) }
        : hypervisor(call, host, true),
    },
  }
}

function statistics(call: Call) {
  requireAdmin(call, 'os-hypervisors:statistics')
  const sums: Record<string, number> = { count: call.world.hosts.size }
  for (const host of call.world.hosts.all())
    for (const [key, value] of Object.entries(capacity(call.world, host))) sums[key] = (sums[key] ?? 0) + value
  return { status: 200, body: { hypervisor_statistics: sums } }
}

/** Services report every ten seconds. */
const reported = (world: World): string =>
  databaseTime(world.startedMs + Math.floor((world.nowMs - world.startedMs) / 10_000) * 10_000)

function services(call: Call): JsonObject[] {
  const { world, version } = call
  const parts = [
    {
      binary: 'nova-conductor',
      host: 'lab',
      number: 3,
      zone: 'internal',
      status: 'enabled',
      state: 'up',
      reason: null as string | null,
    },
    { binary: 'nova-scheduler', host: 'lab', number: 4, zone: 'internal', status: 'enabled', state: 'up', reason: null },
    ...world.hosts.all().map((host) => ({
      binary: 'nova-compute',
      host: host.name,
      number: host.number + 4,
      zone: 'nova',
      status: host.enabled ? 'enabled' : 'disabled',
      state: host.up ? 'up' : 'down',
      reason: host.disabledReason,
    })),
  ]
  return parts.map((part) => ({
    binary: part.binary,
    host: part.host,
    id: version >= 53 ? seededUuid('service', part.binary === 'nova-compute' ? part.host : part.binary) : part.number,
    zone: part.zone,
    status: part.status,
    state: part.state,
    updated_at: reported(world),
    disabled_reason: part.reason,
    ...(version >= 11 ? { forced_down: false } : {}),
  }))
}

function listServices(call: Call) {
  requireAdmin(call, 'os-services:list')
  const { query } = call
  const found = services(call).filter(
    (service) =>
      (query.get('binary') ?? service.binary) === service.binary && (query.get('host') ?? service.host) === service.host,
  )
  return { status: 200, body: { services: found } }
}

function setEnabled(world: World, host: ComputeHost, enabled: boolean, reason: string | null): void {
  world.hosts.update(host.id, { enabled, disabledReason: enabled ? null : reason })
}

function updateService(call: Call) {
  requireAdmin(call, 'os-services:update')
  const id = call.params.id ?? ''
  const host = call.world.hosts.all().find((each) => seededUuid('service', each.name) === id)
  if (!host) throw missing(`Service ${id} could not be found.`)
  const status = asText(call.body.status)
  if (status !== 'enabled' && status !== 'disabled') throw bad('Updating a nova-compute service needs a status.')
  setEnabled(call.world, host, status === 'enabled', asText(call.body.disabled_reason) ?? null)
  return { status: 200, body: { service: services(call).find((service) => service.id === id) } }
}

function switchService(call: Call, enabled: boolean) {
  requireAdmin(call, 'os-services:update')
  const name = asText(asObject(call.body).host) ?? ''
  const host = call.world.hosts.all().find((each) => each.name === name)
  if (!host) throw missing(`Could not find binary nova-compute on host ${name}.`)
  setEnabled(call.world, host, enabled, null)
  return { status: 200, body: { service: { host: name, binary: 'nova-compute', status: enabled ? 'enabled' : 'disabled' } } }
}

function zones(call: Call, detailed: boolean) {
  if (!detailed)
    return { status: 200, body: { availabilityZoneInfo: [{ zoneName: 'nova', zoneState: { available: true }, hosts: null }] } }
  requireAdmin(call, 'os-availability-zone:detail')
  const hostsOf = (zone: string) => {
    const byHost: Record<string, Record<string, unknown>> = {}
    for (const service of services(call).filter((each) => each.zone === zone))
      byHost[String(service.host)] = {
        ...byHost[String(service.host)],
        [String(service.binary)]: { active: true, available: service.state === 'up', updated_at: service.updated_at },
      }
    return byHost
  }
  const info = ['internal', 'nova'].map((zoneName) => ({ zoneName, zoneState: { available: true }, hosts: hostsOf(zoneName) }))
  return { status: 200, body: { availabilityZoneInfo: info } }
}
