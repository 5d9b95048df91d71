import { floorDivide } from '@straylight/kit'
import { usageMicros } from './seconds.ts'

/** Something that runs: since when, at what price per hour, and how much of it is posted already. */
export interface Running {
  hourMicros: bigint
  sinceSecond: number
  chargedMicros: bigint
}

/** Ten years: a balance that lasts longer has no moment of zero. */
export const horizonSeconds = 3650 * 86_400

/** Used and not posted at a second. Each meter rounds down by itself, so the sum is no straight line but a staircase just below one. */
export function accruedMicros(running: Running[], second: number): bigint {
  let total = 0n
  for (const { hourMicros, sinceSecond, chargedMicros } of running)
    total += usageMicros(hourMicros, Math.max(0, second - sinceSecond)) - chargedMicros
  return total
}

export const burnMicros = (running: Running[]): bigint => running.reduce((sum, { hourMicros }) => sum + hourMicros, 0n)

/**
 * The first whole second, not before `fromSecond`, at which `postedMicros` − accrued is zero or less, if nothing changes.
 * `undefined`: not within ten years, or nothing is owed and nothing runs.
 *
 * The straight line through the unrounded usage lies above the staircase by less than one micro-unit per meter, so the second is found
 * between the moments at which that line crosses the money and the money plus one per meter; a search by halves settles it exactly.
 */
export function zeroSecond(postedMicros: bigint, running: Running[], fromSecond: number): number | undefined {
  const left = (second: number) => postedMicros - accruedMicros(running, second)
  const burn = burnMicros(running)
  const leftNow = left(fromSecond)
  if (leftNow < 0n || (leftNow === 0n && burn > 0n)) return fromSecond
  if (burn === 0n) return undefined

  // burn × t − Σ hourMicros × since = 3600 × (posted + Σ charged) is where the line crosses the money.
  let charged = 0n
  let offset = 0n
  for (const { hourMicros, sinceSecond, chargedMicros } of running) {
    charged += chargedMicros
    offset += hourMicros * BigInt(sinceSecond)
  }
  const crossing = (micros: bigint) => Number(floorDivide(3600n * (micros + charged) + offset, burn))
  const end = fromSecond + horizonSeconds
  let before = Math.min(Math.max(crossing(postedMicros) - 1, fromSecond), end)
  let reached = Math.min(Math.max(crossing(postedMicros + BigInt(running.length)) + 1, fromSecond), end)
  // A meter that begins after `fromSecond` bends the line: then the estimate only helps, and the whole span is searched.
  if (left(before) <= 0n) before = fromSecond
  if (left(reached) > 0n) reached = end
  if (left(reached) > 0n) return undefined
  while (reached - before > 1) {
    const middle = before + Math.floor((reached - before) / 2)
    if (left(middle) > 0n) before = middle
    else reached = middle
  }
  return reached
}
