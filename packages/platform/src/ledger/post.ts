import { assert, newId } from '@straylight/kit'
import { sql } from 'kysely'
import type { Tx } from '../foundation/db.ts'
import type { ProviderAccount } from './account.ts'
import type { EntryCode } from './store.ts'

/** A business event about one customer: what it changes in their balance, and the provider's account on the other side. */
export interface Entry {
  accountId: string
  code: EntryCode
  /** Positive: to the customer's credit. Never zero. */
  amountMicros: bigint
  against: ProviderAccount
  subject?: { type: string; id: string }
  corrects?: string
  description: string
  occurredAt: Date
  recordedAt: Date
  idempotencyKey?: string
  /** Of the entry of a full hour: the end of that hour. */
  usageUntil?: Date
}

/**
 * Writes entries in their order, each as two postings that cancel out, and moves the customers' balances, in one statement.
 * The customers' ledgers are locked by the caller. Only the functions of this module post. @returns the ids of the entries.
 */
export async function post(tx: Tx, entries: Entry[]): Promise<string[]> {
  if (entries.length === 0) return []
  assert(
    entries.every((entry) => entry.amountMicros !== 0n),
    'an entry moves money',
  )
  const ids = entries.map(() => newId())
  const of = <T>(pick: (entry: Entry) => T) => entries.map(pick)
  const { numAffectedRows } = await sql`
    with given as (
      select * from unnest(
        ${ids}::uuid[], ${of((e) => e.accountId)}::uuid[], ${of((e) => e.code)}::text[], ${of((e) => e.amountMicros)}::int8[],
        ${of((e) => e.against)}::text[], ${of((e) => e.subject?.type ?? null)}::text[], ${of((e) => e.subject?.id ?? null)}::text[],
        ${of((e) => e.corrects ?? null)}::uuid[], ${of((e) => e.description)}::text[], ${of((e) => e.occurredAt.toISOString())}::timestamptz[],
        ${of((e) => e.recordedAt.toISOString())}::timestamptz[], ${of((e) => e.idempotencyKey ?? null)}::text[],
        ${of((e) => e.usageUntil?.toISOString() ?? null)}::timestamptz[]
      ) with ordinality as given (id, account_id, code, amount, against, subject_type, subject_id, corrects, description, occurred_at,
        recorded_at, idempotency_key, usage_until, ord)
    ), moved as (
      update ledger_account a
      set posted_micros = a.posted_micros + t.amount, usage_until = greatest(a.usage_until, t.usage_until)
      from (select account_id, sum(amount)::int8 as amount, max(usage_until) as usage_until from given group by account_id) t
      where a.owner_id = t.account_id
      returning a.id, a.owner_id, a.currency, a.posted_micros - t.amount as before
    ), entry as (
      insert into ledger_entry (id, account_id, code, subject_type, subject_id, corrects, description, occurred_at, recorded_at, idempotency_key)
      select id, account_id, code, subject_type, subject_id, corrects, description, occurred_at, recorded_at, idempotency_key from given
    )
    insert into ledger_posting (entry_id, ledger_account_id, amount_micros, balance_after_micros)
    select entry_id, ledger_account_id, amount, balance_after from (
      select g.ord, 1 as side, g.id as entry_id, m.id as ledger_account_id, g.amount,
        (m.before + sum(g.amount) over (partition by g.account_id order by g.ord))::int8 as balance_after
      from given g join moved m on m.owner_id = g.account_id
      union all
      select g.ord, 2, g.id, p.id, -g.amount, null
      from given g join moved m on m.owner_id = g.account_id
      join ledger_account p on p.owner_id is null and p.purpose = g.against and p.currency = m.currency
    ) lines order by ord, side`.execute(tx)
  assert(
    numAffectedRows === BigInt(2 * entries.length),
    'every entry has a customer with a ledger and an account of the provider',
  )
  return ids
}
