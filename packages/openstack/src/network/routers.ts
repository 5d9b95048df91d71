import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import type { Dialects } from './dialect.ts'

export interface Router {
  id: string
  name: string
  description: string
  status: string
  isUp: boolean
  projectId: string
  gateway: RouterGateway | undefined
  /** Tungsten has none here. */
  routes: { destination: string; nextHop: string }[]
  tags: string[]
  createdAt: Date | undefined
  updatedAt: Date | undefined
}

export interface RouterGateway {
  networkId: string
  isSnatEnabled: boolean | undefined
  /** The address that the world sees. With Tungsten it is not known here. */
  addresses: { subnetId: string | undefined; address: string }[]
}

export function fromNeutron(raw: unknown): Router {
  const router = fields('neutron', 'router', raw)
  const info = router.maybeChild('external_gateway_info')
  return {
    id: router.text('id'),
    name: router.maybeText('name') ?? '',
    description: router.maybeText('description') ?? '',
    status: router.text('status'),
    isUp: router.maybeFlag('admin_state_up') ?? true,
    projectId: router.maybeText('project_id') ?? router.text('tenant_id'),
    gateway: info?.has('network_id')
      ? {
          networkId: info.text('network_id'),
          isSnatEnabled: info.maybeFlag('enable_snat'),
          addresses: info.maybeList('external_fixed_ips', (item) => {
            const fixed = fields('neutron', 'external address', item)
            return { subnetId: fixed.maybeText('subnet_id'), address: fixed.text('ip_address') }
          }),
        }
      : undefined,
    routes: router.maybeList('routes', (item) => {
      const route = fields('neutron', 'route', item)
      return { destination: route.text('destination'), nextHop: route.text('nexthop') }
    }),
    tags: router.maybeTexts('tags'),
    createdAt: router.maybeDate('created_at'),
    updatedAt: router.maybeDate('updated_at'),
  }
}

export interface RouterFilter {
  name?: string | undefined
  projectId?: string | undefined
  pageSize?: number | undefined
}

export interface NewRouter {
  name: string
  description?: string | undefined
  projectId?: string | undefined
  externalNetworkId?: string | undefined
}

export interface RouterChanges {
  name?: string | undefined
  description?: string | undefined
  isUp?: boolean | undefined
  /** `null` takes the gateway away. */
  externalNetworkId?: string | null | undefined
  routes?: { destination: string; nextHop: string }[] | undefined
}

export interface RouterInterface {
  routerId: string
  subnetId: string
  portId: string | undefined
}

/** Neutron answers once it is done, which took up to 17 s on a loaded machine. */
const slow = { timeoutMs: 120_000 }

export class Routers {
  readonly #neutron: Service
  readonly #dialects: Dialects

  constructor(neutron: Service, dialects: Dialects) {
    this.#neutron = neutron
    this.#dialects = dialects
  }

  list(filter: RouterFilter = {}): Listing<Router> {
    const { name, projectId, pageSize } = filter
    return this.#neutron
      .list('/routers', 'routers', fromNeutron, { query: { name, project_id: projectId, limit: pageSize } })
      .filter(
        (router) => (name === undefined || router.name === name) && (projectId === undefined || router.projectId === projectId),
      )
  }

  async get(id: string): Promise<Router> {
    return this.#neutron.read(await this.#neutron.get(path`/routers/${id}`), 'router', fromNeutron)
  }

  find(wanted: { name: string; projectId?: string }): Promise<Router | undefined> {
    return this.#dialects.findNamed(wanted.name, (name) =>
      oldest(this.list(name === undefined ? wanted : { ...wanted, name }), () => true),
    )
  }

  async create(router: NewRouter): Promise<Router> {
    const { name, description, projectId, externalNetworkId } = router
    const create = async (firstName: string) => {
      const answer = await this.#neutron.post('/routers', {
        router: given({
          name: firstName,
          description,
          project_id: projectId,
          external_gateway_info: externalNetworkId === undefined ? undefined : { network_id: externalNetworkId },
        }),
      })
      return this.#neutron.read(answer, 'router', fromNeutron)
    }
    return this.#dialects.createNamed(name, create, (id) => this.update(id, { name }))
  }

  async update(id: string, changes: RouterChanges): Promise<Router> {
    const { name, description, isUp, externalNetworkId, routes } = changes
    const answer = await this.#neutron.put(path`/routers/${id}`, {
      router: given({
        name,
        description,
        admin_state_up: isUp,
        external_gateway_info: await this.#gatewayToSend(id, externalNetworkId),
        routes: routes?.map(({ destination, nextHop }) => ({ destination, nexthop: nextHop })),
      }),
    })
    return this.#neutron.read(answer, 'router', fromNeutron)
  }

  // Tungsten up to R24.1 takes the gateway away on any update that does not name it (mended in R25.1 by 8e6186b), so there it is sent again.
  // To clear it, all take {} and R25.1 takes nothing else.
  async #gatewayToSend(id: string, wanted: string | null | undefined): Promise<{ network_id?: string } | undefined> {
    if (wanted === null) return {}
    if (wanted !== undefined) return { network_id: wanted }
    if (!(await this.#dialects.isTungsten())) return undefined
    const { gateway } = await this.get(id)
    return gateway ? { network_id: gateway.networkId } : undefined
  }

  /** Gives the router the subnet's gateway address. Fails with `neutron.exists` or `neutron.in_use` when that has been done. */
  async addInterface(id: string, subnetId: string): Promise<RouterInterface> {
    const answer = await this.#neutron.put(path`/routers/${id}/add_router_interface`, { subnet_id: subnetId }, slow)
    return this.#neutron.readWhole(answer, (json) => ({
      routerId: id,
      subnetId,
      portId: fields('neutron', 'router interface', json).maybeText('port_id'),
    }))
  }

  /** Fails with `not_found` when the router has no such interface, with `neutron.in_use` while floating IPs need it. */
  async removeInterface(id: string, subnetId: string): Promise<void> {
    await this.#neutron.put(path`/routers/${id}/remove_router_interface`, { subnet_id: subnetId }, slow)
  }

  /** Fails with `neutron.in_use` while it has interfaces. */
  async remove(id: string): Promise<void> {
    await this.#neutron.delete(path`/routers/${id}`)
  }
}
