import { isIPv6 } from 'node:net'

/**
 * Where a request comes from, for counting: an IPv4 address, or the /64 of an IPv6 one, which is what one customer line has at least:
 * https://www.rfc-editor.org/rfc/rfc6177. An IPv4 address in IPv6 clothes is itself.
 */
export function placeOf(ip: string): string {
  const [address = ''] = ip.toLowerCase().split('%')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  if (mapped) return mapped
  if (!isIPv6(address)) return ip
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const behind = tail === undefined || tail === '' ? 0 : tail.split(':').length + (tail.includes('.') ? 1 : 0)
  const all =
    tail === undefined ? groups : [...groups, ...Array<string>(8 - groups.length - behind).fill('0'), ...tail.split(':')]
  const network = all.slice(0, 4).map((group) => Number.parseInt(group || '0', 16).toString(16))
  return `${network.join(':')}::/64`
}

export const isLoopback = (ip: string): boolean => /^(?:::ffff:)?127\./.test(ip) || ip === '::1'
