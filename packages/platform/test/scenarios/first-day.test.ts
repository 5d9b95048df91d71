import { test } from 'vitest'
import { createWorld } from '../world.ts'
import { firstDay } from './first-day.ts'

test('a customer’s first day', { timeout: 60_000 }, async () => {
  const world = await createWorld()
  try {
    await firstDay({
      url: world.url,
      tell: () => {},
      patienceMs: 40_000,
      async passTime() {
        await world.runTasks()
        await world.advance(1)
      },
    })
  } finally {
    await world.close()
  }
})
