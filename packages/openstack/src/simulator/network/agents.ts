import type { Call, JsonObject } from '../call.ts'
import { seededUuid } from '../ids.ts'
import { type Route, route } from '../router.ts'
import type { World } from '../world.ts'
import { collection, disallowed, missing } from './answers.ts'
import { poolsOf } from './subnets.ts'

export const routes: Route[] = [
  route('GET', '/v2.0/extensions', () => ({ status: 200, body: { extensions: aliases.map(extension) } })),
  route('GET', '/v2.0/extensions/:alias', showExtension),
  route('GET', '/v2.0/agents', listAgents),
  route('GET', '/v2.0/agents/:id', showAgent),
  route('GET', '/v2.0/availability_zones', (call) =>
    collection(
      call,
      'availability_zones',
      ['network', 'router'].map((resource) => ({ state: 'available', name: 'nova', resource })),
    ),
  ),
  route('GET', '/v2.0/network-ip-availabilities', listAvailabilities),
  route('GET', '/v2.0/network-ip-availabilities/:network', showAvailability),
  route('GET', '/v2.0/service-providers', (call) =>
    collection(
      call,
      'service_providers',
      ['dvrha', 'dvr', 'ha', 'single_node'].map((name) => ({ service_type: 'L3_ROUTER_NAT', name, default: false })),
    ),
  ),
]

const aliases = [
  'address-group',
  'address-scope',
  'router-admin-state-down-before-update',
  'agent',
  'agent-resources-synced',
  'allowed-address-pairs',
  'auto-allocated-topology',
  'availability_zone',
  'availability_zone_filter',
  'default-subnetpools',
  'dhcp_agent_scheduler',
  'dvr',
  'empty-string-filtering',
  'external-net',
  'extra_dhcp_opt',
  'extraroute',
  'extraroute-atomic',
  'filter-validation',
  'floating-ip-port-forwarding-detail',
  'fip-port-details',
  'flavors',
  'floatingip-pools',
  'ip-substring-filtering',
  'router',
  'ext-gw-mode',
  'l3-ha',
  'l3-flavors',
  'l3-port-ip-change-not-allowed',
  'l3_agent_scheduler',
  'multi-provider',
  'net-mtu',
  'net-mtu-writable',
  'network_availability_zone',
  'network-ip-availability',
  'pagination',
  'port-device-profile',
  'port-mac-override',
  'port-mac-address-regenerate',
  'port-numa-affinity-policy',
  'binding',
  'binding-extended',
  'port-security',
  'project-id',
  'provider',
  'quota-check-limit',
  'quotas',
  'quota_details',
  'rbac-policies',
  'rbac-address-group',
  'rbac-address-scope',
  'rbac-security-groups',
  'rbac-subnetpool',
  'revision-if-match',
  'standard-attr-revisions',
  'router_availability_zone',
  'security-groups-normalized-cidr',
  'port-security-groups-filtering',
  'security-groups-remote-address-group',
  'security-groups-shared-filtering',
  'security-group',
  'service-type',
  'sorting',
  'standard-attr-description',
  'stateful-security-group',
  'subnet_onboard',
  'subnet-service-types',
  'subnet_allocation',
  'subnetpool-prefix-ops',
  'standard-attr-tag',
  'standard-attr-timestamp',
]

const extension = (alias: string) => ({ name: alias, alias, description: '', updated: '2013-01-14T10:00:00-00:00', links: [] })

function showExtension(call: Call) {
  const alias = call.params.alias ?? ''
  if (!aliases.includes(alias)) throw missing('ExtensionNotFound', `Extension with alias ${alias} does not exist`)
  return { status: 200, body: { extension: extension(alias) } }
}

const kinds: { type: string; binary: string; topic: string; zone: string | null }[] = [
  { type: 'Linux bridge agent', binary: 'neutron-linuxbridge-agent', topic: 'N/A', zone: null },
  { type: 'DHCP agent', binary: 'neutron-dhcp-agent', topic: 'dhcp_agent', zone: 'nova' },
  { type: 'L3 agent', binary: 'neutron-l3-agent', topic: 'l3_agent', zone: 'nova' },
  { type: 'Metadata agent', binary: 'neutron-metadata-agent', topic: 'N/A', zone: null },
]

/** One of each on every host; they report every 20 seconds. */
function agents(world: World): JsonObject[] {
  const stamp = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
  return world.hosts.all().flatMap((host) =>
    kinds.map(({ type, binary, topic, zone }) => ({
      id: seededUuid('agent', `${binary}/${host.name}`),
      agent_type: type,
      binary,
      topic,
      host: host.name,
      admin_state_up: true,
      created_at: stamp(world.startedMs),
      started_at: stamp(world.startedMs),
      heartbeat_timestamp: stamp(world.startedMs + Math.floor((world.nowMs - world.startedMs) / 20_000) * 20_000),
      description: null,
      resources_synced: null,
      availability_zone: zone,
      alive: host.up,
      configurations: { log_agent_heartbeats: false },
    })),
  )
}

/** A customer gets an empty list rather than a refusal. */
function listAgents(call: Call) {
  return collection(call, 'agents', call.who.isAdmin ? agents(call.world) : [])
}

function showAgent(call: Call) {
  const id = call.params.id ?? ''
  const found = call.who.isAdmin ? agents(call.world).find((agent) => agent.id === id) : undefined
  if (!found) throw missing('AgentNotFound', `Agent ${id} could not be found.`)
  return { status: 200, body: { agent: found } }
}

function availability(world: World, networkId: string): JsonObject | undefined {
  const network = world.networks.get(networkId)
  if (!network) return undefined
  const ports = world.ports.where('networkId', network.id)
  const subnets = world.subnets.where('networkId', network.id).map((subnet) => ({
    subnet_id: subnet.id,
    ip_version: subnet.ipVersion,
    cidr: subnet.cidr,
    subnet_name: subnet.name,
    used_ips: ports.reduce((sum, port) => sum + port.fixedIps.filter((ip) => ip.subnet_id === subnet.id).length, 0),
    total_ips: Number(poolsOf(subnet).reduce((sum, { start, end }) => sum + end - start + 1n, 0n)),
  }))
  return {
    network_id: network.id,
    network_name: network.name,
    tenant_id: network.projectId,
    project_id: network.projectId,
    subnet_ip_availability: subnets,
    used_ips: subnets.reduce((sum, subnet) => sum + subnet.used_ips, 0),
    total_ips: subnets.reduce((sum, subnet) => sum + subnet.total_ips, 0),
  }
}

function listAvailabilities(call: Call) {
  const { world, who } = call
  const rows: JsonObject[] = who.isAdmin
    ? world.networks.all().flatMap((network): JsonObject[] => [availability(world, network.id) ?? []].flat())
    : []
  return collection(call, 'network_ip_availabilities', rows, ['ip_version'])
}

function showAvailability(call: Call) {
  if (!call.who.isAdmin) throw disallowed('rule:get_network_ip_availability')
  const found = availability(call.world, call.params.network ?? '')
  if (!found) throw missing('NetworkNotFound', `Network ${call.params.network} could not be found.`)
  return { status: 200, body: { network_ip_availability: found } }
}
