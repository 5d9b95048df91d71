/** A ruler for a chart: round steps of 1, 2, 2.5 or 5 times a power of ten, two to four of them up to the top. */
export function roundScale(top: number): { max: number; ticks: number[] } {
  const size = Math.max(top, 1e-9)
  const power = 10 ** Math.floor(Math.log10(size / 4))
  const step = ([1, 2, 2.5, 5, 10].find((one) => size / (one * power) <= 4) ?? 10) * power
  const count = Math.max(1, Math.ceil(size / step - 1e-9))
  return { max: step * count, ticks: Array.from({ length: count + 1 }, (_, index) => step * index) }
}

/** Width of the column of an axis' labels in px, the gap included: a digit of Plex is 6.6 px wide at 11 px. */
export const axisRoom = (labels: string[]): number => Math.ceil(Math.max(0, ...labels.map((label) => label.length)) * 6.4) + 12
