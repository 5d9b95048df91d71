import { type Call, type JsonObject, Refusal } from '../call.ts'
import { type ComputeHost, ratios, reservedRamMib } from '../compute/hosts.ts'
import { openRoute, type Route, route } from '../router.ts'
import { askedVersion, type ServiceDefinition } from '../service.ts'
import { requestId as newRequestId } from '../ids.ts'
import type { World } from '../world.ts'

const latest = 39

const titles: Record<number, [title: string, lead: string]> = {
  400: ['Bad Request', 'The server could not comply with the request since it is either malformed or otherwise incorrect.'],
  403: ['Forbidden', 'Access was denied to this resource.'],
  404: ['Not Found', 'The resource could not be found.'],
  405: ['Method Not Allowed', 'The method specified is not allowed for this resource.'],
  406: ['Not Acceptable', 'The resource could not be generated that was acceptable to your browser.'],
  409: ['Conflict', 'There was a conflict when trying to complete your request.'],
}

function shape({ status, message, headers }: Refusal) {
  const [title, lead] = titles[status] ?? [
    'Internal Server Error',
    'The server has either erred or is incapable of performing the requested operation.',
  ]
  return {
    status,
    headers,
    body: { errors: [{ status, title, detail: `${lead}\n\n ${message}  `, request_id: newRequestId() }] },
  }
}

const routes: Route[] = [
  openRoute('GET', '/', () => ({
    status: 200,
    body: {
      versions: [
        { id: 'v1.0', max_version: `1.${latest}`, min_version: '1.0', status: 'CURRENT', links: [{ rel: 'self', href: '' }] },
      ],
    },
  })),
  route('GET', '/resource_providers', listProviders),
  route('GET', '/resource_providers/:id', (call) => ({ status: 200, body: providerView(call, providerOr404(call)) })),
  route('GET', '/resource_providers/:id/inventories', (call) => {
    const host = providerOr404(call)
    return { status: 200, body: { resource_provider_generation: generation(host), inventories: inventories(host) } }
  }),
  route('GET', '/resource_providers/:id/usages', (call) => {
    const host = providerOr404(call)
    return { status: 200, body: { resource_provider_generation: generation(host), usages: usages(host) } }
  }),
  route('GET', '/resource_providers/:id/allocations', (call) => {
    const host = providerOr404(call)
    return { status: 200, body: { resource_provider_generation: generation(host), allocations: allocationsOn(call.world, host) } }
  }),
  route('GET', '/resource_providers/:id/traits', (call) => {
    const host = providerOr404(call)
    return { status: 200, body: { traits, resource_provider_generation: generation(host) } }
  }),
  route('GET', '/resource_providers/:id/aggregates', (call) => {
    const host = providerOr404(call)
    return { status: 200, body: { aggregates: [], resource_provider_generation: generation(host) } }
  }),
  route('GET', '/allocations/:consumer', showAllocations),
  route('GET', '/allocation_candidates', candidates),
  route('GET', '/usages', projectUsages),
  route('GET', '/resource_classes', (call) => {
    requireAdmin(call, 'resource_classes:list')
    const names = ['VCPU', 'MEMORY_MB', 'DISK_GB', 'PCI_DEVICE', 'SRIOV_NET_VF', 'NUMA_SOCKET', 'PCPU', 'VGPU']
    return {
      status: 200,
      body: { resource_classes: names.map((name) => ({ name, links: [{ rel: 'self', href: `/resource_classes/${name}` }] })) },
    }
  }),
  route('GET', '/traits', (call) => {
    requireAdmin(call, 'traits:list')
    return { status: 200, body: { traits } }
  }),
]

