import { maxMicros, minMicros } from '@straylight/kit'
import type { Expense, Payment, Subaccount } from './entities.ts'
import { badValue, refuse } from './refusal.ts'
import { type World, dayAfter } from './world.ts'

/** Money moves here and nowhere else. */

/** The note on a promised payment that was not kept; it stands in the way of another. */
const brokenPromise = 'broken promise'

export const paymentStatus = { new: 1, inProgress: 2, pledged: 3, credited: 4, refunded: 6, fraud: 7, cancelled: 9 } as const

/** What a purse can still pay without being post-paid. */
export function spendable(purse: Subaccount): bigint {
  return purse.balance + (purse.creditBlocked ? 0n : purse.creditLimit) - purse.reserved
}

/** @throws PanelRefusal with all figures, as https://www.ispsystem.com/docs/billmanager-kb/troubleshooting/the-service-stops-spontaneously shows them */
export function requireMoney(world: World, purse: Subaccount, amount: bigint): void {
  const available = spendable(purse)
  if (purse.postpaid || amount <= available) return
  throw refuse('not_enough_money', '', {
    amount: world.exact(amount),
    have: world.exact(purse.balance),
    currency: purse.currency,
    deficit: world.exact(amount - maxMicros(available, 0n)),
    limit: world.exact(purse.creditBlocked ? 0n : purse.creditLimit),
    reserved: world.exact(purse.reserved),
    available: world.exact(maxMicros(available, 0n)),
  })
}

/** BILLmanager keeps four decimals; what is finer is rounded half up. */
export const toPanelStep = (micros: bigint): bigint => ((micros + (micros < 0n ? -50n : 50n)) / 100n) * 100n

export interface NewExpense {
  accountId: string
  itemId: string | undefined
  operation: string
  name: string
  amount: bigint
  taxRate: number
  /** Although there is no money for it. */
  postpaid: boolean
  /** The day it is for; today by default. */
  realDay?: string
}

/** Takes money. @throws PanelRefusal `not_enough_money` */
export function charge(
  world: World,
  { accountId, itemId, operation, name, amount, taxRate, postpaid, realDay }: NewExpense,
): Expense {
  const purse = world.purse(accountId)
  if (!postpaid) requireMoney(world, purse, amount)
  const covered = maxMicros(0n, minMicros(purse.balance, amount))
  world.store.put('subaccount', { ...purse, balance: purse.balance - amount })
  return world.store.put('expense', {
    id: world.store.nextId('expense'),
    accountId,
    itemId,
    operation,
    name,
    amount,
    currency: purse.currency,
    taxRate,
    unpaid: amount - covered,
    createdAt: world.now().toISOString(),
    realDay: realDay ?? world.today(),
  })
}

/** Gives money back and forgets the charge. */
export function uncharge(world: World, expense: Expense): void {
  const purse = world.purse(expense.accountId)
  world.store.remove('expense', expense.id)
  world.store.put('subaccount', { ...purse, balance: purse.balance + expense.amount })
}

/** Changes a charge to another sum. */
export function recharge(world: World, expense: Expense, amount: bigint, name: string): Expense {
  const purse = world.purse(expense.accountId)
  world.store.put('subaccount', { ...purse, balance: purse.balance + expense.amount - amount })
  return world.store.put('expense', { ...expense, amount, name, unpaid: minMicros(amount, expense.unpaid) })
}

/** The tax inside a sum, to four decimals: `A − A / ((100 + R) / 100)`. */
export function taxIn(amount: bigint, taxRate: number): bigint {
  const rate = BigInt(taxRate)
  return toPanelStep((amount * rate) / (10_000n + rate))
}

