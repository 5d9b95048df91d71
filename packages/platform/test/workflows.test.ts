import { routes } from '@straylight/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHarness, scenarios } from './harness.ts'

let harness: Awaited<ReturnType<typeof createHarness>>
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

describe.each(scenarios)('$name', { timeout: 300_000 }, (scenario) => {
  test('in calm weather', async () => {
    expect(await harness.cell(scenario, () => {}, { mayEnd: scenario.mayEnd.slice(0, 1) })).toEqual([])
  })

  test('with each step run twice', async () => {
    const brew = () => {
      harness.control.twice = true
    }
    expect(await harness.cell(scenario, brew, { mayEnd: scenario.mayEnd.slice(0, 1) })).toEqual([])
  })

  test('failing before and after each of its steps', async () => {
    const found: Record<string, string[]> = {}
    for (const step of harness.stepsOf(scenario.name))
      for (const when of ['before', 'after'] as const) {
        const brew = () => {
          harness.control.failAt = { step, when }
        }
        const faults = await harness.cell(scenario, brew)
        if (faults.length > 0) found[`${when} ${step}`] = faults
      }
    expect(found).toEqual({})
  })

  test('dying after each of its outside effects', async () => {
    const found: Record<string, string[]> = {}
    let deaths = 0
    for (let n = 1; n < 40; n++) {
      const faults = await harness.deathCell(scenario, n)
      if (faults === undefined) break
      deaths++
      if (faults.length > 0) found[`after write ${n}`] = faults
    }
    expect(found).toEqual({})
    expect(deaths).toBeGreaterThan(0)
  })
})

describe('a server that is deleted while it is being made', { timeout: 300_000 }, () => {
  const [create] = scenarios.filter(({ name }) => name === 'server.create')

  /** Deletes it between what `step` does and its commit. @returns what is not whole afterwards */
  async function deletedAt(step: string, alsoFailsAt?: string): Promise<string[]> {
    const { control, customer } = harness
    let id = ''
    const scenario = {
      name: 'server.create',
      arrange: async () => '',
      mayEnd: ['gone'],
      async order(...given: Parameters<NonNullable<typeof create>['order']>) {
        id = (await create?.order(...given)) ?? ''
        return id
      },
    }
    return harness.cell(scenario, () => {
      if (alsoFailsAt !== undefined) control.failAt = { step: alsoFailsAt, when: 'before' }
      control.meanwhile = {
        step,
        async act() {
          await customer.call(routes.serversDelete, { params: { id }, body: { delete_volumes: 'all', delete_addresses: 'all' } })
        },
      }
    })
  }

  test('in any of its steps leaves nothing, and costs nothing', async () => {
    const found: Record<string, string[]> = {}
    for (const step of harness.stepsOf('server.create')) {
      const faults = await deletedAt(step)
      if (faults.length > 0) found[step] = faults
    }
    expect(found).toEqual({})
  })

  test('in any step of the tear-down of a failed order is deleted, not left in error', async () => {
    const found: Record<string, string[]> = {}
    for (const step of ['undoAddress', 'undoServer', 'undoVolumes', 'undoPort', 'close']) {
      const faults = await deletedAt(step, 'attach')
      if (faults.length > 0) found[step] = faults
    }
    expect(found).toEqual({})
  })
})
