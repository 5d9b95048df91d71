import { assert, conflict, formatMicros, minMicros, newId, paymentRequired } from '@straylight/kit'
import type { Db, Tx } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { lockAccount, openProviderAccount } from './account.ts'
import { balanceOf } from './balance.ts'
import { type Entry, post } from './post.ts'

/*
 * Each event is one entry of two postings (credit positive), the customer's side first:
 *
 *   top_up       balance +   cash.<method> −
 *   refund       balance −   cash.<method> +
 *   bonus        balance +   bonuses −
 *   promise      balance +   promised −
 *   promise_end  balance −   promised +        paid, or its day has come
 *   correction   balance ±   corrections ∓
 *   write_off    balance +   losses −          up to the debt
 *   usage, usage_correction: usage.ts
 */

interface Event {
  accountId: string
  /** Above zero. */
  amountMicros: bigint
  /** The same key is the same event: it is recorded once, and its entry is answered again. */
  idempotencyKey?: string
  at: Date
}
type Recorded = Promise<{ entryId: string }>

/** A payment has come in by `method`. It first pays what the customer promised. */
export async function topUp(tx: Tx, { method, ...event }: Event & { method: string; idempotencyKey: string }): Recorded {
  assertPositive(event.amountMicros)
  const { currency } = await lockAccount(tx, event.accountId)
  const against = `cash.${method}` as const
  await openProviderAccount(tx, { purpose: against, currency })
  const { entryId, again } = await record(tx, {
    ...entryOf(event),
    code: 'top_up',
    against,
    subject: { type: 'payment', id: event.idempotencyKey },
    description: `Top-up (${method})`,
  })
  if (!again) await payPromise(tx, event)
  return { entryId }
}

/** A gift of the provider. */
export const grantBonus = (tx: Tx, { reason, ...event }: Event & { reason: string }): Recorded =>
  recordOne(tx, event, { code: 'bonus', against: 'bonuses', description: `Bonus: ${reason}` })

/**
 * Money goes back to the customer by `method`.
 * @throws CallerError `balance.too_low` when more than is available would go.
 */
export async function refund(tx: Tx, { method, reason, ...event }: Event & { method: string; reason: string }): Recorded {
  assertPositive(event.amountMicros)
  const { currency } = await lockAccount(tx, event.accountId)
  const known = await findRecorded(tx, event)
  if (known) return known
  const { availableMicros } = await balanceOf(tx, event.accountId, event.at)
  if (availableMicros < event.amountMicros)
    throw paymentRequired(
      'balance.too_low',
      `${formatMicros(availableMicros)} ${currency} can be refunded, not ${formatMicros(event.amountMicros)}.`,
      {
        description: 'What is reserved for orders, or already used, stays.',
        facts: { need: formatMicros(event.amountMicros), have: formatMicros(availableMicros), currency },
      },
    )
  const against = `cash.${method}` as const
  await openProviderAccount(tx, { purpose: against, currency })
  return record(tx, {
    ...entryOf(event),
    amountMicros: -event.amountMicros,
    code: 'refund',
    against,
    description: `Refund (${method}): ${reason}`,
  })
}

/** Mends an earlier entry by a new one: `amountMicros` is what the customer's balance changes by, in either direction. */
export async function correct(tx: Tx, { corrects, reason, ...event }: Event & { corrects: string; reason: string }): Recorded {
  await lockAccount(tx, event.accountId)
  return record(tx, {
    ...entryOf(event),
    code: 'correction',
    against: 'corrections',
    corrects,
    description: `Correction: ${reason}`,
  })
}

/**
 * Forgives a debt, or a part of it.
 * @throws CallerError `balance.no_such_debt` when the customer owes less.
 */
export async function writeOff(tx: Tx, { reason, ...event }: Event & { reason: string }): Recorded {
  const { postedMicros, currency } = await lockAccount(tx, event.accountId)
  const known = await findRecorded(tx, event)
  if (known) return known
  if (postedMicros + event.amountMicros > 0n)
    throw conflict(
      'balance.no_such_debt',
      `The debt is ${formatMicros(postedMicros < 0n ? -postedMicros : 0n)} ${currency}: no more than that can be written off.`,
    )
  return recordOne(tx, event, { code: 'write_off', against: 'losses', description: `Write-off: ${reason}` })
}

/**
 * Credits what the customer promises to pay until `dueAt`; one promise at a time.
 * @throws CallerError `promise.open` when an earlier one is neither paid nor over.
 */
