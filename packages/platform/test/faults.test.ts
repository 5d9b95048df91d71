import type { Fault } from '@straylight/kit/simulator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type KindOfCall, kindsOfCalls, scenarios } from './harness.ts'

let harness: Awaited<ReturnType<typeof createHarness>>
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

type Weather = Omit<Fault, 'match'>

/** What a call may meet. The times are on the world's clock: our client gives up long before. */
const forReads: Record<string, Weather> = {
  '503 of a proxy': { effect: 'html' },
  'cut off': { effect: 'drop-before' },
}
const forWrites: Record<string, Weather> = {
  ...forReads,
  '500': { effect: 'status', status: 500 },
  'Galera not ready': { effect: 'wsrep' },
  '409': { effect: 'status', status: 409 },
  '429': { effect: 'status', status: 429 },
  '503': { effect: 'status', status: 503 },
  'Galera not ready, as 503': { effect: 'wsrep', status: 503 },
  'no answer, and it acts late': { effect: 'delay', delay_ms: 3_000 },
  'it acts, and answers too late': { effect: 'delay-after', delay_ms: 3_000 },
  'it acts, and the line is cut': { effect: 'drop-after' },
}

const weatherFor = ({ method }: KindOfCall) => (method === 'GET' || method === 'HEAD' ? forReads : forWrites)

test.each(scenarios)('$name survives each fault of each of its calls', { timeout: 1_200_000 }, async (scenario) => {
  harness.world.openstack.clearJournal()
  expect(await harness.cell(scenario, () => harness.world.openstack.clearJournal())).toEqual([])
  const calls = kindsOfCalls(harness.world.openstack.journal())
  const found: Record<string, string[]> = {}
  let cells = 0
  for (const call of calls)
    for (const [name, weather] of Object.entries(weatherFor(call))) {
      cells++
      const faults = await harness.cell(scenario, () => {
        harness.control.impatient = weather.effect.startsWith('delay')
        harness.world.openstack.faults.add({ match: call, times: 1, ...weather })
      })
      if (faults.length > 0) found[`${call.service} ${call.method} ${call.path}: ${name}`] = faults
    }
  console.log(`${scenario.name}: ${calls.length} kinds of calls, ${cells} cells`)
  expect(found).toEqual({})
})
