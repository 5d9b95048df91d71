import { asArray, asFlag, asNumber, asObject, asText, type Call, type JsonObject } from '../call.ts'
import { uuid } from '../ids.ts'
import { contextOf } from '../notifications/envelope.ts'
import { networkChange, networkDeletion } from '../notifications/network.ts'
import { type Route, route } from '../router.ts'
import { seconds } from '../times.ts'
import type { Jobs, World } from '../world.ts'
import {
  type Address,
  type Cidr,
  contains,
  defaultPools,
  formatAddress,
  formatCidr,
  overlap,
  parseAddress,
  parseCidr,
  type Range,
} from './addresses.ts'
import { visibleNetwork } from './networks.ts'
import { newMac, type Port, portDefaults } from './ports.ts'
import { addFixedIp, removeFixedIps } from './allocations.ts'
import { spend } from './quotas.ts'
import {
  badRequest,
  collection,
  freshResource,
  inConflict,
  missing,
  type NetworkResource,
  disallowed,
  tagRoutes,
  touched,
  wanted,
} from './answers.ts'

export interface Subnet extends NetworkResource {
  networkId: string
  ipVersion: 4 | 6
  cidr: string
  gatewayIp: string | null
  dhcp: boolean
  pools: { start: string; end: string }[]
  nameservers: string[]
  hostRoutes: { destination: string; nexthop: string }[]
  raMode: string | null
  addressMode: string | null
}

export const routes: Route[] = [
  route('GET', '/v2.0/subnets', listSubnets),
  route('POST', '/v2.0/subnets', createSubnet),
  route('GET', '/v2.0/subnets/:id', (call) => ({ status: 200, body: { subnet: subnetView(visibleSubnet(call)) } })),
  route('PUT', '/v2.0/subnets/:id', updateSubnet),
  route('DELETE', '/v2.0/subnets/:id', deleteSubnet),
  ...tagRoutes('subnets', ownSubnet, (call, id, tags) => {
    call.world.subnets.update(id, { tags, ...touched(call, call.world.subnets.get(id) as Subnet) })
  }),
  ...['subnetpools', 'address-scopes', 'rbac-policies'].map((name) =>
    route('GET', `/v2.0/${name}`, () => ({ status: 200, body: { [name.replaceAll('-', '_')]: [] } })),
  ),
]

export const jobs: Jobs = {
  'network.dhcp': (world, { subnetId }) => serveDhcp(world, String(subnetId)),
}

const attributes = [
  'name',
  'network_id',
  'ip_version',
  'cidr',
  'gateway_ip',
  'enable_dhcp',
  'allocation_pools',
  'dns_nameservers',
  'host_routes',
  'description',
  'tenant_id',
  'project_id',
  'ipv6_ra_mode',
  'ipv6_address_mode',
  'subnetpool_id',
  'prefixlen',
  'service_types',
  'segment_id',
  'use_default_subnetpool',
] as const
const readOnly = [
  'id',
  'network_id',
  'ip_version',
  'cidr',
  'tenant_id',
  'project_id',
  'ipv6_ra_mode',
  'ipv6_address_mode',
  'subnetpool_id',
  'prefixlen',
]

export const subnetView = (subnet: Subnet): JsonObject => ({
  id: subnet.id,
  name: subnet.name,
  tenant_id: subnet.projectId,
  network_id: subnet.networkId,
  ip_version: subnet.ipVersion,
  subnetpool_id: null,
  enable_dhcp: subnet.dhcp,
  ipv6_ra_mode: subnet.raMode,
  ipv6_address_mode: subnet.addressMode,
  gateway_ip: subnet.gatewayIp,
  cidr: subnet.cidr,
  allocation_pools: subnet.pools,
  host_routes: subnet.hostRoutes,
  dns_nameservers: subnet.nameservers,
  description: subnet.description,
  service_types: [],
  tags: subnet.tags,
  created_at: seconds(subnet.createdMs),
  updated_at: seconds(subnet.updatedMs),
  revision_number: subnet.revision,
  project_id: subnet.projectId,
})

export const subnetMissing = (id: string) => missing('SubnetNotFound', `Subnet ${id} could not be found.`)

/** Subnets of external networks stay hidden from customers unless they are shared. */
export function visibleSubnet(call: Call, id: string = call.params.id ?? ''): Subnet {
  const { world, who } = call
  const subnet = world.subnets.get(id)
  if (!subnet || !(who.isAdmin || subnet.projectId === who.projectId || world.networks.get(subnet.networkId)?.shared))
    throw subnetMissing(id)
  return subnet
}

