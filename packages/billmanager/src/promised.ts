import { type Money, money } from '@straylight/kit'
import { type Context, writeFor } from './context.ts'
import type { Customer } from './customers.ts'
import { panelDay } from './dates.ts'
import { confirmed, type Outcome, refused } from './outcome.ts'
import { type Payment, type PaymentQuery, roundedToCents } from './payments.ts'
import { readAmount, writeAmount } from './protocol/amount.ts'
import { BillmanagerError, notFoundThere, refuseField } from './protocol/errors.ts'
import type { Parameters } from './protocol/form.ts'
import { collect, rowsOf } from './protocol/list.ts'

/**
 * A promised payment is not one stable function of BILLmanager: a payment method in version 4, a module per client group in version 5
 * (which works on services and "is not supported in BILLmanager 6 interface"), and a function `promisepayment.add` in one public portal
 * on version 6. So it is chosen in the settings.
 */
export type PromiseStrategy =
  | { kind: 'none' }
  /** Calls `name` with the given parameters; `{amount}` and `{days}` in their values are filled in. */
  | { kind: 'function'; name?: string; parameters?: Record<string, string> }
  /** Pays by a payment method that credits at once and asks for the money later. */
  | { kind: 'paymethod'; methodId: string; currencyId?: string }
  /** Our own ledger grants it. With `raiseCredit` the panel's credit limit is raised by the sum, so that it goes on charging. */
  | { kind: 'own'; raiseCredit?: boolean }

/** Kept by us, whatever the strategy, as no version of BILLmanager keeps all of them. */
export interface PromiseRules {
  /** The greatest sum, in the currency of the purse. */
  maximum: Money
  maximumDays: number
  /** What must have been paid for real before. */
  minimumPaid: Money
  /** Days between the end of one promise and the next. */
  cooldownDays: number
}

export interface PromiseHistory {
  /** The sum of all real payments. */
  paid: Money
  /** A promise that is not paid yet. */
  open: boolean
  /** When the last one began, `YYYY-MM-DD`. */
  lastOn: string | undefined
}

export interface GrantedPromise {
  amount: Money
  until: Date
  /** The panel's payment, where the promise is one. */
  payment: Payment | undefined
}

/** Whether a promise may be given; the field that forbids it, when not. */
export function promiseForbidden(
  rules: PromiseRules,
  history: PromiseHistory,
  wish: { amount: Money; days: number },
  today: string,
): BillmanagerError | undefined {
  const { amount, days } = wish
  if (amount.currency !== rules.maximum.currency) return refuseField('amount', `a promise is made in ${rules.maximum.currency}`)
  if (amount.micros <= 0n || amount.micros > rules.maximum.micros)
    return refuseField('amount', 'the sum is above what may be promised')
  if (!Number.isInteger(days) || days < 1 || days > rules.maximumDays)
    return refuseField('days', `1 to ${rules.maximumDays} days`)
  if (history.open) return busy('a promise is open; one at a time')
  if (history.paid.micros < rules.minimumPaid.micros) return refuseField('paid', 'too little was paid for real so far')
  if (history.lastOn !== undefined && daysBetween(history.lastOn, today) < rules.cooldownDays)
    return busy('too soon after the last promise')
  return undefined
}

const busy = (message: string): BillmanagerError =>
  new BillmanagerError('busy', { kind: 'conflict', message, retryable: true, effect: 'none' })

const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000

