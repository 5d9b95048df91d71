import type { Runway } from '../../app/money.ts'
import { format, t } from '../../i18n/index.ts'

const hour = 3_600_000
const day = 24 * hour

/** "23 days", "31 h", "12 min": how long the balance lasts. Rounded down, so that nobody counts on time that is not there. */
export function runwayWords(runway: Runway): string {
  if (runway.kind === 'endless') return t('nav.endless')
  if (runway.kind === 'empty') return t('nav.empty')
  return lengthWords(runway.ms)
}

/** The same for a moment of zero as the service tells it; null when the balance does not end. */
export function runwayWordsUntil(zeroAt: string | null, nowMs: number): string {
  if (zeroAt === null) return t('nav.endless')
  const ms = Date.parse(zeroAt) - nowMs
  return ms > 0 ? lengthWords(ms) : t('nav.empty')
}

export function lengthWords(ms: number): string {
  if (ms >= 2 * day) return t('nav.days', { count: Math.floor(ms / day) })
  if (ms >= hour) return format.quantity(Math.floor(ms / hour), 'h', 0)
  return format.quantity(Math.max(1, Math.floor(ms / 60_000)), 'min', 0)
}

/** How many days the ruler of a beam shows, so that the moments of zero are on it: 30, 60, 90 or 180. */
export function runwayDays(zeroAts: readonly (string | null)[], nowMs: number): number {
  const most = Math.max(0, ...zeroAts.map((at) => (at === null ? 0 : (Date.parse(at) - nowMs) / day)))
  return [30, 60, 90].find((days) => most <= days) ?? 180
}
