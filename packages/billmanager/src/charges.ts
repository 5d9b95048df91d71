import { type Money, money } from '@straylight/kit'
import { type Context, writeFor } from './context.ts'
import type { Customer } from './customers.ts'
import { panelDay, readDay } from './dates.ts'
import { checkKey, splitMarker, withMarker } from './marker.ts'
import { confirmed, type Outcome, refused, unconfirmed } from './outcome.ts'
import { readAmount, writeAmount } from './protocol/amount.ts'
import type { Row } from './protocol/document.ts'
import { BillmanagerError, ignoreMissing, refuseField, worldly } from './protocol/errors.ts'
import { rowsOf } from './protocol/list.ts'

/** Money that was taken from a purse. */
export interface Charge {
  id: string
  /** Without our marker. */
  text: string
  /** Ours, when we posted it. */
  key: string | undefined
  /** The day that it is for, `YYYY-MM-DD`: the panel charges a day's usage in the night after it. */
  on: string | undefined
  /** The day it was made. */
  createdOn: string | undefined
  /** As lists show it: whole cents. `charge(id)` has it exactly. */
  amount: Money | undefined
  tax: Money | undefined
  serviceId: string | undefined
}

export interface NewCharge {
  /** At most four decimals (see `splitForPanel`); the tax is inside. */
  amount: Money
  text: string
  /** Ours, unique for ever: charges are told apart by it alone. */
  key: string
  serviceId?: string
  /** Per cent, for example `20`. */
  taxRate?: string
  /** Post it even without money, as we have already delivered. Default true. */
  postpaid?: boolean
  /** The day the key was born, `YYYY-MM-DD`; how far back to look for it. Default: 35 days ago. */
  since?: string
  /** When this key was sent last, for after a restart. */
  sentAt?: Date | undefined
}

export interface PostedCharge extends Charge {
  key: string
  /** Further charges with the same key, which should not be: void them. */
  duplicates: string[]
}

const lookBackMs = 35 * 86_400_000

