import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import { idsOf } from './load-balancers.ts'
import { type LoadBalancerStatistics, statisticsFromOctavia } from './statistics.ts'

export interface Listener {
  id: string
  name: string
  description: string
  /** `HTTP`, `HTTPS`, `TERMINATED_HTTPS`, `TCP`, `UDP`, `SCTP`, `PROMETHEUS`. */
  protocol: string
  port: number
  provisioningStatus: string
  operatingStatus: string
  isUp: boolean
  /** -1 is no limit. */
  connectionLimit: number
  defaultPoolId: string | undefined
  tlsContainerRef: string | undefined
  insertHeaders: Record<string, string>
  allowedCidrs: string[]
  loadBalancerIds: string[]
  projectId: string
  createdAt: Date | undefined
  updatedAt: Date | undefined
}

export function fromOctavia(raw: unknown): Listener {
  const listener = fields('octavia', 'listener', raw)
  return {
    id: listener.text('id'),
    name: listener.maybeText('name') ?? '',
    description: listener.maybeText('description') ?? '',
    protocol: listener.text('protocol'),
    port: listener.number('protocol_port'),
    provisioningStatus: listener.text('provisioning_status'),
    operatingStatus: listener.text('operating_status'),
    isUp: listener.maybeFlag('admin_state_up') ?? true,
    connectionLimit: listener.maybeNumber('connection_limit') ?? -1,
    defaultPoolId: listener.filledText('default_pool_id'),
    tlsContainerRef: listener.filledText('default_tls_container_ref'),
    insertHeaders: listener.textMap('insert_headers'),
    allowedCidrs: listener.maybeTexts('allowed_cidrs'),
    loadBalancerIds: listener.maybeList('loadbalancers', idsOf),
    projectId: listener.text('project_id'),
    createdAt: listener.maybeDate('created_at'),
    updatedAt: listener.maybeDate('updated_at'),
  }
}

export interface NewListener extends ListenerChanges {
  name: string
  loadBalancerId: string
  protocol: string
  port: number
}

export interface ListenerChanges {
  name?: string | undefined
  description?: string | undefined
  isUp?: boolean | undefined
  connectionLimit?: number | undefined
  defaultPoolId?: string | null | undefined
  tlsContainerRef?: string | undefined
  insertHeaders?: Record<string, string> | undefined
  allowedCidrs?: string[] | null | undefined
}

const toOctavia = (changes: ListenerChanges): Record<string, unknown> =>
  given({
    name: changes.name,
    description: changes.description,
    admin_state_up: changes.isUp,
    connection_limit: changes.connectionLimit,
    default_pool_id: changes.defaultPoolId,
    default_tls_container_ref: changes.tlsContainerRef,
    insert_headers: changes.insertHeaders,
    allowed_cidrs: changes.allowedCidrs,
  })

export class Listeners {
  readonly #octavia: Service

  constructor(octavia: Service) {
    this.#octavia = octavia
  }

  list(filter: { name?: string; loadBalancerId?: string; pageSize?: number } = {}): Listing<Listener> {
    const { name, loadBalancerId, pageSize } = filter
    return this.#octavia
      .list('/lbaas/listeners', 'listeners', fromOctavia, { query: { name, load_balancer_id: loadBalancerId, limit: pageSize } })
      .filter(
        (listener) =>
          (name === undefined || listener.name === name) &&
          (loadBalancerId === undefined || listener.loadBalancerIds.includes(loadBalancerId)),
      )
  }

  async get(id: string): Promise<Listener> {
    return this.#octavia.read(await this.#octavia.get(path`/lbaas/listeners/${id}`), 'listener', fromOctavia)
  }

  find(wanted: { name: string; loadBalancerId?: string }): Promise<Listener | undefined> {
    return oldest(this.list(wanted), () => true)
  }

  async create(listener: NewListener): Promise<Listener> {
    const { loadBalancerId, protocol, port } = listener
    const answer = await this.#octavia.post('/lbaas/listeners', {
      listener: { ...toOctavia(listener), loadbalancer_id: loadBalancerId, protocol, protocol_port: port },
    })
    return this.#octavia.read(answer, 'listener', fromOctavia)
  }

  async update(id: string, changes: ListenerChanges): Promise<Listener> {
    const answer = await this.#octavia.put(path`/lbaas/listeners/${id}`, { listener: toOctavia(changes) })
    return this.#octavia.read(answer, 'listener', fromOctavia)
  }

  async statistics(id: string): Promise<LoadBalancerStatistics> {
    return this.#octavia.read(await this.#octavia.get(path`/lbaas/listeners/${id}/stats`), 'stats', statisticsFromOctavia)
  }

  async remove(id: string): Promise<void> {
    await this.#octavia.delete(path`/lbaas/listeners/${id}`)
  }
}
