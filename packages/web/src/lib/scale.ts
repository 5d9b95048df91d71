/**
 * A ruler for a chart: round steps of 1, 2, 2.5 or 5 times a power of ten, two to four of them up to the top. Ticks are decimal strings,
 * exact, for they are written; `max` is for the picture.
 */
export function roundScale(top: number): { max: number; ticks: string[] } {
  const size = Math.max(top, 1e-9)
  const exponent = Math.floor(Math.log10(size / 4))
  const power = 10 ** exponent
  const tenths = [10, 20, 25, 50].find((one) => size / ((one / 10) * power) <= 4) ?? 100
  const step = (tenths / 10) * power
  const count = Math.max(1, Math.ceil(size / step - 1e-9))
  return { max: step * count, ticks: Array.from({ length: count + 1 }, (_, index) => decimalOf(tenths * index, exponent - 1)) }
}

/** `digits` times ten to the power of `exponent`, written out: (75, -1) → "7.5". */
function decimalOf(digits: number, exponent: number): string {
  if (exponent >= 0 || digits === 0) return String(BigInt(digits) * 10n ** BigInt(Math.max(0, exponent)))
  const padded = String(digits).padStart(1 - exponent, '0')
  return `${padded.slice(0, exponent)}.${padded.slice(exponent)}`.replace(/\.?0+$/, '')
}

/** How many places after its point a decimal string has. */
export const placesOf = (decimal: string): number => decimal.split('.')[1]?.length ?? 0

/** Width of the column of an axis' labels in px, the gap included: a digit of Plex is 6.6 px wide at 11 px. */
export const axisRoom = (labels: string[]): number => Math.ceil(Math.max(0, ...labels.map((label) => label.length)) * 6.4) + 12
