import { randomBytes } from 'node:crypto'
import { type Call, type JsonObject, Refusal, asArray, asFlag, asObject, asText, isObject } from '../call.ts'
import { uuid } from '../ids.ts'
import { type NoticeContext, contextOf } from '../notifications/envelope.ts'
import { networkChange, networkDeletion, networkEvent } from '../notifications/network.ts'
import { type Route, route } from '../router.ts'
import { seconds } from '../times.ts'
import type { Jobs, World } from '../world.ts'
import { type Address, contains, parseAddress } from './addresses.ts'
import { addFixedIp, allocate, claim, removeFixedIps } from './allocations.ts'
import {
  type NetworkResource,
  adminOnly,
  badRequest,
  collection,
  disallowed,
  freshResource,
  inConflict,
  missing,
  tagRoutes,
  touched,
  wanted,
} from './answers.ts'
import { type Network, visibleNetwork } from './networks.ts'
import { spend } from './quotas.ts'
import { defaultGroup } from './security-groups.ts'
import { type Subnet, cidrOf, subnetMissing } from './subnets.ts'

export interface FixedIp {
  subnet_id: string
  ip_address: string
}

export interface Port extends NetworkResource {
  networkId: string
  mac: string
  adminUp: boolean
  status: 'ACTIVE' | 'DOWN' | 'BUILD' | 'N/A'
  deviceId: string
  deviceOwner: string
  fixedIps: FixedIp[]
  addressPairs: { ip_address: string; mac_address: string }[]
  dhcpOptions: { opt_name: string; opt_value: string; ip_version: number }[]
  groupIds: string[]
  portSecurity: boolean
  vnicType: string
  hostId: string
  /** Nova made it for a server: it goes when the server goes. */
  byNova: boolean
}

export const routes: Route[] = [
  route('GET', '/v2.0/ports', listPorts),
  route('POST', '/v2.0/ports', createPortByRequest),
  route('GET', '/v2.0/ports/:id', (call) => ({ status: 200, body: { port: portView(visiblePort(call), call.who.isAdmin) } })),
  route('PUT', '/v2.0/ports/:id', updatePort),
  route('DELETE', '/v2.0/ports/:id', deletePortByRequest),
  ...tagRoutes('ports', visiblePort, (call, id, tags) => {
    call.world.ports.update(id, { tags, ...touched(call, call.world.ports.get(id) as Port) })
  }),
]

export const jobs: Jobs = {
  'port.up': (world, { portId }) => setPortStatus(world, String(portId), 'ACTIVE'),
}

const attributes = [
  'name',
  'network_id',
  'admin_state_up',
  'mac_address',
  'fixed_ips',
  'device_id',
  'device_owner',
  'tenant_id',
  'project_id',
  'description',
  'security_groups',
  'allowed_address_pairs',
  'extra_dhcp_opts',
  'port_security_enabled',
  'binding:vnic_type',
  'binding:host_id',
  'binding:profile',
  'dns_name',
  'numa_affinity_policy',
  'device_profile',
  'propagate_uplink_status',
  'qos_policy_id',
] as const

const privileged = ['binding:host_id', 'binding:profile']

export function portView(port: Port, isAdmin: boolean): JsonObject {
  const bound = port.hostId !== ''
  return {
    id: port.id,
    name: port.name,
    network_id: port.networkId,
    tenant_id: port.projectId,
    mac_address: port.mac,
    admin_state_up: port.adminUp,
    status: port.status,
    device_id: port.deviceId,
    device_owner: port.deviceOwner,
    fixed_ips: port.fixedIps,
    allowed_address_pairs: port.addressPairs,
    extra_dhcp_opts: port.dhcpOptions,
    security_groups: port.groupIds,
    description: port.description,
    'binding:vnic_type': port.vnicType,
    ...(isAdmin
      ? {
          'binding:profile': {},
          'binding:host_id': port.hostId,
          'binding:vif_type': bound ? 'bridge' : 'unbound',
          'binding:vif_details': bound ? { connectivity: 'l2', port_filter: true, bound_drivers: { 0: 'linuxbridge' } } : {},
        }
      : {}),
    port_security_enabled: port.portSecurity,
    tags: port.tags,
    created_at: seconds(port.createdMs),
    updated_at: seconds(port.updatedMs),
    revision_number: port.revision,
    project_id: port.projectId,
  }
}