/** Puts money into a purse: what is owed is covered first, oldest first, even if the payment was for something else. */
function pour(world: World, accountId: string, amount: bigint): void {
  const purse = world.purse(accountId)
  let rest = amount
  for (const expense of world.store.all('expense').filter((one) => one.accountId === accountId && one.unpaid > 0n)) {
    if (rest <= 0n) break
    const part = minMicros(expense.unpaid, rest)
    world.store.put('expense', { ...expense, unpaid: expense.unpaid - part })
    rest -= part
  }
  const balance = purse.balance + amount
  const isOverdue = payInvoices(world, accountId)
  world.store.put('subaccount', { ...purse, balance, creditBlocked: purse.creditBlocked && isOverdue })
}

/** An invoice is paid when nothing in its period is owed any more. @returns whether one is still overdue */
function payInvoices(world: World, accountId: string): boolean {
  let isOverdue = false
  for (const invoice of world.store.all('invoice').filter((one) => one.accountId === accountId && !one.paid)) {
    const owed = world.store
      .all('expense')
      .some(
        (one) => one.accountId === accountId && one.unpaid > 0n && one.realDay >= invoice.fromDay && one.realDay <= invoice.toDay,
      )
    if (!owed) world.store.put('invoice', { ...invoice, paid: true })
    else if (invoice.dueOn < world.today()) isOverdue = true
  }
  return isOverdue
}

/** Real money has come. Once: a payment that is credited stays as it is. */
export function creditPayment(world: World, payment: Payment, facts: { externalId?: string; info?: string } = {}): Payment {
  if (payment.status === paymentStatus.credited) return payment
  // The promise that this payment keeps has already been credited; only its word is replaced by money.
  const wasPledged = payment.status === paymentStatus.pledged
  const credited = world.store.put('payment', {
    ...payment,
    status: paymentStatus.credited,
    paidAt: world.now().toISOString(),
    externalId: facts.externalId ?? payment.externalId,
    info: facts.info ?? (payment.info === brokenPromise ? '' : payment.info),
    promisedUntil: undefined,
  })
  if (wasPledged) return credited
  pour(world, payment.accountId, payment.amount)
  // Real money above a promise's sum removes the promise: https://en.ispdoc.com/index.php/Promised_payment
  for (const promise of world.store
    .all('payment')
    .filter((one) => one.accountId === payment.accountId && one.status === paymentStatus.pledged))
    if (payment.amount >= promise.amount) endPromise(world, promise, paymentStatus.cancelled)
  return credited
}

/** Takes a credited payment back. */
export function uncreditPayment(world: World, payment: Payment, status: number): Payment {
  if (payment.status === paymentStatus.credited || payment.status === paymentStatus.pledged) {
    const purse = world.purse(payment.accountId)
    world.store.put('subaccount', { ...purse, balance: purse.balance - payment.amount })
  }
  return world.store.put('payment', { ...payment, status, promisedUntil: undefined })
}

/** One at a time, and not while an earlier one was never paid. @throws PanelRefusal */
export function promise(world: World, payment: Omit<Payment, 'status' | 'promisedUntil'>, days: number): Payment {
  const isOpen = world.store
    .all('payment')
    .some((one) => one.accountId === payment.accountId && (one.status === paymentStatus.pledged || one.info === brokenPromise))
  if (isOpen) throw refuse('promise_open')
  const pledged = world.store.put('payment', {
    ...payment,
    status: paymentStatus.pledged,
    promisedUntil: `${dayAfter(world.today(), days)}T00:00:00.000Z`,
  })
  pour(world, payment.accountId, payment.amount)
  return pledged
}

export function endPromise(world: World, payment: Payment, status: number): void {
  uncreditPayment(world, { ...payment, info: status === paymentStatus.new ? brokenPromise : payment.info }, status)
}

/** A sum in a parameter: a decimal, above zero. @throws PanelRefusal */
export function readSum(field: string, text: string): bigint {
  const [, whole, fraction = ''] = /^(\d{1,12})(?:[.,](\d{1,6}))?$/.exec(text.trim()) ?? []
  const micros = whole === undefined ? 0n : BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
  if (micros <= 0n) throw badValue(field, text)
  return toPanelStep(micros)
}
