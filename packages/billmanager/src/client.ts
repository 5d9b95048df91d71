import { type Clock, compose, type HttpResponse, type Layer, type Send, undiciSend } from '@straylight/kit'
import { readBalanceFrom } from './balance.ts'
import { chargesOf } from './charges.ts'
import type { Context, PanelSettings } from './context.ts'
import { customersOf } from './customers.ts'
import { documentsOf } from './documents.ts'
import { Doubts } from './doubts.ts'
import { eventsOf } from './events.ts'
import { healthOf } from './health.ts'
import { operationsOf } from './operations.ts'
import { payersOf } from './payers.ts'
import { paymentsOf } from './payments.ts'
import { type PromiseRules, type PromiseStrategy, promisedOf } from './promised.ts'
import { Panel, type PanelOptions } from './protocol/panel.ts'
import { KeyedQueue } from './queue.ts'
import { servicesOf } from './services.ts'
import { ticketsOf } from './tickets.ts'
import { type UsageShelf, usageOf } from './usage.ts'

export interface BillmanagerOptions {
  /** `https://bill.example.org`, `…:1500/billmgr` or `…/billmgr/`. */
  url: string
  /** A staff user (level 29) without two-factor authentication. For a server, `authinfo` with a list of addresses on the panel is best. */
  credentials: PanelOptions['credentials']
  clock: Clock
  settings?: Partial<PanelSettings>
  promised?: PromiseStrategy
  promiseRules?: PromiseRules
  /** Where usage waits for the module; without it usage goes by charges. */
  usage?: UsageShelf
  language?: 'en' | 'ru'
  /** Milliseconds until the whole answer of one call must be there. */
  timeoutMs?: number
  longRequest?: Partial<PanelOptions['longRequest']>
  /** How a request is sent; for tests and for gates. */
  send?: Send
}

export interface Capabilities {
  prepaid: true
  credit: true
  promised: PromiseStrategy['kind']
  usagePush: 'expense' | 'statistics'
  documents: true
  tickets: true
  sso: true
  /** Orders of the panel reach us through the module `pmstraylight` and `createBridge`. */
  operationsInbound: true
  /** How fine the panel's own money is; ours is finer. */
  granularity: 'day'
}

export type Billmanager = ReturnType<typeof createBillmanager>

const defaults: PanelSettings = {
  itemtype: 'cloud',
  provider: '1',
  currency: 'EUR',
  utcOffset: '+00:00',
  readBack: { looks: 4, everyMs: 250 },
  doubtMs: 300_000,
  columns: { creditLimit: 'creditlimit', postpaid: 'postpaid', reserved: 'reserved' },
}

/**
 * A client of BILLmanager 5 and 6. Reads throw a `BillmanagerError`; writes never do: they answer an `Outcome` after reading back.
 * Writes of one account run one after another; `su` is given with each call and never kept.
 */
export function createBillmanager(options: BillmanagerOptions) {
  const { clock, promised = { kind: 'none' } } = options
  let panelTime: Date | undefined
  const noteTime: Layer = (next) => async (request) => {
    const response: HttpResponse = await next(request)
    const date = new Date(response.headers.date ?? '')
    panelTime = Number.isNaN(date.getTime()) ? undefined : date
    return response
  }
  const panel = new Panel({
    url: options.url,
    credentials: options.credentials,
    clock,
    send: compose(options.send ?? undiciSend(), noteTime),
    language: options.language ?? 'en',
    timeoutMs: options.timeoutMs ?? 30_000,
    longRequest: { everyMs: 500, atMostMs: 60_000, ...options.longRequest },
  })
  const settings = { ...defaults, ...options.settings }
  const context: Context = { panel, clock, settings, queue: new KeyedQueue(), doubts: new Doubts(clock, settings.doubtMs) }
  const payments = paymentsOf(context)
  const { promise, promiseHistory, endOwnPromise } = promisedOf(context, promised, options.promiseRules, payments.payments)

  const capabilities = (): Capabilities => ({
    prepaid: true,
    credit: true,
    promised: promised.kind,
    usagePush: options.usage ? 'statistics' : 'expense',
    documents: true,
    tickets: true,
    sso: true,
    operationsInbound: true,
    granularity: 'day',
  })

  return {
    capabilities,
    customers: customersOf(context),
    payers: payersOf(context),
    money: { balance: readBalanceFrom(context), ...payments, ...chargesOf(context), promise, promiseHistory, endOwnPromise },
    services: servicesOf(context),
    usage: usageOf(options.usage),
    operations: operationsOf(context),
    documents: documentsOf(context),
    tickets: ticketsOf(context),
    events: eventsOf(context, payments.payments),
    health: healthOf(context, () => panelTime),
    /** The protocol itself, for what this client has no word for. */
    panel,
    /** Ends the session. */
    close: () => panel.close(),
  }
}