export function chargesOf(context: Context) {
  const { panel, clock, settings, queue, doubts } = context

  const fromRow = (row: Row): Charge | undefined => {
    const id = row.id('id')
    if (id === undefined) return undefined
    const { text, key } = splitMarker(row.text('locale_name') || row.text('name'))
    return {
      id,
      text,
      key,
      on: readDay(row.text('realdate')) ?? readDay(row.text('cdate')),
      createdOn: readDay(row.text('cdate')),
      amount: readAmount(row.text('amount'), settings.currency),
      tax: row.text('taxamount') === '' ? undefined : readAmount(row.text('taxamount'), settings.currency),
      serviceId: row.id('item'),
    }
  }

  /** The charges of a client that were made since a day (`YYYY-MM-DD`), newest first where the panel can order them. */
  async function charges(customer: Customer, since?: string): Promise<Charge[]> {
    const found: Charge[] = []
    const isOld = (one: Charge | undefined): boolean => one !== undefined && since !== undefined && isBefore(one, since)
    // A panel may not know the order that was asked for: only a page that does go down to old charges says that the next ones are older.
    const isEnough = (page: readonly Row[]): boolean => page.slice(-1).some((row) => isOld(fromRow(row))) && isDescending(page)
    for await (const row of rowsOf(panel, 'expense', {}, { su: customer.login, newestFirst: true, isEnough })) {
      const charge = fromRow(row)
      if (charge && !isOld(charge)) found.push(charge)
    }
    return found
  }

  /** One charge, with its exact sum. */
  async function charge(id: string, currency = settings.currency): Promise<Charge | undefined> {
    const form = await panel.call('expense.edit', { elid: id }).catch(ignoreMissing)
    if (!form) return undefined
    const { text, key } = splitMarker(form.text('name'))
    return {
      id,
      text,
      key,
      on: readDay(form.text('realdate')),
      createdOn: readDay(form.text('cdate')),
      amount: readAmount(form.raw('amount'), currency),
      tax: readAmount(form.raw('taxamount'), currency),
      serviceId: form.id('item'),
    }
  }

  /** Which of these keys the panel has; several charges under one key come together. */
  async function findCharges(customer: Customer, keys: Iterable<string>, since: string): Promise<Map<string, PostedCharge>> {
    const wanted = new Set(keys)
    const found = new Map<string, PostedCharge>()
    for (const one of (await charges(customer, since)).sort((a, b) => Number(a.id) - Number(b.id))) {
      const { key } = one
      if (key === undefined || !wanted.has(key)) continue
      const first = found.get(key)
      if (first) first.duplicates.push(one.id)
      else found.set(key, { ...one, key, duplicates: [] })
    }
    return found
  }

  /**
   * Takes money for what was used. Looks for the key first, posts once, and looks again; a lost answer is settled by looking, never by
   * sending. A later call with the same key only looks while `doubtMs` has not passed, then posts if the key is still not there.
   */
  async function postCharges(customer: Customer, wishes: NewCharge[]): Promise<Outcome<PostedCharge>[]> {
    return queue.run(customer.accountId, async () => {
      const outcomes = new Map<NewCharge, Outcome<PostedCharge>>()
      const sound = wishes.filter((wish) => {
        const mistake = mistakeIn(wish, customer)
        if (mistake) outcomes.set(wish, refused(mistake))
        return !mistake
      })
      const since = sound
        .map((wish) => wish.since ?? panelDay(new Date(clock.now().getTime() - lookBackMs), settings.utcOffset))
        .sort()[0]
      if (since !== undefined) await post(customer, sound, since, outcomes)
      return wishes.map((wish) => outcomes.get(wish) as Outcome<PostedCharge>)
    })
  }

  async function post(
    customer: Customer,
    wishes: NewCharge[],
    since: string,
    outcomes: Map<NewCharge, Outcome<PostedCharge>>,
  ): Promise<void> {
    const keys = wishes.map(({ key }) => key)
    const name = ({ key }: NewCharge): string => `expense.edit #u:${key}`
    const doubtKey = ({ key }: NewCharge): string => `expense.edit ${customer.accountId}/${key}`
    const settle = (wish: NewCharge, outcome: Outcome<PostedCharge>): void => {
      outcomes.set(wish, outcome)
      doubts.settle(doubtKey(wish))
    }
    let there: Map<string, PostedCharge>
    try {
      there = await findCharges(customer, keys, since)
    } catch (error) {
      const unread = worldly(error)
      for (const wish of wishes) {
        const doubt = doubts.of(doubtKey(wish), wish.sentAt)
        outcomes.set(wish, doubt ? unconfirmed(name(wish), { unread, isOnlyLooked: true }) : refused(unread))
      }
      return
    }

    let open: { wish: NewCharge; lost: BillmanagerError | undefined; isOnlyLooked: boolean }[] = []
    let line: BillmanagerError | undefined
    const begun = new Set<string>()
    for (const wish of wishes) {
      const found = there.get(wish.key)
      const doubt = doubts.of(doubtKey(wish), wish.sentAt)
      if (found) settle(wish, confirmed(found, true))
      else if (begun.has(wish.key) || (doubt && (line || doubts.isFresh(doubt))))
        open.push({ wish, lost: undefined, isOnlyLooked: true })
      else if (line) outcomes.set(wish, refused(notSent(line)))
      else {
        begun.add(wish.key)
        doubts.note(doubtKey(wish))
        const lost = await send(customer, wish)
        if (lost?.effect === 'none') settle(wish, refused(lost))
        else {
          doubts.note(doubtKey(wish))
          open.push({ wish, lost, isOnlyLooked: false })
        }
        // What is behind a line that just broke is not risked on the next charge.
        if (lost?.reason === 'unavailable' || lost?.reason === 'auth') line = lost
      }
    }
    let unread: BillmanagerError | undefined
    for (let look = 1; look <= settings.readBack.looks && open.length > 0; look++) {
      if (look > 1) await clock.sleep(settings.readBack.everyMs)
      try {
        const sought = open.map(({ wish }) => wish.key)
        there = await findCharges(customer, sought, since)
        unread = undefined
      } catch (error) {
        unread = worldly(error)
        continue
      }
      for (const { wish, isOnlyLooked } of open) {
        const found = there.get(wish.key)
        if (found) settle(wish, confirmed(found, isOnlyLooked))
      }
      open = open.filter(({ wish }) => !there.has(wish.key))
    }
    for (const { wish, lost, isOnlyLooked } of open) outcomes.set(wish, unconfirmed(name(wish), { lost, unread, isOnlyLooked }))
  }

  async function send(
    customer: Customer,
    { amount, text, key, serviceId, taxRate, postpaid = true }: NewCharge,
  ): Promise<BillmanagerError | undefined> {
    try {
      await panel.call('expense.edit', {
        subaccount: customer.subaccountId,
        item: serviceId,
        amount: writeAmount(amount.micros),
        taxrate: taxRate,
        postpaid: postpaid ? 'on' : undefined,
        name: withMarker(text, key),
        sok: 'ok',
      })
      return undefined
    } catch (error) {
      return worldly(error)
    }
  }

  /** Takes a charge back. */
  function voidCharge(customer: Customer, id: string): Promise<Outcome<{ id: string }>> {
    return writeFor(context, customer.accountId, {
      name: 'expense.delete',
      act: () => panel.call('expense.delete', { elid: id }).catch(ignoreMissing),
      look: async () => ((await charge(id)) ? undefined : { id }),
    })
  }

  return {
    charges,
    charge,
    findCharges,
    postCharges,
    postCharge: async (customer: Customer, wish: NewCharge): Promise<Outcome<PostedCharge>> =>
      (await postCharges(customer, [wish]))[0] as Outcome<PostedCharge>,
    voidCharge,
  }
}

