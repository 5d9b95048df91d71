import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import { idsOf } from './load-balancers.ts'

export interface HealthMonitor {
  id: string
  name: string
  /** `HTTP`, `HTTPS`, `PING`, `TCP`, `TLS-HELLO`, `UDP-CONNECT`, `SCTP`. */
  type: string
  /** Seconds between two probes. */
  delaySeconds: number
  /** Seconds until a probe has failed; less than `delaySeconds`. */
  timeoutSeconds: number
  /** Successes until a member is up, failures until it is down. */
  maxRetries: number
  maxRetriesDown: number
  httpMethod: string | undefined
  urlPath: string | undefined
  expectedCodes: string | undefined
  provisioningStatus: string
  operatingStatus: string
  isUp: boolean
  poolIds: string[]
  projectId: string
  createdAt: Date | undefined
  updatedAt: Date | undefined
}

export function fromOctavia(raw: unknown): HealthMonitor {
  const monitor = fields('octavia', 'health monitor', raw)
  return {
    id: monitor.text('id'),
    name: monitor.maybeText('name') ?? '',
    type: monitor.text('type'),
    delaySeconds: monitor.number('delay'),
    timeoutSeconds: monitor.number('timeout'),
    maxRetries: monitor.number('max_retries'),
    maxRetriesDown: monitor.maybeNumber('max_retries_down') ?? 3,
    httpMethod: monitor.filledText('http_method'),
    urlPath: monitor.filledText('url_path'),
    expectedCodes: monitor.filledText('expected_codes'),
    provisioningStatus: monitor.text('provisioning_status'),
    operatingStatus: monitor.text('operating_status'),
    isUp: monitor.maybeFlag('admin_state_up') ?? true,
    poolIds: monitor.maybeList('pools', idsOf),
    projectId: monitor.text('project_id'),
    createdAt: monitor.maybeDate('created_at'),
    updatedAt: monitor.maybeDate('updated_at'),
  }
}

export interface NewHealthMonitor extends HealthMonitorChanges {
  poolId: string
  type: string
  delaySeconds: number
  timeoutSeconds: number
  maxRetries: number
}

export interface HealthMonitorChanges {
  name?: string | undefined
  delaySeconds?: number | undefined
  timeoutSeconds?: number | undefined
  maxRetries?: number | undefined
  maxRetriesDown?: number | undefined
  httpMethod?: string | undefined
  urlPath?: string | undefined
  expectedCodes?: string | undefined
  isUp?: boolean | undefined
}

const toOctavia = (changes: HealthMonitorChanges): Record<string, unknown> =>
  given({
    name: changes.name,
    delay: changes.delaySeconds,
    timeout: changes.timeoutSeconds,
    max_retries: changes.maxRetries,
    max_retries_down: changes.maxRetriesDown,
    http_method: changes.httpMethod,
    url_path: changes.urlPath,
    expected_codes: changes.expectedCodes,
    admin_state_up: changes.isUp,
  })

export class HealthMonitors {
  readonly #octavia: Service

  constructor(octavia: Service) {
    this.#octavia = octavia
  }

  list(filter: { poolId?: string; pageSize?: number } = {}): Listing<HealthMonitor> {
    return this.#octavia
      .list('/lbaas/healthmonitors', 'healthmonitors', fromOctavia, { query: { limit: filter.pageSize } })
      .filter((monitor) => filter.poolId === undefined || monitor.poolIds.includes(filter.poolId))
  }

  async get(id: string): Promise<HealthMonitor> {
    return this.#octavia.read(await this.#octavia.get(path`/lbaas/healthmonitors/${id}`), 'healthmonitor', fromOctavia)
  }

  /** A pool has at most one. */
  find(wanted: { poolId: string }): Promise<HealthMonitor | undefined> {
    return oldest(this.list(wanted), () => true)
  }

  async create(monitor: NewHealthMonitor): Promise<HealthMonitor> {
    const answer = await this.#octavia.post('/lbaas/healthmonitors', {
      healthmonitor: { ...toOctavia(monitor), pool_id: monitor.poolId, type: monitor.type },
    })
    return this.#octavia.read(answer, 'healthmonitor', fromOctavia)
  }

  async update(id: string, changes: HealthMonitorChanges): Promise<HealthMonitor> {
    const answer = await this.#octavia.put(path`/lbaas/healthmonitors/${id}`, { healthmonitor: toOctavia(changes) })
    return this.#octavia.read(answer, 'healthmonitor', fromOctavia)
  }

  async remove(id: string): Promise<void> {
    await this.#octavia.delete(path`/lbaas/healthmonitors/${id}`)
  }
}
