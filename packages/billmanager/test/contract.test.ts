import { systemClock } from '@straylight/kit'
import { afterAll, describe } from 'vitest'
import { startBillmanagerSimulator, type Switches } from '../src/simulator/index.ts'
import { holdToContract, type Target } from './support/contract.ts'

/** One suite decides whether the simulator tells the truth: it holds always, and against a real panel when BILLMANAGER_URL is set. */
function simulated(
  name: string,
  kind: 'session' | 'authinfo',
  switches: Partial<Switches>,
  currency: 'EUR' | 'RUB' = 'EUR',
): void {
  describe(name, () => {
    holdToContract(async (): Promise<Target> => {
      const clock = systemClock()
      const simulator = await startBillmanagerSimulator({ clock, currency })
      simulator.switches.set({ operationMs: 20, ...switches })
      afterAll(() => simulator.close())
      return {
        name,
        url: simulator.url,
        credentials: { kind, ...simulator.credentials },
        clock,
        tariffId: '3',
        datacenterId: '1',
        operationMs: 20_000,
        options: { settings: { currency, readBack: { looks: 20, everyMs: 25 } } },
      }
    })
  })
}

simulated('a simulated panel, by session', 'session', {})
simulated('one that refuses every parameter that it does not know', 'authinfo', { ignoreUnknownParams: false })
simulated(
  'one that writes otherwise: arrays, Russian, commas, no order ids',
  'session',
  { singleRowAsObject: false, localisedTexts: 'ru', moneyFormat: '12,30 €', dropOrderId: true },
  'RUB',
)
simulated('one that is slow to show what was written', 'authinfo', { visibilityDelayMs: 60 })

const { BILLMANAGER_URL: url, BILLMANAGER_USERNAME: username = '', BILLMANAGER_PASSWORD: password = '' } = process.env
if (url)
  describe(`the panel at ${new URL(url).host}`, () => {
    holdToContract(async () => ({
      name: url,
      url,
      credentials: { kind: process.env.BILLMANAGER_AUTHINFO ? 'authinfo' : 'session', username, password },
      clock: systemClock(),
      tariffId: process.env.BILLMANAGER_TARIFF ?? '3',
      datacenterId: process.env.BILLMANAGER_DATACENTER ?? '1',
      operationMs: 600_000,
      options: { settings: { itemtype: process.env.BILLMANAGER_ITEMTYPE ?? 'cloud', readBack: { looks: 20, everyMs: 500 } } },
    }))
  })
