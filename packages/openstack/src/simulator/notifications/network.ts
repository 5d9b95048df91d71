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
  networkEvent(world, `${event}.start`, () => ({ [name]: asked }), context)
  networkEvent(world, `${event}.end`, () => ({ [name]: result() }), context)
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
  networkEvent(world, `${event}.end`, () => ({ [`${name}_id`]: id, [name]: last() }), context)
}
