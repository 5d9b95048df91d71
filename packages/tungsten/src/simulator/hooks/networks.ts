import { completeSubnet, type IpamSubnet, rangeOf, subnetsOf, wrongSubnet } from '../address-book.ts'
import { cidrOf, formatAddress, holds, type Network, overlap, parseAddress } from '../addresses.ts'
import { type Body, crash, createObject, type DraftReference, deleteObject } from '../objects.ts'
import { pformat, repr } from '../python.ts'
import { limitOf, sum } from '../quota.ts'
import { Refused } from '../refusal.ts'
import type { Sharing, StoredObject } from '../store.ts'
import type { Context, World } from '../world.ts'
import type { Hooks } from './index.ts'

const asServer = (context: Context): Context => ({ base: context.base, caller: undefined })
const series = 'virtual-network'

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/resources/virtual_network.py */
export const virtualNetworkHooks: Hooks = {
  beforeCreate(world, _context, body, parent) {
    shareNew(body)
    if (body.virtual_network_network_id !== undefined && body.virtual_network_network_id !== null)
      throw new Refused(403, 'Cannot set the virtual network ID')
    const number = world.store.takeNumber(series, 1)
    body.virtual_network_network_id = number
    const undo = () => world.store.freeNumber(series, number)
    try {
      prepareSubnets(world, body, parent, body.fq_name as string[], undefined)
      checkRouteTargets(body)
      checkProvider(body)
      for (const subnet of subnetsIn(body)) completeSubnet(world.store, subnet)
    } catch (error) {
      undo()
      throw error
    }
    return undo
  },

  afterCreate(world, context, network) {
    createObject(world, asServer(context), 'routing-instance', {
      fq_name: [...network.fq_name, network.fq_name.at(-1) as string],
      parent_type: 'virtual-network',
      routing_instance_is_default: true,
      routing_instance_fabric_snat: network.properties.fabric_snat === true,
    })
  },

  beforeUpdate(world, _context, network, body) {
    shareExisting(network, body)
    checkRouteTargets(body)
    const number = body.virtual_network_network_id
    if (number !== undefined && number !== null && number !== network.properties.virtual_network_network_id)
      throw new Refused(403, 'Cannot update the virtual network ID')
    if (!('network_ipam_refs' in body)) return
    const parent = network.parent_uuid ? world.store.get(network.parent_uuid) : undefined
    prepareSubnets(world, body, parent, network.fq_name, network)
    keepUsedSubnets(world, network, subnetsIn(body))
    keepGateways(network, subnetsIn(body))
    for (const subnet of subnetsIn(body)) completeSubnet(world.store, subnet)
  },

  beforeDeleteChecks(_world, _context, network) {
    const name = network.fq_name.join(':')
    if (name === 'default-domain:default-project:ip-fabric' || name === 'default-domain:default-project:__link_local__')
      throw new Refused(409, `Can not delete system created default virtual-network ${network.uuid}`)
  },

  beforeDelete(world, context, network) {
    for (const instance of world.store.children(network.uuid, 'routing-instance')) {
      for (const port of world.store.referrers(instance.uuid, 'virtual-machine-interface'))
        world.store.change(port.uuid, (stored) => {
          stored.references.routing_instance_refs = (stored.references.routing_instance_refs ?? []).filter(
            ({ uuid }) => uuid !== instance.uuid,
          )
        })
      deleteObject(world, asServer(context), 'routing-instance', instance.uuid)
    }
  },

  afterDelete(world, _context, network) {
    const number = network.properties.virtual_network_network_id
    if (typeof number === 'number') world.store.freeNumber(series, number)
  },
}

const everything = 7
const readAndLink = 5

/** A shared network is one with full global access, and the other way round. */
function shareNew(body: Body): void {
  const perms2 = body.perms2 as Sharing
  if (perms2.global_access === everything) body.is_shared = true
  else if (body.is_shared) perms2.global_access = everything
  else body.is_shared = false
}

function shareExisting(network: StoredObject, body: Body): void {
  const wanted = (body.perms2 as Partial<Sharing> | undefined)?.global_access
  const { is_shared: shared, router_external: external } = body
  if (wanted === undefined && shared === undefined && external === undefined) return
  if (wanted !== undefined && shared !== undefined && shared !== (wanted === everything) && !external)
    throw new Refused(400, `Inconsistent is_shared (${repr(shared)}) and global_access (${wanted})`)
  if (wanted !== undefined && external !== undefined) {
    if (external !== (wanted === readAndLink) && !shared)
      throw new Refused(400, `Inconsistent router_external (${repr(external)}) and global_access (${wanted})`)
  } else if (wanted !== undefined) body.is_shared = wanted !== 0
  else body.perms2 = { ...network.perms2, global_access: shared ? everything : external ? readAndLink : 0 }
}

const subnetsIn = (body: Body): IpamSubnet[] =>
  ((body.network_ipam_refs as DraftReference[] | null | undefined) ?? []).flatMap(
    (reference) => (reference.attr as { ipam_subnets?: IpamSubnet[] } | null)?.ipam_subnets ?? [],
  )

