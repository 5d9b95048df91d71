import { env } from 'node:process'
import { startOpenstackSimulator } from '../src/simulator/index.ts'
import { startBroker } from './amqp/broker.ts'
import { contract } from './contract.ts'
import { HurriedClock } from './contract/hurried-clock.ts'
import { realTarget } from './contract/real.ts'
import type { Target } from './contract/target.ts'

const broker = await startBroker()

async function simulated(): Promise<Target> {
  const clock = new HurriedClock()
  const simulator = await startOpenstackSimulator({ clock: clock.inner, amqpUrl: broker.url })
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
    async close() {
      await simulator.close()
      await broker.close()
    },
  }
}

contract('the simulator', simulated, { amqpUrl: broker.url })

const { OPENSTACK_URL, OPENSTACK_AMQP_URL } = env
if (OPENSTACK_URL)
  contract(`the real OpenStack at ${OPENSTACK_URL}`, async () => realTarget(OPENSTACK_URL), { amqpUrl: OPENSTACK_AMQP_URL })
