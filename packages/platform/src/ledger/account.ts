import { assert, newId } from '@straylight/kit'
import { sql } from 'kysely'
import type { Tx } from '../foundation/db.ts'
import './store.ts'

/**
 * The provider's own accounts, one of each per currency. `cash.<method>` is what a way of paying brought in.
 * Assets and expenses have their normal balance on the debit side, income on the credit side.
 */
export const providerAccounts = {
  revenue: 'credit',
  corrections: 'debit',
  bonuses: 'debit',
  promised: 'debit',
  losses: 'debit',
} as const
export type ProviderAccount = keyof typeof providerAccounts | `cash.${string}`

/** Opens the ledger of a customer in one currency (ISO 4217). Opening it again changes nothing. */
export async function openLedger(tx: Tx, { accountId, currency }: { accountId: string; currency: string }): Promise<void> {
  for (const purpose of Object.keys(providerAccounts) as (keyof typeof providerAccounts)[])
    await openProviderAccount(tx, { purpose, currency })
  await tx
    .insertInto('ledger_account')
    .values({
      id: newId(),
      owner_id: accountId,
      purpose: 'balance',
      currency,
      normal_side: 'credit',
      posted_micros: 0n,
      usage_until: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const opened = await lockAccount(tx, accountId)
  assert(opened.currency === currency, 'a customer has one ledger, in one currency')
}

export async function openProviderAccount(
  tx: Tx,
  { purpose, currency }: { purpose: ProviderAccount; currency: string },
): Promise<void> {
  const normal_side = purpose.startsWith('cash.') ? 'debit' : providerAccounts[purpose as keyof typeof providerAccounts]
  await tx
    .insertInto('ledger_account')
    .values({ id: newId(), owner_id: null, purpose, currency, normal_side, posted_micros: null, usage_until: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export interface LockedAccount {
  currency: string
  postedMicros: bigint
}

/**
 * Takes the customer's ledger for the length of the transaction: whoever decides by its balance, or moves it, waits here in turn.
 * Take it before rows that it guards; a transaction takes one, or several in the order of their ids.
 */
export async function lockAccount(tx: Tx, accountId: string): Promise<LockedAccount> {
  const { rows } = await sql<LockedAccount>`
    select currency, posted_micros as "postedMicros" from ledger_account where owner_id = ${accountId} for update`.execute(tx)
  assert(rows[0], `the account ${accountId} has a ledger`)
  return rows[0]
}

/** Locks those of several customers' ledgers that are free now (`skip`), or waits for each. @returns the ids that it holds. */
export async function lockAccounts(tx: Tx, accountIds: string[], others: 'wait' | 'skip'): Promise<string[]> {
  const { rows } = await sql<{ owner_id: string }>`
    select owner_id from ledger_account where owner_id = any(${accountIds}::uuid[]) order by owner_id for update
    ${others === 'skip' ? sql`skip locked` : sql``}`.execute(tx)
  return rows.map((row) => row.owner_id)
}

/** Locks every customer's ledger: for a change that touches all that run, such as a new price list. */
export async function lockEveryAccount(tx: Tx): Promise<void> {
  await sql`select from ledger_account where owner_id is not null order by owner_id for update`.execute(tx)
}
