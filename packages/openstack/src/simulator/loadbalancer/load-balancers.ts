import { asFlag, asText, type Call, type JsonObject } from '../call.ts'
import { uuid } from '../ids.ts'
import { findVisible } from '../network/networks.ts'
import { createPort, deletePort, type Port } from '../network/ports.ts'
import { claim } from '../network/allocations.ts'
import type { Route } from '../router.ts'
import type { Jobs, World } from '../world.ts'
import {
  bad,
  balancerRoutes,
  changedPart,
  collection,
  conflicting,
  freshPart,
  lock,
  mine,
  owned,
  type Part,
  partView,
  wanted,
} from './answers.ts'
import { removeListener } from './listeners.ts'
import { poolStatus, poolTree, removePool } from './pools.ts'
import { spendBalancer } from './quotas.ts'
import { statisticsOf } from './statistics.ts'

export interface LoadBalancer extends Part {
  vipAddress: string
  vipNetworkId: string
  vipSubnetId: string
  vipPortId: string
  /** The port came with the balancer and goes with it. */
  ownsPort: boolean
  provider: string
  number: number
}

export const routes: Route[] = [
  ...balancerRoutes('GET', '/loadbalancers', list),
  ...balancerRoutes('POST', '/loadbalancers', create),
  ...balancerRoutes('GET', '/loadbalancers/:id', (call) => ({
    status: 200,
    body: { loadbalancer: view(call.world, balancerOf(call)) },
  })),
  ...balancerRoutes('PUT', '/loadbalancers/:id', update),
  ...balancerRoutes('DELETE', '/loadbalancers/:id', remove),
  ...balancerRoutes('PUT', '/loadbalancers/:id/failover', failover),
  ...['status', 'statuses'].flatMap((name) => balancerRoutes('GET', `/loadbalancers/:id/${name}`, statusTree)),
  ...balancerRoutes('GET', '/loadbalancers/:id/stats', (call) => ({
    status: 200,
    body: { stats: statisticsOf(call.world, balancerOf(call).number, balancerOf(call).createdMs) },
  })),
  ...balancerRoutes('GET', '/providers', () => ({
    status: 200,
    body: { providers: [{ name: 'amphora', description: 'The Octavia Amphora driver.' }] },
  })),
  ...balancerRoutes('GET', '/flavors', () => ({ status: 200, body: { flavors: [], flavors_links: [] } })),
  ...balancerRoutes('GET', '/availabilityzones', () => ({
    status: 200,
    body: { availability_zones: [], availability_zones_links: [] },
  })),
  ...balancerRoutes('GET', '/l7policies', () => ({ status: 200, body: { l7policies: [], l7policies_links: [] } })),
]

export const jobs: Jobs = {
  'loadbalancer.settled': (world, { id }) => settle(world, String(id)),
  'loadbalancer.deleted': (world, { id }) => finishDelete(world, String(id)),
}

export function view(world: World, balancer: LoadBalancer): JsonObject {
  return {
    ...partView(balancer),
    description: balancer.description,
    operating_status: operatingStatus(world, balancer),
    vip_address: balancer.vipAddress,
    vip_network_id: balancer.vipNetworkId,
    vip_subnet_id: balancer.vipSubnetId,
    vip_port_id: balancer.vipPortId,
    vip_qos_policy_id: null,
    vip_vnic_type: 'normal',
    additional_vips: [],
    provider: balancer.provider,
    flavor_id: null,
    availability_zone: null,
    listeners: world.listeners.where('loadBalancerId', balancer.id).map(({ id }) => ({ id })),
    pools: world.pools.where('loadBalancerId', balancer.id).map(({ id }) => ({ id })),
  }
}

