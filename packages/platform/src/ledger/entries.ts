import { sql } from 'kysely'
import type { Db } from '../foundation/db.ts'
import type { EntryCode } from './store.ts'

/** One entry as its customer sees it. */
export interface AccountEntry {
  id: string
  code: EntryCode
  description: string
  /** What it changed in the balance: positive is in, negative is out. */
  amountMicros: bigint
  /** The posted balance after it. */
  balanceAfterMicros: bigint
  occurredAt: Date
  recordedAt: Date
}

export interface EntryFilter {
  codes?: string[]
  occurredFrom?: Date
  /** Exclusive. */
  occurredBefore?: Date
}

export interface EntryPage {
  order?: 'newest' | 'oldest'
  limit: number
  offset: number
}

/** Entries in the order in which they took force. @returns a page, and how many there are. */
export async function entriesOf(
  db: Db,
  accountId: string,
  { codes, occurredFrom, occurredBefore }: EntryFilter,
  { order = 'newest', limit, offset }: EntryPage,
): Promise<{ count: number; entries: AccountEntry[] }> {
  const from = sql`from ledger_account a join ledger_posting p on p.ledger_account_id = a.id join ledger_entry e on e.id = p.entry_id
    where a.owner_id = ${accountId}
    ${codes ? sql`and e.code = any(${codes}::text[])` : sql``}
    ${occurredFrom ? sql`and e.occurred_at >= ${occurredFrom.toISOString()}::timestamptz` : sql``}
    ${occurredBefore ? sql`and e.occurred_at < ${occurredBefore.toISOString()}::timestamptz` : sql``}`
  const { rows: entries } = await sql<AccountEntry>`
    select e.id, e.code, e.description, p.amount_micros as "amountMicros", p.balance_after_micros as "balanceAfterMicros",
      e.occurred_at as "occurredAt", e.recorded_at as "recordedAt"
    ${from} order by p.position ${order === 'newest' ? sql`desc` : sql`asc`} limit ${limit} offset ${offset}`.execute(db)
  const { rows } = await sql<{ count: number }>`select count(*)::int4 as count ${from}`.execute(db)
  return { count: rows[0]?.count ?? 0, entries }
}

/** The money of one UTC day. Usage up to midnight belongs to the day that ends there. */
export interface DayOfMoney {
  /** YYYY-MM-DD */
  day: string
  /** Posted at the end of the day, or now for the day that runs. */
  postedMicros: bigint
  /** Top-ups less refunds. */
  topUpMicros: bigint
  /** Usage less what was given back. */
  chargedMicros: bigint
}

/** The last `days` UTC days up to `at`, oldest first. */
export async function historyOf(db: Db, accountId: string, { at, days }: { at: Date; days: number }): Promise<DayOfMoney[]> {
  const last = Math.floor(at.getTime() / 86_400_000)
  const dayOf = (number: number) => new Date(number * 86_400_000).toISOString().slice(0, 10)
  const { rows } = await sql<{ day: string | null; posted: bigint; moved: bigint; top_ups: bigint; usage: bigint }>`
    select e.day, a.posted_micros as posted, coalesce(sum(e.amount), 0)::int8 as moved,
      coalesce(sum(e.amount) filter (where e.code in ('top_up', 'refund')), 0)::int8 as top_ups,
      coalesce(-sum(e.amount) filter (where e.code in ('usage', 'usage_correction')), 0)::int8 as usage
    from ledger_account a
    left join lateral (
      select e.code, p.amount_micros as amount,
        ((e.occurred_at - case when e.code in ('usage', 'usage_correction') then interval '1 second' else interval '0' end) at time zone 'UTC')::date::text as day
      from ledger_entry e join ledger_posting p on p.entry_id = e.id and p.ledger_account_id = a.id
      where e.account_id = a.owner_id and e.occurred_at >= ${new Date((last - days + 1) * 86_400_000).toISOString()}::timestamptz
    ) e on true
    where a.owner_id = ${accountId}
    group by a.posted_micros, e.day`.execute(db)
  let postedMicros = rows[0]?.posted ?? 0n
  const history: DayOfMoney[] = []
  for (let number = last; number > last - days; number--) {
    const found = rows.find((row) => row.day === dayOf(number))
    history.unshift({ day: dayOf(number), postedMicros, topUpMicros: found?.top_ups ?? 0n, chargedMicros: found?.usage ?? 0n })
    postedMicros -= found?.moved ?? 0n
  }
  return history
}
