import { seededRandom } from '@straylight/kit'
import type { World } from '../world.ts'

/** Counters of what passed since `sinceMs`: they grow steadily with a wave of one hour in them; connections come and go. */
export function statisticsOf(world: World, number: number, sinceMs: number) {
  const seconds = Math.max(0, (world.nowMs - sinceMs) / 1000)
  const rate = 1 + seededRandom(number)() * 40
  const lived = seconds + (3600 / (2 * Math.PI)) * 0.6 * (1 - Math.cos((2 * Math.PI * seconds) / 3600))
  const total = Math.floor(lived * rate)
  return {
    active_connections: Math.floor(rate * 2 * (1 + 0.5 * Math.sin(seconds / 600))),
    bytes_in: Math.floor(lived * rate * 900),
    bytes_out: Math.floor(lived * rate * 14_000),
    request_errors: Math.floor(total / 500),
    total_connections: total,
  }
}
