import { type IpamSubnet, rangeOf, subnetsOf } from '../address-book.ts'
import { cidrOf, formatAddress, parseCidr } from '../addresses.ts'
import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import { NeutronFailure } from './failure.ts'
import { change, type Filters, find, passes, projectIds, type Resource, type Session, withoutDashes } from './session.ts'

const defaultIpam = ['default-domain', 'default-project', 'default-network-ipam']

interface Located {
  network: StoredObject
  subnet: IpamSubnet
}

export function subnetView(session: Session, network: StoredObject, subnet: IpamSubnet): Resource {
  const range = rangeOf(subnet)
  const cidr = range ? cidrOf(range) : '0.0.0.0/0'
  const gateway = subnet.default_gateway === '0.0.0.0' || subnet.default_gateway === undefined ? null : subnet.default_gateway
  const servers = nameserversOf(subnet)
  return {
    id: subnet.subnet_uuid,
    name: subnet.subnet_name ?? '',
    tenant_id: withoutDashes(network.parent_uuid ?? ''),
    network_id: network.uuid,
    ip_version: range?.version ?? 4,
    cidr,
    allocation_pools: poolsOf(subnet, gateway),
    gateway_ip: gateway,
    enable_dhcp: subnet.enable_dhcp ?? null,
    ipv6_ra_mode: null,
    ipv6_address_mode: null,
    dns_nameservers: servers,
    host_routes: ((subnet.host_routes as { route?: { prefix: string; next_hop: string }[] } | null | undefined)?.route ?? []).map(
      (route) => ({
        destination: route.prefix,
        nexthop: route.next_hop,
      }),
    ),
    shared: network.properties.is_shared === true || network.perms2.share.length > 0,
    created_at: subnet.created ?? null,
    updated_at: subnet.last_modified ?? null,
    ...(servers.length === 0 ? { dns_server_address: subnet.dns_server_address } : {}),
    tags: subnetTags(session, String(subnet.subnet_uuid)),
  }
}

function nameserversOf(subnet: IpamSubnet): string[] {
  const options =
    (subnet.dhcp_option_list as { dhcp_option?: { dhcp_option_name: string; dhcp_option_value: string }[] } | null | undefined)
      ?.dhcp_option ?? []
  return options.filter((option) => option.dhcp_option_name === '6').flatMap((option) => option.dhcp_option_value.split(' '))
}

/** Without pools of its own a subnet shows everything between gateway and broadcast, although the resolver takes one more. */
function poolsOf(subnet: IpamSubnet, gateway: string | null): Resource[] {
  if (subnet.allocation_pools?.length) return subnet.allocation_pools.map(({ start, end }) => ({ start, end }))
  const range = rangeOf(subnet)
  if (!range) return [{ start: '0.0.0.0', end: '255.255.255.255' }]
  const first = gateway === formatAddress(range.version, range.first + 1n) ? range.first + 2n : range.first + 1n
  return [{ start: formatAddress(range.version, first), end: formatAddress(range.version, range.last - 1n) }]
}

const tagKey = 'subnet_to_neutron_tags'

export function subnetTags(session: Session, id: string): string[] {
  const known = JSON.parse(session.world.notes.get(tagKey) ?? '{}') as Record<string, string[]>
  return (known[id] ?? []).map((name) => name.split('=')[1] ?? name)
}

export function setSubnetTags(session: Session, id: string, tags: readonly string[]): void {
  const known = JSON.parse(session.world.notes.get(tagKey) ?? '{}') as Record<string, string[]>
  known[id] = tags.map((tag) => `neutron_tag=${tag}`)
  session.world.notes.set(tagKey, JSON.stringify(known))
}

export function locateSubnet(session: Session, id: unknown): Located | undefined {
  for (const network of session.world.store.ofType('virtual-network')) {
    const subnet = subnetsOf(network).find((one) => one.subnet_uuid === id)
    if (subnet) return { network, subnet }
  }
  return undefined
}

export function subnetOrFail(session: Session, id: unknown): Located {
  const located = locateSubnet(session, id)
  if (!located) throw new NeutronFailure('SubnetNotFound', { subnet_id: id })
  return located
}