export const portMissing = (id: string) => missing('PortNotFound', `Port ${id} could not be found.`)

/** A project sees its own ports, and all ports in its own networks. */
export function visiblePort(call: Call, id: string = call.params.id ?? ''): Port {
  const port = call.world.ports.get(id)
  if (!port || !isVisible(call, port)) throw portMissing(id)
  return port
}

function isVisible(call: Call, port: Port): boolean {
  const { world, who } = call
  return who.isAdmin || port.projectId === who.projectId || world.networks.get(port.networkId)?.projectId === who.projectId
}

function listPorts(call: Call) {
  const { world, query, who } = call
  const device = query.getAll('device_id')
  const networks = query.getAll('network_id')
  const pool =
    device.length > 0
      ? device.flatMap((id) => world.ports.where('deviceId', id))
      : networks.length > 0
        ? networks.flatMap((id) => world.ports.where('networkId', id))
        : world.ports.all()
  return collection(
    call,
    'ports',
    pool.filter((port) => isVisible(call, port)).map((port) => portView(port, who.isAdmin)),
    ['binding:host_id', 'binding:vif_type'],
  )
}

/** `fa:16:3e` and three random bytes. Not seeded: a cloud that was killed and woke again would begin the same row of addresses anew. */
export const newMac = (): string => `fa:16:3e:${(randomBytes(3).toString('hex').match(/../g) ?? []).join(':')}`

export function portDefaults(world: World, projectId: string, networkId: string, mac: string): Port {
  return {
    id: uuid(),
    projectId,
    networkId,
    mac,
    name: '',
    description: '',
    tags: [],
    createdMs: world.nowMs,
    updatedMs: world.nowMs,
    revision: 1,
    adminUp: true,
    status: 'DOWN',
    deviceId: '',
    deviceOwner: '',
    fixedIps: [],
    addressPairs: [],
    dhcpOptions: [],
    groupIds: [],
    portSecurity: true,
    vnicType: 'normal',
    hostId: '',
    byNova: false,
  }
}

export interface NewPort {
  projectId: string
  network: Network
  groupIds: string[]
  deviceId?: string
  deviceOwner?: string
  hostId?: string
  /** A certain address, as `networks[].fixed_ip` of Nova asks. */
  ip?: string
  byNova?: boolean
  context?: NoticeContext
}

/** A port as another service asks for it. @throws Refusal when an address is taken or none is left. */
export function createPort(world: World, wantedPort: NewPort): Port {
  const { projectId, network, groupIds, deviceId = '', deviceOwner = '', hostId = '', ip, byNova = false, context } = wantedPort
  const port = world.ports.insert({
    ...portDefaults(world, projectId, network.id, newMac()),
    deviceId,
    deviceOwner,
    hostId,
    byNova,
    groupIds: network.portSecurity ? groupIds : [],
    portSecurity: network.portSecurity,
  })
  const ready = ip === undefined ? allocate(world, port, network) : claim(world, port, subnetFor(world, network, ip), ip)
  networkChange(
    world,
    'port.create',
    'port',
    { device_id: deviceId, network_id: network.id, admin_state_up: true, tenant_id: projectId, security_groups: groupIds },
    () => portView(ready, false),
    context,
  )
  return ready
}

function subnetFor(world: World, network: Network, ip: string): Subnet {
  const address = parseAddress(ip)
  const subnet = address && world.subnets.where('networkId', network.id).find((each) => contains(cidrOf(each), address))
  if (!subnet)
    throw badRequest('InvalidIpForNetwork', `IP address ${ip} is not a valid IP for any of the subnets on the specified network.`)
  return subnet
}