/** Ids grow with the day of making. A panel that shows only the day a charge is for is read two days further. */
function isBefore({ createdOn, on }: Charge, since: string): boolean {
  if (createdOn !== undefined) return createdOn < since
  return on !== undefined && Date.parse(on) < Date.parse(since) - 2 * 86_400_000
}

/** More than one row, each with a lesser id than the one before. */
function isDescending(page: readonly Row[]): boolean {
  const ids = page.map((row) => Number(row.id('id')))
  return ids.length > 1 && ids.every((id, index) => index === 0 || id < (ids[index - 1] ?? 0))
}

function mistakeIn({ amount, key, taxRate }: NewCharge, customer: Customer): BillmanagerError | undefined {
  try {
    checkKey(key)
  } catch (error) {
    return worldly(error)
  }
  if (amount.micros <= 0n || writeAmount(amount.micros) === undefined)
    return refuseField('amount', 'a charge is positive and has at most four decimals')
  if (customer.currency !== undefined && customer.currency !== amount.currency)
    return refuseField('amount', `the purse holds ${customer.currency}, not ${amount.currency}`)
  if (taxRate !== undefined && !/^\d{1,3}(\.\d{1,2})?$/.test(taxRate))
    return refuseField('taxrate', 'a tax rate is a percentage such as 20')
  return undefined
}

const notSent = (line: BillmanagerError): BillmanagerError =>
  new BillmanagerError('unavailable', {
    kind: line.kind,
    message: `not sent: ${line.message}`,
    retryable: true,
    effect: 'none',
    cause: line,
  })

/** The tax inside a sum: `A − A / ((100 + R) / 100)`, to four decimals. https://www.ispsystem.com/docs/b6c/developer-section/billmanager-api (expense) */
export function taxWithin(amount: Money, ratePercent: string): Money {
  const rate = BigInt(Math.round(Number(ratePercent) * 100))
  const steps = (amount.micros * rate + 50n * (10_000n + rate)) / (100n * (10_000n + rate))
  return money(steps * 100n, amount.currency)
}
