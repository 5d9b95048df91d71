import { isIPv4, isIPv6 } from 'node:net'

/** An address as a number, with its family. */
export interface Address {
  version: 4 | 6
  value: bigint
}

export interface Cidr {
  version: 4 | 6
  /** The first address; host bits are zero. */
  base: bigint
  prefix: number
}

export interface Range {
  start: bigint
  end: bigint
}

const bits = (version: 4 | 6): number => (version === 4 ? 32 : 128)

export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { version: 4, value: text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) }
  if (!isIPv6(text) || text.includes('%')) return undefined
  const [head = '', tail] = text.split('::')
  const groups = (part: string): string[] =>
    part === '' ? [] : part.split(':').flatMap((group) => (isIPv4(group) ? quad(group) : [group]))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return { version: 6, value: all.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n) }
}

function quad(text: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)]
}

/** `10.0.0.1` or the short form of IPv6: the longest run of zeros becomes `::`. */
export function formatAddress({ version, value }: Address): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 65535n).toString(16))
  let best = { start: -1, length: 1 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (groups[start + length] === '0') length++
    if (length > best.length) best = { start, length }
  }
  if (best.start < 0) return groups.join(':')
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`
}

/** `10.0.0.5/24` is 10.0.0.0/24; without a prefix it is one address. */
export function parseCidr(text: string): Cidr | undefined {
  const [host = '', length, more] = text.split('/')
  const address = parseAddress(host)
  if (!address || more !== undefined) return undefined
  const size = bits(address.version)
  const prefix = length === undefined ? size : /^\d+$/.test(length) ? Number(length) : -1
  if (prefix < 0 || prefix > size) return undefined
  const hostBits = BigInt(size - prefix)
  return { version: address.version, base: (address.value >> hostBits) << hostBits, prefix }
}

export const formatCidr = ({ version, base, prefix }: Cidr): string => `${formatAddress({ version, value: base })}/${prefix}`

export const lastAddress = ({ version, base, prefix }: Cidr): bigint => base + (1n << BigInt(bits(version) - prefix)) - 1n

export const contains = (cidr: Cidr, address: Address): boolean =>
  cidr.version === address.version && address.value >= cidr.base && address.value <= lastAddress(cidr)

export const overlap = (a: Cidr, b: Cidr): boolean =>
  a.version === b.version && a.base <= lastAddress(b) && b.base <= lastAddress(a)

/** The pools of a subnet that names none: all but network, broadcast (IPv4) and gateway. */
export function defaultPools(cidr: Cidr, gateway: bigint | undefined): Range[] {
  // Neutron gives out every address of a /31 and /32.
  const small = cidr.version === 4 && cidr.prefix >= 31
  const first = small ? cidr.base : cidr.base + 1n
  const last = cidr.version === 6 || small ? lastAddress(cidr) : lastAddress(cidr) - 1n
  if (gateway === undefined || gateway < first || gateway > last) return [{ start: first, end: last }]
  return [
    { start: first, end: gateway - 1n },
    { start: gateway + 1n, end: last },
  ].filter((range) => range.start <= range.end)
}

/** The address that a card makes for itself out of its MAC (EUI-64): SLAAC. */
export function selfAssigned(cidr: Cidr, mac: string): bigint {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16))
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes
  const id = [a ^ 2, b, c, 0xff, 0xfe, d, e, f].reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  return cidr.base | id
}