/** Claims what `fixed_ips` of a request asks for. */
function claimAsked(world: World, port: Port, network: Network, value: unknown): Port {
  let current = port
  for (const each of asArray(value).map(asObject)) {
    const subnetId = asText(each.subnet_id)
    const ip = asText(each.ip_address)
    if (subnetId !== undefined) {
      const subnet = world.subnets.get(subnetId)
      if (!subnet) throw subnetMissing(subnetId)
      if (subnet.networkId !== network.id)
        throw badRequest(
          'InvalidInput',
          `Invalid input for operation: Failed to create port on network ${network.id}, because fixed_ips included invalid subnet ${subnetId}.`,
        )
      if (ip !== undefined && !contains(cidrOf(subnet), (parseAddress(ip) ?? { version: 4, value: -1n }) as Address))
        throw badRequest('InvalidIpForSubnet', `IP address ${ip} is not a valid IP for the specified subnet.`)
      const given = ip === undefined ? addFixedIp(world, current, subnet) : claim(world, current, subnet, ip)
      if (!given) throw inConflict('IpAddressGenerationFailure', `No more IP addresses available on network ${network.id}.`)
      current = given
    } else if (ip !== undefined) current = claim(world, current, subnetFor(world, network, ip), ip)
  }
  return current
}

function groupsAsked(call: Call, value: unknown): string[] {
  return asArray(value).map((id) => {
    const group = call.world.securityGroups.get(String(id))
    if (!group || !(call.who.isAdmin || group.projectId === call.who.projectId))
      throw missing('SecurityGroupNotFound', `Security group ${String(id)} does not exist`)
    return group.id
  })
}

function createPortByRequest(call: Call) {
  const { world, who } = call
  const asked = wanted(call, 'port', attributes, { required: ['network_id'] })
  const network = visibleNetwork(call, String(asked.network_id))
  adminOnly(call, 'create', 'port', asked, privileged)
  if (!who.isAdmin && network.projectId !== who.projectId && !network.shared)
    throw new Refusal(403, `Tenant ${who.projectId} not allowed to create port on this network`)
  const base = freshResource(call, asked)
  spend(call, base.projectId, 'port')
  const deviceOwner = asText(asked.device_owner) ?? ''
  // A port for the network's own use has neither port security nor groups.
  const portSecurity = asFlag(asked.port_security_enabled) ?? (network.portSecurity && !deviceOwner.startsWith('network:'))
  const mac = asText(asked.mac_address)
  if (mac !== undefined && world.ports.where('networkId', network.id).some((port) => port.mac === mac.toLowerCase()))
    throw inConflict(
      'MacAddressInUse',
      `Unable to complete operation for network ${network.id}. The mac address ${mac} is in use.`,
    )
  const port = world.ports.insert({
    ...portDefaults(world, base.projectId, network.id, mac?.toLowerCase() ?? newMac()),
    ...base,
    adminUp: asFlag(asked.admin_state_up) ?? true,
    deviceId: asText(asked.device_id) ?? '',
    deviceOwner,
    portSecurity,
    groupIds: !portSecurity
      ? []
      : Array.isArray(asked.security_groups)
        ? groupsAsked(call, asked.security_groups)
        : [defaultGroup(world, base.projectId).id],
    addressPairs: pairs(asked.allowed_address_pairs, mac ?? ''),
    dhcpOptions: dhcpOptions(asked.extra_dhcp_opts),
    vnicType: asText(asked['binding:vnic_type']) ?? 'normal',
    hostId: asText(asked['binding:host_id']) ?? '',
  })
  const ready = asked.fixed_ips === undefined ? allocate(world, port, network) : claimAsked(world, port, network, asked.fixed_ips)
  networkChange(world, 'port.create', 'port', asked, () => portView(ready, who.isAdmin), contextOf(who, call.requestId))
  return { status: 201, body: { port: portView(ready, who.isAdmin) } }
}

const pairs = (value: unknown, mac: string) =>
  asArray(value)
    .filter(isObject)
    .map((pair) => ({ ip_address: String(pair.ip_address), mac_address: String(pair.mac_address ?? mac) }))

