import { asText, type Call, type JsonObject } from '../call.ts'
import { uuid } from '../ids.ts'
import { contextOf } from '../notifications/envelope.ts'
import { networkChange, networkDeletion, networkEvent } from '../notifications/network.ts'
import { type Route, route } from '../router.ts'
import { seconds } from '../times.ts'
import type { Jobs, World } from '../world.ts'
import { findVisible, networkMissing } from './networks.ts'
import { newMac, type Port, portDefaults, portMissing } from './ports.ts'
import { allocate, claim } from './allocations.ts'
import { spend } from './quotas.ts'
import {
  badRequest,
  collection,
  freshResource,
  inConflict,
  missing,
  type NetworkResource,
  tagRoutes,
  touched,
  wanted,
} from './answers.ts'
import { portsOfRouter } from './routers.ts'

export interface FloatingIp extends NetworkResource {
  networkId: string
  ip: string
  portId: string | null
  fixedIp: string | null
  routerId: string | null
  status: 'ACTIVE' | 'DOWN'
}

export const routes: Route[] = [
  route('GET', '/v2.0/floatingips', listFloatingIps),
  route('POST', '/v2.0/floatingips', createFloatingIp),
  route('GET', '/v2.0/floatingips/:id', (call) => ({
    status: 200,
    body: { floatingip: floatingIpView(call.world, ownFloatingIp(call)) },
  })),
  route('PUT', '/v2.0/floatingips/:id', updateFloatingIp),
  route('DELETE', '/v2.0/floatingips/:id', deleteFloatingIp),
  ...tagRoutes('floatingips', ownFloatingIp, (call, id, tags) => {
    call.world.floatingIps.update(id, { tags, ...touched(call, call.world.floatingIps.get(id) as FloatingIp) })
  }),
]

export const jobs: Jobs = {
  'floatingip.bound': (world, { id }) => setStatus(world, String(id), 'ACTIVE'),
  'floatingip.unbound': (world, { id }) => setStatus(world, String(id), 'DOWN'),
}

const attributes = [
  'floating_network_id',
  'port_id',
  'fixed_ip_address',
  'floating_ip_address',
  'description',
  'tenant_id',
  'project_id',
  'subnet_id',
  'dns_name',
  'dns_domain',
  'qos_policy_id',
] as const

/** What the list says; a single one also has its port's details. */
export function floatingIpView(world: World, floating: FloatingIp): JsonObject {
  const port = world.ports.get(floating.portId ?? '')
  return {
    id: floating.id,
    tenant_id: floating.projectId,
    floating_ip_address: floating.ip,
    floating_network_id: floating.networkId,
    router_id: floating.routerId,
    port_id: floating.portId,
    fixed_ip_address: floating.fixedIp,
    status: floating.status,
    description: floating.description,
    port_details: port
      ? {
          name: port.name,
          network_id: port.networkId,
          mac_address: port.mac,
          admin_state_up: port.adminUp,
          status: port.status,
          device_id: port.deviceId,
          device_owner: port.deviceOwner,
        }
      : null,
    tags: floating.tags,
    created_at: seconds(floating.createdMs),
    updated_at: seconds(floating.updatedMs),
    revision_number: floating.revision,
    project_id: floating.projectId,
  }
}

function ownFloatingIp(call: Call): FloatingIp {
  const id = call.params.id ?? ''
  const floating = call.world.floatingIps.get(id)
  if (!floating || !(call.who.isAdmin || floating.projectId === call.who.projectId))
    throw missing('FloatingIPNotFound', `Floating IP ${id} could not be found`)
  return floating
}

function listFloatingIps(call: Call) {
  const { world, who } = call
  const seen = who.isAdmin ? world.floatingIps.all() : world.floatingIps.where('projectId', who.projectId)
  return collection(
    call,
    'floatingips',
    seen.map((floating) => floatingIpView(world, floating)),
  )
}

function createFloatingIp(call: Call) {
  const { world, who } = call
  const asked = wanted(call, 'floatingip', attributes, { required: ['floating_network_id'] })
  const networkId = String(asked.floating_network_id)
  const network = findVisible(world, networkId, who.projectId, who.isAdmin)
  if (!network) throw networkMissing(networkId)
  if (!network.external)
    throw badRequest('BadRequest', `Bad floatingip request: Network ${networkId} is not a valid external network.`)
  const base = freshResource(call, asked)
  spend(call, base.projectId, 'floatingip')
  const id = uuid()
  // The address is held by a port that belongs to nobody and is known to administrators only.
  const port = world.ports.insert({
    ...portDefaults(world, '', networkId, newMac()),
    deviceId: id,
    deviceOwner: 'network:floatingip',
    portSecurity: false,
    status: 'N/A',
  })
  const chosen = asText(asked.floating_ip_address)
  const subnet = world.subnets.where('networkId', networkId)[0]
  const held = chosen !== undefined && subnet ? claim(world, port, subnet, chosen) : allocate(world, port, network)
  const floating: FloatingIp = {
    id,
    ...base,
    revision: 0,
    networkId,
    ip: held.fixedIps[0]?.ip_address ?? '',
    portId: null,
    fixedIp: null,
    routerId: null,
    status: 'DOWN',
  }
  const portId = asText(asked.port_id)
  const bound =
    portId === undefined ? floating : { ...floating, ...binding(call, floating, portId, asText(asked.fixed_ip_address)) }
  world.floatingIps.insert(bound)
  if (portId !== undefined) world.later(world.duration('floatingip.bind'), id, 'floatingip.bound', { id })
  networkChange(
    world,
    'floatingip.create',
    'floatingip',
    asked,
    () => floatingIpView(world, bound),
    contextOf(who, call.requestId),
  )
  return { status: 201, body: { floatingip: floatingIpView(world, bound) } }
}

