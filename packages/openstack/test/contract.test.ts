import { env } from 'node:process'
import { startOpenstackSimulator } from '../src/simulator/index.ts'
import { contract } from './contract.ts'
import { HurriedClock } from './contract/hurried-clock.ts'
import { realTarget } from './contract/real.ts'

contract('the simulator', async () => {
  const clock = new HurriedClock()
  const simulator = await startOpenstackSimulator({ clock: clock.inner })
  return {
    authUrl: simulator.authUrl,
    credentials: simulator.credentials,
    clock,
    adminProject: { projectName: simulator.adminProject, domain: 'Default' },
    customersDomain: simulator.customersDomain,
    imageName: 'tiny-linux',
    flavorName: 't1.tiny',
    largerFlavorName: 's1.small',
    volumeType: 'standard',
    otherVolumeType: 'fast',
    externalNetwork: 'public',
    hear(inbox) {
      const stop = simulator.onNotification(({ exchange, body }) => void inbox.take(body, exchange, false))
      return { counts: inbox.counts, close: async () => stop() }
    },
    close: () => simulator.close(),
  }
})

const { OPENSTACK_URL, OPENSTACK_AMQP_URL } = env
if (OPENSTACK_URL)
  contract(`the real OpenStack at ${OPENSTACK_URL}`, async () => realTarget(OPENSTACK_URL), { amqpUrl: OPENSTACK_AMQP_URL })
