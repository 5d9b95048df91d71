import { assert, Bug, formatMicros, newId, paymentRequired } from '@straylight/kit'
import type { Db, Tx } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { lockAccount } from './account.ts'
import { type AccountBalance, balanceOf } from './balance.ts'

export interface HoldOrder {
  accountId: string
  /** One day of the order's price. */
  amountMicros: bigint
  /** What is ordered. It has one active hold at most. */
  subject: { type: string; id: string }
  at: Date
  /** Later than the order can possibly take. From then on the hold counts no more. */
  expiresAt: Date
}

/**
 * Reserves money for an order. Orders of one customer wait for each other here, so two cannot spend the same money.
 * @returns the hold's id.
 * @throws CallerError `balance.too_low` with `facts` need, have (decimal strings), currency and lasts_seconds: for how long what is
 * available would pay for the order beside everything that runs (null: it costs nothing).
 */
export async function placeHold(tx: Tx, { accountId, amountMicros, subject, at, expiresAt }: HoldOrder): Promise<string> {
  assert(amountMicros >= 0n, 'a hold is not negative')
  assert(expiresAt > at, 'a hold expires after it was placed')
  await lockAccount(tx, accountId)
  const balance = await balanceOf(tx, accountId, at)
  if (balance.availableMicros < amountMicros) throw tooLow(balance, amountMicros)
  const id = newId()
  await tx
    .insertInto('hold')
    .values({
      id,
      account_id: accountId,
      amount_micros: amountMicros,
      subject_type: subject.type,
      subject_id: subject.id,
      placed_at: at,
      expires_at: expiresAt,
      ended_at: null,
    })
    .execute()
  await announce(tx, { type: 'balance', id: accountId, accountId })
  return id
}

function tooLow({ availableMicros, burnMicrosPerHour, currency }: AccountBalance, needMicros: bigint) {
  const burnPerDay = burnMicrosPerHour * 24n + needMicros
  const lasts = burnPerDay === 0n ? null : availableMicros <= 0n ? 0 : Number((availableMicros * 86_400n) / burnPerDay)
  const need = formatMicros(needMicros)
  const have = formatMicros(availableMicros)
  return paymentRequired(
    'balance.too_low',
    `This order reserves ${need} ${currency}, the price of its first day; ${have} ${currency} is available.`,
    {
      description: `Top up by ${formatMicros(needMicros - availableMicros)} ${currency} or more${lasts ? `. What there is would last for ${inWords(lasts)}` : ''}.`,
      facts: { need, have, currency, lasts_seconds: lasts },
    },
  )
}

function inWords(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  if (minutes < 1) return 'less than a minute'
  const hours = Math.floor(minutes / 60)
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`
}

/** The order runs: the reservation ends, its meters take over. Open them in the same transaction. Capturing again, or once it expired, changes nothing. */
export const captureHold = (tx: Tx, holdId: string, at: Date): Promise<void> => endHold(tx, holdId, 'captured', at)

/** The order failed or was given up: the money is free again. Releasing again, or once it expired, changes nothing. */
export const releaseHold = (tx: Tx, holdId: string, at: Date): Promise<void> => endHold(tx, holdId, 'released', at)

async function endHold(tx: Tx, id: string, state: 'captured' | 'released', at: Date): Promise<void> {
  const ended = await tx
    .updateTable('hold')
    .set({ state, ended_at: at })
    .where('id', '=', id)
    .where('state', '=', 'active')
    .returning('account_id')
    .executeTakeFirst()
  if (ended) return announce(tx, { type: 'balance', id: ended.account_id, accountId: ended.account_id })
  const found = await tx.selectFrom('hold').select('state').where('id', '=', id).executeTakeFirst()
  if (!found) throw new Bug(`there is no hold ${id}`)
  if (found.state !== state && found.state !== 'expired') throw new Bug(`the hold ${id} is ${found.state}, it cannot be ${state}`)
}

/** Ends the holds whose time is over: an order that could end them never did. @returns how many. */
export async function expireHolds(db: Db, { now }: { now: Date }): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const expired = await tx
      .updateTable('hold')
      .set((row) => ({ state: 'expired', ended_at: row.ref('expires_at') }))
      .where('state', '=', 'active')
      .where('expires_at', '<=', now)
      .returning('account_id')
      .execute()
    for (const accountId of new Set(expired.map((hold) => hold.account_id)))
      await announce(tx, { type: 'balance', id: accountId, accountId })
    return expired.length
  })
}
