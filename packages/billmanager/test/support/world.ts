import { type AdjustableClock, money, systemClock } from '@straylight/kit'
import { afterAll } from 'vitest'
import { type BillmanagerOptions, createBillmanager } from '../../src/index.ts'
import { type BillmanagerSimulatorOptions, startBillmanagerSimulator } from '../../src/simulator/index.ts'

/** A simulated panel on the machine's clock (which can be moved forward), a client of ours, and one customer. Closed when the file is done. */
export async function world(
  options: { simulator?: Partial<BillmanagerSimulatorOptions>; client?: Partial<BillmanagerOptions> } = {},
) {
  const clock = systemClock() as AdjustableClock
  const simulator = await startBillmanagerSimulator({ clock, ...options.simulator })
  afterAll(() => simulator.close())
  simulator.switches.set({ operationMs: 10 })
  const connect = (more: Partial<BillmanagerOptions> = {}) =>
    createBillmanager({
      url: simulator.url,
      credentials: { kind: 'session', ...simulator.credentials },
      clock,
      longRequest: { everyMs: 5, atMostMs: 2000 },
      ...options.client,
      ...more,
      settings: { readBack: { looks: 3, everyMs: 10 }, doubtMs: 60_000, ...options.client?.settings, ...more.settings },
    })
  const panel = connect()
  const made = await panel.customers.create({ email: 'ann@x.test', password: 'password-1', name: 'Ann', country: 'RU' })
  if (made.outcome !== 'confirmed') throw new Error(made.message)
  const customer = made.value
  const charge = { amount: money(1_000_000n, 'EUR'), text: 'hour', key: 'k-1' }
  const callsOf = (func: string) => simulator.calls().filter((call) => call.func === func)
  const sentOf = (func: string) => callsOf(func).filter((call) => call.params.sok === 'ok')
  const active = async (key: string) => {
    const opened = await panel.services.open(customer, { key, tariffId: '3' })
    if (opened.outcome !== 'confirmed') throw new Error(opened.message)
    await panel.services.settled(opened.value.id, { timeoutMs: 20_000, everyMs: 10 })
    return opened.value.id
  }
  return { clock, simulator, panel, connect, customer, charge, callsOf, sentOf, active }
}
