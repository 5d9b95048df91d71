import { afterAll, beforeAll, describe } from 'vitest'
import { computeContract } from './contract/compute.ts'
import { identityContract } from './contract/identity.ts'
import { imagesContract } from './contract/images.ts'
import { loadBalancersContract } from './contract/load-balancers.ts'
import { localServersContract } from './contract/local-servers.ts'
import { networkContract } from './contract/network.ts'
import { notificationsContract } from './contract/notifications.ts'
import { serversContract } from './contract/servers.ts'
import { type Target, World } from './contract/target.ts'
import { volumesContract } from './contract/volumes.ts'

/**
 * What a cloud must do for this client: one suite for the simulator and for a real OpenStack, with the same assertions.
 * With `amqpUrl` it also listens to what the cloud tells there. It makes customers of its own, small servers one at a time, and takes everything away again.
 */
export function contract(name: string, open: () => Promise<Target>, options: { amqpUrl?: string | undefined } = {}): void {
  describe(name, { timeout: 600_000 }, () => {
    let world: World
    beforeAll(async () => {
      world = new World(await open())
    })
    afterAll(() => world.tidyUp(), 600_000)
    const get = () => world
    identityContract(get)
    imagesContract(get)
    networkContract(get)
    volumesContract(get)
    computeContract(get)
    serversContract(get)
    localServersContract(get)
    loadBalancersContract(get)
    notificationsContract(get, options.amqpUrl)
  })
}
