import { type Money, money } from '@straylight/kit'
import { type Context, writeFor } from './context.ts'
import type { Customer } from './customers.ts'
import { panelDay } from './dates.ts'
import { type Outcome, refused, type Write } from './outcome.ts'
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

export interface PromiseWish {
  amount: Money
  days: number
  /** Ours: the same key is the same promise. */
  key: string
  /** What the caller knows of earlier promises, in place of what the panel shows. */
  history?: PromiseHistory
  /** For `own` with `raiseCredit`: the limit before the promise, as `balance` told it. With it a promise can be repeated after a restart. */
  limitBefore?: Money
  /** When this key was sent last, for after a restart. */
  sentAt?: Date | undefined
}

export interface PromiseEnd {
  amount: Money
  /** The key of the promise. */
  key: string
  /** The limit with the promise in it; with it the end can be repeated after a restart. */
  limitBefore?: Money
  /** When this end was sent last, for after a restart. */
  sentAt?: Date | undefined
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
  const name = strategy.kind === 'own' ? 'own promise' : 'promised payment'
  /** Promises of this process that were granted, by account and key. */
  const granted = new Map<string, GrantedPromise & { accountId: string; onDay: string; ended: boolean }>()
  /** Promises that are being sent, or were sent and not seen: ours count as open. */
  const sent = new Map<string, { accountId: string; until: Date }>()
  const ended = new Set<string>()
  const today = (): string => panelDay(clock.now(), settings.utcOffset)

  /** Our own promises of this process, which the panel does not show as payments. */
  function ownHistory(customer: Customer, exceptKey?: string): Pick<PromiseHistory, 'open' | 'lastOn'> {
    if (strategy.kind !== 'own') return { open: false, lastOn: undefined }
    const of = [...granted].filter(([known, one]) => one.accountId === customer.accountId && known !== exceptKey)
    const isOpen = ({ ended, until }: GrantedPromise & { ended: boolean }): boolean =>
      !ended && (strategy.raiseCredit === true || until.getTime() > clock.now().getTime())
    return {
      open:
        of.some(([, one]) => isOpen(one)) ||
        [...sent].some(([known, { accountId }]) => accountId === customer.accountId && known !== exceptKey),
      lastOn: latest(of.map(([, { onDay }]) => onDay)),
    }
  }

  /** What the panel knows of a client's promises, and this process of its own. */
  async function history(customer: Customer): Promise<PromiseHistory> {
    const all = await payments({ customer })
    const promises = all.filter(({ status }) => status === 'promised')
    const real = all.filter(({ status }) => status === 'credited')
    const own = ownHistory(customer)
    return {
      paid: money(
        real.reduce((sum, { amount }) => sum + (amount?.micros ?? 0n), 0n),
        rules?.maximum.currency ?? settings.currency,
      ),
      open: promises.length > 0 || own.open,
      lastOn: latest([...promises.map(({ createdOn }) => createdOn), own.lastOn]),
    }
  }

  /**
   * Grants a promise once per key. A repetition finds what this process granted, ended or not; after a restart a promise that is a payment
   * is not found again, and a raised limit by `limitBefore`.
   */
  async function promise(customer: Customer, wish: PromiseWish): Promise<Outcome<GrantedPromise>> {
    if (strategy.kind === 'none') return refused(notFoundThere('promised payments are not set up'))
    const written = writeAmount(wish.amount.micros)
    if (written === undefined) return refused(refuseField('amount', 'at most four decimals'))
    const known = `${customer.accountId}/${wish.key}`
    const until = sent.get(known)?.until ?? new Date(clock.now().getTime() + wish.days * 86_400_000)
    const asGranted = (payment: Payment | undefined): GrantedPromise => ({ amount: wish.amount, until, payment })
    const common = {
      name,
      key: wish.key,
      sentAt: wish.sentAt,
      find: async (): Promise<GrantedPromise | undefined> => {
        const earlier = granted.get(known)
        return earlier && { amount: earlier.amount, until: earlier.until, payment: earlier.payment }
      },
    }
    const check = async (): Promise<void> => {
      if (!rules) return
      const [told, own] = [wish.history ?? (await history(customer)), ownHistory(customer, known)]
      const whole = { ...told, open: told.open || own.open, lastOn: latest([told.lastOn, own.lastOn]) }
      const forbidden = promiseForbidden(rules, whole, wish, today())
      if (forbidden) throw forbidden
      // From here on another one must wait, also before this one is known to be granted.
      sent.set(known, { accountId: customer.accountId, until })
    }
    const outcome = await (strategy.kind !== 'own'
      ? byPayment(customer, wish, written, common, check, asGranted)
      : strategy.raiseCredit
        ? setCredit(customer, common, check, wish.amount.micros, wish.limitBefore, asGranted(undefined))
        : writeFor(context, customer.accountId, {
            ...common,
            before: check,
            act: async () => undefined,
            look: async () => asGranted(undefined),
          }))
    if (outcome.outcome === 'unconfirmed') sent.set(known, { accountId: customer.accountId, until })
    else sent.delete(known)
    if (outcome.outcome === 'confirmed' && !granted.has(known)) {
      granted.set(known, { ...outcome.value, accountId: customer.accountId, onDay: today(), ended: false })
      if (granted.size > 10_000) granted.delete(granted.keys().next().value as string)
    }
    return outcome
  }

