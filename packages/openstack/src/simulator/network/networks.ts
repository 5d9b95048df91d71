import { asArray, asFlag, asNumber, asText, type Call, type JsonObject } from '../call.ts'
import { uuid } from '../ids.ts'
import { contextOf } from '../notifications/envelope.ts'
import { networkChange, networkDeletion } from '../notifications/network.ts'
import { type Route, route } from '../router.ts'
import { seconds } from '../times.ts'
import type { World } from '../world.ts'
import { deletePort } from './ports.ts'
import { spend } from './quotas.ts'
import {
  adminOnly,
  collection,
  disallowed,
  freshResource,
  inConflict,
  missing,
  type NetworkResource,
  tagRoutes,
  touched,
  wanted,
} from './answers.ts'
import { dropSubnet } from './subnets.ts'

export interface Network extends NetworkResource {
  adminUp: boolean
  mtu: number
  shared: boolean
  external: boolean
  portSecurity: boolean
  isDefault: boolean
  networkType: string
  physicalNetwork: string | null
  segmentationId: number | null
}

export const routes: Route[] = [
  route('GET', '/v2.0/networks', listNetworks),
  route('POST', '/v2.0/networks', createNetwork),
  route('GET', '/v2.0/networks/:id', (call) => ({
    status: 200,
    body: { network: networkView(call.world, visibleNetwork(call), call.who.isAdmin) },
  })),
  route('PUT', '/v2.0/networks/:id', updateNetwork),
  route('DELETE', '/v2.0/networks/:id', deleteNetwork),
  ...tagRoutes('networks', ownNetwork, (call, id, tags) => {
    call.world.networks.update(id, { tags, ...touched(call, call.world.networks.get(id) as Network) })
  }),
]

const attributes = [
  'name',
  'admin_state_up',
  'shared',
  'tenant_id',
  'project_id',
  'description',
  'mtu',
  'router:external',
  'port_security_enabled',
  'is_default',
  'provider:network_type',
  'provider:physical_network',
  'provider:segmentation_id',
  'availability_zone_hints',
  'segments',
  'dns_domain',
  'vlan_transparent',
] as const
const privileged = [
  'shared',
  'router:external',
  'is_default',
  'provider:network_type',
  'provider:physical_network',
  'provider:segmentation_id',
  'segments',
]
const readOnly = [
  'id',
  'status',
  'subnets',
  'tenant_id',
  'project_id',
  'provider:network_type',
  'provider:physical_network',
  'provider:segmentation_id',
]

export function networkView(world: World, network: Network, isAdmin: boolean): JsonObject {
  const dhcp = world.ports.where('networkId', network.id).some((port) => port.deviceOwner === 'network:dhcp')
  return {
    id: network.id,
    name: network.name,
    tenant_id: network.projectId,
    admin_state_up: network.adminUp,
    mtu: network.mtu,
    status: 'ACTIVE',
    subnets: world.subnets.where('networkId', network.id).map((subnet) => subnet.id),
    shared: network.shared,
    availability_zone_hints: [],
    availability_zones: dhcp ? ['nova'] : [],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    'router:external': network.external,
    description: network.description,
    port_security_enabled: network.portSecurity,
    // Only external networks say whether they are the default one.
    ...(network.external ? { is_default: network.isDefault } : {}),
    tags: network.tags,
    created_at: seconds(network.createdMs),
    updated_at: seconds(network.updatedMs),
    revision_number: network.revision,
    project_id: network.projectId,
    ...(isAdmin
      ? {
          'provider:network_type': network.networkType,
          'provider:physical_network': network.physicalNetwork,
          'provider:segmentation_id': network.segmentationId,
        }
      : {}),
  }
}

export const networkMissing = (id: string) => missing('NetworkNotFound', `Network ${id} could not be found.`)

/** A network that the project may see: its own, shared, or external. */
export function findVisible(world: World, id: string, projectId: string, isAdmin: boolean): Network | undefined {
  const network = world.networks.get(id)
  return network && (isAdmin || network.projectId === projectId || network.shared || network.external) ? network : undefined
}

export function visibleNetwork(call: Call, id: string = call.params.id ?? ''): Network {
  const network = findVisible(call.world, id, call.who.projectId, call.who.isAdmin)
  if (!network) throw networkMissing(id)
  return network
}

