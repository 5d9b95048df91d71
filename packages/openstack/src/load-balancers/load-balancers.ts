import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import { failed, orAbsent, type WaitOptions, waitFor } from '../wait.ts'
import { type LoadBalancerStatistics, statisticsFromOctavia } from './statistics.ts'
import { type StatusNode, statusFromOctavia } from './status-tree.ts'

export interface LoadBalancer {
  id: string
  name: string
  description: string
  /** `ACTIVE`, `PENDING_CREATE`, `PENDING_UPDATE`, `PENDING_DELETE`, `ERROR`, `DELETED`. While pending, any change is refused with `octavia.immutable`. */
  provisioningStatus: string
  /** `ONLINE`, `DRAINING`, `OFFLINE`, `DEGRADED`, `ERROR`, `NO_MONITOR`. */
  operatingStatus: string
  isUp: boolean
  projectId: string
  vip: { address: string; portId: string | undefined; subnetId: string | undefined; networkId: string | undefined }
  provider: string | undefined
  listenerIds: string[]
  poolIds: string[]
  tags: string[]
  createdAt: Date | undefined
  updatedAt: Date | undefined
}

export const idsOf = (raw: unknown): string => fields('octavia', 'reference', raw).text('id')

export function fromOctavia(raw: unknown): LoadBalancer {
  const balancer = fields('octavia', 'load balancer', raw)
  return {
    id: balancer.text('id'),
    name: balancer.maybeText('name') ?? '',
    description: balancer.maybeText('description') ?? '',
    provisioningStatus: balancer.text('provisioning_status'),
    operatingStatus: balancer.text('operating_status'),
    isUp: balancer.maybeFlag('admin_state_up') ?? true,
    projectId: balancer.text('project_id'),
    vip: {
      address: balancer.maybeText('vip_address') ?? '',
      portId: balancer.filledText('vip_port_id'),
      subnetId: balancer.filledText('vip_subnet_id'),
      networkId: balancer.filledText('vip_network_id'),
    },
    provider: balancer.maybeText('provider'),
    listenerIds: balancer.maybeList('listeners', idsOf),
    poolIds: balancer.maybeList('pools', idsOf),
    tags: balancer.maybeTexts('tags'),
    createdAt: balancer.maybeDate('created_at'),
    updatedAt: balancer.maybeDate('updated_at'),
  }
}

export interface NewLoadBalancer {
  name: string
  description?: string | undefined
  projectId?: string | undefined
  vipSubnetId?: string | undefined
  vipNetworkId?: string | undefined
  vipPortId?: string | undefined
  vipAddress?: string | undefined
  provider?: string | undefined
  flavorId?: string | undefined
  tags?: string[] | undefined
}

export interface LoadBalancerChanges {
  name?: string | undefined
  description?: string | undefined
  isUp?: boolean | undefined
  tags?: string[] | undefined
}

export class LoadBalancerStore {
  readonly #octavia: Service

  constructor(octavia: Service) {
    this.#octavia = octavia
  }

  list(filter: { name?: string; projectId?: string; pageSize?: number } = {}): Listing<LoadBalancer> {
    const { name, projectId, pageSize } = filter
    return this.#octavia
      .list('/lbaas/loadbalancers', 'loadbalancers', fromOctavia, { query: { name, project_id: projectId, limit: pageSize } })
      .filter(
        (balancer) =>
          (name === undefined || balancer.name === name) && (projectId === undefined || balancer.projectId === projectId),
      )
  }

  async get(id: string): Promise<LoadBalancer> {
    return this.#octavia.read(await this.#octavia.get(path`/lbaas/loadbalancers/${id}`), 'loadbalancer', fromOctavia)
  }

  find(wanted: { name: string; projectId?: string }): Promise<LoadBalancer | undefined> {
    return oldest(this.list(wanted), () => true)
  }

  async create(balancer: NewLoadBalancer): Promise<LoadBalancer> {
    const { name, description, projectId, vipSubnetId, vipNetworkId, vipPortId, vipAddress, provider, flavorId, tags } = balancer
    const answer = await this.#octavia.post('/lbaas/loadbalancers', {
      loadbalancer: given({
        name,
        description,
        project_id: projectId,
        vip_subnet_id: vipSubnetId,
        vip_network_id: vipNetworkId,
        vip_port_id: vipPortId,
        vip_address: vipAddress,
        provider,
        flavor_id: flavorId,
        tags,
      }),
    })
    return this.#octavia.read(answer, 'loadbalancer', fromOctavia)
  }

  async update(id: string, changes: LoadBalancerChanges): Promise<LoadBalancer> {
    const { name, description, isUp, tags } = changes
    const answer = await this.#octavia.put(path`/lbaas/loadbalancers/${id}`, {
      loadbalancer: given({ name, description, admin_state_up: isUp, tags }),
    })
    return this.#octavia.read(answer, 'loadbalancer', fromOctavia)
  }

  /** Takes a broken one to another machine. */
  async failover(id: string): Promise<void> {
    await this.#octavia.put(path`/lbaas/loadbalancers/${id}/failover`)
  }

  async status(id: string): Promise<StatusNode> {
    return this.#octavia.read(await this.#octavia.get(path`/lbaas/loadbalancers/${id}/status`), 'statuses', statusFromOctavia)
  }

  /** Sums over its listeners since they were made; they start anew after a failover. */
  async statistics(id: string): Promise<LoadBalancerStatistics> {
    return this.#octavia.read(await this.#octavia.get(path`/lbaas/loadbalancers/${id}/stats`), 'stats', statisticsFromOctavia)
  }

  /** `withParts` takes its listeners, pools, members and monitors along; without it Octavia refuses while it has some. */
  async remove(id: string, options: { withParts?: boolean } = {}): Promise<void> {
    await this.#octavia.delete(path`/lbaas/loadbalancers/${id}`, { query: { cascade: options.withParts } })
  }

  /** Any change of a part makes the whole pending, so this is waited for between two changes. */
  waitUntilActive(id: string, options?: WaitOptions): Promise<LoadBalancer> {
    return waitFor(
      this.#octavia.clock,
      'octavia',
      `load balancer ${id} ACTIVE`,
      async () => {
        const balancer = await this.get(id)
        if (balancer.provisioningStatus === 'ACTIVE') return balancer
        if (balancer.provisioningStatus === 'ERROR')
          throw failed('octavia', 'load_balancer_error', `load balancer ${id} is in ERROR`)
        return undefined
      },
      options,
    )
  }

  async waitUntilGone(id: string, options?: WaitOptions): Promise<void> {
    await waitFor(
      this.#octavia.clock,
      'octavia',
      `load balancer ${id} gone`,
      async () => {
        const balancer = await orAbsent(this.get(id))
        return balancer === undefined || balancer.provisioningStatus === 'DELETED' ? true : undefined
      },
      options,
    )
  }
}