export const readSubnet = (session: Session, id: unknown): Resource => {
  const { network, subnet } = subnetOrFail(session, id)
  return subnetView(session, network, subnet)
}

export function createSubnet(session: Session, wish: Resource): Resource {
  const network = find(session, 'virtual-network', wish.network_id)
  if (!network) throw new Refused(404, `Unknown id: ${wish.network_id}`)
  const subnet = subnetOf(session, wish)
  const cidr = cidrOf(rangeOf(subnet) as NonNullable<ReturnType<typeof rangeOf>>)
  const twin = subnetsOf(network).find((one) => {
    const range = rangeOf(one)
    return range !== undefined && cidrOf(range) === cidr
  })
  if (twin)
    throw new NeutronFailure('BadRequest', {
      resource: 'subnet',
      msg: `Cidr ${wish.cidr} overlaps with another subnet of subnet ${twin.subnet_uuid}`,
    })
  writeSubnets(session, network, ipamOf(session, network), (subnets) => [...subnets, subnet])
  if (Array.isArray(wish.tags)) setSubnetTags(session, String(subnet.subnet_uuid), wish.tags as string[])
  return readSubnet(session, subnet.subnet_uuid)
}

function subnetOf(session: Session, wish: Resource): IpamSubnet {
  const cidr = parseCidr(String(wish.cidr))
  if (!cidr) throw new NeutronFailure('BadRequest', { resource: 'subnet', msg: `invalid cidr ${wish.cidr}` })
  if (cidr.version !== Number(wish.ip_version))
    throw new NeutronFailure('InvalidInput', {
      error_message: `cidr '${wish.cidr}' does not match the ip_version '${wish.ip_version}'`,
    })
  const servers = (wish.dns_nameservers as string[] | null | undefined) ?? []
  const routes = (wish.host_routes as { destination: string; nexthop: string }[] | null | undefined) ?? []
  const now = session.world.store.now()
  // No gateway is written as 0.0.0.0; a gateway that is not named is the first address.
  const gateway =
    'gateway_ip' in wish ? ((wish.gateway_ip as string | null) ?? '0.0.0.0') : formatAddress(cidr.version, cidr.first + 1n)
  return {
    subnet: { ip_prefix: formatAddress(cidr.version, cidr.first), ip_prefix_len: cidr.prefixLength },
    subnet_uuid: String(wish.id ?? session.world.store.newUuid()),
    ...(wish.name === undefined || wish.name === null ? {} : { subnet_name: String(wish.name) }),
    default_gateway: gateway,
    ...(wish.allocation_pools ? { allocation_pools: wish.allocation_pools as { start: string; end: string }[] } : {}),
    ...(servers.length > 0 ? { dns_server_address: servers[0] as string } : {}),
    ...(wish.enable_dhcp === undefined ? {} : { enable_dhcp: wish.enable_dhcp as boolean }),
    addr_from_start: true,
    dhcp_option_list: servers.length > 0 ? optionsOf(servers) : null,
    host_routes: routes.length > 0 ? routesOf(routes) : null,
    created: now,
    last_modified: now,
  }
}

const optionsOf = (servers: readonly string[]) => ({
  dhcp_option: [{ dhcp_option_name: '6', dhcp_option_value: servers.join(' ') }],
})
const routesOf = (routes: readonly { destination: string; nexthop: string }[]) => ({
  route: routes.map(({ destination, nexthop }) => ({ prefix: destination, next_hop: nexthop })),
})

/** The project's own IPAM, if it has one of that name, else everybody's. */
function ipamOf(session: Session, network: StoredObject): string[] {
  const own = [...network.fq_name.slice(0, -1), 'default-network-ipam']
  return session.world.store.uuidOf('network-ipam', own) === undefined ? defaultIpam : own
}

function writeSubnets(
  session: Session,
  network: StoredObject,
  ipam: string[],
  change: (subnets: IpamSubnet[]) => IpamSubnet[],
): void {
  const { store } = session.world
  const ipamId = store.uuidOf('network-ipam', ipam)
  const present = network.references.network_ipam_refs ?? []
  const references = present.some(({ uuid }) => uuid === ipamId)
    ? present
    : [...present, { uuid: ipamId as string, attr: { ipam_subnets: [] } }]
  writeReferences(
    session,
    network,
    references.map(({ uuid, attr }) => {
      const subnets = (attr as { ipam_subnets?: IpamSubnet[] } | null)?.ipam_subnets ?? []
      return { uuid, subnets: uuid === ipamId ? change(structuredClone(subnets)) : structuredClone(subnets) }
    }),
  )
}

