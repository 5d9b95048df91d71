import type { EntityLog } from '@straylight/kit/simulator'
import { type Address, formatAddress, holds, type Network, parseAddress, parseNetwork } from './addresses.ts'
import { repr } from './python.ts'
import { Refused } from './refusal.ts'
import { undoAfterRehearsal } from './rehearsal.ts'
import type { ObjectStore, StoredObject } from './store.ts'

/** A subnet as it stands in the `attr` of a network's reference to an IPAM. */
export interface IpamSubnet {
  subnet?: { ip_prefix: string; ip_prefix_len: number }
  subnet_uuid?: string
  subnet_name?: string
  default_gateway?: string | null
  dns_server_address?: string | null
  allocation_pools?: { start: string; end: string }[]
  addr_from_start?: boolean
  enable_dhcp?: boolean
  dns_nameservers?: string[]
  dhcp_option_list?: unknown
  host_routes?: unknown
  [field: string]: unknown
}

export interface Allocation {
  address: string
  subnetId: string
}

/** Which addresses of which network are taken, by instance-ips, floating and alias IPs, and by reservations without an object. */
export class AddressBook {
  readonly #taken = new Map<string, Set<string>>()
  readonly #log: EntityLog

  constructor(log: EntityLog) {
    this.#log = log
  }

  clear(): void {
    for (const [networkId, addresses] of this.#taken)
      for (const address of addresses) this.#log.remove('address', `${networkId} ${address}`)
    this.#taken.clear()
  }

  restore(networkId: string, address: string): void {
    this.#of(networkId).add(address)
  }

  isTaken(networkId: string, address: string): boolean {
    return this.#of(networkId).has(address)
  }

  take(networkId: string, address: string): void {
    const taken = this.#of(networkId)
    const isNew = !taken.has(address)
    taken.add(address)
    if (undoAfterRehearsal(() => isNew && taken.delete(address))) return
    this.#log.put('address', `${networkId} ${address}`, { networkId, address })
  }

  free(networkId: string, address: string): void {
    const taken = this.#of(networkId)
    if (!taken.delete(address) || undoAfterRehearsal(() => taken.add(address))) return
    this.#log.remove('address', `${networkId} ${address}`)
  }

  /** How many addresses of a subnet are taken; the gateway and the resolver do not count. */
  count(networkId: string, subnet: IpamSubnet): number {
    const range = rangeOf(subnet)
    if (!range) return 0
    return [...this.#of(networkId)].filter((text) => {
      const address = parseAddress(text)
      return (
        address !== undefined && holds(range, address) && text !== subnet.default_gateway && text !== subnet.dns_server_address
      )
    }).length
  }

  /**
   * Takes an address of the network: the one that is asked for, or the next free one of the first subnet that has any.
   *
   * @param status of the refusal when there is none, which differs by who asks
   */
  allocate(
    network: StoredObject,
    wish: { address?: string | undefined; subnetId?: string | undefined; version?: 4 | 6 | undefined },
    status: number,
  ): Allocation {
    const tried: string[] = []
    for (const subnet of subnetsOf(network)) {
      const range = rangeOf(subnet)
      if (!range || (wish.subnetId !== undefined && wish.subnetId !== subnet.subnet_uuid)) continue
      if (wish.version !== undefined && wish.version !== range.version) continue
      const subnetId = subnet.subnet_uuid ?? ''
      const { address } = wish
      if (address !== undefined && (address === subnet.default_gateway || address === subnet.dns_server_address))
        return { address, subnetId }
      const asked = address === undefined ? undefined : parseAddress(address)
      if (address !== undefined && (!asked || !holds(range, asked))) continue
      tried.push(`${subnet.subnet?.ip_prefix}/${subnet.subnet?.ip_prefix_len}`)
      if (address !== undefined) {
        this.take(network.uuid, address)
        return { address, subnetId }
      }
      const free = this.#nextFree(network.uuid, subnet, range)
      if (free === undefined) continue
      this.take(network.uuid, free)
      return { address: free, subnetId }
    }
    // Without a wish the server tries the flat IPAMs last, and it is their empty list that it names.
    const named = wish.address === undefined && wish.subnetId === undefined ? [] : tried
    throw new Refused(status, `Virtual-Network(${repr(network.fq_name)}) has exhausted subnet(${repr(named)})`)
  }

