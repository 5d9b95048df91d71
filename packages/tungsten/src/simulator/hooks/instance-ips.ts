import type { DraftReference } from '../objects.ts'
import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import type { World } from '../world.ts'
import type { Hooks } from './index.ts'
import { isGateway, isGatewayOf } from './interfaces.ts'

const versions: Record<string, 4 | 6 | undefined> = { v4: 4, v6: 6 }
/** Networks whose addresses the server does not look after. */
const unmanaged = new Set(['default-domain:default-project:ip-fabric', 'default-domain:default-project:__link_local__'])

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/resources/instance_ip.py */
export const instanceIpHooks: Hooks = {
  beforeCreate(world, _context, body) {
    const reference = (body.virtual_network_refs as DraftReference[] | null | undefined)?.[0]
    const network =
      reference && (reference.uuid ? world.store.get(reference.uuid) : world.store.byName('virtual-network', reference.to ?? []))
    if (!network || unmanaged.has(network.fq_name.join(':'))) return undefined
    const wish = body.instance_ip_address as string | undefined
    if (wish && isAllocated(world, network, wish)) {
      if (!isGatewayOf(network, wish)) throw new Refused(409, 'IP address already in use')
      if (portsOf(world, body).some(hasMachine)) throw new Refused(400, 'Gateway IP cannot be used by VM port')
    }
    const { address, subnetId } = world.addresses.allocate(
      network,
      {
        address: wish,
        subnetId: body.subnet_uuid as string | undefined,
        version: versions[String(body.instance_ip_family)],
      },
      400,
    )
    body.instance_ip_address = address
    body.subnet_uuid = subnetId
    return () => world.addresses.free(network.uuid, address)
  },

  beforeUpdate(world, _context, ip, body) {
    const wish = body.instance_ip_address
    if (wish && wish !== ip.properties.instance_ip_address) throw new Refused(400, 'Instance IP Address can not be changed')
    if (isGateway(world, ip) && portsOf(world, body).some(hasMachine))
      throw new Refused(400, 'Gateway IP cannot be used by VM port')
  },

  afterDelete(world, _context, ip) {
    const network = ip.references.virtual_network_refs?.[0]
    if (network) world.addresses.free(network.uuid, String(ip.properties.instance_ip_address))
  },
}

/** Taken, or kept for the gateway, the resolver, the network or the broadcast. */
function isAllocated(world: World, network: StoredObject, address: string): boolean {
  if (world.addresses.isTaken(network.uuid, address)) return true
  return (network.references.network_ipam_refs ?? [])
    .flatMap(
      (reference) =>
        (reference.attr as { ipam_subnets?: { default_gateway?: string; dns_server_address?: string }[] } | null)?.ipam_subnets ??
        [],
    )
    .some((subnet) => subnet.default_gateway === address || subnet.dns_server_address === address)
}

const portsOf = (world: World, body: Record<string, unknown>): StoredObject[] =>
  ((body.virtual_machine_interface_refs as DraftReference[] | null | undefined) ?? []).flatMap(
    (reference) =>
      (reference.uuid ? world.store.get(reference.uuid) : world.store.byName('virtual-machine-interface', reference.to ?? [])) ??
      [],
  )

const hasMachine = (port: StoredObject): boolean => (port.references.virtual_machine_refs ?? []).length > 0