/** As bad as its pools are together. */
export function operatingStatus(world: World, balancer: LoadBalancer): string {
  if (balancer.provisioningStatus === 'PENDING_CREATE' || balancer.provisioningStatus === 'ERROR') return 'OFFLINE'
  const pools = world.pools.where('loadBalancerId', balancer.id).map((pool) => poolStatus(world, pool))
  if (pools.length > 0 && pools.every((status) => status === 'ERROR')) return 'ERROR'
  return pools.some((status) => status === 'ERROR' || status === 'DEGRADED') ? 'DEGRADED' : 'ONLINE'
}

export function balancerOf(call: Call, id: string = call.params.id ?? ''): LoadBalancer {
  return owned(call, call.world.loadBalancers.get(id), 'Load Balancer', id)
}

function list(call: Call) {
  const balancers = call.world.loadBalancers.all().filter((each) => mine(call, each))
  return collection(
    call,
    'loadbalancers',
    balancers.map((each) => view(call.world, each)),
  )
}

function create(call: Call) {
  const { world, who } = call
  const asked = wanted(call, 'loadbalancer')
  const projectId = who.isAdmin ? (asText(asked.project_id) ?? who.projectId) : who.projectId
  spendBalancer(world, projectId)
  const id = uuid()
  const { port, owns } = vipPort(call, asked, projectId, id)
  const [address] = port.fixedIps
  const balancer = world.loadBalancers.insert({
    id,
    ...freshPart(world, projectId, asked),
    vipAddress: address?.ip_address ?? '',
    vipNetworkId: port.networkId,
    vipSubnetId: address?.subnet_id ?? '',
    vipPortId: port.id,
    ownsPort: owns,
    provider: asText(asked.provider) ?? 'amphora',
    number: world.next('load-balancer'),
  })
  world.later(world.duration('loadbalancer.create'), id, 'loadbalancer.settled', { id })
  return { status: 201, body: { loadbalancer: view(world, balancer) } }
}

function vipPort(call: Call, asked: JsonObject, projectId: string, id: string): { port: Port; owns: boolean } {
  const { world, who } = call
  const portId = asText(asked.vip_port_id)
  if (portId !== undefined) {
    const port = world.ports.get(portId)
    if (!port || !(who.isAdmin || port.projectId === who.projectId)) throw bad(`port ${portId} not found.`)
    return { port, owns: false }
  }
  const subnet = world.subnets.get(asText(asked.vip_subnet_id) ?? '')
  const networkId = subnet?.networkId ?? asText(asked.vip_network_id)
  if (networkId === undefined) {
    const subnetId = asText(asked.vip_subnet_id)
    throw bad(
      subnetId === undefined
        ? 'Validation failure: VIP must contain one of: vip_port_id, vip_network_id, vip_subnet_id.'
        : `Subnet ${subnetId} not found.`,
    )
  }
  const network = findVisible(world, networkId, who.projectId, who.isAdmin)
  if (!network) throw bad(`network ${networkId} not found.`)
  const ip = asText(asked.vip_address)
  const port = createPort(world, {
    projectId,
    network,
    groupIds: [],
    deviceId: `lb-${id}`,
    deviceOwner: 'Octavia',
    ...(ip === undefined ? {} : { ip }),
  })
  const named = world.ports.update(port.id, { name: `octavia-lb-${id}` })
  return { port: subnet && named.fixedIps.length === 0 ? claim(world, named, subnet, ip ?? '') : named, owns: true }
}

function update(call: Call) {
  const { world } = call
  const before = balancerOf(call)
  const asked = wanted(call, 'loadbalancer')
  lock(world, before)
  const balancer = world.loadBalancers.update(before.id, changedPart(world, before, asked))
  return { status: 200, body: { loadbalancer: view(world, balancer) } }
}

function failover(call: Call) {
  lock(call.world, balancerOf(call))
  return { status: 202 }
}

