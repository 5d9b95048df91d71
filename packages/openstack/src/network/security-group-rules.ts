import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import { isSameRule, normalizeRule, type RuleMatch } from './rule-match.ts'

export interface SecurityGroupRule extends RuleMatch {
  id: string
  groupId: string
  description: string
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
