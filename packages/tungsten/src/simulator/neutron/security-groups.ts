import { parseCidr } from '../addresses.ts'
import { createDefaultSecurityGroup } from '../hooks/projects.ts'
import { crash } from '../objects.ts'
import { rulesOf } from '../quota.ts'
import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import { NeutronFailure } from './failure.ts'
import {
  change,
  createNamed,
  type Filters,
  find,
  nameOf,
  passes,
  projectIds,
  projectOf,
  type Resource,
  remove,
  type Session,
  tagsOf,
  timesOf,
  withoutDashes,
} from './session.ts'

interface Address {
  subnet?: { ip_prefix: string; ip_prefix_len: number } | null
  security_group?: string | null
}
interface Rule {
  rule_uuid: string
  protocol: string
  ethertype?: string
  src_addresses: Address[]
  dst_addresses: Address[]
  dst_ports?: { start_port: number | null; end_port: number | null }[]
  created?: string | null
  last_modified?: string | null
  description?: string | null
}

export function groupView(session: Session, group: StoredObject): Resource {
  return {
    id: group.uuid,
    tenant_id: withoutDashes(group.parent_uuid ?? ''),
    name: nameOf(group),
    description: group.id_perms.description ?? '',
    security_group_rules: rulesIn(group).flatMap((rule) => ruleView(session, group, rule) ?? []),
    ...timesOf(group),
    ...tagsOf(session, group),
    fq_name: group.fq_name,
  }
}

const rulesIn = (group: StoredObject): Rule[] => rulesOf(group) as unknown as Rule[]

/** Nothing when the rule's other group is gone. What Neutron writes as null is here `any`, 0 to 65535 and the whole world. */
function ruleView(session: Session, group: StoredObject, rule: Rule): Resource | undefined {
  const [from, to] = [rule.src_addresses[0], rule.dst_addresses[0]]
  const isEgress = from?.security_group === 'local'
  const other = isEgress ? to : from
  const name = other?.security_group
  const remote =
    name && name !== 'any' && name !== 'local' ? (session.world.store.uuidOf('security-group', name.split(':')) ?? null) : null
  if (name && name !== 'any' && name !== 'local' && remote === null) return undefined
  const ports = rule.dst_ports?.[0]
  return {
    id: rule.rule_uuid,
    tenant_id: withoutDashes(group.parent_uuid ?? ''),
    security_group_id: group.uuid,
    ethertype: rule.ethertype ?? null,
    direction: isEgress ? 'egress' : 'ingress',
    protocol: rule.protocol,
    port_range_min: ports ? ports.start_port : 0,
    port_range_max: ports ? ports.end_port : 65535,
    remote_ip_prefix: other?.subnet ? `${other.subnet.ip_prefix}/${other.subnet.ip_prefix_len}` : null,
    remote_group_id: remote,
    created_at: rule.created ?? null,
    updated_at: rule.last_modified ?? null,
    description: rule.description ?? null,
  }
}

export async function createGroup(session: Session, wish: Resource): Promise<Resource> {
  const project = await projectOf(session, wish.tenant_id)
  if (wish.name === 'default') {
    await ensureDefaultGroup(session, wish.tenant_id)
    throw new NeutronFailure('SecurityGroupAlreadyExists')
  }
  const group = createNamed(session, 'security-group', {
    fq_name: [...project.fq_name, wish.name],
    parent_type: 'project',
    id_perms: { enable: true, description: wish.description ?? null },
    ...(wish.id ? { uuid: wish.id } : {}),
  })
  for (const ethertype of ['IPv4', 'IPv6']) addRule(session, group, ruleOf(session, { direction: 'egress', ethertype }))
  return groupView(session, group)
}

export async function ensureDefaultGroup(session: Session, tenantId: unknown): Promise<void> {
  const project = await projectOf(session, tenantId).catch(() => undefined)
  if (project && !session.world.store.uuidOf('security-group', [...project.fq_name, 'default']))
    createDefaultSecurityGroup(session.world, session.context, project)
}

const groupOrFail = (session: Session, id: unknown): StoredObject => {
  const group = find(session, 'security-group', id)
  if (!group) throw new NeutronFailure('SecurityGroupNotFound', { id })
  return group
}

