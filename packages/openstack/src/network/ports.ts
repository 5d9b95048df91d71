import { fields } from '../decode.ts'
import { inBulks, type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import type { Dialects } from './dialect.ts'

export interface Port {
  id: string
  name: string
  description: string
  /** `ACTIVE`, `DOWN`, `BUILD`, `N/A`. With Tungsten it says only whether there is a device. */
  status: string
  isUp: boolean
  networkId: string
  projectId: string
  mac: string
  addresses: PortAddress[]
  securityGroupIds: string[]
  allowedAddressPairs: { address: string; mac: string | undefined }[]
  isPortSecurityEnabled: boolean
  /** A server's id, a router's, …; nothing while it is unused. */
  deviceId: string | undefined
  /** `compute:nova`, `network:dhcp`, `network:router_interface`, `network:floatingip`, … */
  deviceOwner: string | undefined
  /** For admins. */
  host: string | undefined
  vifType: string | undefined
  tags: string[]
  createdAt: Date | undefined
  updatedAt: Date | undefined
}

export interface PortAddress {
  subnetId: string
  address: string
}

export function fromNeutron(raw: unknown): Port {
  const port = fields('neutron', 'port', raw)
  return {
    id: port.text('id'),
    name: port.maybeText('name') ?? '',
    description: port.maybeText('description') ?? '',
    status: port.text('status'),
    isUp: port.maybeFlag('admin_state_up') ?? true,
    networkId: port.text('network_id'),
    projectId: port.maybeText('project_id') ?? port.text('tenant_id'),
    mac: port.text('mac_address'),
    addresses: port.maybeList('fixed_ips', (item) => {
      const fixed = fields('neutron', 'fixed address', item)
      return { subnetId: fixed.text('subnet_id'), address: fixed.text('ip_address') }
    }),
    securityGroupIds: port.maybeTexts('security_groups'),
    allowedAddressPairs: port.maybeList('allowed_address_pairs', (item) => {
      const pair = fields('neutron', 'address pair', item)
      return { address: pair.text('ip_address'), mac: pair.maybeText('mac_address') }
    }),
    isPortSecurityEnabled: port.maybeFlag('port_security_enabled') ?? true,
    deviceId: port.filledText('device_id'),
    deviceOwner: port.filledText('device_owner'),
    host: port.filledText('binding:host_id'),
    vifType: port.filledText('binding:vif_type'),
    tags: port.maybeTexts('tags'),
    createdAt: port.maybeDate('created_at'),
    updatedAt: port.maybeDate('updated_at'),
  }
}

export interface PortFilter {
  name?: string | undefined
  networkId?: string | undefined
  deviceId?: string | undefined
  deviceOwner?: string | undefined
  projectId?: string | undefined
  mac?: string | undefined
  status?: string | undefined
  /** Has this fixed address. */
  address?: string | undefined
  pageSize?: number | undefined
}

export interface NewPort {
  name: string
  networkId: string
  description?: string | undefined
  projectId?: string | undefined
  /** Neutron chooses when absent; `[]` for none. */
  addresses?: { subnetId?: string | undefined; address?: string | undefined }[] | undefined
  /** The project's `default` group when absent; `[]` for none. */
  securityGroupIds?: string[] | undefined
  mac?: string | undefined
  isPortSecurityEnabled?: boolean | undefined
  allowedAddressPairs?: { address: string; mac?: string | undefined }[] | undefined
  /** DHCP options, for example `{ name: 'mtu', value: '1400' }`. */
  dhcpOptions?: { name: string; value: string }[] | undefined
}

export interface PortChanges {
  name?: string | undefined
  description?: string | undefined
  isUp?: boolean | undefined
  /** Tungsten refuses to change them: plug another port. */
  addresses?: { subnetId?: string | undefined; address?: string | undefined }[] | undefined
  securityGroupIds?: string[] | undefined
  isPortSecurityEnabled?: boolean | undefined
  allowedAddressPairs?: { address: string; mac?: string | undefined }[] | undefined
  dhcpOptions?: { name: string; value: string }[] | undefined
}

function changesToNeutron(changes: PortChanges): Record<string, unknown> {
  const { name, description, isUp, addresses, securityGroupIds, isPortSecurityEnabled, allowedAddressPairs, dhcpOptions } =
    changes
  return given({
    name,
    description,
    admin_state_up: isUp,
    fixed_ips: addresses?.map(({ subnetId, address }) => given({ subnet_id: subnetId, ip_address: address })),
    security_groups: securityGroupIds,
    port_security_enabled: isPortSecurityEnabled,
    allowed_address_pairs: allowedAddressPairs?.map(({ address, mac }) => given({ ip_address: address, mac_address: mac })),
    extra_dhcp_opts: dhcpOptions?.map(({ name, value }) => ({ opt_name: name, opt_value: value })),
  })
}

export class Ports {
  readonly #neutron: Service
  readonly #dialects: Dialects

  constructor(neutron: Service, dialects: Dialects) {
    this.#neutron = neutron
    this.#dialects = dialects
  }

  list(filter: PortFilter = {}): Listing<Port> {
    const { name, networkId, deviceId, deviceOwner, projectId, mac, status, address, pageSize } = filter
    return this.#neutron
      .list('/ports', 'ports', fromNeutron, {
        query: {
          name,
          network_id: networkId,
          device_id: deviceId,
          device_owner: deviceOwner,
          project_id: projectId,
          mac_address: mac,
          status,
          fixed_ips: address === undefined ? undefined : `ip_address=${address}`,
          limit: pageSize,
        },
      })
      .filter(
        (port) =>
          (name === undefined || port.name === name) &&
          (networkId === undefined || port.networkId === networkId) &&
          (deviceId === undefined || port.deviceId === deviceId) &&
          (deviceOwner === undefined || port.deviceOwner === deviceOwner) &&
          (projectId === undefined || port.projectId === projectId) &&
          (mac === undefined || port.mac === mac) &&
          (status === undefined || port.status === status) &&
          (address === undefined || port.addresses.some((fixed) => fixed.address === address)),
      )
  }

  /** The ports of many servers, or many ports, in few calls. */
  listOf(many: { deviceIds: string[] } | { ids: string[] }): Listing<Port> {
    const [name, wanted] = 'ids' in many ? ['id', many.ids] : ['device_id', many.deviceIds]
    return inBulks(wanted, (some) => this.#neutron.list('/ports', 'ports', fromNeutron, { query: { [name]: some } }))
  }

  async get(id: string): Promise<Port> {
    return this.#neutron.read(await this.#neutron.get(path`/ports/${id}`), 'port', fromNeutron)
  }

  /** The oldest of that exact name. */
  find(wanted: { name: string; networkId?: string; projectId?: string }): Promise<Port | undefined> {
    return this.#dialects.findNamed(wanted.name, (name) =>
      oldest(this.list(name === undefined ? wanted : { ...wanted, name }), () => true),
    )
  }

  async create(port: NewPort): Promise<Port> {
    const create = async (firstName: string) => {
      const answer = await this.#neutron.post('/ports', {
        port: {
          ...changesToNeutron({ ...port, name: firstName }),
          ...given({ network_id: port.networkId, project_id: port.projectId, mac_address: port.mac }),
        },
      })
      return this.#neutron.read(answer, 'port', fromNeutron)
    }
    return this.#dialects.createNamed(port.name, create, (id) => this.update(id, { name: port.name }))
  }

  async update(id: string, changes: PortChanges): Promise<Port> {
    const answer = await this.#neutron.put(path`/ports/${id}`, { port: changesToNeutron(changes) })
    return this.#neutron.read(answer, 'port', fromNeutron)
  }

  async remove(id: string): Promise<void> {
    await this.#neutron.delete(path`/ports/${id}`)
  }
}
