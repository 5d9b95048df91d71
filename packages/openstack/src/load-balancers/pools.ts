import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import { idsOf } from './load-balancers.ts'

export interface Pool {
  id: string
  name: string
  description: string
  protocol: string
  /** `ROUND_ROBIN`, `LEAST_CONNECTIONS`, `SOURCE_IP`, `SOURCE_IP_PORT`. */
  algorithm: string
  sessionPersistence: SessionPersistence | undefined
  provisioningStatus: string
  operatingStatus: string
  isUp: boolean
  memberIds: string[]
  healthMonitorId: string | undefined
  listenerIds: string[]
  loadBalancerIds: string[]
  projectId: string
  createdAt: Date | undefined
  updatedAt: Date | undefined
}

export interface SessionPersistence {
  /** `SOURCE_IP`, `HTTP_COOKIE`, `APP_COOKIE`. */
  type: string
  cookieName?: string | undefined
}

export function fromOctavia(raw: unknown): Pool {
  const pool = fields('octavia', 'pool', raw)
  const persistence = pool.maybeChild('session_persistence')
  return {
    id: pool.text('id'),
    name: pool.maybeText('name') ?? '',
    description: pool.maybeText('description') ?? '',
    protocol: pool.text('protocol'),
    algorithm: pool.text('lb_algorithm'),
    sessionPersistence: persistence?.has('type')
      ? { type: persistence.text('type'), cookieName: persistence.maybeText('cookie_name') }
      : undefined,
    provisioningStatus: pool.text('provisioning_status'),
    operatingStatus: pool.text('operating_status'),
    isUp: pool.maybeFlag('admin_state_up') ?? true,
    memberIds: pool.maybeList('members', idsOf),
    healthMonitorId: pool.filledText('healthmonitor_id'),
    listenerIds: pool.maybeList('listeners', idsOf),
    loadBalancerIds: pool.maybeList('loadbalancers', idsOf),
    projectId: pool.text('project_id'),
    createdAt: pool.maybeDate('created_at'),
    updatedAt: pool.maybeDate('updated_at'),
  }
}

export interface NewPool extends PoolChanges {
  name: string
  protocol: string
  algorithm: string
  loadBalancerId?: string | undefined
  /** Becomes this listener's default pool. */
  listenerId?: string | undefined
}

export interface PoolChanges {
  name?: string | undefined
  description?: string | undefined
  algorithm?: string | undefined
  isUp?: boolean | undefined
  /** `null` for none. */
  sessionPersistence?: SessionPersistence | null | undefined
}

function toOctavia(changes: PoolChanges): Record<string, unknown> {
  const { name, description, algorithm, isUp, sessionPersistence } = changes
  return given({
    name,
    description,
    lb_algorithm: algorithm,
    admin_state_up: isUp,
    session_persistence:
      sessionPersistence && given({ type: sessionPersistence.type, cookie_name: sessionPersistence.cookieName }),
  })
}

export class Pools {
  readonly #octavia: Service

  constructor(octavia: Service) {
    this.#octavia = octavia
  }

  list(filter: { name?: string; loadBalancerId?: string; pageSize?: number } = {}): Listing<Pool> {
    const { name, loadBalancerId, pageSize } = filter
    return this.#octavia
      .list('/lbaas/pools', 'pools', fromOctavia, { query: { name, loadbalancer_id: loadBalancerId, limit: pageSize } })
      .filter(
        (pool) =>
          (name === undefined || pool.name === name) &&
          (loadBalancerId === undefined || pool.loadBalancerIds.includes(loadBalancerId)),
      )
  }

  async get(id: string): Promise<Pool> {
    return this.#octavia.read(await this.#octavia.get(path`/lbaas/pools/${id}`), 'pool', fromOctavia)
  }

  find(wanted: { name: string; loadBalancerId?: string }): Promise<Pool | undefined> {
    return oldest(this.list(wanted), () => true)
  }

  async create(pool: NewPool): Promise<Pool> {
    const { protocol, loadBalancerId, listenerId } = pool
    const answer = await this.#octavia.post('/lbaas/pools', {
      pool: { ...toOctavia(pool), ...given({ protocol, loadbalancer_id: loadBalancerId, listener_id: listenerId }) },
    })
    return this.#octavia.read(answer, 'pool', fromOctavia)
  }

  async update(id: string, changes: PoolChanges): Promise<Pool> {
    return this.#octavia.read(
      await this.#octavia.put(path`/lbaas/pools/${id}`, { pool: toOctavia(changes) }),
      'pool',
      fromOctavia,
    )
  }

  async remove(id: string): Promise<void> {
    await this.#octavia.delete(path`/lbaas/pools/${id}`)
  }
}
