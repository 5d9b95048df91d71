import type { Money } from '@straylight/kit'
import { type Context, writeFor } from './context.ts'
import type { Customer } from './customers.ts'
import { panelDay, readDay } from './dates.ts'
import { type Outcome, refused } from './outcome.ts'
import { readAmount, writeAmount } from './protocol/amount.ts'
import type { Row } from './protocol/document.ts'
import { refuseField } from './protocol/errors.ts'
import type { Parameters } from './protocol/form.ts'
import { collect, filterBy, rowsOf } from './protocol/list.ts'

/** BILLmanager's own numbers: https://www.ispsystem.com/docs/b6c/developer-section/billmanager-api (payments), 8 and above from billing-typescript. */
const statuses: Record<string, PaymentStatus> = {
  '1': 'new',
  '2': 'in_progress',
  '3': 'promised',
  '4': 'credited',
  '5': 'awaiting_refund',
  '6': 'refunded',
  '7': 'fraud',
  '8': 'initiated',
  '9': 'cancelled',
  '100': 'deleting',
}
export type PaymentStatus =
  | 'new'
  | 'in_progress'
  | 'promised'
  | 'credited'
  | 'awaiting_refund'
  | 'refunded'
  | 'fraud'
  | 'initiated'
  | 'cancelled'
  | 'deleting'
  | 'unknown'

export interface Payment {
  id: string
  number: string
  /** The day on the panel, `YYYY-MM-DD`. */
  createdOn: string | undefined
  paidOn: string | undefined
  amount: Money | undefined
  status: PaymentStatus
  method: string
  /** The client's e-mail; only staff see it. */
  account: string
}

export interface PaymentMethod {
  id: string
  name: string
  minimum: Money | undefined
  maximum: Money | undefined
  /** The panel's id of the currency, for `createPayment`. */
  currencyId: string | undefined
}

export interface PaymentQuery {
  /** The first and the last day of making, `YYYY-MM-DD`. */
  since?: string
  until?: string
  status?: PaymentStatus
  customer?: Customer
}

export interface NewPayment {
  amount: Money
  methodId: string
  /** Without it the first payer of the client is taken. */
  payerId?: string
  currencyId?: string
  /**
   * The same key in the same process finds the payment that it made. The panel keeps no word of it: after a restart a payment is neither
   * found nor, while `sentAt` is in doubt, made again.
   */
  key: string
  /** When this key was sent last, for after a restart. */
  sentAt?: Date | undefined
}

export interface StartedPayment {
  payment: Payment
  /** Where the client pays; missing for methods without a gateway, and when the answer was lost. */
  redirectUrl: string | undefined
}