export async function promisePayment(tx: Tx, { dueAt, ...event }: Event & { dueAt: Date }): Recorded {
  assert(dueAt > event.at, 'a promise has time to be kept')
  await lockAccount(tx, event.accountId)
  const known = await findRecorded(tx, event)
  if (known) return known
  const open = await tx
    .selectFrom('promised_payment')
    .select('due_at')
    .where('account_id', '=', event.accountId)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  if (open)
    throw conflict('promise.open', `A payment is promised already, until ${open.due_at.toISOString()}.`, {
      description: 'One promise at a time: pay it, and then another may be given.',
    })
  const id = newId()
  await tx
    .insertInto('promised_payment')
    .values({
      id,
      account_id: event.accountId,
      amount_micros: event.amountMicros,
      open_micros: event.amountMicros,
      promised_at: event.at,
      due_at: dueAt,
      ended_at: null,
    })
    .execute()
  return recordOne(tx, event, {
    code: 'promise',
    against: 'promised',
    subject: { type: 'promise', id },
    description: 'Promised payment',
  })
}

async function payPromise(tx: Tx, { accountId, amountMicros, at }: Event): Promise<void> {
  const open = await tx
    .selectFrom('promised_payment')
    .select(['id', 'open_micros'])
    .where('account_id', '=', accountId)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  if (open)
    await endPromise(tx, {
      id: open.id,
      accountId,
      openMicros: open.open_micros,
      byMicros: minMicros(open.open_micros, amountMicros),
      at,
      why: 'Promised payment: paid',
    })
}

/** Takes back the credit of promises whose day has come. @returns the customers concerned. */
export async function endDuePromises(db: Db, { now }: { now: Date }): Promise<string[]> {
  const due = await db
    .selectFrom('promised_payment')
    .select(['id', 'account_id'])
    .where('ended_at', 'is', null)
    .where('due_at', '<=', now)
    .execute()
  for (const { id, account_id: accountId } of due)
    await db.transaction().execute(async (tx) => {
      await lockAccount(tx, accountId)
      const promise = await tx
        .selectFrom('promised_payment')
        .select('open_micros')
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .executeTakeFirst()
      if (!promise) return // paid while we waited
      await endPromise(tx, {
        id,
        accountId,
        openMicros: promise.open_micros,
        byMicros: promise.open_micros,
        at: now,
        why: 'Promised payment: its day has come',
      })
      await announce(tx, { type: 'balance', id: accountId, accountId })
    })
  return due.map((promise) => promise.account_id)
}

interface PromiseEnd {
  id: string
  accountId: string
  openMicros: bigint
  byMicros: bigint
  at: Date
  why: string
}

async function endPromise(tx: Tx, { id, accountId, openMicros, byMicros, at, why }: PromiseEnd): Promise<void> {
  const left = openMicros - byMicros
  await tx
    .updateTable('promised_payment')
    .set({ open_micros: left, ended_at: left === 0n ? at : null })
    .where('id', '=', id)
    .execute()
  await post(tx, [
    {
      accountId,
      code: 'promise_end',
      amountMicros: -byMicros,
      against: 'promised',
      subject: { type: 'promise', id },
      description: why,
      occurredAt: at,
      recordedAt: at,
    },
  ])
}

const assertPositive = (amountMicros: bigint) =>
  assert(amountMicros > 0n, 'the amount of an event is above zero; its function knows the direction')

const entryOf = ({ accountId, amountMicros, idempotencyKey, at }: Event) => ({
  accountId,
  amountMicros,
  occurredAt: at,
  recordedAt: at,
  ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
})

async function recordOne(tx: Tx, event: Event, what: Pick<Entry, 'code' | 'against' | 'description' | 'subject'>): Recorded {
  assertPositive(event.amountMicros)
  await lockAccount(tx, event.accountId)
  return record(tx, { ...entryOf(event), ...what })
}

/** The customer's ledger is locked: of two that bring the same key at once, the second finds the entry of the first. */
async function record(tx: Tx, entry: Entry): Promise<{ entryId: string; again: boolean }> {
  const known = await findRecorded(tx, entry)
  if (known) return { ...known, again: true }
  const [entryId] = await post(tx, [entry])
  assert(entryId, 'an entry has an id')
  await announce(tx, { type: 'balance', id: entry.accountId, accountId: entry.accountId })
  return { entryId, again: false }
}

async function findRecorded(
  tx: Tx,
  { accountId, idempotencyKey, amountMicros }: Pick<Event, 'accountId' | 'idempotencyKey' | 'amountMicros'>,
) {
  if (idempotencyKey === undefined) return undefined
  const known = await tx
    .selectFrom('ledger_entry as e')
    .innerJoin('ledger_posting as p', 'p.entry_id', 'e.id')
    .select(['e.id', 'p.amount_micros'])
    .where('e.account_id', '=', accountId)
    .where('e.idempotency_key', '=', idempotencyKey)
    .where('p.balance_after_micros', 'is not', null)
    .executeTakeFirst()
  if (!known) return undefined
  const size = (micros: bigint) => (micros < 0n ? -micros : micros)
  if (size(known.amount_micros) !== size(amountMicros))
    throw conflict('entry.key_reused', 'Another event with another sum was recorded under this key.', {
      description: 'Give each event a key of its own.',
    })
  return { entryId: known.id }
}
