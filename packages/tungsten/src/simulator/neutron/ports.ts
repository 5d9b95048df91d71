import { type Body, createObject } from '../objects.ts'
import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import { NeutronFailure } from './failure.ts'
import { networkOrFail } from './networks.ts'
import { giveAddresses, hasFixedIp, refuseTakenAddresses, replaceAddresses } from './port-addresses.ts'
import { groupsOnCreate, groupsOnUpdate } from './port-groups.ts'
import { addressesOf, bindingsOf, type FixedIp, portOrMissing, portView, routerInterface } from './port-view.ts'
import {
  change,
  createNamed,
  type Filters,
  find,
  passes,
  projectIds,
  projectOf,
  type Resource,
  remove,
  type Session,
} from './session.ts'

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
