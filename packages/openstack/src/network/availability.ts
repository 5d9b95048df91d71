import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { path, type Service } from '../service.ts'

/** How many addresses of a network are taken. Extension `network-ip-availability`; not with Tungsten. */
export interface IpAvailability {
  networkId: string
  networkName: string
  projectId: string
  total: number
  used: number
  subnets: { subnetId: string; cidr: string; ipVersion: number; total: number; used: number }[]
}

export function fromNeutron(raw: unknown): IpAvailability {
  const network = fields('neutron', 'IP availability', raw)
  return {
    networkId: network.text('network_id'),
    networkName: network.maybeText('network_name') ?? '',
    projectId: network.maybeText('project_id') ?? network.text('tenant_id'),
    total: network.number('total_ips'),
    used: network.number('used_ips'),
    subnets: network.maybeList('subnet_ip_availability', (item) => {
      const subnet = fields('neutron', 'subnet IP availability', item)
      return {
        subnetId: subnet.text('subnet_id'),
        cidr: subnet.text('cidr'),
        ipVersion: subnet.number('ip_version'),
        total: subnet.number('total_ips'),
        used: subnet.number('used_ips'),
      }
    }),
  }
}

export interface NetworkAvailabilityZone {
  name: string
  /** `network` or `router`. */
  resource: string
  isAvailable: boolean
}

export function zoneFromNeutron(raw: unknown): NetworkAvailabilityZone {
  const zone = fields('neutron', 'availability zone', raw)
  return { name: zone.text('name'), resource: zone.text('resource'), isAvailable: zone.text('state') === 'available' }
}

export class NetworkAvailability {
  readonly #neutron: Service

  constructor(neutron: Service) {
    this.#neutron = neutron
  }

  /** For admins. */
  addresses(filter: { networkName?: string; ipVersion?: 4 | 6 } = {}): Listing<IpAvailability> {
    return this.#neutron.list('/network-ip-availabilities', 'network_ip_availabilities', fromNeutron, {
      query: { network_name: filter.networkName, ip_version: filter.ipVersion },
    })
  }

  /** For admins. */
  async addressesOf(networkId: string): Promise<IpAvailability> {
    const answer = await this.#neutron.get(path`/network-ip-availabilities/${networkId}`)
    return this.#neutron.read(answer, 'network_ip_availability', fromNeutron)
  }

  zones(): Listing<NetworkAvailabilityZone> {
    return this.#neutron.list('/availability_zones', 'availability_zones', zoneFromNeutron)
  }
}