function ownNetwork(call: Call): Network {
  const network = visibleNetwork(call)
  if (!call.who.isAdmin && network.projectId !== call.who.projectId) throw disallowed('rule:update_network')
  return network
}

function listNetworks(call: Call) {
  const { world, who } = call
  const seen = who.isAdmin
    ? world.networks.all()
    : world.networks.all().filter((each) => each.projectId === who.projectId || each.shared || each.external)
  return collection(
    call,
    'networks',
    seen.map((each) => networkView(world, each, who.isAdmin)),
    ['is_default', 'provider:network_type', 'provider:physical_network', 'provider:segmentation_id'],
  )
}

function createNetwork(call: Call) {
  const { world, who } = call
  const asked = wanted(call, 'network', attributes)
  adminOnly(call, 'create', 'network', asked, privileged)
  const base = freshResource(call, asked)
  spend(call, base.projectId, 'network')
  const networkType = asText(asked['provider:network_type']) ?? 'vxlan'
  const physicalNetwork = asText(asked['provider:physical_network']) ?? null
  const network = world.networks.insert({
    id: uuid(),
    ...base,
    revision: 1,
    adminUp: asFlag(asked.admin_state_up) ?? true,
    // 50 bytes of VXLAN header; flat and VLAN networks keep the wire's size.
    mtu: asNumber(asked.mtu) ?? (networkType === 'vxlan' ? 1450 : 1500),
    shared: asFlag(asked.shared) ?? false,
    external: asFlag(asked['router:external']) ?? false,
    portSecurity: asFlag(asked.port_security_enabled) ?? true,
    isDefault: asFlag(asked.is_default) ?? false,
    networkType,
    physicalNetwork,
    segmentationId: networkType === 'flat' ? null : (asNumber(asked['provider:segmentation_id']) ?? world.next(networkType)),
  })
  const view = { ...networkView(world, network, who.isAdmin), is_default: network.isDefault }
  networkChange(
    world,
    'network.create',
    'network',
    asked,
    () => ({ ...networkView(world, network, true), is_default: network.isDefault }),
    contextOf(who, call.requestId),
  )
  return { status: 201, body: { network: view } }
}

function updateNetwork(call: Call) {
  const { world, who } = call
  const before = ownNetwork(call)
  const asked = wanted(
    call,
    'network',
    attributes.filter((name) => !readOnly.includes(name)),
    { readOnly },
  )
  adminOnly(call, 'update', 'network', asked, privileged)
  const network = world.networks.update(before.id, {
    name: asText(asked.name) ?? before.name,
    description: asText(asked.description) ?? before.description,
    adminUp: asFlag(asked.admin_state_up) ?? before.adminUp,
    mtu: asNumber(asked.mtu) ?? before.mtu,
    shared: asFlag(asked.shared) ?? before.shared,
    external: asFlag(asked['router:external']) ?? before.external,
    portSecurity: asFlag(asked.port_security_enabled) ?? before.portSecurity,
    isDefault: asFlag(asked.is_default) ?? before.isDefault,
    ...touched(call, before),
  })
  networkChange(
    world,
    'network.update',
    'network',
    asked,
    () => networkView(world, network, true),
    contextOf(who, call.requestId),
  )
  return { status: 200, body: { network: networkView(world, network, who.isAdmin) } }
}

function deleteNetwork(call: Call) {
  const { world } = call
  const network = ownNetwork(call)
  const ports = world.ports.where('networkId', network.id)
  const used = ports.filter((port) => !removedWithNetwork.has(port.deviceOwner))
  if (used.length > 0)
    throw inConflict(
      'NetworkInUse',
      `Unable to complete operation on network ${network.id}. There are one or more ports still in use on the network, id for these ports is: ${asArray(used.map((port) => port.id)).join(',')}.`,
    )
  for (const port of ports) deletePort(world, port)
  for (const subnet of world.subnets.where('networkId', network.id)) dropSubnet(world, subnet)
  const last = networkView(world, network, true)
  world.networks.remove(network.id)
  networkDeletion(world, 'network.delete', 'network', network.id, () => last, contextOf(call.who, call.requestId))
  return { status: 204 }
}

/** Ports that Neutron made for itself go with their network. */
const removedWithNetwork = new Set(['network:dhcp', 'network:floatingip'])