export const placement: ServiceDefinition = {
  name: 'placement',
  prefix: '/placement',
  routes,
  negotiate: (headers) => {
    const asked = askedVersion(headers, 'placement')
    const [, minor] = asked === 'latest' ? ['1', String(latest)] : (asked ?? '1.0').split('.')
    const version = Number(minor)
    const said = { 'openstack-api-version': `placement 1.${version}`, vary: 'openstack-api-version' }
    if (!(version <= latest)) throw new Refusal(406, `Unacceptable version header: ${asked}`, { headers: said })
    return { version, headers: said }
  },
  headers: (requestId) => ({ 'x-openstack-request-id': requestId }),
  error: shape,
  unauthorized: (world) => ({
    status: 401,
    headers: { 'WWW-Authenticate': `Keystone uri="${world.url}/identity/v3"` },
    body: { error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' } },
  }),
  missingRoute: (allowed) => shape(new Refusal(allowed.length > 0 ? 405 : 404, '')),
  malformed: new Refusal(400, 'Malformed JSON'),
}

const traits = [
  'COMPUTE_NODE',
  'COMPUTE_NET_ATTACH_INTERFACE',
  'COMPUTE_VOLUME_EXTEND',
  'COMPUTE_VOLUME_MULTI_ATTACH',
  'COMPUTE_STORAGE_BUS_VIRTIO',
  'HW_CPU_X86_SSE42',
]

function requireAdmin(call: Call, policy: string): void {
  if (!call.who.isAdmin) throw new Refusal(403, `Policy does not allow placement:${policy} to be performed.`)
}

/** Grows with what is placed on the host. */
const generation = (host: ComputeHost): number => 12 + host.servers * 2

function providerOr404(call: Call): ComputeHost {
  requireAdmin(call, 'resource_providers:show')
  const id = call.params.id ?? ''
  const host = call.world.hosts.get(id)
  if (!host) throw new Refusal(404, `No resource provider with uuid ${id} found`)
  return host
}

function providerView(call: Call, host: ComputeHost): JsonObject {
  const self = `/resource_providers/${host.id}`
  const more = [
    ...(call.version >= 1 ? ['aggregates'] : []),
    ...(call.version >= 6 ? ['traits'] : []),
    ...(call.version >= 11 ? ['allocations'] : []),
  ]
  return {
    uuid: host.id,
    name: host.name,
    generation: generation(host),
    links: [{ rel: 'self', href: self }, ...['inventories', 'usages', ...more].map((rel) => ({ rel, href: `${self}/${rel}` }))],
    ...(call.version >= 14 ? { parent_provider_uuid: null, root_provider_uuid: host.id } : {}),
  }
}

function listProviders(call: Call) {
  requireAdmin(call, 'resource_providers:list')
  const { query, world } = call
  const hosts = world.hosts
    .all()
    .filter((host) => (query.get('name') ?? host.name) === host.name && (query.get('uuid') ?? host.id) === host.id)
  return { status: 200, body: { resource_providers: hosts.map((host) => providerView(call, host)) } }
}

const inventories = (host: ComputeHost) => {
  const of = (total: number, reserved: number, ratio: number) => ({
    total,
    reserved,
    min_unit: 1,
    max_unit: total,
    step_size: 1,
    allocation_ratio: ratio,
  })
  return {
    VCPU: of(host.vcpus, 0, ratios.vcpus),
    MEMORY_MB: of(host.ramMib, reservedRamMib, ratios.ram),
    DISK_GB: of(host.diskGib, 0, ratios.disk),
  }
}

const usages = (host: ComputeHost) => ({ VCPU: host.vcpusUsed, MEMORY_MB: host.ramUsedMib, DISK_GB: host.diskUsedGib })

const onHost = (world: World, host: ComputeHost) =>
  world.servers.all().filter((server) => server.hostName === host.name && !server.deleted)

function allocationsOn(world: World, host: ComputeHost) {
  return Object.fromEntries(
    onHost(world, host).map(({ id, flavor }) => [
      id,
      { resources: { VCPU: flavor.vcpus, MEMORY_MB: flavor.ramMib, DISK_GB: flavor.diskGib } },
    ]),
  )
}

function showAllocations(call: Call) {
  requireAdmin(call, 'allocations:list')
  const server = call.world.servers.get(call.params.consumer ?? '')
  const host = server && !server.deleted ? call.world.hosts.find((each) => each.name === server.hostName) : undefined
  if (!server || !host) return { status: 200, body: { allocations: {} } }
  const resources = { VCPU: server.flavor.vcpus, MEMORY_MB: server.flavor.ramMib, DISK_GB: server.flavor.diskGib }
  return {
    status: 200,
    body: {
      allocations: { [host.id]: { resources, generation: generation(host) } },
      ...(call.version >= 12 ? { project_id: server.projectId, user_id: server.userId } : {}),
      ...(call.version >= 28 ? { consumer_generation: 1 } : {}),
    },
  }
}

/** Hosts with room for what is asked, `resources=VCPU:1,MEMORY_MB:64`. */
function candidates(call: Call) {
  requireAdmin(call, 'allocation_candidates:list')
  const wanted = Object.fromEntries(
    (call.query.get('resources') ?? '').split(',').map((part) => part.split(':').map(String) as [string, string]),
  )
  const hosts = call.world.hosts.all().filter((host) => host.up && host.enabled)
  const capacity = (host: ComputeHost) =>
    Object.fromEntries(
      Object.entries(inventories(host)).map(([name, each]) => [
        name,
        { capacity: Math.floor((each.total - each.reserved) * each.allocation_ratio), used: usages(host)[name as 'VCPU'] },
      ]),
    )
  const fitting = hosts.filter((host) => {
    const room = capacity(host)
    return Object.entries(wanted).every(
      ([name, amount]) => (room[name]?.capacity ?? 0) - (room[name]?.used ?? 0) >= Number(amount),
    )
  })
  const resources = Object.fromEntries(Object.entries(wanted).map(([name, amount]) => [name, Number(amount)]))
  return {
    status: 200,
    body: {
      allocation_requests: fitting.map((host) => ({ allocations: { [host.id]: { resources } }, mappings: { '': [host.id] } })),
      provider_summaries: Object.fromEntries(
        fitting.map((host) => [
          host.id,
          { resources: capacity(host), traits, parent_provider_uuid: null, root_provider_uuid: host.id },
        ]),
      ),
    },
  }
}

function projectUsages(call: Call) {
  if (call.version < 9) throw new Refusal(404, '')
  requireAdmin(call, 'usages')
  const projectId = call.query.get('project_id') ?? ''
  const servers = call.world.servers.where('projectId', projectId).filter((server) => !server.deleted && server.hostName !== null)
  if (servers.length === 0) return { status: 200, body: { usages: {} } }
  const sum = (read: (server: (typeof servers)[number]) => number) => servers.reduce((total, server) => total + read(server), 0)
  const totals = {
    VCPU: sum((server) => server.flavor.vcpus),
    MEMORY_MB: sum((server) => server.flavor.ramMib),
    DISK_GB: sum((server) => server.flavor.diskGib),
  }
  return {
    status: 200,
    body: { usages: call.version >= 38 ? { INSTANCE: { consumer_count: servers.length, ...totals } } : totals },
  }
}
