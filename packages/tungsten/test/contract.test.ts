import { env } from 'node:process'
import { AdjustableClock, systemClock } from '@straylight/kit'
import { keystoneAt, MemoryKeystone, startTungstenSimulator } from '../src/simulator/index.ts'
import { contract } from './contract.ts'

for (const generation of ['tf', 'opensdn'] as const)
  contract(`the simulator of ${generation}`, async () => {
    const clock = new AdjustableClock('flowing')
    const keystone = new MemoryKeystone(clock)
    keystone.addProject({ id: 'c'.repeat(32), name: 'admin' })
    const admin = keystone.issue('admin', 'c'.repeat(32), ['admin'])
    const simulator = await startTungstenSimulator({ clock, keystone, generation })
    return {
      configUrl: simulator.url,
      analyticsUrl: simulator.analyticsUrl,
      neutronUrl: simulator.neutronUrl,
      token: async () => admin,
      clock,
      close: () => simulator.close(),
    }
  })

const { TUNGSTEN_URL, TUNGSTEN_ANALYTICS_URL, TUNGSTEN_NEUTRON_URL, TUNGSTEN_AUTH_URL } = env
if (TUNGSTEN_URL)
  contract(`the real system at ${TUNGSTEN_URL}`, async () => {
    const account = {
      username: env.TUNGSTEN_USERNAME ?? 'admin',
      password: env.TUNGSTEN_PASSWORD ?? '',
      project: env.TUNGSTEN_PROJECT ?? 'admin',
    }
    const keystone = TUNGSTEN_AUTH_URL ? keystoneAt(TUNGSTEN_AUTH_URL, account) : undefined
    let token: Promise<string> | undefined
    return {
      configUrl: TUNGSTEN_URL,
      analyticsUrl: TUNGSTEN_ANALYTICS_URL ?? TUNGSTEN_URL.replace(/:8082$/, ':8081'),
      neutronUrl: TUNGSTEN_NEUTRON_URL,
      token: () => {
        token ??= keystone?.signIn() ?? Promise.resolve(env.TUNGSTEN_TOKEN ?? '')
        return token
      },
      clock: systemClock(),
    }
  })
