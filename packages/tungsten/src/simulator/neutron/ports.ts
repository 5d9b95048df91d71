import { parseAddress } from '../addresses.ts'
import { type Body, createObject } from '../objects.ts'
import { Refused } from '../refusal.ts'
import { schemaOf } from '../schema.ts'
import type { StoredObject } from '../store.ts'
import { NeutronFailure, quoted } from './failure.ts'
import { networkOrFail } from './networks.ts'
import {
  change,
  createNamed,
  descriptionOf,
  type Filters,
  find,
  missing,
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

export const routerInterface = 'network:router_interface'
const noRuleGroup = ['default-domain', 'default-project', '__no_rule__']

interface FixedIp {
  ip_address?: string | null
  subnet_id?: string | null
}

const readFields = () => {
  const schema = schemaOf('virtual-machine-interface')
  return [
    ...Object.keys(schema.props),
    ...Object.keys(schema.refs),
    'logical_router_back_refs',
    'instance_ip_back_refs',
    'floating_ip_back_refs',
  ]
}

export const portOrMissing = (session: Session, id: unknown): StoredObject => {
  const port = find(session, 'virtual-machine-interface', id)
  if (!port) throw missing('virtual-machine-interface', String(id), readFields())
  return port
}

const addressesOf = (session: Session, port: StoredObject): StoredObject[] =>
  session.world.store.referrers(port.uuid, 'instance-ip').sort((a, b) => a.order - b.order)

const bindingsOf = (port: StoredObject): { key: string; value: string }[] =>
  (port.properties.virtual_machine_interface_bindings as { key_value_pair?: { key: string; value: string }[] } | undefined)
    ?.key_value_pair ?? []

function parsed(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/vnc_openstack/vnc_openstack/neutron_plugin_db.py (`_port_vnc_to_neutron`) */
export function portView(session: Session, port: StoredObject): Resource {
  const { store } = session.world
  const bindings: Resource = Object.fromEntries(bindingsOf(port).map(({ key, value }) => [`binding:${key}`, parsed(value)]))
  bindings['binding:vif_details'] ??= { port_filter: true }
  bindings['binding:vif_type'] ??= 'vrouter'
  bindings['binding:vnic_type'] ??= 'normal'
  if (!bindings['binding:host_id']) Object.assign(bindings, { 'binding:host_id': null, 'binding:vif_type': 'unbound' })
  const router = store.referrers(port.uuid, 'logical-router')[0]
  const machine = port.references.virtual_machine_refs?.[0]
  const device_id = router?.uuid ?? (machine ? (store.get(machine.uuid)?.fq_name.at(-1) ?? '') : '')
  const options = (
    port.properties.virtual_machine_interface_dhcp_option_list as
      | { dhcp_option?: { dhcp_option_name: string; dhcp_option_value: string }[] }
      | undefined
  )?.dhcp_option
  return {
    name: nameOf(port),
    id: port.uuid,
    tenant_id: withoutDashes(port.parent_uuid ?? ''),
    network_id: port.references.virtual_network_refs?.[0]?.uuid,
    mac_address:
      (port.properties.virtual_machine_interface_mac_addresses as { mac_address?: string[] } | undefined)?.mac_address?.[0] ?? '',
    ...bindings,
    ...(options?.length
      ? { extra_dhcp_opts: options.map((option) => ({ opt_value: option.dhcp_option_value, opt_name: option.dhcp_option_name })) }
      : {}),
    allowed_address_pairs: pairsOf(port),
    fixed_ips: addressesOf(session, port).map((ip) => ({
      ip_address: ip.properties.instance_ip_address,
      subnet_id: ip.properties.subnet_uuid,
    })),
    security_groups: (port.references.security_group_refs ?? [])
      .filter(({ uuid }) => !isNoRule(store.get(uuid)))
      .map(({ uuid }) => uuid),
    admin_state_up: port.id_perms.enable,
    device_id,
    device_owner: port.properties.virtual_machine_interface_device_owner ?? '',
    status: device_id === '' ? 'DOWN' : 'ACTIVE',
    ...tagsOf(session, port),
    fq_name: port.fq_name,
    port_security_enabled: port.properties.port_security_enabled ?? true,
    ...descriptionOf(port),
    ...timesOf(port),
  }
}

const isNoRule = (group: StoredObject | undefined): boolean => group?.fq_name.join(':') === noRuleGroup.join(':')

function pairsOf(port: StoredObject): Resource[] {
  const pairs = (
    port.properties.virtual_machine_interface_allowed_address_pairs as
      | { allowed_address_pair?: { mac: string; ip: { ip_prefix: string; ip_prefix_len: number } }[] }
      | undefined
  )?.allowed_address_pair
  return (pairs ?? []).map(({ mac, ip }) => {
    const isHost = ip.ip_prefix_len === (ip.ip_prefix.includes(':') ? 128 : 32)
    return { mac_address: mac, ip_address: isHost ? ip.ip_prefix : `${ip.ip_prefix}/${ip.ip_prefix_len}` }
  })
}

export async function createPort(session: Session, wish: Resource): Promise<Resource> {
  const network = networkOrFail(session, wish.network_id)
  const tenantId = session.isAdmin && wish.tenant_id ? wish.tenant_id : session.tenantId
  if (!session.isAdmin && wish.tenant_id && wish.tenant_id !== session.tenantId)
    throw new NeutronFailure('AdminRequired', { reason: 'Cannot create resource for another tenant' })
  if (wish.mac_address && macsOn(session, network).includes(String(wish.mac_address)))
    throw new NeutronFailure('MacAddressInUse', { net_id: network.uuid, mac: wish.mac_address })
  const project = await projectOf(session, wish.tenant_id ?? tenantId)
  const uuid = String(wish.id ?? session.world.store.newUuid())
  const secured = (wish.port_security_enabled ?? network.properties.port_security_enabled ?? true) as boolean
  refuseTakenAddresses(session, network, wish.fixed_ips as FixedIp[] | undefined, [])
  const port = createNamed(session, 'virtual-machine-interface', {
    fq_name: [...project.fq_name, wish.name || uuid],
    parent_type: 'project',
    uuid,
    virtual_network_refs: [{ to: network.fq_name, uuid: network.uuid }],
    ...(wish.mac_address ? { virtual_machine_interface_mac_addresses: { mac_address: [wish.mac_address] } } : {}),
    ...(wish.name ? { display_name: wish.name } : {}),
    ...deviceOf(session, wish),
    virtual_machine_interface_bindings: { key_value_pair: bindingPairs(wish) },
    port_security_enabled: secured,
    security_group_refs: groupsOnCreate(session, wish, project, secured, uuid),
    id_perms: {
      enable: wish.admin_state_up ?? true,
      ...(wish.description === undefined ? {} : { description: wish.description }),
    },
    ...optionsIn(wish),
    ...pairsIn(wish),
    perms2: { owner: String(tenantId), owner_access: 7, global_access: 0, share: [] },
  })
  giveAddresses(session, network, port, wish)
  return portView(session, port)
}

const macsOn = (session: Session, network: StoredObject): string[] =>
  session.world.store
    .referrers(network.uuid, 'virtual-machine-interface')
    .flatMap(
      (port) =>
        (port.properties.virtual_machine_interface_mac_addresses as { mac_address?: string[] } | undefined)?.mac_address ?? [],
    )

/** `binding:*` is kept as texts; what is no text, as JSON. */
const bindingPairs = (wish: Resource): { key: string; value: string }[] =>
  Object.entries(wish).flatMap(([name, value]) =>
    name.startsWith('binding:')
      ? [{ key: name.slice('binding:'.length), value: typeof value === 'string' ? value : JSON.stringify(value) }]
      : [],
  )

/** A device that is no router is a machine, made on the spot under its own id. */
function deviceOf(session: Session, wish: Resource): Body {
  const owner = wish.device_owner === undefined ? {} : { virtual_machine_interface_device_owner: wish.device_owner }
  if (wish.device_owner === routerInterface || wish.device_id === undefined) return owner
  const id = String(wish.device_id ?? '')
  if (id === '') return { ...owner, virtual_machine_refs: [] }
  const { world, context } = session
  const machine =
    world.store.byName('virtual-machine', [id]) ??
    createObject(world, context, 'virtual-machine', {
      fq_name: [id],
      ...(/^[0-9a-f]{8}-/.test(id) ? { uuid: id } : {}),
      server_type: 'virtual-server',
    })
  return { ...owner, virtual_machine_refs: [{ to: machine.fq_name, uuid: machine.uuid }] }
}

function groupReferences(session: Session, ids: readonly unknown[]): Body[] {
  return ids.map((id) => {
    const group = find(session, 'security-group', id)
    if (!group) throw new NeutronFailure('SecurityGroupNotFound', { id })
    return { to: group.fq_name, uuid: group.uuid }
  })
}

const noRuleReference = (session: Session): Body[] => {
  const group = session.world.store.byName('security-group', noRuleGroup)
  return group ? [{ to: group.fq_name, uuid: group.uuid }] : []
}

function groupsOnCreate(session: Session, wish: Resource, project: StoredObject, secured: boolean, portId: string): Body[] {
  const wanted = wish.security_groups as unknown[] | undefined
  if (wanted === undefined) return secured ? [{ to: [...project.fq_name, 'default'] }] : []
  if (!secured && wanted.length > 0) throw new NeutronFailure('PortSecurityPortHasSecurityGroup', { port_id: portId })
  return secured && wanted.length === 0 ? noRuleReference(session) : groupReferences(session, wanted)
}

function optionsIn(wish: Resource): Body {
  if (!('extra_dhcp_opts' in wish)) return {}
  const options = (wish.extra_dhcp_opts as { opt_name: string; opt_value: string }[] | null) ?? []
  const list = options.map(({ opt_name, opt_value }) => ({ dhcp_option_name: opt_name, dhcp_option_value: opt_value }))
  return { virtual_machine_interface_dhcp_option_list: list.length > 0 ? { dhcp_option: list } : null }
}

function pairsIn(wish: Resource): Body {
  if (!('allowed_address_pairs' in wish)) return {}
  const pairs = ((wish.allowed_address_pairs as { ip_address: string; mac_address?: string }[] | null) ?? []).map(
    ({ ip_address, mac_address = '' }) => {
      const [ip_prefix = '', length] = ip_address.split('/')
      const ip_prefix_len = length === undefined ? (ip_prefix.includes(':') ? 128 : 32) : Number(length)
      return { ip: { ip_prefix, ip_prefix_len }, mac: mac_address, address_mode: 'active-standby' }
    },
  )
  return { virtual_machine_interface_allowed_address_pairs: pairs.length > 0 ? { allowed_address_pair: pairs } : {} }
}

function refuseTakenAddresses(
  session: Session,
  network: StoredObject,
  wanted: FixedIp[] | null | undefined,
  own: unknown[],
  isUpdate = false,
): void {
  const taken = session.world.store.referrers(network.uuid, 'instance-ip').map((ip) => ip.properties.instance_ip_address)
  for (const { ip_address: address } of wanted ?? []) {
    if (!address || own.includes(address)) continue
    if (isUpdate) throw new NeutronFailure('BadRequest', { resource: 'port', msg: 'Fixed ip cannot be updated on a port' })
    if (taken.includes(address)) throw new NeutronFailure('IpAddressInUse', { net_id: network.uuid, ip_address: address })
  }
}

/** With `fixed_ips` exactly those; without, one of each family that the network has. */
function giveAddresses(session: Session, network: StoredObject, port: StoredObject, wish: Resource): void {
  const wanted = wish.fixed_ips as FixedIp[] | undefined
  const rollBack = () => {
    for (const ip of addressesOf(session, port)) remove(session, ip)
    remove(session, port)
  }
  if (wanted !== undefined) {
    try {
      for (const { ip_address, subnet_id } of wanted) addAddress(session, network, port, { ip_address, subnet_id })
    } catch (error) {
      rollBack()
      if (!(error instanceof Refused)) throw error
      if (error.status === 409) throw new NeutronFailure('Conflict', { message: error.message })
      if (error.status === 400) throw new NeutronFailure('BadRequest', { resource: 'port', msg: error.message })
      throw new NeutronFailure('IpAddressGenerationFailure', { net_id: network.uuid })
    }
    return
  }
  if ((network.references.network_ipam_refs ?? []).length === 0) return
  const problems: string[] = []
  for (const family of ['v4', 'v6']) {
    try {
      addAddress(session, network, port, { subnet_id: wish.subnet_id as string | undefined, family })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (error.status !== 400) {
        rollBack()
        throw new NeutronFailure('IpAddressGenerationFailure', { resource: 'port', msg: quoted(error) })
      }
      problems.push(error.message)
    }
  }
  if (problems.length < 2) return
  rollBack()
  throw new NeutronFailure('BadRequest', { resource: 'port', msg: problems.at(-1) })
}

function addAddress(
  session: Session,
  network: StoredObject,
  port: StoredObject,
  wish: { ip_address?: string | null | undefined; subnet_id?: string | null | undefined; family?: string },
): void {
  const { world, context } = session
  const uuid = world.store.newUuid()
  const version = wish.ip_address ? parseAddress(wish.ip_address)?.version : undefined
  createObject(world, context, 'instance-ip', {
    fq_name: [uuid],
    uuid,
    virtual_network_refs: [{ to: network.fq_name, uuid: network.uuid }],
    virtual_machine_interface_refs: [{ to: port.fq_name, uuid: port.uuid }],
    ...(wish.ip_address ? { instance_ip_address: wish.ip_address } : {}),
    ...(wish.subnet_id ? { subnet_uuid: wish.subnet_id } : {}),
    instance_ip_family: version === undefined ? wish.family : `v${version}`,
    perms2: { owner: withoutDashes(port.parent_uuid ?? ''), owner_access: 7, global_access: 0, share: [] },
  })
}

export function readPort(session: Session, id: unknown): Resource {
  const port = find(session, 'virtual-machine-interface', id)
  if (!port) throw new NeutronFailure('PortNotFound', { port_id: id })
  return portView(session, port)
}

export function updatePort(session: Session, id: unknown, wish: Resource): Resource {
  const port = portOrMissing(session, id)
  const network = find(session, 'virtual-network', port.references.virtual_network_refs?.[0]?.uuid) as StoredObject
  const own = addressesOf(session, port)
  const bindings = new Map(bindingsOf(port).map(({ key, value }) => [key, value]))
  for (const { key, value } of bindingPairs(wish)) bindings.set(key, value)
  const device = wish.device_owner === routerInterface ? {} : deviceOf(session, wish)
  const left = 'virtual_machine_refs' in device ? (port.references.virtual_machine_refs ?? []).map(({ uuid }) => uuid) : []
  refuseTakenAddresses(
    session,
    network,
    wish.fixed_ips as FixedIp[] | undefined,
    own.map((ip) => ip.properties.instance_ip_address),
    true,
  )
  try {
    change(session, port, {
      ...(wish.name ? { display_name: wish.name } : {}),
      ...device,
      virtual_machine_interface_bindings: { key_value_pair: [...bindings].map(([key, value]) => ({ key, value })) },
      ...groupsOnUpdate(session, port, wish),
      ...(wish.port_security_enabled === undefined ? {} : { port_security_enabled: wish.port_security_enabled }),
      id_perms: {
        ...(wish.admin_state_up === undefined ? {} : { enable: wish.admin_state_up }),
        ...(wish.description === undefined ? {} : { description: wish.description }),
      },
      ...optionsIn(wish),
      ...pairsIn(wish),
    })
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 400) throw error
    if (error.message === 'Allowed address pairs are not allowed when port security is disabled')
      throw new NeutronFailure('AddressPairAndPortSecurityRequired')
    throw new NeutronFailure('BadRequest', { resource: 'port', msg: error.message })
  }
  for (const machine of left) deleteMachineIfUnused(session, machine)
  // TF looks at the addresses that are wanted and does nothing about them.
  if (wish.fixed_ips && session.world.generation === 'opensdn')
    replaceAddresses(session, network, port, own, wish.fixed_ips as FixedIp[])
  return portView(session, port)
}

function replaceAddresses(
  session: Session,
  network: StoredObject,
  port: StoredObject,
  own: StoredObject[],
  wanted: FixedIp[],
): void {
  const kept = wanted.flatMap(({ ip_address }) => (ip_address ? [ip_address] : []))
  for (const { ip_address, subnet_id } of wanted) if (!ip_address) addAddress(session, network, port, { subnet_id })
  for (const ip of own) if (!kept.includes(String(ip.properties.instance_ip_address))) remove(session, ip)
}

function groupsOnUpdate(session: Session, port: StoredObject, wish: Resource): Body {
  const secured = (wish.port_security_enabled ?? port.properties.port_security_enabled ?? true) as boolean
  const wanted = wish.security_groups as unknown[] | undefined
  if (secured) {
    if (wanted === undefined) return {}
    return { security_group_refs: wanted.length === 0 ? noRuleReference(session) : groupReferences(session, wanted) }
  }
  if (wanted?.length) throw new NeutronFailure('PortSecurityAndIPRequiredForSecurityGroups', { port_id: port.uuid })
  const present = port.references.security_group_refs ?? []
  if (present.length === 0) return {}
  if (wanted || (present.length === 1 && isNoRule(session.world.store.get(present[0]?.uuid ?? ''))))
    return { security_group_refs: [] }
  throw new NeutronFailure('PortSecurityPortHasSecurityGroup', { port_id: port.uuid })
}

function deleteMachineIfUnused(session: Session, id: string): void {
  const machine = find(session, 'virtual-machine', id)
  if (!machine) return
  try {
    remove(session, machine)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
  }
}

export function deletePort(session: Session, id: unknown): void {
  const { store } = session.world
  const port = portOrMissing(session, id)
  const router = store.referrers(port.uuid, 'logical-router')[0]
  if (router)
    throw new NeutronFailure('PortInUse', {
      port_id: id,
      net_id: port.references.virtual_network_refs?.[0]?.uuid,
      device_id: router.fq_name.at(-1),
    })
  const machine = port.references.virtual_machine_refs?.[0]?.uuid
  for (const ip of addressesOf(session, port)) remove(session, ip)
  // Floating IPs stay allocated and are bound to nothing.
  for (const floating of store.referrers(port.uuid, 'floating-ip'))
    change(session, floating, { virtual_machine_interface_refs: [], floating_ip_fixed_ip_address: null })
  remove(session, port)
  if (machine) deleteMachineIfUnused(session, machine)
}

export function listPorts(session: Session, filters: Filters): Resource[] {
  const { store } = session.world
  if (filters.device_owner?.includes('network:dhcp')) return []
  const projects = projectIds(session, filters)
  const ids = filters.id as string[] | undefined
  const inProjects = (port: StoredObject) => !projects || projects.includes(port.parent_uuid ?? '')
  const among = (port: StoredObject) => !ids || ids.includes(port.uuid)
  let ports = store.ofType('virtual-machine-interface').filter((port) => inProjects(port) && among(port))
  if (filters.network_id)
    ports = ports.filter((port) => passes(filters, 'network_id', port.references.virtual_network_refs?.[0]?.uuid))
  return ports
    .map((port) => portView(session, port))
    .filter((port) => !filters.device_id || passes(filters, 'device_id', port.device_id))
    .filter((port) => ['name', 'device_owner', 'mac_address', 'status'].every((name) => passes(filters, name, port[name])))
    .filter((port) =>
      hasFixedIp(port.fixed_ips as FixedIp[], filters.fixed_ips as unknown as Record<string, unknown[]> | undefined),
    )
}

function hasFixedIp(fixedIps: FixedIp[], wanted: Record<string, unknown[]> | undefined): boolean {
  if (!wanted) return true
  return fixedIps.some(
    (ip) => (wanted.ip_address ?? []).includes(ip.ip_address) || (wanted.subnet_id ?? []).includes(ip.subnet_id),
  )
}
