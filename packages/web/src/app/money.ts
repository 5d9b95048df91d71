import { floorDivide, formatMicros, parseMicros } from '@straylight/kit/money'
import type { Balance } from '@straylight/api'

// Sums are decimal strings on the wire and bigints of millionths here. They never become numbers: a number is only made for the length of a bar.

const msPerHour = 3_600_000n

/** A sum that the service sent. What it sends is valid by contract; a broken string counts as nothing rather than breaking a page. */
export const micros = (decimal: string): bigint => parseMicros(decimal) ?? 0n

export const sumOf = (decimals: Iterable<string>): string => {
  let total = 0n
  for (const decimal of decimals) total += micros(decimal)
  return formatMicros(total)
}

export const isZero = (decimal: string): boolean => micros(decimal) === 0n
export const isNegative = (decimal: string): boolean => micros(decimal) < 0n
export const compareSums = (a: string, b: string): number => {
  const difference = micros(a) - micros(b)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** `part` of `whole` between 0 and 1, for the length of a bar; exact to a ten-thousandth. */
export function shareOf(part: string, whole: string): number {
  const all = micros(whole)
  if (all <= 0n) return 0
  return Math.min(1, Math.max(0, Number((micros(part) * 10_000n) / all) / 10_000))
}

/**
 * The balance `elapsedMs` after the service computed it: between two changes it is a straight line, so it can run on the screen
 * without asking again. What was used rounds up, as the ledger does: the screen never shows more than there is.
 */
export function balanceAfter(balance: Balance, elapsedMs: number): Pick<Balance, 'accrued' | 'available'> {
  const elapsed = BigInt(Math.max(0, Math.floor(elapsedMs)))
  const used = -floorDivide(-micros(balance.burn.hour) * elapsed, msPerHour)
  return { accrued: formatMicros(micros(balance.accrued) + used), available: formatMicros(micros(balance.available) - used) }
}

/** How long the balance lasts, `elapsedMs` after the service computed it. */
export type Runway = { kind: 'endless' } | { kind: 'empty' } | { kind: 'lasts'; ms: number; zeroAt: string }

export function runwayOf(balance: Pick<Balance, 'zero_at' | 'at' | 'available'>, elapsedMs = 0): Runway {
  if (balance.zero_at === null) return micros(balance.available) > 0n ? { kind: 'endless' } : { kind: 'empty' }
  const ms = Date.parse(balance.zero_at) - Date.parse(balance.at) - Math.max(0, elapsedMs)
  return ms > 0 ? { kind: 'lasts', ms, zeroAt: balance.zero_at } : { kind: 'empty' }
}

const day = 86_400_000
/** When to look at it: under 7 days, and under 2 days. */
export const urgencyOf = (runway: Runway): 'calm' | 'soon' | 'now' =>
  runway.kind === 'endless'
    ? 'calm'
    : runway.kind === 'empty' || runway.ms < 2 * day
      ? 'now'
      : runway.ms < 7 * day
        ? 'soon'
        : 'calm'

/** A unit price times a whole quantity. */
export const times = (decimal: string, quantity: number): string => formatMicros(micros(decimal) * BigInt(quantity))
