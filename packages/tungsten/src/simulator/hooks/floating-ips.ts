import { subnetsOf } from '../address-book.ts'
import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import type { World } from '../world.ts'
import type { Hooks } from './index.ts'

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/resources/floating_ip.py */
export const floatingIpHooks: Hooks = pooled('floating_ip_address')
export const aliasIpHooks: Hooks = pooled('alias_ip_address')

/** Addresses that come out of a pool below a network. */
function pooled(property: string): Hooks {
  return {
    beforeCreate(world, _context, body, pool) {
      if (!pool || pool.type === 'instance-ip') return undefined
      const fqName = body.fq_name as string[]
      if (((body.project_refs as unknown[] | null | undefined) ?? []).length === 0) {
        const project = world.store.byName('project', fqName.slice(0, 2))
        body.project_refs = [{ to: fqName.slice(0, 2), ...(project ? { uuid: project.uuid } : {}), attr: null }]
      }
      const network = networkOf(world, pool)
      if (!network) return undefined
      const wish = body[property] as string | undefined
      if (wish && isAllocated(world, network, wish)) throw new Refused(409, 'IP address already in use')
      const version = wish === undefined ? undefined : wish.includes(':') ? 6 : 4
      const subnetIds = (pool.properties.floating_ip_pool_subnets as { subnet_uuid?: string[] } | undefined)?.subnet_uuid ?? []
      const { address } = allocateFrom(world, network, subnetIds, { address: wish, version })
      body[property] = address
      return () => world.addresses.free(network.uuid, address)
    },

    afterDelete(world, _context, ip) {
      const network = networkOf(world, world.store.get(ip.parent_uuid ?? ''))
      if (network) world.addresses.free(network.uuid, String(ip.properties[property]))
    },
  }
}

/** Every failure of an allocation is a 500 here, an exhausted pool too. */
function allocateFrom(
  world: World,
  network: StoredObject,
  subnetIds: string[],
  wish: { address: string | undefined; version: 4 | 6 | undefined },
) {
  if (subnetIds.length === 0) return world.addresses.allocate(network, wish, 500)
  for (const [index, subnetId] of subnetIds.entries()) {
    try {
      return world.addresses.allocate(network, { ...wish, subnetId }, 500)
    } catch (error) {
      if (index === subnetIds.length - 1) throw error
    }
  }
  throw new Refused(500, 'no subnet')
}

const networkOf = (world: World, pool: StoredObject | undefined): StoredObject | undefined =>
  pool?.parent_uuid === undefined ? undefined : world.store.get(pool.parent_uuid)

const isAllocated = (world: World, network: StoredObject, address: string): boolean =>
  world.addresses.isTaken(network.uuid, address) ||
  subnetsOf(network).some((subnet) => subnet.default_gateway === address || subnet.dns_server_address === address)

export const floatingIpPoolHooks: Hooks = {
  beforeCreate(_world, _context, body, network) {
    const wanted = (body.floating_ip_pool_subnets as { subnet_uuid?: string[] } | null | undefined)?.subnet_uuid ?? []
    for (const subnetId of wanted)
      if (!network || !subnetsOf(network).some((subnet) => subnet.subnet_uuid === subnetId))
        throw new Refused(400, `Subnet ${subnetId} was not found in virtual-network ${network?.uuid ?? ''}`)
    return undefined
  },
}