export function promisedOf(
  context: Context,
  strategy: PromiseStrategy,
  rules: PromiseRules | undefined,
  payments: (query: PaymentQuery) => Promise<Payment[]>,
) {
  const { panel, clock, settings } = context
  const today = (): string => panelDay(clock.now(), settings.utcOffset)

  /** What the panel knows of a client's promises. */
  async function history(customer: Customer): Promise<PromiseHistory> {
    const all = await payments({ customer })
    const promises = all.filter(({ status }) => status === 'promised')
    const real = all.filter(({ status }) => status === 'credited')
    return {
      paid: money(
        real.reduce((sum, { amount }) => sum + (amount?.micros ?? 0n), 0n),
        rules?.maximum.currency ?? settings.currency,
      ),
      open: promises.length > 0,
      lastOn: promises
        .map(({ createdOn }) => createdOn ?? '')
        .sort()
        .at(-1),
    }
  }

  async function promise(
    customer: Customer,
    wish: { amount: Money; days: number; key: string; history?: PromiseHistory },
  ): Promise<Outcome<GrantedPromise>> {
    if (strategy.kind === 'none') return refused(notFoundThere('promised payments are not set up'))
    const written = writeAmount(wish.amount.micros)
    if (written === undefined) return refused(refuseField('amount', 'at most four decimals'))
    const until = new Date(clock.now().getTime() + wish.days * 86_400_000)
    const granted = (payment: Payment | undefined): GrantedPromise => ({ amount: wish.amount, until, payment })
    const check = async (): Promise<void> => {
      if (!rules) return
      const forbidden = promiseForbidden(rules, wish.history ?? (await history(customer)), wish, today())
      if (forbidden) throw forbidden
    }
    if (strategy.kind === 'own') {
      try {
        await check()
      } catch (error) {
        if (error instanceof BillmanagerError) return refused(error)
        throw error
      }
      return strategy.raiseCredit ? raiseCredit(customer, wish.amount.micros, granted(undefined)) : confirmed(granted(undefined))
    }

    const fresh = async (): Promise<Payment | undefined> => {
      const seen = await payments({ customer, status: 'promised' })
      return seen.find((one) => !before.has(one.id) && one.amount?.micros === roundedToCents(wish.amount.micros))
    }
    const before = new Set<string>()
    return writeFor(context, customer.accountId, {
      name: 'promised payment',
      find: async () => {
        await check()
        for (const { id } of await payments({ customer, status: 'promised' })) before.add(id)
        return undefined
      },
      act: () => order(customer, written, wish.days),
      look: async () => {
        const payment = await fresh()
        return payment && granted(payment)
      },
    })
  }

  async function order(customer: Customer, amount: string, days: number): Promise<unknown> {
    const su = customer.login
    if (strategy.kind === 'paymethod') {
      const [payer] = await collect(rowsOf(panel, 'profile', {}, { su }), (row) => row.id('id'))
      return panel.call(
        'payment.add.method',
        {
          paymethod: strategy.methodId,
          amount,
          payment_currency: strategy.currencyId,
          profile: payer,
          clicked_button: 'ok',
          sok: 'ok',
        },
        { su },
      )
    }
    if (strategy.kind !== 'function') return undefined
    const parameters: Parameters = { sok: 'ok' }
    for (const [name, value] of Object.entries(strategy.parameters ?? { amount: '{amount}' }))
      parameters[name] = value.replaceAll('{amount}', amount).replaceAll('{days}', String(days))
    return panel.call(strategy.name ?? 'promisepayment.add', parameters, { su })
  }

  /** Sets the credit limit to what it was plus the sum. Repeating it would raise it twice, so that a lost answer is only read back. */
  function raiseCredit(customer: Customer, micros: bigint, granted: GrantedPromise): Promise<Outcome<GrantedPromise>> {
    return setCredit(customer, (limit) => limit + micros, granted)
  }

  /** Takes the raised credit back when the promise ends. */
  function endOwnPromise(customer: Customer, amount: Money): Promise<Outcome<{ ended: true }>> {
    return setCredit(customer, (limit) => (limit > amount.micros ? limit - amount.micros : 0n), { ended: true })
  }

  function setCredit<T>(customer: Customer, change: (limit: bigint) => bigint, value: T): Promise<Outcome<T>> {
    const column = settings.columns.creditLimit
    const limit = async (): Promise<bigint> => {
      const form = await panel.call('subaccount.edit', { elid: customer.subaccountId })
      return readAmount(form.raw(column), settings.currency)?.micros ?? 0n
    }
    let target = 0n
    return writeFor(context, customer.accountId, {
      name: 'subaccount.edit',
      find: async () => {
        target = change(await limit())
        return undefined
      },
      act: () => panel.call('subaccount.edit', { elid: customer.subaccountId, [column]: writeAmount(target), sok: 'ok' }),
      look: async () => ((await limit()) === target ? value : undefined),
    })
  }

  return { promise, promiseHistory: history, endOwnPromise }
}
