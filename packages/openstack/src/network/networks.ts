import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import type { Dialects } from './dialect.ts'

export interface Network {
  id: string
  name: string
  description: string
  /** `ACTIVE`, `DOWN`, `BUILD`, `ERROR`. */
  status: string
  isUp: boolean
  isExternal: boolean
  isShared: boolean
  projectId: string
  subnetIds: string[]
  /** Bytes. Nothing where Tungsten says 0 or null: there the figure is not what passes. */
  mtu: number | undefined
  isPortSecurityEnabled: boolean
  /** For admins. */
  provider: { type: string | undefined; physicalNetwork: string | undefined; segmentationId: number | undefined }
  availabilityZones: string[]
  tags: string[]
  createdAt: Date | undefined
  updatedAt: Date | undefined
}

export function fromNeutron(raw: unknown): Network {
  const network = fields('neutron', 'network', raw)
  return {
    id: network.text('id'),
    name: network.maybeText('name') ?? '',
    description: network.maybeText('description') ?? '',
    status: network.text('status'),
    isUp: network.maybeFlag('admin_state_up') ?? true,
    isExternal: network.maybeFlag('router:external') ?? false,
    isShared: network.maybeFlag('shared') ?? false,
    projectId: network.maybeText('project_id') ?? network.text('tenant_id'),
    subnetIds: network.maybeTexts('subnets'),
    mtu: network.maybeNumber('mtu') || undefined,
    isPortSecurityEnabled: network.maybeFlag('port_security_enabled') ?? true,
    provider: {
      type: network.filledText('provider:network_type'),
      physicalNetwork: network.filledText('provider:physical_network'),
      segmentationId: network.maybeNumber('provider:segmentation_id'),
    },
    availabilityZones: network.maybeTexts('availability_zones'),
    tags: network.maybeTexts('tags'),
    createdAt: network.maybeDate('created_at'),
    updatedAt: network.maybeDate('updated_at'),
  }
}

export interface NetworkFilter {
  name?: string | undefined
  projectId?: string | undefined
  isExternal?: boolean | undefined
  isShared?: boolean | undefined
  tags?: string[] | undefined
  pageSize?: number | undefined
}

export interface NewNetwork {
  name: string
  description?: string | undefined
  projectId?: string | undefined
  mtu?: number | undefined
  isUp?: boolean | undefined
  isShared?: boolean | undefined
  isExternal?: boolean | undefined
  isPortSecurityEnabled?: boolean | undefined
  provider?: { type?: string | undefined; physicalNetwork?: string | undefined; segmentationId?: number | undefined } | undefined
}

export interface NetworkChanges {
  name?: string | undefined
  description?: string | undefined
  mtu?: number | undefined
  isUp?: boolean | undefined
  isShared?: boolean | undefined
  isPortSecurityEnabled?: boolean | undefined
}

export class Networks {
  readonly #neutron: Service
  readonly #dialects: Dialects

  constructor(neutron: Service, dialects: Dialects) {
    this.#neutron = neutron
    this.#dialects = dialects
  }

  /** Those of the project, shared ones and external ones; for admins those of every project unless `projectId` is given. */
  list(filter: NetworkFilter = {}): Listing<Network> {
    const { name, projectId, isExternal, isShared, tags, pageSize } = filter
    return this.#neutron
      .list('/networks', 'networks', fromNeutron, {
        query: {
          name,
          project_id: projectId,
          'router:external': isExternal,
          shared: isShared,
          tags: tags?.join(','),
          limit: pageSize,
        },
      })
      .filter(
        (network) =>
          (name === undefined || network.name === name) &&
          (projectId === undefined || network.projectId === projectId) &&
          (isExternal === undefined || network.isExternal === isExternal) &&
          (isShared === undefined || network.isShared === isShared),
      )
  }

  async get(id: string): Promise<Network> {
    return this.#neutron.read(await this.#neutron.get(path`/networks/${id}`), 'network', fromNeutron)
  }

  /** The oldest of that exact name; `undefined` when there is none. */
  find(wanted: { name: string; projectId?: string; isExternal?: boolean }): Promise<Network | undefined> {
    return this.#dialects.findNamed(wanted.name, (name) =>
      oldest(this.list(name === undefined ? wanted : { ...wanted, name }), () => true),
    )
  }

  async create(network: NewNetwork): Promise<Network> {
    const { name, description, projectId, mtu, isUp, isShared, isExternal, isPortSecurityEnabled, provider } = network
    const create = async (firstName: string) => {
      const answer = await this.#neutron.post('/networks', {
        network: given({
          name: firstName,
          description,
          project_id: projectId,
          mtu,
          admin_state_up: isUp,
          shared: isShared,
          'router:external': isExternal,
          port_security_enabled: isPortSecurityEnabled,
          'provider:network_type': provider?.type,
          'provider:physical_network': provider?.physicalNetwork,
          'provider:segmentation_id': provider?.segmentationId,
        }),
      })
      return this.#neutron.read(answer, 'network', fromNeutron)
    }
    return this.#dialects.createNamed(name, create, (id) => this.update(id, { name }))
  }

  async update(id: string, changes: NetworkChanges): Promise<Network> {
    const { name, description, mtu, isUp, isShared, isPortSecurityEnabled } = changes
    const answer = await this.#neutron.put(path`/networks/${id}`, {
      network: given({
        name,
        description,
        mtu,
        admin_state_up: isUp,
        shared: isShared,
        port_security_enabled: isPortSecurityEnabled,
      }),
    })
    return this.#neutron.read(answer, 'network', fromNeutron)
  }

  /** With its subnets. Fails with `neutron.in_use` while it has ports other than Neutron's own. */
  async remove(id: string): Promise<void> {
    await this.#neutron.delete(path`/networks/${id}`)
  }
}