function prepareSubnets(
  world: World,
  body: Body,
  project: StoredObject | undefined,
  fqName: string[],
  existing: StoredObject | undefined,
): void {
  for (const reference of (body.network_ipam_refs as DraftReference[] | null | undefined) ?? []) {
    if (!reference.to) throw crash("KeyError: 'to'")
    const subnets = (reference.attr as { ipam_subnets?: IpamSubnet[] } | null)?.ipam_subnets ?? []
    const wrong = wrongSubnet(subnets)
    if (wrong) throw new Refused(409, wrong)
    for (const subnet of subnets) subnet.subnet_uuid ??= world.store.newUuid()
  }
  const limit = limitOf(project, 'subnet')
  const added = subnetsIn(body).length - (existing ? subnetsOf(existing).length : 0)
  if (project && limit >= 0 && added > 0 && subnetCountOf(world, project) >= limit)
    throw new Refused(412, `${pformat(fqName)} : ${limit}`)
  const ranges = subnetsIn(body).flatMap((subnet) => rangeOf(subnet) ?? [])
  for (const [index, range] of ranges.entries())
    for (const other of ranges.slice(index + 1))
      if (overlap(range, other)) throw new Refused(400, `Overlapping addresses: [${asNetaddr(range)}, ${asNetaddr(other)}]`)
}

export const subnetCountOf = (world: World, project: StoredObject): number =>
  sum(world.store.children(project.uuid, 'virtual-network').map((network) => subnetsOf(network).length))

const asNetaddr = (network: Network): string => `IPNetwork('${cidrOf(network)}')`

/** Addresses in use must stay inside the subnets; the two generations say it differently. */
function keepUsedSubnets(world: World, network: StoredObject, wanted: IpamSubnet[]): void {
  const ranges = wanted.flatMap((subnet) => rangeOf(subnet) ?? [])
  const stays = (text: string) => {
    const address = parseAddress(text)
    return address === undefined || ranges.some((range) => holds(range, address))
  }
  const refuse = (kind: string, address: string) => {
    throw new Refused(
      409,
      world.generation === 'tf'
        ? `Cannot Delete IP Block, ${kind}(${address}) is in use`
        : `Cannot update IP Block, ${kind}(${address}) is not in subnets (${repr(ranges.map(cidrOf))})`,
    )
  }
  for (const ip of world.store.referrers(network.uuid, 'instance-ip')) {
    const address = String(ip.properties.instance_ip_address ?? '')
    if (!stays(address)) refuse('IP', address)
  }
  for (const pool of world.store.children(network.uuid, 'floating-ip-pool'))
    for (const ip of world.store.children(pool.uuid, 'floating-ip')) {
      const address = String(ip.properties.floating_ip_address ?? '')
      if (!stays(address)) refuse('Floating IP', address)
    }
}

function keepGateways(network: StoredObject, wanted: IpamSubnet[]): void {
  for (const subnet of wanted) {
    const before = subnetsOf(network).find(
      (one) => one.subnet?.ip_prefix === subnet.subnet?.ip_prefix && one.subnet?.ip_prefix_len === subnet.subnet?.ip_prefix_len,
    )
    const range = rangeOf(subnet)
    if (!before || !range) continue
    const [was, now] = [before.default_gateway?.toLowerCase(), subnet.default_gateway?.toLowerCase()]
    const usual = formatAddress(range.version, before.addr_from_start ? range.first + 1n : range.last - 1n)
    if (was === now || (now === undefined ? was === usual : now === usual || now === 'none')) continue
    throw new Refused(400, `default gateway change is not allowed orig:${was ?? 'None'}, new: ${now ?? 'None'}`)
  }
}

const routeTargetLists = ['route_target_list', 'import_route_target_list', 'export_route_target_list']
const ourAsn = 64512
const reserved = { least: 8_000_000, greatest: 16_777_216 }

/** A malformed target breaks the server: its refusal is a pair of status and text, and Bottle cannot send that. */
export function checkRouteTargets(body: Body, lists: readonly string[] = routeTargetLists): void {
  for (const name of lists) {
    for (const target of (body[name] as { route_target?: unknown[] } | null | undefined)?.route_target ?? []) {
      const parts = /^target:(\d+[lL]?|[\d.]+):(\d+)$/.exec(String(target))
      if (!parts) throw crash("Unsupported response type: <class 'int'>")
      const value = Number(parts[2])
      if (Number(parts[1]) === ourAsn && value >= reserved.least && value <= reserved.greatest)
        throw new Refused(
          400,
          `Configured route target must use ASN that is different from global ASN or route target value must be less than ${reserved.least} and greater than ${reserved.greatest}`,
        )
    }
  }
}

function checkProvider(body: Body): void {
  const provider = body.provider_properties as { segmentation_id?: number; physical_network?: string } | null | undefined
  if (!provider || Object.keys(provider).length === 0) return
  if (provider.segmentation_id === undefined || provider.segmentation_id === null)
    throw new Refused(400, 'Segmenation ID must be configured to create')
  if (!provider.physical_network) throw new Refused(400, 'Physical Network must be configured to create')
}
