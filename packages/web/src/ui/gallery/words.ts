import { language } from '../../i18n/index.ts'

/** The gallery's own words stand beside each other here: it is no part of the app and has no catalogue. */
export const L = (english: string, russian: string): string => (language.value === 'ru' ? russian : english)

/** The moment of the mocks, so that pictures compare. */
export const now = Date.parse('2026-11-22T09:41:00Z')
export const currency = () => (language.value === 'ru' ? 'RUB' : 'EUR')
/** An example sum: prices in roubles are a hundred times those in euros. */
export const sum = (euros: string): string =>
  language.value === 'ru' ? `${(BigInt(euros.replace('.', '')) * 1n).toString()}.00` : euros

/** A series that wanders like a load, the same every time. */
export function wander(seed: number, count: number, base: number, amplitude: number): number[] {
  let state = Math.imul(seed, 2654435761) >>> 0
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
  let value = base
  return Array.from({ length: count }, (_, index) => {
    value += (random() - 0.5) * amplitude + (base - value) * 0.18
    return Math.max(0, value + Math.sin((index / count) * 8.2 + seed) * amplitude * 0.6)
  })
}