/** Where a floating address leads: needs a router between the external network and the port's subnet. */
function binding(
  call: Call,
  floating: FloatingIp,
  portId: string,
  fixedIp: string | undefined,
): Pick<FloatingIp, 'portId' | 'fixedIp' | 'routerId'> {
  const { world, who } = call
  const port = world.ports.get(portId)
  if (!port || !(who.isAdmin || port.projectId === who.projectId)) throw portMissing(portId)
  const target = port.fixedIps.find((ip) => (fixedIp === undefined ? !ip.ip_address.includes(':') : ip.ip_address === fixedIp))
  if (!target)
    throw badRequest(
      'BadRequest',
      fixedIp === undefined
        ? `Bad floatingip request: Cannot add floating IP to port ${portId} that has no fixed IPv4 addresses.`
        : `Bad floatingip request: Port ${portId} does not have fixed ip ${fixedIp}.`,
    )
  const routerId = routerBetween(world, port, target.subnet_id, floating.networkId)
  if (routerId === undefined)
    throw missing(
      'ExternalGatewayForFloatingIPNotFound',
      `External network ${floating.networkId} is not reachable from subnet ${target.subnet_id}.  Therefore, cannot associate Port ${portId} with a Floating IP.`,
    )
  const other = world.floatingIps
    .where('portId', portId)
    .find((each) => each.fixedIp === target.ip_address && each.id !== floating.id)
  if (other)
    throw inConflict(
      'FloatingIPPortAlreadyAssociated',
      `Cannot associate floating IP ${floating.ip} (${floating.id}) with port ${portId} using fixed IP ${target.ip_address}, as that fixed IP already has a floating IP on external network ${floating.networkId}.`,
    )
  return { portId, fixedIp: target.ip_address, routerId }
}

function routerBetween(world: World, port: Port, subnetId: string, externalNetworkId: string): string | undefined {
  const feet = world.ports
    .where('networkId', port.networkId)
    .filter((each) => each.deviceOwner === 'network:router_interface' && each.fixedIps.some((ip) => ip.subnet_id === subnetId))
  return feet
    .map((foot) => foot.deviceId)
    .find((id) => world.routers.get(id)?.externalNetworkId === externalNetworkId && portsOfRouter(world, id).length > 0)
}

function updateFloatingIp(call: Call) {
  const { world, who } = call
  const before = ownFloatingIp(call)
  const asked = wanted(call, 'floatingip', ['port_id', 'fixed_ip_address', 'description', 'qos_policy_id'], {
    readOnly: ['id', 'floating_network_id', 'floating_ip_address', 'tenant_id', 'project_id', 'status', 'router_id'],
  })
  const portId = asText(asked.port_id)
  // A PUT that names no port only changes words; one that names null sets the address free.
  const place =
    !('port_id' in asked) || portId === before.portId
      ? {}
      : portId === undefined
        ? { portId: null, fixedIp: null, routerId: null }
        : binding(call, before, portId, asText(asked.fixed_ip_address))
  const floating = world.floatingIps.update(before.id, {
    ...place,
    description: asText(asked.description) ?? before.description,
    ...touched(call, before),
  })
  if ('portId' in place)
    world.later(world.duration('floatingip.bind'), before.id, place.portId === null ? 'floatingip.unbound' : 'floatingip.bound', {
      id: before.id,
    })
  networkChange(
    world,
    'floatingip.update',
    'floatingip',
    asked,
    () => floatingIpView(world, floating),
    contextOf(who, call.requestId),
  )
  return { status: 200, body: { floatingip: floatingIpView(world, floating) } }
}

function deleteFloatingIp(call: Call) {
  const { world } = call
  const floating = ownFloatingIp(call)
  for (const port of world.ports.where('deviceId', floating.id)) {
    for (const ip of port.fixedIps) world.allocations.remove(`${ip.subnet_id}/${ip.ip_address}`)
    world.ports.remove(port.id)
  }
  const last = floatingIpView(world, floating)
  world.floatingIps.remove(floating.id)
  networkDeletion(world, 'floatingip.delete', 'floatingip', floating.id, () => last, contextOf(call.who, call.requestId))
  return { status: 204 }
}

function setStatus(world: World, id: string, status: FloatingIp['status']): void {
  const floating = world.floatingIps.get(id)
  if (!floating || floating.status === status || (floating.portId !== null) !== (status === 'ACTIVE')) return
  const changed = world.floatingIps.update(id, { status, ...touched({ world }, floating) })
  networkEvent(world, 'floatingip.update.end', () => ({ floatingip: floatingIpView(world, changed) }))
}
