import { type Route, route } from '../router.ts'
import { type Call, type JsonObject, asNumber, asText } from '../call.ts'
import { uuid } from '../ids.ts'
import { contextOf } from '../notifications/envelope.ts'
import { networkChange, networkDeletion } from '../notifications/network.ts'
import type { Row } from '../table.ts'
import { seconds } from '../times.ts'
import type { World } from '../world.ts'
import { formatCidr, parseCidr } from './addresses.ts'
import { badRequest, collection, inConflict, missing, touched, wanted } from './answers.ts'
import { spend } from './quotas.ts'
import { type SecurityGroup, ownGroup } from './security-groups.ts'

export interface SecurityGroupRule extends Row {
  groupId: string
  projectId: string
  direction: 'ingress' | 'egress'
  ethertype: 'IPv4' | 'IPv6'
  protocol: string | null
  portMin: number | null
  portMax: number | null
  remoteCidr: string | null
  remoteGroupId: string | null
  description: string | null
  attributeId: number
  createdMs: number
}

export const routes: Route[] = [
  route('GET', '/v2.0/security-group-rules', listRules),
  route('POST', '/v2.0/security-group-rules', createRule),
  route('GET', '/v2.0/security-group-rules/:id', (call) => ({
    status: 200,
    body: { security_group_rule: ruleView(ownRule(call)) },
  })),
  route('DELETE', '/v2.0/security-group-rules/:id', deleteRule),
]

const protocols: Record<string, number> = {
  ah: 51,
  dccp: 33,
  egp: 8,
  esp: 50,
  gre: 47,
  hopopt: 0,
  icmp: 1,
  igmp: 2,
  ip: 0,
  ipip: 4,
  'ipv6-encap': 41,
  'ipv6-frag': 44,
  'ipv6-icmp': 58,
  icmpv6: 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  'ipv6-route': 43,
  ospf: 89,
  pgm: 113,
  rsvp: 46,
  sctp: 132,
  tcp: 6,
  udp: 17,
  udplite: 136,
  vrrp: 112,
}

const numberOf = (protocol: string | null): number | null =>
  protocol === null ? null : (protocols[protocol] ?? Number(protocol))

const withPorts = new Set([6, 17, 33, 132, 136])

const normalized = (cidr: string | null): string | null => {
  const parsed = cidr === null ? undefined : parseCidr(cidr)
  return parsed ? formatCidr(parsed) : null
}

const ruleView = (rule: SecurityGroupRule): JsonObject => ({
  id: rule.id,
  tenant_id: rule.projectId,
  security_group_id: rule.groupId,
  ethertype: rule.ethertype,
  direction: rule.direction,
  protocol: rule.protocol,
  port_range_min: rule.portMin,
  port_range_max: rule.portMax,
  remote_ip_prefix: rule.remoteCidr,
  remote_address_group_id: null,
  normalized_cidr: normalized(rule.remoteCidr),
  remote_group_id: rule.remoteGroupId,
  description: rule.description,
  created_at: seconds(rule.createdMs),
  updated_at: seconds(rule.createdMs),
  revision_number: 0,
  project_id: rule.projectId,
})

/** Inside its group a rule also tells its tags and a number of Neutron's database. */
export const ruleInGroup = (rule: SecurityGroupRule): JsonObject => ({
  ...ruleView(rule),
  standard_attr_id: rule.attributeId,
  tags: [],
})

export function insertRule(
  world: World,
  group: SecurityGroup,
  rule: Partial<SecurityGroupRule> & Pick<SecurityGroupRule, 'direction' | 'ethertype'>,
): SecurityGroupRule {
  return world.securityGroupRules.insert({
    id: uuid(),
    groupId: group.id,
    projectId: group.projectId,
    protocol: null,
    portMin: null,
    portMax: null,
    remoteCidr: null,
    remoteGroupId: null,
    description: null,
    attributeId: world.next('standard-attribute'),
    createdMs: world.nowMs,
    ...rule,
  })
}

function listRules(call: Call) {
  const { world, who } = call
  const seen = world.securityGroupRules.all().filter((rule) => who.isAdmin || rule.projectId === who.projectId)
  return collection(call, 'security_group_rules', seen.map(ruleView))
}

function ownRule(call: Call): SecurityGroupRule {
  const id = call.params.id ?? ''
  const rule = call.world.securityGroupRules.get(id)
  if (!rule || !(call.who.isAdmin || rule.projectId === call.who.projectId))
    throw missing('SecurityGroupRuleNotFound', `Security group rule ${id} does not exist`)
  return rule
}

const ruleAttributes = [
  'security_group_id',
  'direction',
  'ethertype',
  'protocol',
  'port_range_min',
  'port_range_max',
  'remote_ip_prefix',
  'remote_group_id',
  'remote_address_group_id',
  'description',
  'tenant_id',
  'project_id',
]