function ownSubnet(call: Call): Subnet {
  const subnet = visibleSubnet(call)
  if (!call.who.isAdmin && subnet.projectId !== call.who.projectId) throw disallowed('rule:update_subnet')
  return subnet
}

export const cidrOf = (subnet: Subnet): Cidr => parseCidr(subnet.cidr) as Cidr

export const poolsOf = (subnet: Subnet): Range[] =>
  subnet.pools.map(({ start, end }) => ({
    start: (parseAddress(start) as Address).value,
    end: (parseAddress(end) as Address).value,
  }))

export const isSelfAssigned = (subnet: Subnet): boolean =>
  subnet.ipVersion === 6 && (subnet.addressMode === 'slaac' || subnet.addressMode === 'dhcpv6-stateless')

function listSubnets(call: Call) {
  const { world, who, query } = call
  const networkId = query.get('network_id')
  const pool = networkId === null ? world.subnets.all() : world.subnets.where('networkId', networkId)
  const seen = pool.filter(
    (each) => who.isAdmin || each.projectId === who.projectId || world.networks.get(each.networkId)?.shared,
  )
  return collection(call, 'subnets', seen.map(subnetView))
}

const invalid = (message: string) => badRequest('InvalidInput', `Invalid input for operation: ${message}`)

function createSubnet(call: Call) {
  const { world, who } = call
  const asked = wanted(call, 'subnet', attributes, { required: ['network_id', 'ip_version'] })
  const network = visibleNetwork(call, String(asked.network_id))
  if (!who.isAdmin && network.projectId !== who.projectId)
    throw disallowed('(rule:create_subnet and rule:create_subnet:network_id)')
  const text = asText(asked.cidr)
  if (text === undefined)
    throw badRequest('BadRequest', 'Bad subnets request: a subnetpool must be specified in the absence of a cidr.')
  const cidr = parseCidr(text)
  if (!cidr || !text.includes('/')) throw invalid(`${text} is not in a CIDR format.`)
  const version = asNumber(asked.ip_version)
  if (cidr.version !== version) throw invalid(`cidr '${text}' does not match the ip_version '${String(asked.ip_version)}'.`)
  for (const other of world.subnets.where('networkId', network.id))
    if (overlap(cidr, cidrOf(other)))
      throw invalid(`Requested subnet with cidr: ${formatCidr(cidr)} for network: ${network.id} overlaps with another subnet.`)
  const addressMode = asText(asked.ipv6_address_mode) ?? null
  const gateway = gatewayOf(asked, cidr)
  const pools =
    asked.allocation_pools === undefined ? defaultPools(cidr, gateway?.value) : poolsAsked(asked.allocation_pools, cidr)
  const base = freshResource(call, asked)
  spend(call, base.projectId, 'subnet')
  const dhcp = asFlag(asked.enable_dhcp) ?? true
  const subnet = world.subnets.insert({
    id: uuid(),
    ...base,
    revision: 0,
    networkId: network.id,
    ipVersion: cidr.version,
    cidr: formatCidr(cidr),
    gatewayIp: gateway ? formatAddress(gateway) : null,
    dhcp,
    pools: pools.map(({ start, end }) => ({
      start: formatAddress({ version: cidr.version, value: start }),
      end: formatAddress({ version: cidr.version, value: end }),
    })),
    nameservers: asArray(asked.dns_nameservers).map(String),
    hostRoutes: hostRoutes(asked.host_routes),
    raMode: asText(asked.ipv6_ra_mode) ?? null,
    addressMode,
  })
  world.networks.update(network.id, touched(call, network))
  if (dhcp) world.later(world.duration('dhcp.port'), network.id, 'network.dhcp', { subnetId: subnet.id })
  networkChange(world, 'subnet.create', 'subnet', asked, () => subnetView(subnet), contextOf(who, call.requestId))
  return { status: 201, body: { subnet: subnetView(subnet) } }
}

function gatewayOf(asked: JsonObject, cidr: Cidr): Address | undefined {
  if (asked.gateway_ip === null) return undefined
  // With IPv6 it is the routers' anycast address, the first of the subnet.
  if (asked.gateway_ip === undefined) return { version: cidr.version, value: cidr.version === 4 ? cidr.base + 1n : cidr.base }
  const gateway = parseAddress(String(asked.gateway_ip))
  if (!gateway || gateway.version !== cidr.version)
    throw badRequest(
      'HTTPBadRequest',
      `Invalid input for gateway_ip. Reason: '${String(asked.gateway_ip)}' is not a valid IP address.`,
    )
  return gateway
}

