import { z } from 'zod'
import { decimal, id, list, listQuery, result, time } from '../common.ts'
import { route } from '../route.ts'

const balance = z
  .object({
    currency: z.string(),
    posted: decimal.meta({ description: 'What the ledger holds for the account' }),
    held: decimal.meta({ description: 'Reserved for orders that are being carried out' }),
    accrued: decimal.meta({ description: 'Used since the last posting, to this second' }),
    available: decimal.meta({ description: 'posted − held − accrued' }),
    burn: z.object({ hour: decimal, month: decimal }).meta({ description: 'What everything that runs now costs' }),
    zero_at: time
      .nullable()
      .meta({ description: 'When posted − accrued reaches zero if nothing changes; null when it does not within ten years' }),
    at: time.meta({ description: 'The moment for which this holds' }),
  })
  .meta({ id: 'Balance' })
export type Balance = z.output<typeof balance>

const entry = z
  .object({
    id,
    code: z.string().meta({ description: 'The business event: top_up, usage, …' }),
    amount: decimal.meta({ description: 'What it changed in the balance: positive is in, negative is out' }),
    balance: decimal.meta({ description: 'Posted balance after it' }),
    description: z.string(),
    occurred_at: time,
    recorded_at: time,
  })
  .meta({ id: 'LedgerEntry' })
export type LedgerEntry = z.output<typeof entry>

/** How many days of charges are told when nobody says, and how many can be asked for. */
export const chargeDays = { usual: 31, most: 366 }

const charge = z
  .object({
    day: z.iso.date().meta({ description: 'UTC' }),
    project_id: id,
    resource_type: z.string(),
    resource_id: id,
    resource_name: z.string(),
    sku: z.string(),
    quantity: z.int(),
    seconds: z.int(),
    amount: decimal,
  })
  .meta({ id: 'Charge' })
export type Charge = z.output<typeof charge>

const accountBalance = z
  .object({
    balance: z.number(),
    credit_limit: z.number(),
    cost: z.object({ hour: z.number(), month: z.number() }),
    cost_active: z.object({ hour: z.number(), month: z.number() }),
    days_left_until_zero: z.int().optional(),
  })
  .meta({ id: 'AccountBalance' })

export const billingRoutes = {
  balanceOfAccount: route({
    name: 'balanceOfAccount',
    method: 'GET',
    path: '/v2/balance',
    permission: 'account',
    audit: 'billing.balance',
    summary: 'The balance as the published clients read it (numbers)',
    tag: 'billing',
    response: result(accountBalance),
    status: 200,
  }),
  billingBalance: route({
    name: 'billingBalance',
    method: 'GET',
    path: '/v2/billing/balance',
    permission: 'account',
    audit: 'billing.balance',
    summary: 'The balance at this second, exact, with the moment of zero',
    tag: 'billing',
    response: result(balance),
    status: 200,
  }),
  billingEntries: route({
    name: 'billingEntries',
    method: 'GET',
    path: '/v2/billing/entries',
    permission: 'account',
    audit: 'billing.entries',
    summary: 'Entries of the ledger, newest first',
    tag: 'billing',
    query: listQuery,
    response: list(entry),
    status: 200,
  }),
  billingCharges: route({
    name: 'billingCharges',
    method: 'GET',
    path: '/v2/billing/charges',
    permission: 'account',
    audit: 'billing.charges',
    summary: 'Charges by resource and day, to this second',
    tag: 'billing',
    query: listQuery.extend({
      from: z.iso
        .date()
        .optional()
        .meta({
          description: `The first day (UTC); ${chargeDays.usual} days up to \`to\` when absent, at most ${chargeDays.most}`,
        }),
      to: z.iso.date().optional().meta({ description: 'The last day, included; today when absent' }),
    }),
    response: list(charge),
    status: 200,
  }),
  billingHistory: route({
    name: 'billingHistory',
    method: 'GET',
    path: '/v2/billing/history',
    permission: 'account',
    audit: 'billing.history',
    summary: 'Posted balance at the end of each day (UTC), for the beam',
    tag: 'billing',
    query: z.object({ days: z.coerce.number().int().min(1).max(366).default(14) }),
    response: list(z.object({ day: z.iso.date(), balance: decimal, top_ups: decimal, charges: decimal })),
    status: 200,
  }),
  billingTopUp: route({
    name: 'billingTopUp',
    method: 'POST',
    path: '/v2/billing/top-ups',
    permission: 'account',
    audit: 'billing.top_up',
    summary: 'Put money on the balance',
    tag: 'billing',
    body: z.object({ amount: decimal, method: z.enum(['demo']) }),
    response: result(z.object({ id, status: z.enum(['paid']) })),
    status: 201,
  }),
  pricesList: route({
    name: 'pricesList',
    method: 'GET',
    path: '/v2/billing/prices',
    permission: 'account',
    audit: 'billing.prices',
    summary: 'The price list that is in force',
    tag: 'billing',
    response: list(z.object({ sku: z.string(), unit: z.string(), hour: decimal, month: decimal, currency: z.string() })),
    status: 200,
  }),
}