function createRule(call: Call) {
  const { world, who } = call
  const asked = wanted(call, 'security_group_rule', ruleAttributes, { required: ['security_group_id', 'direction'] })
  const direction = asText(asked.direction)
  if (direction !== 'ingress' && direction !== 'egress')
    throw badRequest('HTTPBadRequest', `Invalid input for direction. Reason: ${String(asked.direction)} is not in valid_values.`)
  const ethertype = { ipv4: 'IPv4', ipv6: 'IPv6' }[(asText(asked.ethertype) ?? 'IPv4').toLowerCase()] as
    | 'IPv4'
    | 'IPv6'
    | undefined
  if (!ethertype)
    throw badRequest(
      'SecurityGroupRuleInvalidEtherType',
      `Security group rule for ethertype '${String(asked.ethertype)}' not supported. Allowed values are ['IPv4', 'IPv6'].`,
    )
  const group = ownGroup(call, String(asked.security_group_id))
  const protocol = protocolOf(asked.protocol, ethertype)
  const portMin = asked.port_range_min === null ? null : (asNumber(asked.port_range_min) ?? null)
  const portMax = asked.port_range_max === null ? null : (asNumber(asked.port_range_max) ?? null)
  checkPorts(protocol, portMin, portMax)
  const remoteGroupId = asText(asked.remote_group_id) ?? null
  const prefix = asText(asked.remote_ip_prefix) ?? null
  if (remoteGroupId !== null && prefix !== null)
    throw badRequest(
      'SecurityGroupMultipleRemoteEntites',
      'Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.',
    )
  const remoteCidr = prefix === null ? null : checkedPrefix(prefix, ethertype)
  if (remoteGroupId !== null) ownGroup(call, remoteGroupId)
  const same = world.securityGroupRules
    .where('groupId', group.id)
    .find(
      (rule) =>
        rule.direction === direction &&
        rule.ethertype === ethertype &&
        numberOf(rule.protocol) === numberOf(protocol) &&
        rule.portMin === portMin &&
        rule.portMax === portMax &&
        rule.remoteGroupId === remoteGroupId &&
        normalized(rule.remoteCidr) === normalized(remoteCidr),
    )
  if (same) throw inConflict('SecurityGroupRuleExists', `Security group rule already exists. Rule id is ${same.id}.`)
  spend(call, group.projectId, 'security_group_rule')
  const rule = insertRule(world, group, {
    direction,
    ethertype,
    protocol,
    portMin,
    portMax,
    remoteCidr,
    remoteGroupId,
    description: asText(asked.description) ?? '',
  })
  world.securityGroups.update(group.id, touched(call, group))
  networkChange(
    world,
    'security_group_rule.create',
    'security_group_rule',
    asked,
    () => ruleView(rule),
    contextOf(who, call.requestId),
  )
  return { status: 201, body: { security_group_rule: ruleView(rule) } }
}

function protocolOf(value: unknown, ethertype: string): string | null {
  if (value === undefined || value === null) return null
  const name = String(value).toLowerCase()
  const isNumber = /^\d+$/.test(name) && Number(name) <= 255
  if (!isNumber && !(name in protocols))
    throw badRequest(
      'SecurityGroupRuleInvalidProtocol',
      `Security group rule protocol ${String(value)} not supported. Only protocol values [None, ${Object.keys(protocols)
        .map((each) => `'${each}'`)
        .join(', ')}] and integer representations [0 to 255] are supported.`,
    )
  const six = ['icmpv6', 'ipv6-icmp', 'ipv6-encap', 'ipv6-frag', 'ipv6-nonxt', 'ipv6-opts', 'ipv6-route'].includes(name)
  if (six && ethertype === 'IPv4')
    throw badRequest('SecurityGroupEthertypeConflictWithProtocol', `Invalid ethertype IPv4 for protocol ${name}.`)
  return name
}

function checkPorts(protocol: string | null, min: number | null, max: number | null): void {
  if (min === null && max === null) return
  if (protocol === null)
    throw badRequest('SecurityGroupProtocolRequiredWithPorts', 'Must also specify protocol if port range is given.')
  const number = numberOf(protocol) as number
  const limit = number === 1 || number === 58 ? 255 : 65_535
  for (const port of [min, max])
    if (port !== null && (port < 0 || port > limit))
      throw limit === 255
        ? badRequest(
            'SecurityGroupInvalidIcmpValue',
            `Invalid value for ICMP ${port === min ? 'type (port-range-min)' : 'code (port-range-max)'} ${port}. It must be 0 to 255.`,
          )
        : badRequest('SecurityGroupInvalidPortValue', `Invalid value for port ${port}`)
  if (limit === 255) {
    if (min === null)
      throw badRequest(
        'SecurityGroupMissingIcmpType',
        `ICMP code (port-range-max) ${max} is provided but ICMP type (port-range-min) is missing.`,
      )
    return
  }
  if (!withPorts.has(number))
    throw badRequest('SecurityGroupInvalidProtocolForPort', `Ports cannot be provided for protocol ${protocol}.`)
  if (min === null || max === null || min > max)
    throw badRequest('SecurityGroupInvalidPortRange', 'For TCP/UDP protocols, port_range_min must be <= port_range_max')
}

/** An address without a prefix becomes one with the longest; host bits are kept as they were written. */
function checkedPrefix(text: string, ethertype: string): string {
  const cidr = parseCidr(text)
  if (!cidr) throw badRequest('InvalidCIDR', `Invalid CIDR ${text} given as IP prefix.`)
  if ((cidr.version === 4) !== (ethertype === 'IPv4'))
    throw badRequest('SecurityGroupRuleParameterConflict', `Conflicting value ethertype ${ethertype} for CIDR ${text}`)
  return text.includes('/') ? text : formatCidr(cidr)
}

function deleteRule(call: Call) {
  const { world } = call
  const rule = ownRule(call)
  world.securityGroupRules.remove(rule.id)
  const group = world.securityGroups.get(rule.groupId)
  if (group) world.securityGroups.update(group.id, touched(call, group))
  networkDeletion(
    world,
    'security_group_rule.delete',
    'security_group_rule',
    rule.id,
    () => ruleView(rule),
    contextOf(call.who, call.requestId),
  )
  return { status: 204 }
}
