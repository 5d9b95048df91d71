import { maxMicros, minMicros, type Money, money } from '@straylight/kit'
import type { Context } from './context.ts'
import type { Customer } from './customers.ts'
import { readAmount } from './protocol/amount.ts'
import type { Row } from './protocol/document.ts'
import { BillmanagerError } from './protocol/errors.ts'
import { filterBy, rowsOf } from './protocol/list.ts'

/**
 * A purse as the panel shows it. It shows whole cents and knows a charge only once it is posted, so that it is never the live balance:
 * `real + credit − what is not posted yet − holds` is.
 */
export interface Balance {
  /** What was paid less what was charged; below zero it is a debt. */
  real: Money
  /** How deep the debt may become; zero without a credit limit. */
  credit: Money
  reserved: Money
  /** What may still be spent; `undefined` for a post-paid purse, which has no limit. */
  available: Money | undefined
  mode: 'prepaid' | 'credit' | 'postpaid'
  /** There is a credit limit and none of it may be used, because an invoice is overdue. */
  creditBlocked: boolean
  asOf: Date
}

export function readBalanceFrom(context: Context): (customer: Customer) => Promise<Balance> {
  const { panel, clock, settings } = context

  async function real(customer: Customer): Promise<Money> {
    try {
      const doc = await panel.call('dashboard.info', {}, { su: customer.login })
      const shown = readAmount(doc.elements[0]?.text('realbalance') ?? '', settings.currency)
      if (shown) return shown
    } catch (error) {
      if (!(error instanceof BillmanagerError) || error.reason !== 'not_found') throw error
    }
    // A panel without the dashboard still shows the sum in the list of clients.
    for await (const row of rowsOf(panel, 'account', filterBy({ id: customer.accountId })))
      if (row.id('id') === customer.accountId) {
        const shown = readAmount(row.text('balance'), settings.currency)
        if (shown) return shown
      }
    throw unreadable(`no balance is shown for account ${customer.accountId}`)
  }

  async function credit(customer: Customer): Promise<Row | undefined> {
    return (await panel.call('dashboard.subaccount_credit', {}, { su: customer.login })).elements[0]
  }

  async function purse(customer: Customer): Promise<Row | undefined> {
    for await (const row of rowsOf(panel, 'subaccount', { plid: customer.accountId }))
      if (row.id('id') === customer.subaccountId) return row
    return undefined
  }

  return async (customer) => {
    const [shown, creditRow, purseRow] = await Promise.all([real(customer), credit(customer), purse(customer)])
    const { currency } = shown
    const sum = (row: Row | undefined, column: string): bigint | undefined =>
      row && readAmount(row.text(column), currency)?.micros
    const limit = sum(creditRow, 'credit') ?? sum(purseRow, settings.columns.creditLimit) ?? 0n
    const unused = sum(creditRow, 'available_credit') ?? limit
    const reserved = sum(purseRow, settings.columns.reserved) ?? 0n
    const postpaid = purseRow?.flag(settings.columns.postpaid) ?? false
    const creditBlocked = !postpaid && limit > 0n && unused === 0n && shown.micros + limit > 0n
    // Versions differ in whether the unused credit already counts the debt; the smaller reading holds for both.
    const reach = creditBlocked ? shown.micros : minMicros(shown.micros + limit, maxMicros(shown.micros, 0n) + unused)
    return {
      real: shown,
      credit: money(limit, currency),
      reserved: money(reserved, currency),
      available: postpaid ? undefined : money(reach - reserved, currency),
      mode: postpaid ? 'postpaid' : limit > 0n ? 'credit' : 'prepaid',
      creditBlocked,
      asOf: clock.now(),
    }
  }
}

const unreadable = (message: string): BillmanagerError =>
  new BillmanagerError('unavailable', { kind: 'garbled', message, retryable: true, effect: 'none' })
