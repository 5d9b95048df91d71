import { cidrOf, parseNetwork } from '../addresses.ts'
import { limitOf, ruleCountOf, rulesOf } from '../quota.ts'
import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import type { World } from '../world.ts'
import type { Hooks } from './index.ts'

interface Address {
  subnet?: { ip_prefix: string; ip_prefix_len: number } | null
  security_group?: string | null
}
interface Rule {
  rule_uuid?: string
  protocol?: string
  ethertype?: string | null
  src_addresses?: Address[] | null
  dst_addresses?: Address[] | null
  action_list?: unknown
  created?: unknown
  last_modified?: unknown
}

const series = 'security-group'
const firstGroupNumber = 8_000_001

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/resources/security_group.py */
export const securityGroupHooks: Hooks = {
  beforeCreate(world, _context, body, parent) {
    checkRules(world, body.security_group_entries, false)
    if (body.security_group_id !== undefined && body.security_group_id !== null)
      throw new Refused(403, 'Cannot set the security group ID')
    checkRuleQuota(world, parent, rulesOf({ properties: body }).length)
    const configured = Number(body.configured_security_group_id ?? 0)
    if (configured > 0) {
      body.security_group_id = configured
      return undefined
    }
    const number = world.store.takeNumber(series, firstGroupNumber)
    body.security_group_id = number
    return () => world.store.freeNumber(series, number)
  },

  beforeUpdate(world, _context, group, body) {
    const number = body.security_group_id
    if (number !== undefined && number !== null && Number(number) !== group.properties.security_group_id)
      throw new Refused(403, 'Cannot update the security group ID')
    if ('configured_security_group_id' in body) {
      const configured = Number(body.configured_security_group_id ?? 0)
      body.security_group_id = configured > 0 ? configured : world.store.takeNumber(series, firstGroupNumber)
    }
    checkRules(world, body.security_group_entries, false)
    if (!('security_group_entries' in body)) return
    const parent = world.store.get(group.parent_uuid ?? '')
    checkRuleQuota(world, parent, rulesOf({ properties: body }).length - rulesOf(group).length)
  },

  afterDelete(world, _context, group) {
    const number = group.properties.security_group_id
    if (typeof number === 'number') world.store.freeNumber(series, number)
  },
}

export const networkPolicyHooks: Hooks = {
  beforeCreate(world, _context, body) {
    checkRules(world, body.network_policy_entries, true)
    return undefined
  },
  beforeUpdate(world, _context, _policy, body) {
    checkRules(world, body.network_policy_entries, true)
  },
}

export const routeTargetHooks: Hooks = {
  beforeCreate(_world, _context, body) {
    if (!/^target:(\d+[lL]?|[\d.]+):\d+$/.test(String((body.fq_name as string[]).at(-1))))
      throw new Refused(400, "Route target must be of the format 'target:<asn>:<number>' or 'target:<ip>:<number>'")
    return undefined
  },
}

function checkRuleQuota(world: World, project: StoredObject | undefined, added: number): void {
  const limit = limitOf(project, 'security_group_rule')
  if (project && limit >= 0 && added > 0 && ruleCountOf(world, project) + added > limit)
    throw new Refused(412, `security_group_entries: ${limit}`)
}

const protocols = new Set(
  'any ah dccp egp esp gre hopopt icmp icmp6 icmpv6 igmp ip ipip ipv6-encap ipv6-frag ipv6-icmp ipv6-nonxt ipv6-opts ipv6-route ospf pgm rsvp sctp tcp udp udplite vrrp'.split(
    ' ',
  ),
)
const ipv6Only = new Set([
  'icmp6',
  'icmpv6',
  'ipv6-encap',
  'ipv6-frag',
  'ipv6-icmp',
  'ipv6-nonxt',
  'ipv6-opts',
  'ipv6-route',
  '41',
  '43',
  '44',
  '58',
  '59',
  '60',
])

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/resources/_policy_base.py */
function checkRules(world: World, entries: unknown, isPolicy: boolean): void {
  const rules = (entries as { policy_rule?: Rule[] } | null | undefined)?.policy_rule ?? []
  const seen = new Map<string, Rule>()
  for (const rule of rules) {
    const { rule_uuid: _id, created: _created, last_modified: _modified, ...meaning } = rule
    const key = JSON.stringify(meaning)
    const twin = seen.get(key)
    if (twin) throw new Refused(409, `Rule already exists : ${twin.rule_uuid ?? 'None'}`)
    seen.set(key, rule)
  }
  for (const rule of rules) {
    rule.rule_uuid ||= world.store.newUuid()
    checkProtocol(rule)
    if (isPolicy) checkPolicyRule(rule)
    else checkGroupRule(rule)
  }
}

function checkProtocol(rule: Rule): void {
  const protocol = String(rule.protocol).toLowerCase()
  const isNumber = /^\d+$/.test(protocol)
  if (isNumber ? Number(protocol) > 255 : !protocols.has(protocol))
    throw new Refused(400, `Rule with invalid protocol : ${protocol}`)
  if (rule.ethertype === 'IPv4' && ipv6Only.has(protocol)) throw new Refused(400, `IPv4 rule with IPv6 protocol : ${protocol}`)
}

const addressesOf = (rule: Rule): Address[] => [...(rule.src_addresses ?? []), ...(rule.dst_addresses ?? [])]

function checkPolicyRule(rule: Rule): void {
  if (rule.action_list === undefined || rule.action_list === null) throw new Refused(400, 'Action is required')
  if (addressesOf(rule).some((address) => address.security_group !== undefined && address.security_group !== null))
    throw new Refused(400, 'Config Error: policy rule refering to security group is not allowed')
}

function checkGroupRule(rule: Rule): void {
  const { ethertype } = rule
  if (ethertype)
    for (const { subnet } of addressesOf(rule)) {
      if (!subnet) continue
      const network = parseNetwork(subnet.ip_prefix, subnet.ip_prefix_len)
      if (network && ethertype !== `IPv${network.version}`)
        throw new Refused(400, `Rule subnet ${cidrOf(network)} doesn't match ethertype ${ethertype}`)
    }
  if (!addressesOf(rule).some((address) => address.security_group === 'local'))
    throw new Refused(400, "At least one of source or destination addresses must be 'local'")
}
