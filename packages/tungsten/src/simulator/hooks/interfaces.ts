import { parseAddress } from '../addresses.ts'
import { type Body, crash, type DraftReference } from '../objects.ts'
import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import type { World } from '../world.ts'
import type { Hooks } from './index.ts'

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/resources/virtual_machine_interface.py */
export const virtualMachineInterfaceHooks: Hooks = {
  beforeCreate(world, _context, body) {
    if (!('virtual_network_refs' in body)) throw crash("KeyError: 'virtual_network_refs'")
    const first = (body.virtual_network_refs as DraftReference[] | null)?.[0]
    if (!first) throw crash('IndexError: list index out of range')
    checkVlanTag(world, body)
    checkAddressPairs(body, undefined)
    const given = (body.virtual_machine_interface_mac_addresses as { mac_address?: string[] } | null | undefined)?.mac_address
    body.virtual_machine_interface_mac_addresses = {
      mac_address: given?.length ? given.map((mac) => mac.replaceAll('-', ':')) : [macOf(String(body.uuid))],
    }
    return undefined
  },

  /** Every port is also bound to the routing instance of its network. */
  afterCreate(world, _context, port) {
    const network = port.references.virtual_network_refs?.[0]
    const instance = network && world.store.children(network.uuid, 'routing-instance')[0]
    if (!instance) return
    const attr = {
      direction: 'both',
      vlan_tag: null,
      src_mac: null,
      dst_mac: null,
      mpls_label: null,
      service_chain_address: null,
      ipv6_service_chain_address: null,
      protocol: null,
    }
    world.store.change(port.uuid, (stored) => {
      stored.references.routing_instance_refs = [{ uuid: instance.uuid, attr }]
    })
  },

  beforeUpdate(world, _context, port, body) {
    const usedByMachine = ((body.virtual_machine_refs as unknown[] | null | undefined) ?? []).length > 0
    if (usedByMachine && world.store.referrers(port.uuid, 'logical-router').length > 0)
      throw new Refused(400, 'Logical router interface cannot be used by VM')
    if (usedByMachine && world.store.referrers(port.uuid, 'instance-ip').some((ip) => isGateway(world, ip)))
      throw new Refused(400, 'Gateway IP cannot be used by VM port')
    checkAddressPairs(body, port)
  },
}

/** `02:` and the first five bytes of the uuid. */
const macOf = (uuid: string): string => `02:${(uuid.replaceAll('-', '').slice(0, 10).match(/../g) ?? []).join(':')}`

function checkVlanTag(world: World, body: Body): void {
  const tag =
    (body.virtual_machine_interface_properties as { sub_interface_vlan_tag?: number } | null | undefined)
      ?.sub_interface_vlan_tag ?? 0
  if (tag < 0 || tag > 4094) throw new Refused(400, `Invalid sub-interface VLAN tag ID: ${tag}`)
  const primaryId = (body.virtual_machine_interface_refs as DraftReference[] | undefined)?.[0]?.uuid
  if (!tag || primaryId === undefined) return
  const primary = world.store.get(primaryId)
  if (tagOf(primary)) throw new Refused(400, "sub interface can't have another sub interface as it's primary port")
  const siblings = primary?.references.virtual_machine_interface_refs ?? []
  if (siblings.some(({ uuid }) => tagOf(world.store.get(uuid)) === tag))
    throw new Refused(400, "Two sub interfaces under same primary port can't have same Vlan tag")
}

const tagOf = (port: StoredObject | undefined): number | undefined =>
  (port?.properties.virtual_machine_interface_properties as { sub_interface_vlan_tag?: number } | undefined)
    ?.sub_interface_vlan_tag

function checkAddressPairs(body: Body, port: StoredObject | undefined): void {
  const field = 'virtual_machine_interface_allowed_address_pairs'
  if (!('port_security_enabled' in body) && !(field in body)) return
  const secured = (body.port_security_enabled ?? port?.properties.port_security_enabled ?? true) as boolean
  const pairs = (field in body ? body[field] : port?.properties[field]) as
    | { allowed_address_pair?: { ip?: { ip_prefix?: string } }[] }
    | null
    | undefined
  for (const pair of pairs?.allowed_address_pair ?? []) {
    const prefix = pair.ip?.ip_prefix ?? ''
    if (!parseAddress(prefix)) throw new Refused(400, `failed to detect a valid IP address from '${prefix}'`)
  }
  if (!secured && pairs?.allowed_address_pair?.length)
    throw new Refused(400, 'Allowed address pairs are not allowed when port security is disabled')
}

/** Whether an instance-ip has the gateway's address of its network. */
export function isGateway(world: World, ip: StoredObject): boolean {
  const network = world.store.get(ip.references.virtual_network_refs?.[0]?.uuid ?? '')
  return network !== undefined && isGatewayOf(network, ip.properties.instance_ip_address)
}

export const isGatewayOf = (network: StoredObject, address: unknown): boolean =>
  (network.references.network_ipam_refs ?? [])
    .flatMap((reference) => (reference.attr as { ipam_subnets?: { default_gateway?: string }[] } | null)?.ipam_subnets ?? [])
    .some((subnet) => subnet.default_gateway !== undefined && subnet.default_gateway === address)
