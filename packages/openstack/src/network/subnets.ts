import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import type { Dialects } from './dialect.ts'

export interface Subnet {
  id: string
  name: string
  description: string
  networkId: string
  projectId: string
  ipVersion: 4 | 6
  cidr: string
  gatewayIp: string | undefined
  isDhcpEnabled: boolean
  allocationPools: { start: string; end: string }[]
  dnsServers: string[]
  hostRoutes: { destination: string; nextHop: string }[]
  ipv6AddressMode: string | undefined
  ipv6RaMode: string | undefined
  tags: string[]
  createdAt: Date | undefined
  updatedAt: Date | undefined
}

export function fromNeutron(raw: unknown): Subnet {
  const subnet = fields('neutron', 'subnet', raw)
  return {
    id: subnet.text('id'),
    name: subnet.maybeText('name') ?? '',
    description: subnet.maybeText('description') ?? '',
    networkId: subnet.text('network_id'),
    projectId: subnet.maybeText('project_id') ?? subnet.text('tenant_id'),
    ipVersion: subnet.number('ip_version') === 6 ? 6 : 4,
    cidr: subnet.text('cidr'),
    gatewayIp: subnet.filledText('gateway_ip'),
    isDhcpEnabled: subnet.maybeFlag('enable_dhcp') ?? true,
    allocationPools: subnet.maybeList('allocation_pools', (item) => {
      const pool = fields('neutron', 'allocation pool', item)
      return { start: pool.text('start'), end: pool.text('end') }
    }),
    dnsServers: subnet.maybeTexts('dns_nameservers'),
    hostRoutes: subnet.maybeList('host_routes', (item) => {
      const route = fields('neutron', 'host route', item)
      return { destination: route.text('destination'), nextHop: route.text('nexthop') }
    }),
    ipv6AddressMode: subnet.filledText('ipv6_address_mode'),
    ipv6RaMode: subnet.filledText('ipv6_ra_mode'),
    tags: subnet.maybeTexts('tags'),
    createdAt: subnet.maybeDate('created_at'),
    updatedAt: subnet.maybeDate('updated_at'),
  }
}

export interface SubnetFilter {
  name?: string | undefined
  networkId?: string | undefined
  projectId?: string | undefined
  cidr?: string | undefined
  pageSize?: number | undefined
}

export interface NewSubnet {
  name: string
  networkId: string
  cidr: string
  /** 4 when absent. */
  ipVersion?: 4 | 6 | undefined
  description?: string | undefined
  projectId?: string | undefined
  /** `null` for none; the first address when absent. */
  gatewayIp?: string | null | undefined
  isDhcpEnabled?: boolean | undefined
  allocationPools?: { start: string; end: string }[] | undefined
  dnsServers?: string[] | undefined
  hostRoutes?: { destination: string; nextHop: string }[] | undefined
  ipv6AddressMode?: string | undefined
  ipv6RaMode?: string | undefined
}

export interface SubnetChanges {
  name?: string | undefined
  description?: string | undefined
  gatewayIp?: string | null | undefined
  isDhcpEnabled?: boolean | undefined
  allocationPools?: { start: string; end: string }[] | undefined
  dnsServers?: string[] | undefined
  hostRoutes?: { destination: string; nextHop: string }[] | undefined
}

const routesToNeutron = (routes: { destination: string; nextHop: string }[] | undefined) =>
  routes?.map(({ destination, nextHop }) => ({ destination, nexthop: nextHop }))

export class Subnets {
  readonly #neutron: Service
  readonly #dialects: Dialects

  constructor(neutron: Service, dialects: Dialects) {
    this.#neutron = neutron
    this.#dialects = dialects
  }

  list(filter: SubnetFilter = {}): Listing<Subnet> {
    const { name, networkId, projectId, cidr, pageSize } = filter
    return this.#neutron
      .list('/subnets', 'subnets', fromNeutron, {
        query: { name, network_id: networkId, project_id: projectId, cidr, limit: pageSize },
      })
      .filter(
        (subnet) =>
          (name === undefined || subnet.name === name) &&
          (networkId === undefined || subnet.networkId === networkId) &&
          (projectId === undefined || subnet.projectId === projectId) &&
          (cidr === undefined || subnet.cidr === cidr),
      )
  }

  async get(id: string): Promise<Subnet> {
    return this.#neutron.read(await this.#neutron.get(path`/subnets/${id}`), 'subnet', fromNeutron)
  }

  find(wanted: { name?: string; networkId?: string; cidr?: string; projectId?: string }): Promise<Subnet | undefined> {
    return this.#dialects.findNamed(wanted.name, (name) =>
      oldest(this.list(name === undefined ? wanted : { ...wanted, name }), () => true),
    )
  }

  async create(subnet: NewSubnet): Promise<Subnet> {
    const {
      name,
      networkId,
      cidr,
      ipVersion = 4,
      description,
      projectId,
      gatewayIp,
      isDhcpEnabled,
      allocationPools,
      dnsServers,
    } = subnet
    const create = async (firstName: string) => {
      const answer = await this.#neutron.post('/subnets', {
        subnet: given({
          name: firstName,
          network_id: networkId,
          cidr,
          ip_version: ipVersion,
          description,
          project_id: projectId,
          gateway_ip: gatewayIp,
          enable_dhcp: isDhcpEnabled,
          allocation_pools: allocationPools,
          dns_nameservers: dnsServers,
          host_routes: routesToNeutron(subnet.hostRoutes),
          ipv6_address_mode: subnet.ipv6AddressMode,
          ipv6_ra_mode: subnet.ipv6RaMode,
        }),
      })
      return this.#neutron.read(answer, 'subnet', fromNeutron)
    }
    return this.#dialects.createNamed(name, create, (id) => this.update(id, { name }))
  }

  /** Tungsten never changes a gateway, and older ones no allocation pools: it answers 400. */
  async update(id: string, changes: SubnetChanges): Promise<Subnet> {
    const { name, description, gatewayIp, isDhcpEnabled, allocationPools, dnsServers, hostRoutes } = changes
    const answer = await this.#neutron.put(path`/subnets/${id}`, {
      subnet: given({
        name,
        description,
        gateway_ip: gatewayIp,
        enable_dhcp: isDhcpEnabled,
        allocation_pools: allocationPools,
        dns_nameservers: dnsServers,
        host_routes: routesToNeutron(hostRoutes),
      }),
    })
    return this.#neutron.read(answer, 'subnet', fromNeutron)
  }

  async remove(id: string): Promise<void> {
    await this.#neutron.delete(path`/subnets/${id}`)
  }
}
