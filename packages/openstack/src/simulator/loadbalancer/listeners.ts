import { asNumber, asText, type Call, type JsonObject, strings } from '../call.ts'
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
import { balancerOf, type LoadBalancer } from './load-balancers.ts'
import { statisticsOf } from './statistics.ts'

export interface Listener extends Part {
  loadBalancerId: string
  protocol: string
  port: number
  connectionLimit: number
  defaultPoolId: string | null
  insertHeaders: Record<string, string>
  timeouts: { client: number; connect: number; member: number; inspect: number }
  allowedCidrs: string[] | null
  tlsContainer: string | null
  number: number
}

const protocols = ['TCP', 'HTTP', 'HTTPS', 'TERMINATED_HTTPS', 'UDP', 'SCTP', 'PROMETHEUS']

export const routes: Route[] = [
  ...balancerRoutes('GET', '/listeners', list),
  ...balancerRoutes('POST', '/listeners', create),
  ...balancerRoutes('GET', '/listeners/:id', (call) => ({ status: 200, body: { listener: view(call.world, listenerOf(call)) } })),
  ...balancerRoutes('PUT', '/listeners/:id', update),
  ...balancerRoutes('DELETE', '/listeners/:id', remove),
  ...balancerRoutes('GET', '/listeners/:id/stats', (call) => {
    const listener = listenerOf(call)
    return { status: 200, body: { stats: statisticsOf(call.world, listener.number * 31, listener.createdMs) } }
  }),
]

const view = (world: World, listener: Listener): JsonObject => ({
  ...partView(listener),
  description: listener.description,
  operating_status: listener.provisioningStatus === 'ACTIVE' && listener.adminUp ? 'ONLINE' : 'OFFLINE',
  protocol: listener.protocol,
  protocol_port: listener.port,
  connection_limit: listener.connectionLimit,
  default_pool_id: listener.defaultPoolId,
  default_tls_container_ref: listener.tlsContainer,
  sni_container_refs: [],
  client_ca_tls_container_ref: null,
  client_crl_container_ref: null,
  client_authentication: 'NONE',
  insert_headers: listener.insertHeaders,
  timeout_client_data: listener.timeouts.client,
  timeout_member_connect: listener.timeouts.connect,
  timeout_member_data: listener.timeouts.member,
  timeout_tcp_inspect: listener.timeouts.inspect,
  allowed_cidrs: listener.allowedCidrs,
  tls_ciphers: null,
  tls_versions: null,
  alpn_protocols: null,
  l7policies: [],
  loadbalancers: world.loadBalancers.has(listener.loadBalancerId) ? [{ id: listener.loadBalancerId }] : [],
})

export function listenerOf(call: Call, id: string = call.params.id ?? ''): Listener {
  return owned(call, call.world.listeners.get(id), 'Listener', id)
}

function list(call: Call) {
  const { world, query } = call
  const balancerId = query.get('load_balancer_id') ?? query.get('loadbalancer_id')
  const found = world.listeners
    .all()
    .filter((each) => mine(call, each) && (balancerId ?? each.loadBalancerId) === each.loadBalancerId)
  return collection(
    call,
    'listeners',
    found.map((each) => view(world, each)),
  )
}

const timeoutsOf = (asked: JsonObject, before = { client: 50_000, connect: 5_000, member: 50_000, inspect: 0 }) => ({
  client: asNumber(asked.timeout_client_data) ?? before.client,
  connect: asNumber(asked.timeout_member_connect) ?? before.connect,
  member: asNumber(asked.timeout_member_data) ?? before.member,
  inspect: asNumber(asked.timeout_tcp_inspect) ?? before.inspect,
})

function create(call: Call) {
  const { world } = call
  const asked = wanted(call, 'listener')
  mandatory(asked, ['protocol', 'protocol_port', 'loadbalancer_id'])
  const protocol = String(asked.protocol)
  if (!protocols.includes(protocol))
    throw bad(`Invalid input for field/attribute protocol. Value: '${protocol}'. Value should be one of: ${protocols.join(', ')}`)
  const port = asNumber(asked.protocol_port) ?? 0
  if (port < 1 || port > 65_535)
    throw bad(`Invalid input for field/attribute protocol_port. Value: '${port}'. Value should be greater or equal to 1`)
  const balancer = balancerOf(call, String(asked.loadbalancer_id))
  const transport = (name: string) => (name === 'UDP' || name === 'SCTP' ? name : 'TCP')
  if (
    world.listeners
      .where('loadBalancerId', balancer.id)
      .some((each) => each.port === port && transport(each.protocol) === transport(protocol))
  )
    throw conflicting(`Another Listener on this Load Balancer is already using protocol ${protocol} and protocol_port ${port}`)
  if (protocol === 'TERMINATED_HTTPS' && !asText(asked.default_tls_container_ref))
    throw bad('Validation failure: An SNI or default container reference must be provided with TERMINATED_HTTPS listeners.')
  lock(world, balancer)
  const listener = world.listeners.insert({
    id: uuid(),
    ...freshPart(world, balancer.projectId, asked),
    loadBalancerId: balancer.id,
    protocol,
    port,
    connectionLimit: asNumber(asked.connection_limit) ?? -1,
    defaultPoolId: asText(asked.default_pool_id) ?? null,
    insertHeaders: strings(asked.insert_headers),
    timeouts: timeoutsOf(asked),
    allowedCidrs: Array.isArray(asked.allowed_cidrs) ? asked.allowed_cidrs.map(String) : null,
    tlsContainer: asText(asked.default_tls_container_ref) ?? null,
    number: world.next('listener'),
  })
  return { status: 201, body: { listener: view(world, listener) } }
}

function update(call: Call) {
  const { world } = call
  const before = listenerOf(call)
  const asked = wanted(call, 'listener')
  lock(world, world.loadBalancers.get(before.loadBalancerId) as LoadBalancer)
  const listener = world.listeners.update(before.id, {
    ...changedPart(world, before, asked),
    connectionLimit: asNumber(asked.connection_limit) ?? before.connectionLimit,
    defaultPoolId: 'default_pool_id' in asked ? (asText(asked.default_pool_id) ?? null) : before.defaultPoolId,
    insertHeaders: asked.insert_headers === undefined ? before.insertHeaders : strings(asked.insert_headers),
    timeouts: timeoutsOf(asked, before.timeouts),
    allowedCidrs:
      'allowed_cidrs' in asked
        ? Array.isArray(asked.allowed_cidrs)
          ? asked.allowed_cidrs.map(String)
          : null
        : before.allowedCidrs,
  })
  return { status: 200, body: { listener: view(world, listener) } }
}

function remove(call: Call) {
  const { world } = call
  const listener = listenerOf(call)
  lock(world, world.loadBalancers.get(listener.loadBalancerId) as LoadBalancer)
  world.listeners.update(listener.id, { provisioningStatus: 'PENDING_DELETE' })
  return { status: 204 }
}

export const removeListener = (world: World, listener: Listener): void => world.listeners.remove(listener.id)
