import type { Charge } from '@straylight/api'
import { compareSums, micros, sumOf } from '../../app/money.ts'
import { type Day, shiftDay } from '../../lib/calendar.ts'

export const chargeKinds = ['server', 'volume', 'address', 'other'] as const
export type ChargeKind = (typeof chargeKinds)[number]
export const kindOf = ({ resource_type }: Pick<Charge, 'resource_type'>): ChargeKind =>
  chargeKinds.find((kind) => kind === resource_type) ?? 'other'

/** The present day and the first of its month, UTC, as the ledger counts. */
export const today = (nowMs: number): Day => new Date(nowMs).toISOString().slice(0, 10)
export const firstOfMonth = (day: Day): Day => `${day.slice(0, 7)}-01`
export const lastOfMonth = (day: Day): Day =>
  new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)), 0)).toISOString().slice(0, 10)

/** Each day from `from` to `to`, both included. */
export function daysOf(from: Day, to: Day): Day[] {
  const days: Day[] = []
  for (let day = from; day <= to && days.length < 400; day = shiftDay(day, 1)) days.push(day)
  return days
}

export interface ChargeLine {
  key: string
  name: string
  kind: ChargeKind | undefined
  /** How long it was charged, in seconds: a server's vCPUs and memory run at the same time and count once. */
  seconds: number
  sum: string
}

type Grouping = 'resource' | 'kind' | 'day'
const keyOf: Record<Grouping, (charge: Charge) => string> = {
  resource: ({ resource_id }) => resource_id,
  kind: kindOf,
  day: ({ day }) => day,
}

/** Charges added up by resource, by kind or by day; the largest sum first, days newest first. */
export function groupCharges(charges: readonly Charge[], by: Grouping): ChargeLine[] {
  const lines = [...Map.groupBy(charges, keyOf[by])].map(
    ([key, group]): ChargeLine => ({
      key,
      name: by === 'resource' ? (group[0]?.resource_name ?? '') : key,
      kind: by === 'day' ? undefined : kindOf(group[0] ?? { resource_type: '' }),
      seconds: secondsOf(group),
      sum: sumOf(group.map(({ amount }) => amount)),
    }),
  )
  return by === 'day' ? lines.sort((a, b) => (a.key < b.key ? 1 : -1)) : lines.sort((a, b) => compareSums(b.sum, a.sum))
}

function secondsOf(group: readonly Charge[]): number {
  const ofResources = [...Map.groupBy(group, ({ resource_id }) => resource_id).values()]
  return ofResources.reduce((total, ofOne) => {
    const bySku = [...Map.groupBy(ofOne, ({ sku }) => sku).values()].map((ofSku) =>
      ofSku.reduce((sum, { seconds }) => sum + seconds, 0),
    )
    return total + Math.max(0, ...bySku)
  }, 0)
}

/** What each kind cost on each day of a period, days without charges included. */
export function chargesByDay(
  charges: readonly Charge[],
  days: readonly Day[],
): { day: Day; sums: Record<ChargeKind, string>; total: string }[] {
  const byDay = Map.groupBy(charges, ({ day }) => day)
  return days.map((day) => {
    const ofDay = byDay.get(day) ?? []
    const sums = Object.fromEntries(
      chargeKinds.map((kind) => [kind, sumOf(ofDay.filter((charge) => kindOf(charge) === kind).map(({ amount }) => amount))]),
    ) as Record<ChargeKind, string>
    return { day, sums, total: sumOf(ofDay.map(({ amount }) => amount)) }
  })
}

/** When the balance would end after a top-up; null when nothing is burnt. `at` and the answer are ms since 1970. */
export function zeroAfter(
  balance: { posted: string; accrued: string; burn: { hour: string } },
  amount: string,
  atMs: number,
): number | null {
  const burn = micros(balance.burn.hour)
  if (burn <= 0n) return null
  const left = micros(balance.posted) - micros(balance.accrued) + micros(amount)
  return left <= 0n ? atMs : atMs + Number((left * 3_600_000n) / burn)
}

/** What `days` more cost at the present burn rate, rounded up to whole cents. */
export function priceOfDays(burnHour: string, days: number): string {
  const cent = 10_000n
  const total = micros(burnHour) * 24n * BigInt(days)
  const cents = (total + cent - 1n) / cent
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`
}
