import type { World } from '../world.ts'
import type { NoticeContext } from './envelope.ts'

/** `port.create.start`, `router.interface.create`: Neutron's notifications carry the resource under its name. */
export function networkEvent(world: World, event: string, payload: () => unknown, context?: NoticeContext): void {
  world.notify('neutron', event, 'network.lab', payload, context ? { context } : {})
}

/** Start and end of a change: the start carries what was asked for, the end what came of it. */
export function networkChange(
  world: World,
  event: string,
  name: string,
  asked: unknown,
  result: () => unknown,
  context?: NoticeContext,
): void {
  const id = event.endsWith('.update') ? { id: (result() as { id: string }).id } : {}
  networkEvent(world, `${event}.start`, () => ({ [name]: asked, ...id }), context)
  networkEvent(world, `${event}.end`, () => ({ [name]: result() }), context)
}

/** What leaks out of Neutron's database when a thing is told for the last time. */
const internal: Record<string, Record<string, unknown>> = {
  network: { vlan_transparent: null, standard_attr_id: 1, is_default: null },
  port: { standard_attr_id: 1 },
}

export function networkDeletion(
  world: World,
  event: string,
  name: string,
  id: string,
  last: () => unknown,
  context?: NoticeContext,
): void {
  networkEvent(world, `${event}.start`, () => ({ [`${name}_id`]: id }), context)
  networkEvent(
    world,
    `${event}.end`,
    () => ({ [`${name}_id`]: id, [name]: { ...(last() as object), ...internal[name] } }),
    context,
  )
}