export function paymentsOf(context: Context) {
  const { panel, clock, settings } = context
  /** Payments by our key. BILLmanager keeps no word of ours on a payment, so this is all there is. */
  const made = new Map<string, StartedPayment>()

  const fromRow = (row: Row): Payment | undefined => {
    const id = row.id('id')
    if (id === undefined) return undefined
    return {
      id,
      number: row.text('number'),
      createdOn: readDay(row.text('create_date')),
      paidOn: readDay(row.text('pay_date')),
      amount: readAmount(row.text('subaccountamount_iso'), settings.currency),
      status: statuses[row.raw('status')] ?? 'unknown',
      method: row.text('paymethod_name'),
      account: row.text('account_name'),
    }
  }

  async function payments({ since, until, status, customer }: PaymentQuery = {}): Promise<Payment[]> {
    const filter: Parameters = {}
    if (since !== undefined || until !== undefined)
      Object.assign(filter, {
        createdate: 'other',
        createdatestart: since ?? '1970-01-01',
        createdateend: until ?? nextDay(clock.now(), settings.utcOffset),
      })
    const code = Object.keys(statuses).find((number) => statuses[number] === status)
    if (code !== undefined) filter.status = code
    const rows = rowsOf(panel, 'payment', Object.keys(filter).length > 0 ? filterBy(filter) : {}, { su: customer?.login })
    return collect(rows, (row) => {
      const payment = fromRow(row)
      if (!payment || (status !== undefined && payment.status !== status)) return undefined
      if (since !== undefined && payment.createdOn !== undefined && payment.createdOn < since) return undefined
      if (until !== undefined && payment.createdOn !== undefined && payment.createdOn > until) return undefined
      return payment
    })
  }

  async function payment(id: string, customer?: Customer): Promise<Payment | undefined> {
    for await (const row of rowsOf(panel, 'payment', filterBy({ id }), { su: customer?.login }))
      if (row.id('id') === id) return fromRow(row)
    return undefined
  }

  /** The ways to pay that the panel offers this client. */
  async function paymentMethods(customer: Customer): Promise<PaymentMethod[]> {
    const doc = await panel.call('payment.add', {}, { su: customer.login })
    return doc.inner('list', 'methodlist', 'elem').flatMap((row) => {
      const id = row.id('paymethod')
      if (id === undefined) return []
      const sum = (column: string): Money | undefined =>
        row.text(column) === '' ? undefined : readAmount(row.text(column), settings.currency)
      return [
        {
          id,
          name: row.text('name'),
          minimum: sum('payment_minamount'),
          maximum: sum('payment_maxamount'),
          currencyId: row.id('payment_currency'),
        },
      ]
    })
  }

  async function firstPayer(customer: Customer): Promise<string> {
    for await (const row of rowsOf(panel, 'profile', {}, { su: customer.login })) {
      const id = row.id('id')
      if (id !== undefined) return id
    }
    throw refuseField('profile', `${customer.login} has no payer`)
  }

  /**
   * Begins a payment that the client then makes at `redirectUrl`. When the answer is lost it is known by comparison:
   * one new payment of this sum since before the call, or else `unconfirmed`.
   */
  async function createPayment(
    customer: Customer,
    { amount, methodId, payerId, currencyId, key, sentAt }: NewPayment,
  ): Promise<Outcome<StartedPayment>> {
    const written = writeAmount(amount.micros)
    if (written === undefined || amount.micros <= 0n)
      return refused(refuseField('amount', 'a payment is positive and has at most four decimals'))
    const known = `${customer.accountId}/${key}`
    const outcome = await writeFor(context, customer.accountId, {
      name: 'payment.add.method',
      key,
      sentAt,
      find: async () => {
        const earlier = made.get(known)
        return earlier && { ...earlier, payment: (await payment(earlier.payment.id, customer)) ?? earlier.payment }
      },
      before: async () => {
        const since = yesterday()
        const ids = new Set((await payments({ since, customer })).map(({ id }) => id))
        const answer: { id?: string | undefined; redirectUrl?: string | undefined } = {}
        return { since, ids, payer: payerId ?? (await firstPayer(customer)), answer }
      },
      act: async ({ payer, answer }) => {
        const doc = await panel.call(
          'payment.add.method',
          {
            paymethod: methodId,
            amount: written,
            payment_currency: currencyId,
            profile: payer,
            clicked_button: 'ok',
            sok: 'ok',
          },
          { su: customer.login },
        )
        // Kept beside the doubt: a payment that is seen late still has its address.
        answer.redirectUrl = gatewayUrl(doc.text('ok'), panel.url)
        answer.id = doc.id('payment_id') ?? doc.id('id')
      },
      look: async (_, before) => {
        if (!before) return undefined
        const { id, redirectUrl } = before.answer
        const startedAs = (one: Payment | undefined): StartedPayment | undefined => one && { payment: one, redirectUrl }
        if (id !== undefined) return startedAs(await payment(id, customer))
        const others = new Set([...made].map(([other, { payment: theirs }]) => (other === known ? '' : theirs.id)))
        const fresh = (await payments({ since: before.since, customer })).filter(
          (one) => !before.ids.has(one.id) && !others.has(one.id) && one.amount?.micros === roundedToCents(amount.micros),
        )
        return fresh.length === 1 ? startedAs(fresh[0]) : undefined
      },
    })
    if (outcome.outcome === 'confirmed') {
      made.set(known, outcome.value)
      if (made.size > 10_000) made.delete(made.keys().next().value as string)
    }
    return outcome
  }

  /** Tells the panel that the money has come, as a gateway does. `externalId` is the gateway's own. */
  function settlePayment(customer: Customer, id: string, externalId: string): Promise<Outcome<Payment>> {
    const credited = async (): Promise<Payment | undefined> => {
      const one = await payment(id)
      return one?.status === 'credited' ? one : undefined
    }
    return writeFor(context, customer.accountId, {
      name: 'payment.setpaid',
      find: credited,
      act: () => panel.call('payment.setpaid', { elid: id, externalid: externalId }),
      look: credited,
    })
  }

  const yesterday = (): string => panelDay(new Date(clock.now().getTime() - 86_400_000), settings.utcOffset)

  return { payments, payment, paymentMethods, createPayment, settlePayment }
}

/** Where the client pays. `func=order` and the like are places in the panel's own pages, not addresses. */
function gatewayUrl(address: string, base: string): string | undefined {
  if (address === '' || address.startsWith('func=') || !URL.canParse(address, base)) return undefined
  const url = new URL(address, base)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined
}

const nextDay = (at: Date, utcOffset: string): string => panelDay(new Date(at.getTime() + 86_400_000), utcOffset)

/** Lists show whole cents. */
export function roundedToCents(micros: bigint): bigint {
  const cent = 10_000n
  const half = micros < 0n ? -cent / 2n : cent / 2n
  return ((micros + half) / cent) * cent
}
