import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { given, path, type Service } from '../service.ts'

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

export interface SecurityGroupRule extends RuleMatch {
  id: string
  groupId: string
  description: string
}

/** One name per protocol: Neutron keeps what was sent, so `6`, `TCP` and `tcp` may stand side by side. https://docs.openstack.org/api-ref/network/v2/#create-security-group-rule */
const protocolNames: Record<string, string> = {
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '58': 'ipv6-icmp',
  icmpv6: 'ipv6-icmp',
  icmp6: 'ipv6-icmp',
}

/**
 * The same match in one notation. Tungsten says `any`, ports 0 to 65535 and `0.0.0.0/0` or `::/0` where Neutron's own says null,
 * so rules are compared in this form only.
 */
export function normalizeRule<T extends RuleMatch>(rule: T): T {
  const protocol = rule.protocol?.toLowerCase()
  const isAnyPort = rule.portFrom === 0 && rule.portTo === 65_535
  const named =
    protocol === undefined || protocol === '' || protocol === 'any' ? undefined : (protocolNames[protocol] ?? protocol)
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

/** Normalised. */
export function fromNeutron(raw: unknown): SecurityGroupRule {
  const rule = fields('neutron', 'security group rule', raw)
  return normalizeRule({
    id: rule.text('id'),
    groupId: rule.text('security_group_id'),
    description: rule.maybeText('description') ?? '',
    direction: rule.text('direction') === 'egress' ? 'egress' : 'ingress',
    ipVersion: rule.maybeText('ethertype') === 'IPv6' ? 6 : 4,
    protocol: rule.filledText('protocol'),
    portFrom: rule.maybeNumber('port_range_min'),
    portTo: rule.maybeNumber('port_range_max'),
    remoteCidr: rule.filledText('remote_ip_prefix'),
    remoteGroupId: rule.filledText('remote_group_id'),
  })
}

export class SecurityGroupRules {
  readonly #neutron: Service

  constructor(neutron: Service) {
    this.#neutron = neutron
  }

  list(filter: { groupId?: string; projectId?: string; pageSize?: number } = {}): Listing<SecurityGroupRule> {
    return this.#neutron
      .list('/security-group-rules', 'security_group_rules', fromNeutron, {
        query: { security_group_id: filter.groupId, project_id: filter.projectId, limit: filter.pageSize },
      })
      .filter((rule) => filter.groupId === undefined || rule.groupId === filter.groupId)
  }

  /** The group's rule that lets the same through, in whatever notation it is kept. */
  find(groupId: string, match: RuleMatch): Promise<SecurityGroupRule | undefined> {
    return this.list({ groupId }).first((rule) => isSameRule(rule, match))
  }

  /** Rules have no update. Fails with `neutron.exists` when the group has the same one. */
  async create(groupId: string, rule: RuleMatch & { description?: string | undefined }): Promise<SecurityGroupRule> {
    const { direction, ipVersion, protocol, portFrom, portTo, remoteCidr, remoteGroupId } = normalizeRule(rule)
    const answer = await this.#neutron.post('/security-group-rules', {
      security_group_rule: given({
        security_group_id: groupId,
        direction,
        ethertype: ipVersion === 6 ? 'IPv6' : 'IPv4',
        protocol,
        port_range_min: portFrom,
        port_range_max: portTo,
        remote_ip_prefix: remoteCidr,
        remote_group_id: remoteGroupId,
        description: rule.description,
      }),
    })
    return this.#neutron.read(answer, 'security_group_rule', fromNeutron)
  }

  async remove(id: string): Promise<void> {
    await this.#neutron.delete(path`/security-group-rules/${id}`)
  }
}
