import { assert } from '@straylight/kit'
import { sql } from 'kysely'
import type { Db, Tx } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { lockAccounts } from './account.ts'
import { type Entry, post } from './post.ts'
import { dateOf, hourOf, secondOf, usageMicros } from './seconds.ts'

/** An array as PostgreSQL writes it, for ids and numbers, which need no quoting: the driver's own way looks at every character. */
const array = (values: readonly (string | number | bigint)[]) => `{${values.join(',')}}`

/** What one meter used from a second to a second. Negative: it was charged further than it ran. */
export interface UsageLine {
  meterId: string
  fromSecond: number
  untilSecond: number
  amountMicros: bigint
}

export interface Usage {
  accountId: string
  lines: UsageLine[]
  untilSecond: number
  /** Of a full hour: one entry for each account and hour, never a second one. */
  hourly: boolean
  recordedAt: Date
}

/** Posts usage in its order: one entry per item, against revenue, its lines kept as charges. Lines of zero and empty items leave no trace. */
export async function chargeUsage(tx: Tx, usages: Usage[]): Promise<{ entries: number; charges: number }> {
  const worth = usages.flatMap((usage) => {
    const lines = usage.lines.filter((line) => line.amountMicros !== 0n)
    const amountMicros = lines.reduce((sum, line) => sum + line.amountMicros, 0n)
    assert(amountMicros !== 0n || lines.length === 0, 'lines of usage and of its correction are posted apart')
    return lines.length === 0 ? [] : [{ usage, lines, entry: usageEntry(usage, amountMicros) }]
  })
  const ids = await post(
    tx,
    worth.map(({ entry }) => entry),
  )
  const lines = worth.flatMap((item, index) => item.lines.map((line) => ({ ...line, entry: index })))
  if (lines.length > 0)
    await sql`
      insert into charge (entry_id, meter_id, from_at, until_at, amount_micros)
      select (${ids}::uuid[])[entry + 1], meter_id, to_timestamp(from_s), to_timestamp(until_s), amount from unnest(
        ${array(lines.map((line) => line.entry))}::int4[], ${array(lines.map((line) => line.meterId))}::uuid[], ${array(lines.map((line) => line.fromSecond))}::float8[],
        ${array(lines.map((line) => line.untilSecond))}::float8[], ${array(lines.map((line) => line.amountMicros))}::int8[]
      ) as line (entry, meter_id, from_s, until_s, amount)`.execute(tx)
  return { entries: ids.length, charges: lines.length }
}

function usageEntry({ accountId, untilSecond, hourly, recordedAt }: Usage, amountMicros: bigint): Entry {
  const until = dateOf(untilSecond)
  const what = { accountId, amountMicros: -amountMicros, against: 'revenue', occurredAt: until, recordedAt } as const
  const clock = (at: Date) => at.toISOString().slice(11, 16)
  if (amountMicros < 0n)
    return { ...what, code: 'usage_correction', description: 'Usage given back: it ended earlier than it was charged to' }
  if (!hourly) return { ...what, code: 'usage', description: `Usage to ${until.toISOString().slice(11, 19)} UTC` }
  const hour = `${clock(dateOf(untilSecond - 3600))}–${clock(until)} UTC`
  return {
    ...what,
    code: 'usage',
    description: `Usage ${hour}`,
    idempotencyKey: `usage ${until.toISOString()}`,
    usageUntil: until,
  }
}

interface AccrualRow {
  id: string
  accountId: string
  hourMicros: bigint
  sinceSecond: number
  chargedSecond: number
  chargedMicros: bigint
  dueSecond: number
}

const accrualColumns = sql`id, account_id as "accountId", hour_micros as "hourMicros", extract(epoch from since)::float8 as "sinceSecond",
  extract(epoch from charged_until)::float8 as "chargedSecond", charged_micros as "chargedMicros", extract(epoch from due_at)::float8 as "dueSecond"`