export const readGroup = (session: Session, id: unknown): Resource => groupView(session, groupOrFail(session, id))

export function updateGroup(session: Session, id: unknown, wish: Resource): Resource {
  const group = groupOrFail(session, id)
  if (group.fq_name.at(-1) === 'default') throw new NeutronFailure('SecurityGroupCannotUpdateDefault')
  change(session, group, {
    ...(wish.name ? { display_name: wish.name } : {}),
    ...(wish.description === undefined ? {} : { id_perms: { description: wish.description } }),
  })
  return groupView(session, group)
}

export function deleteGroup(session: Session, id: unknown): void {
  const group = find(session, 'security-group', id)
  if (!group) return
  if (group.fq_name.at(-1) === 'default' && withoutDashes(group.parent_uuid ?? '') === session.tenantId)
    throw new NeutronFailure('SecurityGroupCannotRemoveDefault')
  if (session.world.generation === 'opensdn') takeFromPorts(session, group)
  try {
    remove(session, group)
  } catch (error) {
    if (error instanceof Refused && error.status === 409) throw new NeutronFailure('SecurityGroupInUse', { id })
    throw error
  }
}

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/vnc_openstack/vnc_openstack/neutron_plugin_db.py (`_detach_security_group_from_ports`) */
function takeFromPorts(session: Session, group: StoredObject): void {
  for (const port of session.world.store.referrers(group.uuid, 'virtual-machine-interface'))
    change(session, port, {
      security_group_refs: (port.references.security_group_refs ?? [])
        .filter(({ uuid }) => uuid !== group.uuid)
        .map(({ uuid }) => ({ uuid, to: session.world.store.get(uuid)?.fq_name })),
    })
}

export async function listGroups(session: Session, filters: Filters): Promise<Resource[]> {
  await ensureDefaultGroup(session, session.tenantId)
  return groupsFor(session, filters)
    .filter(
      (group) =>
        group.fq_name.at(-1) !== '__no_rule__' && passes(filters, 'name', nameOf(group)) && passes(filters, 'id', group.uuid),
    )
    .map((group) => groupView(session, group))
}

function groupsFor(session: Session, filters: Filters): StoredObject[] {
  const projects = projectIds(session, filters.id ? {} : filters)
  return session.world.store.ofType('security-group').filter((group) => !projects || projects.includes(group.parent_uuid ?? ''))
}

const anywhere: Record<string, string> = { IPv4: '0.0.0.0/0', IPv6: '::/0' }
const protocols = new Set(
  'any ah dccp egp esp gre icmp icmpv6 igmp ipip ipv6-encap ipv6-frag ipv6-icmp ipv6-nonxt ipv6-opts ipv6-route ospf pgm rsvp sctp tcp udp udplite vrrp'.split(
    ' ',
  ),
)

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/vnc_openstack/vnc_openstack/neutron_plugin_db.py (`_security_group_rule_neutron_to_vnc`) */
function ruleOf(session: Session, wish: Resource): Rule {
  if (wish.remote_ip_prefix && wish.remote_group_id) throw new NeutronFailure('SecurityGroupRemoteGroupAndRemoteIpPrefix')
  const ethertype = String(wish.ethertype || 'IPv4')
  const protocol = String(wish.protocol || 'any')
  if (/^\d+$/.test(protocol) ? Number(protocol) > 255 : !protocols.has(protocol))
    throw new NeutronFailure('SecurityGroupRuleInvalidProtocol', { protocol, values: [...protocols] })
  // TF fills in the ports of every protocol.
  const isIcmp = session.world.generation === 'opensdn' && ['icmp', '1', 'ipv6-icmp', 'icmpv6'].includes(protocol)
  const start_port = (wish.port_range_min ?? (isIcmp ? null : 0)) as number | null
  const end_port = (wish.port_range_max ?? (isIcmp ? null : 65535)) as number | null
  const other = otherSide(session, wish, ethertype)
  const itself: Address = { security_group: 'local' }
  const now = session.world.store.now()
  const isIngress = wish.direction === 'ingress'
  return {
    rule_uuid: String(wish.id ?? session.world.store.newUuid()),
    protocol,
    ethertype,
    src_addresses: [isIngress ? other : itself],
    dst_addresses: [isIngress ? itself : other],
    dst_ports: [{ start_port, end_port }],
    created: now,
    last_modified: now,
    description: String(wish.description ?? ''),
  }
}

