import { startBillmanagerSimulator } from '@straylight/billmanager/simulator'
import { AdjustableClock } from '@straylight/kit'
import { startTungstenSimulator } from '@straylight/tungsten/simulator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMetrics } from '../src/foundation/metrics.ts'
import { askAll, questionsTo, Systems } from '../src/operations/index.ts'
import { type TestDatabase, testDatabase } from './database.ts'

let store: TestDatabase
const clock = new AdjustableClock('still', new Date('2026-11-22T09:00:00Z'))
let tungsten: Awaited<ReturnType<typeof startTungstenSimulator>>
let panel: Awaited<ReturnType<typeof startBillmanagerSimulator>>
beforeAll(async () => {
  store = await testDatabase()
  tungsten = await startTungstenSimulator({ clock, generation: 'opensdn' })
  panel = await startBillmanagerSimulator({ clock })
})
afterAll(async () => {
  await tungsten.close()
  await panel.close()
  await store.drop()
})

test('an operator sees the neighbours that no order reaches, and which of them does not answer', async () => {
  const systems = new Systems(
    clock,
    createMetrics(async () => [], { process: false }),
  )
  const questions = questionsTo(
    { tungsten: { url: tungsten.url }, billmanager: { url: panel.url, ...panel.credentials } },
    { database: store.database, clock, systems, token: async () => 'token' },
  )
  const states = () => Object.fromEntries(systems.list().map(({ system, state }) => [system, state]))
  await askAll(questions)
  expect(states()).toEqual({ billmanager: 'ok', postgresql: 'ok', tungsten: 'ok' })

  clock.advance(15_000)
  tungsten.faults.add({ match: {}, effect: 'status', status: 503 })
  panel.faults.add({ match: {}, effect: 'drop-before' })
  await askAll(questions)
  expect(states()).toEqual({ billmanager: 'err', postgresql: 'ok', tungsten: 'err' })
  expect(systems.list().find(({ system }) => system === 'tungsten')?.last_error?.message).toContain('503')

  tungsten.faults.clear()
  panel.faults.clear()
  clock.advance(120_000)
  await askAll(questions)
  expect(states()).toEqual({ billmanager: 'ok', postgresql: 'ok', tungsten: 'ok' })
})
