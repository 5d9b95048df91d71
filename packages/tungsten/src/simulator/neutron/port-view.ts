import type { StoredObject } from '../store.ts'
import { schemaOf } from '../schema.ts'
import { isNoRule } from './port-groups.ts'
import { descriptionOf, find, missing, nameOf, type Resource, type Session, tagsOf, timesOf, withoutDashes } from './session.ts'

export const routerInterface = 'network:router_interface'

export interface FixedIp {
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

export const addressesOf = (session: Session, port: StoredObject): StoredObject[] =>
  session.world.store.referrers(port.uuid, 'instance-ip').sort((a, b) => a.order - b.order)

export const bindingsOf = (port: StoredObject): { key: string; value: string }[] =>
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
