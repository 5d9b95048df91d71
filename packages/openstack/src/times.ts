// 2026-11-22T05:49:01Z · 2026-11-22T05:49:17.000000 (no zone: UTC) · 2026-11-22 05:49:01+00:00 · 2026-11-22 05:49:17.240729
const time = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)?(Z|[+-]\d\d:?\d\d)?$/

/** A time in any of the notations that the services use; one without a zone is UTC. `undefined` when it is none. Whole milliseconds. */
export function parseUtc(text: string): Date | undefined {
  const parts = time.exec(text)
  if (!parts) return undefined
  const [, day, clock, fraction = '0', zone = 'Z'] = parts
  const date = new Date(
    `${day}T${clock}.${fraction.padEnd(3, '0')}${zone === 'Z' || zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`}`,
  )
  return Number.isNaN(date.getTime()) ? undefined : date
}
