/** What a rule lets through. A member that is not given stands for "any". */
export interface RuleMatch {
  direction: 'ingress' | 'egress'
  ipVersion: 4 | 6
  /** `tcp`, `udp`, `icmp`, `ipv6-icmp`, … or an IP protocol number in decimal. */
  protocol?: string | undefined
  /** First and last port; for ICMP the type and the code. */
  portFrom?: number | undefined
  portTo?: number | undefined
  /** Of the other side. */
  remoteCidr?: string | undefined
  remoteGroupId?: string | undefined
}

/**
 * One name per protocol: Neutron keeps what was sent, so `6`, `TCP` and `tcp` may stand side by side.
 * https://docs.openstack.org/api-ref/network/v2/#create-security-group-rule
 */
const protocolNames = new Map([
  ['1', 'icmp'],
  ['6', 'tcp'],
  ['17', 'udp'],
  ['58', 'ipv6-icmp'],
  ['icmpv6', 'ipv6-icmp'],
  ['icmp6', 'ipv6-icmp'],
])

/**
 * The same match in one notation. Tungsten says `any`, ports 0 to 65535 and `0.0.0.0/0` or `::/0` where Neutron's own says null,
 * so rules are compared in this form only.
 */
export function normalizeRule<T extends RuleMatch>(rule: T): T {
  const protocol = rule.protocol?.toLowerCase()
  const isAnyPort = rule.portFrom === 0 && rule.portTo === 65_535
  const named =
    protocol === undefined || protocol === '' || protocol === 'any' ? undefined : (protocolNames.get(protocol) ?? protocol)
  return {
    ...rule,
    // ICMP of IPv6 has a protocol of its own, and Neutron takes plain "icmp" for it
    protocol: named === 'icmp' && rule.ipVersion === 6 ? 'ipv6-icmp' : named,
    portFrom: isAnyPort ? undefined : rule.portFrom,
    portTo: isAnyPort ? undefined : rule.portTo,
    remoteCidr:
      rule.remoteCidr === '0.0.0.0/0' || rule.remoteCidr === '::/0' || rule.remoteCidr === '' ? undefined : rule.remoteCidr,
    remoteGroupId: rule.remoteGroupId === '' ? undefined : rule.remoteGroupId,
  }
}

export function isSameRule(one: RuleMatch, other: RuleMatch): boolean {
  const a = normalizeRule(one)
  const b = normalizeRule(other)
  return (
    a.direction === b.direction &&
    a.ipVersion === b.ipVersion &&
    a.protocol === b.protocol &&
    a.portFrom === b.portFrom &&
    a.portTo === b.portTo &&
    a.remoteCidr === b.remoteCidr &&
    a.remoteGroupId === b.remoteGroupId
  )
}
