import { assert } from './errors.ts'

/** A sum: `micros` millionths of a unit of `currency` (ISO 4217). Sums of two currencies never mix. */
export interface Money {
  micros: bigint
  currency: string
}

const microsPerUnit = 1_000_000n
const decimal = /^-?\d{1,12}(\.\d{1,6})?$/

export const money = (micros: bigint, currency: string): Money => ({ micros, currency })

/** Reads a decimal string such as `"100.00"` into micro-units; `undefined` when it is no decimal with at most 6 places. */
export function parseMicros(text: string): bigint | undefined {
  if (!decimal.test(text)) return undefined
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const micros = BigInt(whole) * microsPerUnit + BigInt(fraction.padEnd(6, '0'))
  return text.startsWith('-') ? -micros : micros
}

/** Writes micro-units as a decimal string, exact, with at least two places: `1500000n` → `"1.50"`. */
export function formatMicros(micros: bigint): string {
  const sign = micros < 0n ? '-' : ''
  const size = micros < 0n ? -micros : micros
  const fraction = (size % microsPerUnit)
    .toString()
    .padStart(6, '0')
    .replace(/0{1,4}$/, '')
  return `${sign}${size / microsPerUnit}.${fraction}`
}

/** For interfaces that say money is a JSON number. Nothing may be computed from it. */
export const microsToNumber = (micros: bigint): number => Number(formatMicros(micros))

export const minMicros = (a: bigint, b: bigint): bigint => (a < b ? a : b)
export const maxMicros = (a: bigint, b: bigint): bigint => (a > b ? a : b)

/** Integer division that rounds towards minus infinity, also for negative numerators. `divisor` > 0. */
export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  assert(divisor > 0n, 'a divisor is positive')
  const quotient = dividend / divisor
  return dividend % divisor < 0n ? quotient - 1n : quotient
}
