import { afterAll, beforeAll, describe } from 'vitest'
import { addressesContract } from './contract/addresses.ts'
import { analyticsContract } from './contract/analytics.ts'
import { listsContract } from './contract/lists.ts'
import { objectsContract } from './contract/objects.ts'
import { feedContract } from './contract/feed.ts'
import { neutronContract } from './contract/neutron.ts'
import { type Target, World } from './contract/target.ts'

/**
 * What a Tungsten Fabric or an OpenSDN must do for this client: one suite for the simulator and for a real system, with the same assertions.
 * Everything is made in a project of its own and taken away again.
 */
export function contract(name: string, open: () => Promise<Target>): void {
  describe(name, { timeout: 120_000 }, () => {
    let world: World
    beforeAll(async () => {
      world = await World.open(await open())
    }, 120_000)
    afterAll(() => world.tidyUp(), 120_000)
    const get = () => world
    objectsContract(get)
    addressesContract(get)
    listsContract(get)
    feedContract(get)
    analyticsContract(get)
    neutronContract(get)
  })
}