export interface Start {
  id: string
  accountId: string
  hourMicros: bigint
  sinceSecond: number
}

/**
 * From `sinceSecond` on this costs money. The ledgers are locked by the caller. What began before an hour that is posted already
 * is posted with the next one: an hour has one entry.
 */
export async function startAccruals(tx: Tx, starts: Start[]): Promise<void> {
  if (starts.length === 0) return
  const { numAffectedRows } = await sql`
    insert into accrual (id, account_id, hour_micros, since, charged_until, due_at)
    select s.id, s.account_id, s.hour_micros, to_timestamp(s.since), to_timestamp(s.since),
      to_timestamp((floor(extract(epoch from greatest(to_timestamp(s.since), a.usage_until)) / 3600) + 1) * 3600)
    from unnest(${array(starts.map((s) => s.id))}::uuid[], ${array(starts.map((s) => s.accountId))}::uuid[], ${array(starts.map((s) => s.hourMicros))}::int8[],
      ${array(starts.map((s) => s.sinceSecond))}::float8[]) as s (id, account_id, hour_micros, since)
    join ledger_account a on a.owner_id = s.account_id`.execute(tx)
  assert(numAffectedRows === BigInt(starts.length), 'whoever uses something has a ledger')
}

export interface Stop {
  accountIds: string[]
  ids: string[]
  /** The second at which they end; what began later ends as it began, having used nothing. */
  atSecond: number
  recordedAt: Date
}

/**
 * Ends accruals and posts what they used since the last posting, after the full hours that were still due. What was charged beyond the end
 * (the news of it came late) is given back by an entry of its own. The ledgers are locked by the caller.
 */
export async function stopAccruals(tx: Tx, { accountIds, ids, atSecond, recordedAt }: Stop): Promise<void> {
  if (ids.length === 0) return
  while ((await chargeHours(tx, { accountIds, untilSecond: hourOf(atSecond), recordedAt })).more);
  const { rows } = await sql<AccrualRow>`delete from accrual where id = any(${ids}::uuid[]) returning ${accrualColumns}`.execute(
    tx,
  )
  const byAccount = Map.groupBy(
    rows.map((row) => ({ ...lineUntil(row, Math.max(atSecond, row.sinceSecond)), accountId: row.accountId })),
    (line) => line.accountId,
  )
  const usages: Usage[] = [...byAccount].flatMap(([accountId, lines]) =>
    [lines.filter((line) => line.amountMicros > 0n), lines.filter((line) => line.amountMicros < 0n)].map((part) => ({
      accountId,
      lines: part,
      untilSecond: atSecond,
      hourly: false,
      recordedAt,
    })),
  )
  await chargeUsage(tx, usages)
}

function lineUntil(row: AccrualRow, untilSecond: number): UsageLine {
  const total = usageMicros(row.hourMicros, untilSecond - row.sinceSecond)
  return {
    meterId: row.id,
    fromSecond: Math.min(row.chargedSecond, untilSecond),
    untilSecond: Math.max(row.chargedSecond, untilSecond),
    amountMicros: total - row.chargedMicros,
  }
}

interface Hours {
  accountIds: string[]
  /** A full hour. */
  untilSecond: number
  recordedAt: Date
  /** About how many lines one call may write: more hours than fit are left for the next call. */
  linesAtMost?: number
}