  type Common = Pick<Write<unknown, GrantedPromise>, 'name' | 'key' | 'sentAt' | 'find'>

  function byPayment(
    customer: Customer,
    wish: PromiseWish,
    written: string,
    common: Common,
    check: () => Promise<void>,
    asGranted: (payment: Payment) => GrantedPromise,
  ): Promise<Outcome<GrantedPromise>> {
    return writeFor(context, customer.accountId, {
      ...common,
      before: async () => {
        await check()
        const ids = new Set((await payments({ customer, status: 'promised' })).map(({ id }) => id))
        return { ids, payer: strategy.kind === 'paymethod' ? await firstPayer(customer) : undefined }
      },
      act: ({ payer }) => order(customer, written, wish.days, payer),
      look: async (_, before) => {
        if (!before) return undefined
        const seen = await payments({ customer, status: 'promised' })
        const fresh = seen.find((one) => !before.ids.has(one.id) && one.amount?.micros === roundedToCents(wish.amount.micros))
        return fresh && asGranted(fresh)
      },
    })
  }

  const firstPayer = async ({ login }: Customer): Promise<string | undefined> =>
    (await collect(rowsOf(panel, 'profile', {}, { su: login }), (row) => row.id('id')))[0]

  async function order(customer: Customer, amount: string, days: number, payer: string | undefined): Promise<unknown> {
    const su = customer.login
    if (strategy.kind === 'paymethod') {
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

  /** Ends a promise of our own, once per key; a raised credit is taken back. */
  async function endOwnPromise(customer: Customer, end: PromiseEnd): Promise<Outcome<{ ended: true }>> {
    if (strategy.kind !== 'own') return refused(notFoundThere('the panel ends its own promises'))
    const known = `${customer.accountId}/${end.key}`
    const common = {
      name: 'end of own promise',
      key: end.key,
      sentAt: end.sentAt,
      find: async (): Promise<{ ended: true } | undefined> => (ended.has(known) ? { ended: true } : undefined),
    }
    const outcome: Outcome<{ ended: true }> = await (strategy.raiseCredit
      ? setCredit(customer, common, async () => undefined, -end.amount.micros, end.limitBefore, { ended: true })
      : writeFor(context, customer.accountId, { ...common, act: async () => undefined, look: async () => ({ ended: true }) }))
    if (outcome.outcome === 'confirmed') {
      ended.add(known)
      if (ended.size > 10_000) ended.delete(ended.values().next().value as string)
      const one = granted.get(known)
      if (one) one.ended = true
    }
    return outcome
  }

  /**
   * Sets the credit limit to what it was and the change. The target is reckoned once, from the limit before, and kept with the order:
   * a repetition sets the same limit or none.
   */
  function setCredit<T>(
    customer: Customer,
    common: Pick<Write<unknown, T>, 'name' | 'key' | 'sentAt' | 'find'>,
    check: () => Promise<void>,
    change: bigint,
    limitBefore: Money | undefined,
    value: T,
  ): Promise<Outcome<T>> {
    const column = settings.columns.creditLimit
    const limit = async (): Promise<bigint> => {
      const form = await panel.call('subaccount.edit', { elid: customer.subaccountId })
      return readAmount(form.raw(column), settings.currency)?.micros ?? 0n
    }
    const targetFrom = (from: bigint): bigint => (from + change > 0n ? from + change : 0n)
    const told = limitBefore && { from: limitBefore.micros, target: targetFrom(limitBefore.micros) }
    return writeFor(context, customer.accountId, {
      ...common,
      find: async () => (await common.find?.()) ?? (told && (await limit()) === told.target ? value : undefined),
      before: async (earlier: { from: bigint; target: bigint } | undefined) => {
        await check()
        const now = await limit()
        const known = earlier ?? told
        if (known && known.from !== now)
          throw refuseField('limitBefore', 'the credit limit is neither what it was before nor what it was to be')
        return known ?? { from: now, target: targetFrom(now) }
      },
      act: ({ target }) =>
        panel.call('subaccount.edit', { elid: customer.subaccountId, [column]: writeAmount(target), sok: 'ok' }),
      look: async (_, before) => ((await limit()) === (before ?? told)?.target ? value : undefined),
    })
  }

  return { promise, promiseHistory: history, endOwnPromise }
}

/** The last of some days. */
const latest = (days: (string | undefined)[]): string | undefined =>
  days
    .filter((day) => day !== undefined)
    .sort()
    .at(-1)