  #nextFree(networkId: string, subnet: IpamSubnet, range: Network): string | undefined {
    const taken = this.#of(networkId)
    for (const [start, end] of poolsOf(subnet, range)) {
      const step = subnet.addr_from_start ? 1n : -1n
      for (let value = subnet.addr_from_start ? start : end; value >= start && value <= end; value += step) {
        const text = formatAddress(range.version, value)
        if (value === range.first || value === range.last || taken.has(text)) continue
        if (text === subnet.default_gateway || text === subnet.dns_server_address) continue
        return text
      }
    }
    return undefined
  }

  #of(networkId: string): Set<string> {
    let taken = this.#taken.get(networkId)
    if (!taken) {
      taken = new Set()
      this.#taken.set(networkId, taken)
    }
    return taken
  }
}

export const rangeOf = (subnet: IpamSubnet): Network | undefined =>
  subnet.subnet ? parseNetwork(subnet.subnet.ip_prefix, subnet.subnet.ip_prefix_len) : undefined

/** The pools in the order in which addresses are taken from them. */
function poolsOf(subnet: IpamSubnet, range: Network): [start: bigint, end: bigint][] {
  const pools = (subnet.allocation_pools ?? []).flatMap(({ start, end }): [bigint, bigint][] => {
    const [from, to] = [parseAddress(start), parseAddress(end)]
    return from && to ? [[from.value, to.value]] : []
  })
  if (pools.length === 0) return [[range.first, range.last - 1n]]
  return pools.sort((a, b) => (subnet.addr_from_start ? Number(a[0] - b[0]) : Number(b[0] - a[0])))
}

export const subnetsOf = (network: Pick<StoredObject, 'references'>): IpamSubnet[] =>
  (network.references.network_ipam_refs ?? []).flatMap(
    (reference) => (reference.attr as { ipam_subnets?: IpamSubnet[] } | null)?.ipam_subnets ?? [],
  )

/** Gives a new subnet what the client left out: its id, gateway and resolver, at the end where addresses are taken from. */
export function completeSubnet(store: ObjectStore, subnet: IpamSubnet): void {
  subnet.subnet_uuid ??= store.newUuid()
  const range = rangeOf(subnet)
  if (!range) return
  const at = (offset: bigint) => formatAddress(range.version, subnet.addr_from_start ? range.first + offset : range.last - offset)
  if (!subnet.default_gateway || subnet.default_gateway === 'None') subnet.default_gateway = at(1n)
  if (!subnet.dns_server_address || subnet.dns_server_address === 'None') subnet.dns_server_address = at(2n)
}

/** What is wrong with the subnets of one IPAM reference, in the server's words, or nothing. */
export function wrongSubnet(subnets: readonly IpamSubnet[]): string | undefined {
  for (const subnet of subnets) {
    const range = rangeOf(subnet)
    if (!range || !subnet.subnet) continue
    const name = `${subnet.subnet.ip_prefix}/${subnet.subnet.ip_prefix_len}`
    for (const pool of subnet.allocation_pools ?? []) {
      const [start, end] = [parseAddress(pool.start), parseAddress(pool.end)]
      if (!start || !end || end.value < start.value)
        return `Invalid allocation Pool start:${pool.start}, end:${pool.end} in subnet:${name}`
      if (!holds(range, start) || !holds(range, end))
        return `allocation pool start:${pool.start}, end:${pool.end} out of cidr:${name}`
    }
    const gateway = subnet.default_gateway
    if (gateway && gateway !== 'None') {
      const address = parseAddress(gateway)
      if (!address) return `Invalid gateway Ip address:${gateway}`
      if (address.value !== 0n && !isHost(range, address)) return `gateway Ip ${gateway} out of cidr: ${name}`
    }
    const resolver = subnet.dns_server_address
    if (resolver && resolver !== 'None' && !parseAddress(resolver)) return `Invalid Dns Server Ip address:${resolver}`
  }
  return undefined
}

const isHost = (range: Network, address: Address): boolean =>
  holds(range, address) && address.value > range.first && address.value < range.last
