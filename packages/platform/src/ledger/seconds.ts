/**
 * Usage is measured in whole seconds of UTC: a moment counts as the second that it falls in. Seconds since 1970 are plain numbers here,
 * so that no time zone, and no night when clocks change, can touch a sum.
 */
export const secondOf = (at: Date): number => Math.floor(at.getTime() / 1000)
export const dateOf = (second: number): Date => new Date(second * 1000)
export const cutToSecond = (at: Date): Date => dateOf(secondOf(at))
/** The full hour that the second lies in. */
export const hourOf = (second: number): number => second - (second % 3600)

/** What `hourMicros` per hour cost over `seconds`, rounded down to the micro-unit. */
export const usageMicros = (hourMicros: bigint, seconds: number): bigint => (hourMicros * BigInt(seconds)) / 3600n
