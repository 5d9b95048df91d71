import { type Charge, chargeDays } from '@straylight/api'
import { formatMicros, invalid } from '@straylight/kit'
import { pageOf } from '../foundation/lists.ts'
import type { EntryFilter, EntryPage } from '../ledger/index.ts'
import type { DayCharge } from '../metering/index.ts'

type Query = Record<string, unknown> & { limit?: number | undefined; offset?: number | undefined; ordering?: string | undefined }

const refuse = (field: string, message: string) =>
  invalid('request.invalid', `The parameter ${field} cannot be used like this.`, {
    description: message,
    fields: [{ field, message }],
  })

/** Entries may be many, so the database filters and pages them: by `code` and by `occurred_at`, in the order in which they took force. */
export function entryQuery({ limit, offset, ordering, ...filters }: Query): { filter: EntryFilter; page: EntryPage } {
  if (ordering !== undefined && !['occurred_at', '-occurred_at'].includes(ordering))
    throw refuse('ordering', 'entries are ordered by occurred_at or -occurred_at')
  const filter: EntryFilter = {}
  for (const [name, value] of Object.entries(filters)) {
    const text = String(value)
    if (name === 'code') filter.codes = [text]
    else if (name === 'code__in') filter.codes = text.split(',')
    else if (name === 'occurred_at__gte') filter.occurredFrom = moment(name, text)
    else if (name === 'occurred_at__lt') filter.occurredBefore = moment(name, text)
    else throw refuse(name, 'entries are filtered by code, code__in, occurred_at__gte and occurred_at__lt')
  }
  return { filter, page: { order: ordering === 'occurred_at' ? 'oldest' : 'newest', limit: limit ?? 1000, offset: offset ?? 0 } }
}

function moment(field: string, text: string): Date {
  const at = new Date(text)
  if (!/^\d{4}-\d{2}-\d{2}(T.*)?$/.test(text) || Number.isNaN(at.getTime()))
    throw refuse(field, 'a time in RFC 3339, such as 2026-11-22T00:00:00Z')
  return at
}

const dayMs = 86_400_000
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/**
 * Which days of charges are told, both included: every line of a day is computed, so nobody asks for a whole life at once.
 * @throws CallerError that names `from` when that is too many
 */
export function chargeSpan(from: string | undefined, to: string | undefined, at: Date): { from: string; to: string } {
  const last = to ?? dayOf(at.getTime())
  const first = from ?? dayOf(Date.parse(last) - (chargeDays.usual - 1) * dayMs)
  const days = (Date.parse(last) - Date.parse(first)) / dayMs + 1
  if (days > chargeDays.most) throw tooLong('from', `charges are told for ${chargeDays.most} days at once; these are ${days}`)
  return { from: first, to: last }
}

export const tooLong = refuse

/** Charges in the contract's words, filtered, ordered and paged. Sums are ordered by their value. */
export function chargePage(charges: DayCharge[], query: Query): { count: number; result: Charge[] } {
  const { ordering, ...rest } = query
  const byAmount = ordering === 'amount' || ordering === '-amount'
  const sign = ordering === '-amount' ? -1 : 1
  const ordered = byAmount
    ? [...charges].sort((a, b) => sign * (a.amountMicros < b.amountMicros ? -1 : a.amountMicros > b.amountMicros ? 1 : 0))
    : charges
  return pageOf(ordered.map(toApi), byAmount || ordering === undefined ? rest : { ...rest, ordering })
}

const toApi = (charge: DayCharge): Charge => ({
  day: charge.day,
  project_id: charge.projectId,
  resource_type: charge.resourceType,
  resource_id: charge.resourceId,
  resource_name: charge.resourceName,
  sku: charge.sku,
  quantity: charge.quantity,
  seconds: charge.seconds,
  amount: formatMicros(charge.amountMicros),
})
