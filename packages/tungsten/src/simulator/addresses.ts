/** IPv4 and IPv6 arithmetic on bigints, as netaddr does it for the server. */
export interface Address {
  version: 4 | 6
  value: bigint
}

export interface Network {
  version: 4 | 6
  first: bigint
  last: bigint
  prefixLength: number
}

export function parseAddress(text: string): Address | undefined {
  const v4 = parseV4(text)
  if (v4 !== undefined) return { version: 4, value: v4 }
  const v6 = parseV6(text)
  return v6 === undefined ? undefined : { version: 6, value: v6 }
}

export function parseNetwork(prefix: string, prefixLength: number): Network | undefined {
  const address = parseAddress(prefix)
  if (!address) return undefined
  const bits = address.version === 4 ? 32 : 128
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > bits) return undefined
  const size = 1n << BigInt(bits - prefixLength)
  const first = address.value - (address.value % size)
  return { version: address.version, first, last: first + size - 1n, prefixLength }
}

/** A network out of `10.0.0.0/24`. */
export function parseCidr(cidr: string): Network | undefined {
  const [prefix = '', length = ''] = cidr.split('/')
  return /^\d{1,3}$/.test(length) ? parseNetwork(prefix, Number(length)) : undefined
}

export const holds = (network: Network, address: Address): boolean =>
  network.version === address.version && network.first <= address.value && address.value <= network.last

export const overlap = (a: Network, b: Network): boolean => a.version === b.version && a.first <= b.last && b.first <= a.last

export const cidrOf = (network: Network): string => `${formatAddress(network.version, network.first)}/${network.prefixLength}`

export function formatAddress(version: 4 | 6, value: bigint): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16))
  return compressed(groups)
}

/** The longest run of zero groups becomes `::`. */
function compressed(groups: string[]): string {
  let best = { start: -1, length: 1 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && groups[start + length] === '0') length++
    if (length > best.length) best = { start, length }
  }
  if (best.start < 0) return groups.join(':')
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined
  return parts.reduce((value, part) => value * 256n + BigInt(part), 0n)
}

function parseV6(text: string): bigint | undefined {
  if (!text.includes(':')) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groupsOf = (half: string) => (half === '' ? [] : half.split(':'))
  const head = groupsOf(halves[0] ?? '')
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '') : []
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array.from({ length: Math.max(missing, 0) }, () => '0'), ...tail]
  if (groups.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  return groups.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n)
}