function writeReferences(session: Session, network: StoredObject, references: { uuid: string; subnets: IpamSubnet[] }[]): void {
  const { store } = session.world
  try {
    change(session, network, {
      network_ipam_refs: references.map(({ uuid, subnets }) => ({
        to: store.get(uuid)?.fq_name ?? [],
        uuid,
        attr: { ipam_subnets: subnets },
      })),
    })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (error.status === 409) throw new NeutronFailure('BadRequest', { resource: 'network', msg: error.message })
    if (error.status === 412) throw new NeutronFailure('OverQuota', { overs: ['subnet'], msg: error.message })
    throw error
  }
}

export function updateSubnet(session: Session, id: unknown, wish: Resource): Resource {
  if (wish.gateway_ip !== undefined && wish.gateway_ip !== null)
    throw new NeutronFailure('BadRequest', { resource: 'subnet', msg: 'update of gateway is not supported' })
  // OpenSDN has dropped the check, and ignores the pools.
  if (wish.allocation_pools && session.world.generation === 'tf')
    throw new NeutronFailure('BadRequest', { resource: 'subnet', msg: 'update of allocation_pools is not allowed' })
  const { network } = subnetOrFail(session, id)
  const servers = wish.dns_nameservers as string[] | null | undefined
  const routes = wish.host_routes as { destination: string; nexthop: string }[] | null | undefined
  editSubnet(session, network, id, (subnet) => ({
    ...subnet,
    ...(typeof wish.name === 'string' ? { subnet_name: wish.name } : {}),
    ...(typeof wish.enable_dhcp === 'boolean' ? { enable_dhcp: wish.enable_dhcp } : {}),
    ...(servers ? { dhcp_option_list: servers.length > 0 ? optionsOf(servers) : null } : {}),
    ...(routes ? { host_routes: routes.length > 0 ? routesOf(routes) : null } : {}),
    last_modified: session.world.store.now(),
  }))
  return readSubnet(session, id)
}

function editSubnet(
  session: Session,
  network: StoredObject,
  id: unknown,
  edit: (subnet: IpamSubnet) => IpamSubnet | undefined,
): void {
  const references = (network.references.network_ipam_refs ?? []).map(({ uuid, attr }) => ({
    uuid,
    subnets: structuredClone((attr as { ipam_subnets?: IpamSubnet[] } | null)?.ipam_subnets ?? []).flatMap(
      (subnet): IpamSubnet[] => {
        const kept = subnet.subnet_uuid === id ? edit(subnet) : subnet
        return kept ? [kept] : []
      },
    ),
  }))
  writeReferences(session, network, references)
}

export function deleteSubnet(session: Session, id: unknown): void {
  const { network } = subnetOrFail(session, id)
  try {
    editSubnet(session, network, id, () => undefined)
  } catch (error) {
    if (error instanceof NeutronFailure && error.exception === 'BadRequest')
      throw new NeutronFailure('SubnetInUse', { subnet_id: id })
    throw error
  }
}

export function listSubnets(session: Session, filters: Filters): Resource[] {
  const { store } = session.world
  const projects = projectIds(session, filters.id || filters.shared || filters['router:external'] ? {} : filters)
  const networks = store
    .ofType('virtual-network')
    .filter((network) =>
      filters.id ? true : !projects || projects.includes(network.parent_uuid ?? '') || network.properties.is_shared === true,
    )
    .filter((network) => passes(filters, 'router:external', network.properties.router_external === true))
    .filter((network) => passes(filters, 'shared', network.properties.is_shared === true))
  return networks
    .flatMap((network) => subnetsOf(network).map((subnet) => subnetView(session, network, subnet)))
    .filter((subnet) => ['id', 'tenant_id', 'network_id', 'name', 'cidr'].every((name) => passes(filters, name, subnet[name])))
}
