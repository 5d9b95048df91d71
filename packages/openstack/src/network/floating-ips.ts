import { fields } from '../decode.ts'
import { inBulks, type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'

export interface FloatingIp {
  id: string
  address: string
  /** Floating IPs have no name; this is where a caller's own id belongs. */
  description: string
  /** `ACTIVE` on a port whose server runs, `DOWN` otherwise, `ERROR`. It lags behind; with Tungsten it says only whether there is a port. */
  status: string
  networkId: string
  projectId: string
  portId: string | undefined
  fixedAddress: string | undefined
  routerId: string | undefined
  tags: string[]
  createdAt: Date | undefined
  updatedAt: Date | undefined
}

export function fromNeutron(raw: unknown): FloatingIp {
  const floating = fields('neutron', 'floating IP', raw)
  return {
    id: floating.text('id'),
    address: floating.text('floating_ip_address'),
    description: floating.maybeText('description') ?? '',
    status: floating.maybeText('status') ?? 'DOWN',
    networkId: floating.text('floating_network_id'),
    projectId: floating.maybeText('project_id') ?? floating.text('tenant_id'),
    portId: floating.filledText('port_id'),
    fixedAddress: floating.filledText('fixed_ip_address'),
    routerId: floating.filledText('router_id'),
    tags: floating.maybeTexts('tags'),
    createdAt: floating.maybeDate('created_at'),
    updatedAt: floating.maybeDate('updated_at'),
  }
}

export interface FloatingIpFilter {
  description?: string | undefined
  portId?: string | undefined
  address?: string | undefined
  networkId?: string | undefined
  projectId?: string | undefined
  pageSize?: number | undefined
}

export interface NewFloatingIp {
  /** The external network. */
  networkId: string
  description?: string | undefined
  projectId?: string | undefined
  portId?: string | undefined
  /** Which of the port's addresses. Always give it with Tungsten and a port of several addresses. */
  fixedAddress?: string | undefined
  subnetId?: string | undefined
  /** A certain address; for admins. */
  address?: string | undefined
}

export interface FloatingIpChanges {
  description?: string | undefined
  /** `null` takes it off its port. */
  portId?: string | null | undefined
  fixedAddress?: string | undefined
}

export class FloatingIps {
  readonly #neutron: Service

  constructor(neutron: Service) {
    this.#neutron = neutron
  }

  list(filter: FloatingIpFilter = {}): Listing<FloatingIp> {
    const { description, portId, address, networkId, projectId, pageSize } = filter
    return this.#neutron
      .list('/floatingips', 'floatingips', fromNeutron, {
        query: {
          description,
          port_id: portId,
          floating_ip_address: address,
          floating_network_id: networkId,
          project_id: projectId,
          limit: pageSize,
        },
      })
      .filter(
        (floating) =>
          (description === undefined || floating.description === description) &&
          (portId === undefined || floating.portId === portId) &&
          (address === undefined || floating.address === address) &&
          (networkId === undefined || floating.networkId === networkId) &&
          (projectId === undefined || floating.projectId === projectId),
      )
  }

  /** The floating IPs of many ports, or many floating IPs, in few calls. */
  listOf(many: { portIds: string[] } | { ids: string[] }): Listing<FloatingIp> {
    const [name, wanted] = 'ids' in many ? ['id', many.ids] : ['port_id', many.portIds]
    return inBulks(wanted, (some) => this.#neutron.list('/floatingips', 'floatingips', fromNeutron, { query: { [name]: some } }))
  }

  async get(id: string): Promise<FloatingIp> {
    return this.#neutron.read(await this.#neutron.get(path`/floatingips/${id}`), 'floatingip', fromNeutron)
  }

  find(wanted: { description?: string; portId?: string; address?: string; projectId?: string }): Promise<FloatingIp | undefined> {
    return oldest(this.list(wanted), () => true)
  }

  /** Fails with `neutron.addresses_exhausted` when the network has none left, with `neutron.quota_exceeded` when the project may not. */
  async create(floating: NewFloatingIp): Promise<FloatingIp> {
    const { networkId, description, projectId, portId, fixedAddress, subnetId, address } = floating
    const answer = await this.#neutron.post('/floatingips', {
      floatingip: given({
        floating_network_id: networkId,
        description,
        project_id: projectId,
        port_id: portId,
        fixed_ip_address: fixedAddress,
        subnet_id: subnetId,
        floating_ip_address: address,
      }),
    })
    return this.#neutron.read(answer, 'floatingip', fromNeutron)
  }

  /** The port's subnet must be on a router with a gateway into the floating IP's network (not so with Tungsten). */
  async update(id: string, changes: FloatingIpChanges): Promise<FloatingIp> {
    const { description, portId, fixedAddress } = changes
    const answer = await this.#neutron.put(path`/floatingips/${id}`, {
      floatingip: given({ description, port_id: portId, fixed_ip_address: fixedAddress }),
    })
    return this.#neutron.read(answer, 'floatingip', fromNeutron)
  }

  async remove(id: string): Promise<void> {
    await this.#neutron.delete(path`/floatingips/${id}`)
  }
}
