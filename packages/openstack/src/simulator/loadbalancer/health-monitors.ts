import { asNumber, asText, type Call, type JsonObject } from '../call.ts'
import { uuid } from '../ids.ts'
import type { Route } from '../router.ts'
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
import { balancerOfPool, type Pool, poolOf } from './pools.ts'

export interface HealthMonitor extends Part {
  poolId: string
  type: string
  delay: number
  timeout: number
  maxRetries: number
  maxRetriesDown: number
  httpMethod: string | null
  urlPath: string | null
  expectedCodes: string | null
}

const types = ['HTTP', 'HTTPS', 'PING', 'TCP', 'TLS-HELLO', 'UDP-CONNECT', 'SCTP']

export const routes: Route[] = [
  ...balancerRoutes('GET', '/healthmonitors', (call) =>
    collection(
      call,
      'healthmonitors',
      call.world.healthMonitors
        .all()
        .filter((each) => mine(call, each))
        .map(view),
    ),
  ),
  ...balancerRoutes('POST', '/healthmonitors', create),
  ...balancerRoutes('GET', '/healthmonitors/:id', (call) => ({ status: 200, body: { healthmonitor: view(monitorOf(call)) } })),
  ...balancerRoutes('PUT', '/healthmonitors/:id', update),
  ...balancerRoutes('DELETE', '/healthmonitors/:id', remove),
]

const view = (monitor: HealthMonitor): JsonObject => ({
  ...partView(monitor),
  operating_status: monitor.provisioningStatus === 'ACTIVE' ? 'ONLINE' : 'OFFLINE',
  type: monitor.type,
  delay: monitor.delay,
  timeout: monitor.timeout,
  max_retries: monitor.maxRetries,
  max_retries_down: monitor.maxRetriesDown,
  http_method: monitor.httpMethod,
  http_version: null,
  url_path: monitor.urlPath,
  expected_codes: monitor.expectedCodes,
  domain_name: null,
  pools: [{ id: monitor.poolId }],
})

function monitorOf(call: Call): HealthMonitor {
  const id = call.params.id ?? ''
  return owned(call, call.world.healthMonitors.get(id), 'Health Monitor', id)
}

function create(call: Call) {
  const { world } = call
  const asked = wanted(call, 'healthmonitor')
  mandatory(asked, ['type', 'delay', 'timeout', 'max_retries', 'pool_id'])
  const type = String(asked.type)
  if (!types.includes(type))
    throw bad(`Invalid input for field/attribute type. Value: '${type}'. Value should be one of: ${types.join(', ')}`)
  const pool = poolOf(call, String(asked.pool_id))
  if (world.healthMonitors.where('poolId', pool.id).length > 0) throw conflicting('This pool already has a health monitor')
  const isHttp = type === 'HTTP' || type === 'HTTPS'
  lock(world, balancerOfPool(world, pool))
  const monitor = world.healthMonitors.insert({
    id: uuid(),
    ...freshPart(world, pool.projectId, asked),
    poolId: pool.id,
    type,
    delay: asNumber(asked.delay) ?? 5,
    timeout: asNumber(asked.timeout) ?? 3,
    maxRetries: asNumber(asked.max_retries) ?? 3,
    maxRetriesDown: asNumber(asked.max_retries_down) ?? 3,
    httpMethod: isHttp ? (asText(asked.http_method) ?? 'GET') : null,
    urlPath: isHttp ? (asText(asked.url_path) ?? '/') : null,
    expectedCodes: isHttp ? (asText(asked.expected_codes) ?? '200') : null,
  })
  return { status: 201, body: { healthmonitor: view(monitor) } }
}

const poolOfMonitor = (call: Call, monitor: HealthMonitor): Pool => call.world.pools.get(monitor.poolId) as Pool

function update(call: Call) {
  const { world } = call
  const before = monitorOf(call)
  const asked = wanted(call, 'healthmonitor')
  lock(world, balancerOfPool(world, poolOfMonitor(call, before)))
  const monitor = world.healthMonitors.update(before.id, {
    ...changedPart(world, before, asked),
    delay: asNumber(asked.delay) ?? before.delay,
    timeout: asNumber(asked.timeout) ?? before.timeout,
    maxRetries: asNumber(asked.max_retries) ?? before.maxRetries,
    maxRetriesDown: asNumber(asked.max_retries_down) ?? before.maxRetriesDown,
    httpMethod: asText(asked.http_method) ?? before.httpMethod,
    urlPath: asText(asked.url_path) ?? before.urlPath,
    expectedCodes: asText(asked.expected_codes) ?? before.expectedCodes,
  })
  return { status: 200, body: { healthmonitor: view(monitor) } }
}

function remove(call: Call) {
  const { world } = call
  const monitor = monitorOf(call)
  lock(world, balancerOfPool(world, poolOfMonitor(call, monitor)))
  world.healthMonitors.update(monitor.id, { provisioningStatus: 'PENDING_DELETE' })
  return { status: 204 }
}