function poolsAsked(value: unknown, cidr: Cidr): Range[] {
  return asArray(value).map((each) => {
    const { start, end } = asObject(each)
    const first = parseAddress(String(start))
    const last = parseAddress(String(end))
    if (!first || !last || first.value > last.value)
      throw badRequest('InvalidAllocationPool', `The allocation pool ${String(start)}-${String(end)} is not valid.`)
    if (!contains(cidr, first) || !contains(cidr, last))
      throw badRequest(
        'OutOfBoundsAllocationPool',
        `The allocation pool ${String(start)}-${String(end)} spans beyond the subnet cidr ${formatCidr(cidr)}.`,
      )
    return { start: first.value, end: last.value }
  })
}

const hostRoutes = (value: unknown) =>
  asArray(value).map((each) => ({ destination: String(asObject(each).destination), nexthop: String(asObject(each).nexthop) }))

function updateSubnet(call: Call) {
  const { world } = call
  const before = ownSubnet(call)
  const asked = wanted(
    call,
    'subnet',
    attributes.filter((name) => !readOnly.includes(name)),
    { readOnly },
  )
  const gateway = asked.gateway_ip === undefined ? before.gatewayIp : (asText(asked.gateway_ip) ?? null)
  const subnet = world.subnets.update(before.id, {
    name: asText(asked.name) ?? before.name,
    description: asText(asked.description) ?? before.description,
    gatewayIp: gateway,
    dhcp: asFlag(asked.enable_dhcp) ?? before.dhcp,
    nameservers: asked.dns_nameservers === undefined ? before.nameservers : asArray(asked.dns_nameservers).map(String),
    hostRoutes: asked.host_routes === undefined ? before.hostRoutes : hostRoutes(asked.host_routes),
    pools:
      asked.allocation_pools === undefined
        ? before.pools
        : poolsAsked(asked.allocation_pools, cidrOf(before)).map(({ start, end }) => ({
            start: formatAddress({ version: before.ipVersion, value: start }),
            end: formatAddress({ version: before.ipVersion, value: end }),
          })),
    ...touched(call, before),
  })
  networkChange(world, 'subnet.update', 'subnet', asked, () => subnetView(subnet), contextOf(call.who, call.requestId))
  return { status: 200, body: { subnet: subnetView(subnet) } }
}

function deleteSubnet(call: Call) {
  const { world } = call
  const subnet = ownSubnet(call)
  const holders = world.ports
    .where('networkId', subnet.networkId)
    .filter((port) => port.fixedIps.some((ip) => ip.subnet_id === subnet.id))
  // Addresses that cards give themselves do not hold a subnet, nor do Neutron's own DHCP ports.
  const used = holders.some(
    (port) => port.deviceOwner !== 'network:dhcp' && !(isSelfAssigned(subnet) && !port.deviceOwner.startsWith('network:router')),
  )
  if (used)
    throw inConflict(
      'SubnetInUse',
      `Unable to complete operation on subnet ${subnet.id}: One or more ports have an IP allocation from this subnet.`,
    )
  dropSubnet(world, subnet)
  networkDeletion(world, 'subnet.delete', 'subnet', subnet.id, () => subnetView(subnet), contextOf(call.who, call.requestId))
  return { status: 204 }
}

export function dropSubnet(world: World, subnet: Subnet): void {
  for (const port of world.ports.where('networkId', subnet.networkId)) {
    const left = removeFixedIps(world, port, (ip) => ip.subnet_id === subnet.id)
    if (left.deviceOwner === 'network:dhcp' && left.fixedIps.length === 0) world.ports.remove(left.id)
  }
  world.subnets.remove(subnet.id)
}

/** The DHCP agent takes a port in the network, with an address of each subnet that it serves. */
function serveDhcp(world: World, subnetId: string): void {
  const subnet = world.subnets.get(subnetId)
  const network = subnet && world.networks.get(subnet.networkId)
  if (!subnet || !network) return
  const existing = world.ports.where('networkId', network.id).find((port) => port.deviceOwner === 'network:dhcp')
  const port: Port =
    existing ??
    world.ports.insert({
      ...portDefaults(world, network.projectId, network.id, newMac()),
      deviceId: `dhcp4f2647a2-a20e-581a-ab8e-eb8be653d4e3-${network.id}`,
      deviceOwner: 'network:dhcp',
      status: 'ACTIVE',
      hostId: 'lab',
      portSecurity: false,
    })
  if (!port.fixedIps.some((ip) => ip.subnet_id === subnet.id)) addFixedIp(world, port, subnet, 'first')
}
