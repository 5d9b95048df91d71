import { asObject, asText, type Call, type JsonObject } from '../call.ts'
import { uuid } from '../ids.ts'
import type { Route } from '../router.ts'
import type { World } from '../world.ts'
import {
  bad,
  balancerRoutes,
  changedPart,
  collection,
  conflicting,
  freshPart,
  lock,
  mandatory,
  mine,
  owned,
  type Part,
  partView,
  wanted,
} from './answers.ts'
import { listenerOf } from './listeners.ts'
import { balancerOf, type LoadBalancer } from './load-balancers.ts'
import { memberStatus } from './members.ts'

export interface Pool extends Part {
  loadBalancerId: string
  protocol: string
  algorithm: string
  persistence: { type: string; cookie_name: string | null } | null
}

const protocols = ['TCP', 'HTTP', 'HTTPS', 'UDP', 'PROXY', 'PROXYV2', 'SCTP']
const algorithms = ['ROUND_ROBIN', 'LEAST_CONNECTIONS', 'SOURCE_IP', 'SOURCE_IP_PORT']

export const routes: Route[] = [
  ...balancerRoutes('GET', '/pools', list),
  ...balancerRoutes('POST', '/pools', create),
  ...balancerRoutes('GET', '/pools/:id', (call) => ({ status: 200, body: { pool: view(call.world, poolOf(call)) } })),
  ...balancerRoutes('PUT', '/pools/:id', update),
  ...balancerRoutes('DELETE', '/pools/:id', remove),
]

function view(world: World, pool: Pool): JsonObject {
  const [monitor] = world.healthMonitors.where('poolId', pool.id)
  return {
    ...partView(pool),
    description: pool.description,
    operating_status: poolStatus(world, pool),
    protocol: pool.protocol,
    lb_algorithm: pool.algorithm,
    session_persistence: pool.persistence,
    loadbalancers: [{ id: pool.loadBalancerId }],
    listeners: world.listeners
      .where('loadBalancerId', pool.loadBalancerId)
      .filter((listener) => listener.defaultPoolId === pool.id)
      .map(({ id }) => ({ id })),
    members: world.members.where('poolId', pool.id).map(({ id }) => ({ id })),
    healthmonitor_id: monitor?.id ?? null,
    tls_enabled: false,
    tls_container_ref: null,
    ca_tls_container_ref: null,
    crl_container_ref: null,
    tls_ciphers: null,
    tls_versions: null,
    alpn_protocols: null,
  }
}

/** All members in error is an error, some is degraded; nobody looks without a monitor. */
export function poolStatus(world: World, pool: Pool): string {
  const statuses = world.members.where('poolId', pool.id).map((member) => memberStatus(world, member))
  const broken = statuses.filter((status) => status === 'ERROR').length
  if (broken === 0) return 'ONLINE'
  return broken === statuses.length ? 'ERROR' : 'DEGRADED'
}

export function poolTree(world: World, pool: Pool): JsonObject {
  const [monitor] = world.healthMonitors.where('poolId', pool.id)
  return {
    id: pool.id,
    name: pool.name,
    operating_status: poolStatus(world, pool),
    provisioning_status: pool.provisioningStatus,
    ...(monitor
      ? {
          health_monitor: {
            id: monitor.id,
            name: monitor.name,
            type: monitor.type,
            operating_status: 'ONLINE',
            provisioning_status: monitor.provisioningStatus,
          },
        }
      : {}),
    members: world.members.where('poolId', pool.id).map((member) => ({
      id: member.id,
      name: member.name,
      address: member.address,
      protocol_port: member.port,
      operating_status: memberStatus(world, member),
      provisioning_status: member.provisioningStatus,
    })),
  }
}

export function poolOf(call: Call, id: string = call.params.id ?? ''): Pool {
  return owned(call, call.world.pools.get(id), 'Pool', id)
}

export const balancerOfPool = (world: World, pool: Pool): LoadBalancer =>
  world.loadBalancers.get(pool.loadBalancerId) as LoadBalancer

function list(call: Call) {
  const { world, query } = call
  const balancerId = query.get('loadbalancer_id')
  const found = world.pools
    .all()
    .filter((each) => mine(call, each) && (balancerId ?? each.loadBalancerId) === each.loadBalancerId)
  return collection(
    call,
    'pools',
    found.map((each) => view(world, each)),
  )
}

function persistenceOf(value: unknown): Pool['persistence'] {
  const { type, cookie_name: cookie } = asObject(value)
  return type === undefined ? null : { type: String(type), cookie_name: asText(cookie) ?? null }
}

function checked(asked: JsonObject, name: string, options: string[]): string {
  const value = String(asked[name])
  if (!options.includes(value))
    throw bad(`Invalid input for field/attribute ${name}. Value: '${value}'. Value should be one of: ${options.join(', ')}`)
  return value
}

function create(call: Call) {
  const { world } = call
  const asked = wanted(call, 'pool')
  mandatory(asked, ['protocol', 'lb_algorithm'])
  const listenerId = asText(asked.listener_id)
  const listener = listenerId === undefined ? undefined : listenerOf(call, listenerId)
  const balancerId = listener?.loadBalancerId ?? asText(asked.loadbalancer_id)
  if (balancerId === undefined) throw bad('Validation failure: Must provide at least one of: loadbalancer_id or listener_id')
  const balancer = balancerOf(call, balancerId)
  if (listener?.defaultPoolId) throw conflicting(`Listener ${listener.id} already has a default pool`)
  const protocol = checked(asked, 'protocol', protocols)
  const algorithm = checked(asked, 'lb_algorithm', algorithms)
  lock(world, balancer)
  const pool = world.pools.insert({
    id: uuid(),
    ...freshPart(world, balancer.projectId, asked),
    loadBalancerId: balancer.id,
    protocol,
    algorithm,
    persistence: persistenceOf(asked.session_persistence),
  })
  if (listener) world.listeners.update(listener.id, { defaultPoolId: pool.id })
  return { status: 201, body: { pool: view(world, pool) } }
}

function update(call: Call) {
  const { world } = call
  const before = poolOf(call)
  const asked = wanted(call, 'pool')
  lock(world, balancerOfPool(world, before))
  const pool = world.pools.update(before.id, {
    ...changedPart(world, before, asked),
    algorithm: asked.lb_algorithm === undefined ? before.algorithm : checked(asked, 'lb_algorithm', algorithms),
    persistence: 'session_persistence' in asked ? persistenceOf(asked.session_persistence) : before.persistence,
  })
  return { status: 200, body: { pool: view(world, pool) } }
}

function remove(call: Call) {
  const { world } = call
  const pool = poolOf(call)
  lock(world, balancerOfPool(world, pool))
  world.pools.update(pool.id, { provisioningStatus: 'PENDING_DELETE' })
  return { status: 204 }
}

export function removePool(world: World, pool: Pool): void {
  for (const member of world.members.where('poolId', pool.id)) world.members.remove(member.id)
  for (const monitor of world.healthMonitors.where('poolId', pool.id)) world.healthMonitors.remove(monitor.id)
  for (const listener of world.listeners.where('loadBalancerId', pool.loadBalancerId))
    if (listener.defaultPoolId === pool.id) world.listeners.update(listener.id, { defaultPoolId: null })
  world.pools.remove(pool.id)
}