const dhcpOptions = (value: unknown) =>
  asArray(value)
    .filter(isObject)
    .map((option) => ({
      opt_name: String(option.opt_name),
      opt_value: String(option.opt_value),
      ip_version: Number(option.ip_version ?? 4),
    }))

function updatePort(call: Call) {
  const { world, who } = call
  const before = visiblePort(call)
  if (!who.isAdmin && before.projectId !== who.projectId) throw disallowed('rule:update_port')
  const readOnly = ['id', 'network_id', 'status', 'tenant_id', 'project_id']
  const asked = wanted(
    call,
    'port',
    attributes.filter((name) => !readOnly.includes(name)),
    { readOnly },
  )
  adminOnly(call, 'update', 'port', asked, [...privileged, 'mac_address'])
  const portSecurity = asFlag(asked.port_security_enabled) ?? before.portSecurity
  const groupIds = asked.security_groups === undefined ? before.groupIds : groupsAsked(call, asked.security_groups)
  if (!portSecurity && groupIds.length > 0)
    throw inConflict(
      'PortSecurityPortHasSecurityGroup',
      'Port has security group associated. Cannot disable port security or IP address until security group is removed.',
    )
  let port = world.ports.update(before.id, {
    name: asText(asked.name) ?? before.name,
    description: asText(asked.description) ?? before.description,
    adminUp: asFlag(asked.admin_state_up) ?? before.adminUp,
    deviceId: asText(asked.device_id) ?? before.deviceId,
    deviceOwner: asText(asked.device_owner) ?? before.deviceOwner,
    mac: asText(asked.mac_address) ?? before.mac,
    portSecurity,
    groupIds,
    addressPairs:
      asked.allowed_address_pairs === undefined ? before.addressPairs : pairs(asked.allowed_address_pairs, before.mac),
    dhcpOptions: asked.extra_dhcp_opts === undefined ? before.dhcpOptions : dhcpOptions(asked.extra_dhcp_opts),
    hostId: asText(asked['binding:host_id']) ?? before.hostId,
    ...touched(call, before),
  })
  if (asked.fixed_ips !== undefined) {
    port = removeFixedIps(world, port, () => true)
    port = claimAsked(world, port, world.networks.get(port.networkId) as Network, asked.fixed_ips)
  }
  networkChange(world, 'port.update', 'port', asked, () => portView(port, who.isAdmin), contextOf(who, call.requestId))
  return { status: 200, body: { port: portView(port, who.isAdmin) } }
}

function deletePortByRequest(call: Call) {
  const port = visiblePort(call)
  if (!call.who.isAdmin && port.projectId !== call.who.projectId) throw disallowed('rule:delete_port')
  // A port is only the router's own while that router is there: the word alone protects nothing.
  const { world } = call
  const serves = world.routers.has(port.deviceId) || world.floatingIps.has(port.deviceId)
  if (serves && /^network:(router|floatingip)/.test(port.deviceOwner))
    throw inConflict(
      'ServicePortInUse',
      `Port ${port.id} cannot be deleted directly via the port API: has device owner ${port.deviceOwner}.`,
    )
  deletePort(call.world, port, contextOf(call.who, call.requestId))
  return { status: 204 }
}

/** Takes the port away; a floating address that led to it is free again. */
export function deletePort(world: World, port: Port, context?: NoticeContext): void {
  for (const floating of world.floatingIps.where('portId', port.id))
    world.floatingIps.update(floating.id, {
      portId: null,
      fixedIp: null,
      routerId: null,
      status: 'DOWN',
      ...touched({ world }, floating),
    })
  removeFixedIps(world, port, () => true)
  world.ports.remove(port.id)
  networkDeletion(world, 'port.delete', 'port', port.id, () => portView(port, true), context)
}

export function setPortStatus(world: World, id: string, status: Port['status']): void {
  const port = world.ports.get(id)
  if (!port || port.status === status) return
  const changed = world.ports.update(id, { status, ...touched({ world }, port) })
  networkEvent(world, 'port.update.end', () => ({ port: portView(changed, true) }))
}
