import { routes } from '@straylight/api'
import { type AdjustableClock, notFound } from '@straylight/kit'
import { type Handler, handle } from '../foundation/handler.ts'

/**
 * Time travel, only where every neighbour is a simulator: the clock moves, and what is due by then is done: charges are posted
 * for each hour that has passed.
 */
export const demoRoutes = (options: { clock: AdjustableClock; isSimulated: boolean; runDue(): Promise<void> }): Handler[] => [
  handle(routes.demoAdvance, async ({ body }) => {
    if (!options.isSimulated)
      throw notFound('demo.not_simulated', 'Time moves by itself here.', {
        description: 'The clock can be moved only when every neighbour is simulated.',
      })
    options.clock.advance(body.seconds * 1000)
    await options.runDue()
    return { data: { result: { now: options.clock.now().toISOString() } } }
  }),
]