function otherSide(session: Session, wish: Resource, ethertype: string): Address {
  if (wish.remote_group_id) return { security_group: groupOrFail(session, wish.remote_group_id).fq_name.join(':') }
  const cidr = String(wish.remote_ip_prefix || anywhere[ethertype])
  const network = parseCidr(cidr)
  if (network && ethertype !== `IPv${network.version}`)
    throw new NeutronFailure('SecurityGroupRuleParameterConflict', { ethertype, cidr })
  const [ip_prefix = '', length] = cidr.split('/')
  return { subnet: { ip_prefix, ip_prefix_len: Number(length ?? (network?.version === 6 ? 128 : 32)) } }
}

function addRule(session: Session, group: StoredObject, rule: Rule): void {
  const written = { ...rule, direction: '>', src_ports: [{ start_port: 0, end_port: 65535 }] }
  try {
    change(session, group, { security_group_entries: { policy_rule: [...structuredClone(rulesOf(group)), written] } })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (error.status === 400) throw new NeutronFailure('BadRequest', { resource: 'security_group_rule', msg: error.message })
    if (error.status === 412) throw new NeutronFailure('OverQuota', { overs: ['security_group_rule'], msg: error.message })
    if (error.status !== 409) throw error
    const id = error.message.split(':')[1]?.trim() ?? null
    throw new NeutronFailure('SecurityGroupRuleExists', { resource: 'security_group_rule', id, rule_id: id })
  }
}

export function createRule(session: Session, wish: Resource): Resource {
  checkPorts(session, wish)
  const rule = ruleOf(session, wish)
  const group = groupOrFail(session, wish.security_group_id)
  addRule(session, group, rule)
  return ruleView(session, group, rule) as Resource
}

/** The types and codes of ICMP travel as ports. TF compares one that is missing with a number and stumbles over it. */
function checkPorts(session: Session, wish: Resource): void {
  const [least, greatest] = [wish.port_range_min as number | null | undefined, wish.port_range_max as number | null | undefined]
  const nothing = (value: number | null | undefined): value is null | undefined => value === null || value === undefined
  if (nothing(least) && nothing(greatest)) return
  const protocol = wish.protocol as string | null | undefined
  if (!protocol) throw new NeutronFailure('SecurityGroupProtocolRequiredWithPorts')
  if (['tcp', 'udp', '6', '17'].includes(protocol) && (nothing(least) || nothing(greatest) || least > greatest))
    throw new NeutronFailure('SecurityGroupInvalidPortRange')
  if (!['icmp', '1'].includes(protocol)) return
  if (session.world.generation === 'tf' && (nothing(least) || nothing(greatest))) throw crash()
  if (nothing(least) && greatest) throw new NeutronFailure('SecurityGroupMissingIcmpType', { value: greatest })
  for (const [attr, field, value] of [
    ['port_range_min', 'type', least],
    ['port_range_max', 'code', greatest],
  ] as const)
    if (!nothing(value) && value > 255) throw new NeutronFailure('SecurityGroupInvalidIcmpValue', { field, attr, value })
}

function locateRule(session: Session, id: unknown): { group: StoredObject; rule: Rule } {
  for (const group of groupsFor(session, {})) {
    const rule = rulesIn(group).find((one) => one.rule_uuid === id)
    if (rule) return { group, rule }
  }
  throw new NeutronFailure('SecurityGroupRuleNotFound', { id })
}

export function readRule(session: Session, id: unknown): Resource {
  const { group, rule } = locateRule(session, id)
  return ruleView(session, group, rule) ?? {}
}

export function deleteRule(session: Session, id: unknown): void {
  const { group, rule } = locateRule(session, id)
  change(session, group, { security_group_entries: { policy_rule: rulesIn(group).filter((one) => one !== rule) } })
}

export const listRules = (session: Session, filters: Filters): Resource[] =>
  groupsFor(session, filters)
    .filter((group) => passes(filters, 'security_group_id', group.uuid))
    .flatMap((group) => rulesIn(group).map((rule) => ruleView(session, group, rule)))
    .filter((rule) => rule !== undefined)