function remove(call: Call) {
  const { world } = call
  const balancer = balancerOf(call)
  const parts =
    world.listeners.where('loadBalancerId', balancer.id).length + world.pools.where('loadBalancerId', balancer.id).length
  if (parts > 0 && asFlag(call.query.get('cascade') ?? 'false') !== true)
    throw bad(`Validation failure: Cannot delete Load Balancer ${balancer.id} - it has children`)
  // What failed may still be deleted.
  if (!['ACTIVE', 'ERROR'].includes(balancer.provisioningStatus))
    throw conflicting(`Load Balancer ${balancer.id} is immutable and cannot be updated.`)
  world.loadBalancers.update(balancer.id, { provisioningStatus: 'PENDING_DELETE' })
  world.later(world.duration('loadbalancer.delete'), balancer.id, 'loadbalancer.deleted', { id: balancer.id })
  return { status: 204 }
}

/** A change is done: the balancer and every part of it that was under way. */
function settle(world: World, id: string): void {
  const balancer = world.loadBalancers.get(id)
  if (!balancer || balancer.provisioningStatus === 'PENDING_DELETE') return
  const creating = balancer.provisioningStatus === 'PENDING_CREATE'
  const failed =
    (creating && balancer.name.includes('lb-error')) || world.backgroundFault('load-balancer', 'change-load-balancer')
  const status = failed ? 'ERROR' : 'ACTIVE'
  world.loadBalancers.update(id, { provisioningStatus: status })
  const port = world.ports.get(balancer.vipPortId)
  if (creating && port) world.ports.update(port.id, { status: failed ? 'DOWN' : 'ACTIVE' })
  const pending = (part: Part) => part.provisioningStatus.startsWith('PENDING')
  for (const listener of world.listeners.where('loadBalancerId', id)) {
    if (listener.provisioningStatus === 'PENDING_DELETE') removeListener(world, listener)
    else if (pending(listener)) world.listeners.update(listener.id, { provisioningStatus: status })
  }
  for (const pool of world.pools.where('loadBalancerId', id)) {
    for (const member of world.members.where('poolId', pool.id)) {
      if (member.provisioningStatus === 'PENDING_DELETE') world.members.remove(member.id)
      else if (pending(member)) world.members.update(member.id, { provisioningStatus: status })
    }
    for (const monitor of world.healthMonitors.where('poolId', pool.id)) {
      if (monitor.provisioningStatus === 'PENDING_DELETE') world.healthMonitors.remove(monitor.id)
      else if (pending(monitor)) world.healthMonitors.update(monitor.id, { provisioningStatus: status })
    }
    if (pool.provisioningStatus === 'PENDING_DELETE') removePool(world, pool)
    else if (pending(pool)) world.pools.update(pool.id, { provisioningStatus: status })
  }
}

function finishDelete(world: World, id: string): void {
  const balancer = world.loadBalancers.get(id)
  if (!balancer) return
  for (const listener of world.listeners.where('loadBalancerId', id)) removeListener(world, listener)
  for (const pool of world.pools.where('loadBalancerId', id)) removePool(world, pool)
  const port = world.ports.get(balancer.vipPortId)
  if (port && balancer.ownsPort) deletePort(world, port)
  world.loadBalancers.remove(id)
}

function statusTree(call: Call) {
  const { world } = call
  const balancer = balancerOf(call)
  const listeners = world.listeners.where('loadBalancerId', balancer.id)
  const shown = new Set(listeners.map((listener) => listener.defaultPoolId))
  const tree = {
    id: balancer.id,
    name: balancer.name,
    operating_status: operatingStatus(world, balancer),
    provisioning_status: balancer.provisioningStatus,
    listeners: listeners.map((listener) => {
      const pool = world.pools.get(listener.defaultPoolId ?? '')
      return {
        id: listener.id,
        name: listener.name,
        operating_status: pool && poolStatus(world, pool) === 'ERROR' ? 'ERROR' : 'ONLINE',
        provisioning_status: listener.provisioningStatus,
        pools: pool ? [poolTree(world, pool)] : [],
      }
    }),
    pools: world.pools
      .where('loadBalancerId', balancer.id)
      .filter((pool) => !shown.has(pool.id))
      .map((pool) => poolTree(world, pool)),
  }
  return { status: 200, body: { statuses: { loadbalancer: tree } } }
}
