import type { Body, DraftReference } from '../objects.ts'
import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import type { World } from '../world.ts'
import type { Hooks } from './index.ts'
import { checkRouteTargets } from './networks.ts'

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/resources/logical_router.py */
export const logicalRouterHooks: Hooks = {
  beforeCreate(world, _context, body) {
    check(world, body, undefined)
    return undefined
  },
  beforeUpdate(world, _context, router, body) {
    check(world, body, router)
    const type = body.logical_router_type
    if (type && type !== (router.properties.logical_router_type ?? 'snat-routing'))
      throw new Refused(400, 'Cannot update logical_router_type for a Logical Router')
  },
}

function check(world: World, body: Body, router: StoredObject | undefined): void {
  const find = (field: string, type: string): StoredObject[] =>
    field in body
      ? ((body[field] as DraftReference[] | null) ?? []).flatMap(
          (one) => (one.uuid ? world.store.get(one.uuid) : world.store.byName(type, one.to ?? [])) ?? [],
        )
      : (router?.references[field] ?? []).flatMap(({ uuid }) => world.store.get(uuid) ?? [])
  const ports = find('virtual_machine_interface_refs', 'virtual-machine-interface')
  const gateways = find('virtual_network_refs', 'virtual-network')
  const inner = ports.map((port) => port.references.virtual_network_refs?.[0]?.uuid)
  for (const gateway of gateways)
    if (inner.includes(gateway.uuid))
      throw new Refused(400, `Logical router interface and gateway cannot be inVN(${gateway.uuid})`)
  for (const port of ports)
    if (port.parent_type === 'virtual-machine' || port.references.virtual_machine_refs?.length)
      throw new Refused(409, `Port(${port.uuid}) already in use by virtual-machine(${port.parent_uuid})`)
  checkRouteTargets(body, ['configured_route_target_list'])
}