/** Posts the full hours up to `untilSecond` that are due on ledgers that the caller has locked, hour by hour. */
async function chargeHours(
  tx: Tx,
  { accountIds, untilSecond, recordedAt, linesAtMost = 20_000 }: Hours,
): Promise<{ entries: number; charges: number; more: boolean }> {
  const { rows } = await sql<AccrualRow>`
    select ${accrualColumns} from accrual where account_id = any(${accountIds}::uuid[]) and due_at <= to_timestamp(${untilSecond}::float8)
    order by account_id`.execute(tx)
  if (rows.length === 0) return { entries: 0, charges: 0, more: false }
  const hoursAtMost = Math.max(1, Math.floor(linesAtMost / rows.length))
  const usages: Usage[] = []
  let more = false
  for (const [accountId, running] of Map.groupBy(rows, (row) => row.accountId)) {
    const first = running.reduce((least, row) => Math.min(least, row.dueSecond), untilSecond)
    const last = Math.min(untilSecond, first + 3600 * (hoursAtMost - 1))
    if (last < untilSecond) more = true
    for (let hour = first; hour <= last; hour += 3600) {
      const due = running.filter((row) => row.dueSecond <= hour)
      usages.push({ accountId, lines: due.map((row) => lineUntil(row, hour)), untilSecond: hour, hourly: true, recordedAt })
      for (const row of due) {
        row.chargedMicros = usageMicros(row.hourMicros, hour - row.sinceSecond)
        row.chargedSecond = hour
        row.dueSecond = hour + 3600
      }
    }
  }
  const done = await chargeUsage(tx, usages)
  await sql`
    update accrual set charged_until = to_timestamp(done.until), charged_micros = done.micros, due_at = to_timestamp(done.due)
    from unnest(${array(rows.map((row) => row.id))}::uuid[], ${array(rows.map((row) => row.chargedSecond))}::float8[], ${array(rows.map((row) => row.chargedMicros))}::int8[],
      ${array(rows.map((row) => row.dueSecond))}::float8[]) as done (id, until, micros, due)
    where accrual.id = done.id`.execute(tx)
  return { ...done, more }
}

export interface ChargeDue {
  now: Date
  /** Only of this customer. */
  accountId?: string
  linesAtMost?: number
}

/**
 * Posts the usage of every full hour that has passed: one entry per customer and hour, oldest first. Running it twice, in two processes at
 * once, or days late, gives the same entries: the ledger's lock lets one at a time look at what is due, and what is posted is due no more.
 */
export async function chargeDue(
  db: Db,
  { now, accountId, linesAtMost = 20_000 }: ChargeDue,
): Promise<{ entries: number; charges: number }> {
  const untilSecond = hourOf(secondOf(now))
  const { rows: due } = await sql<{ id: string; lines: number }>`
    select account_id as id, count(*)::int4 as lines from accrual where due_at <= to_timestamp(${untilSecond}::float8)
    ${accountId === undefined ? sql`` : sql`and account_id = ${accountId}`} group by account_id order by account_id`.execute(db)
  const total = { entries: 0, charges: 0 }
  const charge = async (accountIds: string[], others: 'wait' | 'skip') => {
    const busy = new Set(accountIds)
    for (let more = true; more; )
      more = await db.transaction().execute(async (tx) => {
        const free = await lockAccounts(tx, accountIds, others)
        for (const id of free) busy.delete(id)
        const done = await chargeHours(tx, { accountIds: free, untilSecond, recordedAt: now, linesAtMost })
        total.entries += done.entries
        total.charges += done.charges
        if (done.entries > 0) for (const id of free) await announce(tx, { type: 'balance', id, accountId: id })
        return done.more
      })
    return [...busy]
  }
  const busy: string[] = []
  for (const batch of batches(due, linesAtMost)) busy.push(...(await charge(batch, 'skip')))
  // Somebody orders or stops something at this moment, or another process is posting: wait for each in turn.
  for (const id of busy) await charge([id], 'wait')
  return total
}

function batches(due: { id: string; lines: number }[], linesAtMost: number): string[][] {
  const all: string[][] = []
  let batch: string[] = []
  let lines = 0
  for (const item of due) {
    if (batch.length > 0 && lines + item.lines > linesAtMost) {
      all.push(batch)
      batch = []
      lines = 0
    }
    batch.push(item.id)
    lines += item.lines
  }
  if (batch.length > 0) all.push(batch)
  return all
}
