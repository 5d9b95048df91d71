import type { Row } from '../table.ts'
import type { World } from '../world.ts'
import { formatAddress, selfAssigned } from './addresses.ts'
import { inConflict } from './answers.ts'
import type { Network } from './networks.ts'
import type { FixedIp, Port } from './ports.ts'
import { type Subnet, cidrOf, isSelfAssigned, poolsOf } from './subnets.ts'

/** An address that a port holds; its id is `subnet/address`. */
export interface Allocation extends Row {
  portId: string
}

const allocationId = (subnetId: string, ip: string): string => `${subnetId}/${ip}`

/** Gives the port this address. @throws Refusal 409 when another port has it. */
export function claim(world: World, port: Port, subnet: Subnet, ip: string): Port {
  const id = allocationId(subnet.id, ip)
  if (world.allocations.has(id))
    throw inConflict('IpAddressAlreadyAllocated', `IP address ${ip} already allocated in subnet ${subnet.id}`)
  world.allocations.insert({ id, portId: port.id })
  return world.ports.update(port.id, { fixedIps: [...port.fixedIps, { subnet_id: subnet.id, ip_address: ip }] })
}

/** A free address out of the subnet's pools: the first, or from a random place on, as Neutron chooses; undefined when none is left. */
function freeAddress(world: World, subnet: Subnet, how: 'any' | 'first'): string | undefined {
  for (const { start, end } of poolsOf(subnet)) {
    const size = end - start + 1n
    const offset = how === 'first' ? 0n : BigInt(Math.floor(world.random() * Number(size > 65_536n ? 65_536n : size)))
    for (let step = 0n; step < size; step++) {
      const ip = formatAddress({ version: subnet.ipVersion, value: start + ((offset + step) % size) })
      if (!world.allocations.has(allocationId(subnet.id, ip))) return ip
    }
  }
  return undefined
}

/** One more address of this subnet for the port; undefined when the subnet is full. */
export function addFixedIp(world: World, port: Port, subnet: Subnet, how: 'any' | 'first' = 'any'): Port | undefined {
  const ip = isSelfAssigned(subnet)
    ? formatAddress({ version: 6, value: selfAssigned(cidrOf(subnet), port.mac) })
    : freeAddress(world, subnet, how)
  return ip === undefined ? undefined : claim(world, port, subnet, ip)
}

/** An address of one subnet per family, and one of each subnet whose addresses cards make themselves. */
export function allocate(world: World, port: Port, network: Network): Port {
  const subnets = world.subnets.where('networkId', network.id)
  let current = port
  for (const version of [4, 6] as const) {
    const managed = subnets.filter((subnet) => subnet.ipVersion === version && !isSelfAssigned(subnet))
    if (managed.length === 0) continue
    const given = managed.reduce<Port | undefined>((found, subnet) => found ?? addFixedIp(world, current, subnet), undefined)
    if (!given) throw inConflict('IpAddressGenerationFailure', `No more IP addresses available on network ${network.id}.`)
    current = given
  }
  // Routers do not make addresses for themselves.
  if (!port.deviceOwner.startsWith('network:router'))
    for (const subnet of subnets.filter(isSelfAssigned)) current = addFixedIp(world, current, subnet) ?? current
  return current
}

export function removeFixedIps(world: World, port: Port, gone: (ip: FixedIp) => boolean): Port {
  const leaving = port.fixedIps.filter(gone)
  if (leaving.length === 0) return port
  for (const ip of leaving) world.allocations.remove(allocationId(ip.subnet_id, ip.ip_address))
  return world.ports.update(port.id, { fixedIps: port.fixedIps.filter((ip) => !gone(ip)) })
}
