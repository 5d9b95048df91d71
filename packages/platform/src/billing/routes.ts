import { routes } from '@straylight/api'
import { formatMicros, invalid, microsToNumber, parseMicros } from '@straylight/kit'
import { type Handler, handle } from '../foundation/handler.ts'
import { balanceOf, entriesOf, historyOf, topUp } from '../ledger/index.ts'
import { chargesOf, currentPrices, hoursPerMonth } from '../metering/index.ts'
import { chargePage, chargeSpan, entryQuery, tooLong } from './lists.ts'

const leastTopUp = 10_000n // 0.01
/** A year of 50 servers, or a month of 600; what is read of it at once is bounded. */
const mostLines = 100_000
const mostTopUp = 1_000_000_000_000n // 1,000,000.00

export interface BillingOptions {
  /** Whether the method `demo` is offered: it credits at once, and nobody pays. */
  takesDemoPayments: boolean
}

/** What a person may do with money. The contract is `packages/api/src/contract/billing.ts`. */
export const billingRoutes = ({ takesDemoPayments }: BillingOptions): Handler[] => [
  handle(routes.balanceOfAccount, async ({ db, caller, clock }) => {
    const at = clock.now()
    const balance = await balanceOf(db, caller.accountId, at)
    const cost = {
      hour: microsToNumber(balance.burnMicrosPerHour),
      month: microsToNumber(balance.burnMicrosPerHour * hoursPerMonth),
    }
    const daysLeft = balance.zeroAt ? Math.floor((balance.zeroAt.getTime() - at.getTime()) / 86_400_000) : undefined
    return {
      data: {
        result: {
          balance: microsToNumber(balance.postedMicros - balance.accruedMicros),
          credit_limit: 0,
          cost,
          cost_active: cost,
          ...(daysLeft === undefined ? {} : { days_left_until_zero: Math.max(0, daysLeft) }),
        },
      },
    }
  }),

  handle(routes.billingBalance, async ({ db, caller, clock }) => {
    const balance = await balanceOf(db, caller.accountId, clock.now())
    return {
      data: {
        result: {
          currency: balance.currency,
          posted: formatMicros(balance.postedMicros),
          held: formatMicros(balance.heldMicros),
          accrued: formatMicros(balance.accruedMicros),
          available: formatMicros(balance.availableMicros),
          burn: { hour: formatMicros(balance.burnMicrosPerHour), month: formatMicros(balance.burnMicrosPerHour * hoursPerMonth) },
          zero_at: balance.zeroAt?.toISOString() ?? null,
          at: balance.at.toISOString(),
        },
      },
    }
  }),

  handle(routes.billingEntries, async ({ db, caller, query }) => {
    const { filter, page } = entryQuery(query)
    const { count, entries } = await entriesOf(db, caller.accountId, filter, page)
    return {
      data: {
        count,
        result: entries.map((entry) => ({
          id: entry.id,
          code: entry.code,
          amount: formatMicros(entry.amountMicros),
          balance: formatMicros(entry.balanceAfterMicros),
          description: entry.description,
          occurred_at: entry.occurredAt.toISOString(),
          recorded_at: entry.recordedAt.toISOString(),
        })),
      },
    }
  }),

  handle(routes.billingCharges, async ({ db, caller, query, clock }) => {
    const { from, to, ...page } = query
    const at = clock.now()
    const charges = await chargesOf(db, { accountId: caller.accountId, at, ...chargeSpan(from, to, at), most: mostLines + 1 })
    if (charges.length > mostLines) throw tooLong('from', `more than ${mostLines} charges lie in these days; ask for fewer days`)
    return { data: chargePage(charges, page) }
  }),

  handle(routes.billingHistory, async ({ db, caller, query, clock }) => {
    const history = await historyOf(db, caller.accountId, { at: clock.now(), days: query.days })
    return {
      data: {
        count: history.length,
        result: history.map((day) => ({
          day: day.day,
          balance: formatMicros(day.postedMicros),
          top_ups: formatMicros(day.topUpMicros),
          charges: formatMicros(day.chargedMicros),
        })),
      },
    }
  }),

  handle(routes.billingTopUp, async ({ tx, caller, body, clock, request }) => {
    if (body.method === 'demo' && !takesDemoPayments)
      throw invalid('top_up.method_not_offered', 'The method demo is not offered here.', {
        description: 'Nothing was charged or credited. Ask support how to pay.',
        fields: [{ field: 'method', message: 'this way of paying is not offered here' }],
      })
    const amountMicros = parseMicros(body.amount) ?? 0n
    if (amountMicros < leastTopUp || amountMicros > mostTopUp || amountMicros % leastTopUp !== 0n)
      throw invalid('top_up.amount', 'A top-up is between 0.01 and 1000000.00, in whole cents.', {
        description: 'Give a sum such as "25.00".',
        fields: [{ field: 'amount', message: 'from 0.01 to 1000000.00, with two decimal places at most' }],
      })
    const { entryId } = await topUp(tx, {
      accountId: caller.accountId,
      amountMicros,
      method: body.method,
      idempotencyKey: `top-up ${request.id}`,
      at: clock.now(),
    })
    return { data: { result: { id: entryId, status: 'paid' as const } } }
  }),

  handle(routes.pricesList, async ({ db, caller, clock }) => {
    const at = clock.now()
    const { currency } = await balanceOf(db, caller.accountId, at)
    const { prices } = await currentPrices(db, at, currency)
    const result = [...prices.values()].map(({ sku, unit, unitHourMicros }) => ({
      sku,
      unit,
      hour: formatMicros(unitHourMicros),
      month: formatMicros(unitHourMicros * hoursPerMonth),
      currency,
    }))
    return { data: { count: result.length, result } }
  }),
]
