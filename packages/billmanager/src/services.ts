import type { Money } from '@straylight/kit'
import { type Context, writeFor } from './context.ts'
import type { Customer } from './customers.ts'
import { readDay } from './dates.ts'
import { checkKey } from './marker.ts'
import { confirmed, type Outcome, refused } from './outcome.ts'
import { readAmount } from './protocol/amount.ts'
import type { Row } from './protocol/document.ts'
import { ignoreMissing, silentThere, worldly } from './protocol/errors.ts'
import { collect, filterBy, rowsOf } from './protocol/list.ts'

export type ServiceStatus = 'ordered' | 'active' | 'suspended' | 'deleted' | 'processing' | 'unknown'

/** A service of the panel: for us, one cloud project. */
export interface Service {
  id: string
  name: string
  /** Our key, where the list shows it. */
  key: string | undefined
  status: ServiceStatus
  /** The order that is being worked on while `processing`: `open`, `suspend`, `resume`, `close`, `prolong`, … */
  working: string | undefined
  /** Why it is suspended. `money`: the panel did it by itself. Missing when the panel does not say. */
  suspendedBy: 'money' | 'staff' | 'abuse' | undefined
  /** The panel's own value, for example `3_autosuspend`. */
  raw: string
  cost: Money | undefined
  expiresOn: string | undefined
  /** It is deleted when its paid period ends. */
  scheduledClose: boolean
}

export interface Tariff {
  id: string
  title: string
  description: string
  prices: { period: string; cost: Money | undefined }[]
}

export interface NewService {
  /** Ours; kept by the panel in `remoteid`, by which a service is found again. */
  key: string
  tariffId: string
  datacenterId?: string
  /** −50 a day, −100 a trial, 0 once, N months: https://www.ispsystem.com/docs/b6c/developer-section/service-management-via-api */
  period?: string
  /** The panel's own fields: `domain`, `addon_12`, … */
  fields?: Record<string, string>
  /** When this order was sent last, for after a restart. */
  sentAt?: Date | undefined
}

const statuses: Record<string, ServiceStatus> = {
  '0': 'ordered',
  '1': 'ordered',
  '2': 'active',
  '3': 'suspended',
  '4': 'deleted',
  '5': 'processing',
}
const reasons: Record<string, NonNullable<Service['suspendedBy']>> = {
  autosuspend: 'money',
  employeesuspend: 'staff',
  abusesuspend: 'abuse',
}

export function serviceFromRow(row: Row, currency: string): Service | undefined {
  const id = row.id('id')
  if (id === undefined) return undefined
  const raw = row.raw('item_status') || row.raw('status')
  const [, digit = '', rest] = /^(\d)(?:_(\w+))?$/.exec(raw) ?? []
  const status = statuses[digit] ?? 'unknown'
  return {
    id,
    name: row.text('name'),
    key: row.id('remoteid') ?? row.id('domain'),
    status,
    working: status === 'processing' ? rest : undefined,
    suspendedBy: status === 'suspended' && rest !== undefined ? reasons[rest] : undefined,
    raw,
    cost: readAmount(row.text('cost'), currency),
    expiresOn: readDay(row.text('expiredate')),
    scheduledClose: row.flag('scheduledclose'),
  }
}

export function servicesOf(context: Context) {
  const { panel, clock, settings } = context
  const { itemtype } = settings
  const read = (row: Row): Service | undefined => serviceFromRow(row, settings.currency)

  /** The services of one client, or of all. */
  const list = (customer?: Customer): Promise<Service[]> => collect(rowsOf(panel, itemtype, {}, { su: customer?.login }), read)

  async function get(id: string, customer?: Customer): Promise<Service | undefined> {
    for await (const row of rowsOf(panel, itemtype, filterBy({ id }), { su: customer?.login }))
      if (row.id('id') === id) return read(row)
    return undefined
  }

  /** The service that was ordered under our key. Lists need not show `remoteid`; then each candidate's form is read. */
  async function find(customer: Customer, key: string): Promise<Service | undefined> {
    const su = customer.login
    const candidates = await collect(
      rowsOf(panel, itemtype, filterBy({ remoteid: key }), { su, newestFirst: true }),
      (row) => row,
    )
    const living = candidates.filter((row) => read(row)?.status !== 'deleted')
    const shown = living.find((row) => row.raw('remoteid') === key || row.raw('domain') === key)
    if (shown) return read(shown)
    for (const row of living) {
      if (row.has('remoteid')) continue
      const form = await panel.call(`${itemtype}.edit`, { elid: row.id('id') }, { su }).catch(ignoreMissing)
      const one = form?.raw('remoteid') === key ? read(row) : undefined
      if (one) return { ...one, key }
    }
    return undefined
  }

  /**
   * Orders a service and believes it when it is listed under the key; the answer's own id is sometimes missing.
   * It is then most likely still `processing`: `settled` waits for the end of that.
   */
  async function open(
    customer: Customer,
    { key, tariffId, datacenterId = '1', period = '-50', fields, sentAt }: NewService,
  ): Promise<Outcome<Service>> {
    try {
      checkKey(key)
    } catch (error) {
      return refused(worldly(error))
    }
    return writeFor(context, customer.accountId, {
      name: `v2.${itemtype}.order.param`,
      key,
      sentAt,
      find: () => find(customer, key),
      act: async () => {
        const doc = await panel.call(
          `v2.${itemtype}.order.param`,
          {
            ...fields,
            pricelist: tariffId,
            datacenter: datacenterId,
            order_period: period,
            remoteid: key,
            licence_agreement: 'on',
            skipbasket: 'on',
            clicked_button: 'finish',
            sok: 'ok',
          },
          { su: customer.login },
        )
        return doc.id('id')
      },
      look: async (id) => (await find(customer, key)) ?? (id === undefined ? undefined : get(id, customer)),
    })
  }

  /** An order on a service that is believed when the panel works on it or has done it. */
  function order(
    customer: Customer,
    id: string,
    verb: string,
    working: string,
    done: ServiceStatus,
    asClient: boolean,
  ): Promise<Outcome<Service>> {
    const su = asClient ? customer.login : undefined
    return writeFor(context, customer.accountId, {
      name: `${itemtype}.${verb}`,
      find: async () => {
        const now = await get(id, customer)
        return now?.status === done ? now : undefined
      },
      act: () => panel.call(`${itemtype}.${verb}`, { elid: id }, { su }),
      look: async () => {
        const now = await get(id, customer)
        if (!now) return done === 'deleted' ? gone(id) : undefined
        const isSeen =
          now.status === done ||
          (now.status === 'processing' && now.working === working) ||
          (done === 'deleted' && now.scheduledClose)
        return isSeen ? now : undefined
      },
    })
  }

  /** Changes the panel's own fields of a service (`addon_12`, `autoprolong`, …); believed when the form shows them. */
  function setParameters(customer: Customer, id: string, fields: Record<string, string>): Promise<Outcome<Service>> {
    return writeFor(context, customer.accountId, {
      name: `${itemtype}.edit`,
      act: () => panel.call(`${itemtype}.edit`, { ...fields, elid: id, sok: 'ok' }, { su: customer.login }),
      look: async () => {
        const form = await panel.call(`${itemtype}.edit`, { elid: id }, { su: customer.login })
        const took = Object.entries(fields).every(([field, value]) => form.raw(field) === value)
        return took ? get(id, customer) : undefined
      },
    })
  }

  /**
   * Waits until the panel is no longer working on a service, looking every `everyMs`. @returns `undefined` when it is gone.
   * @throws BillmanagerError `pending`, of kind `silent`, when nothing has come of it within `timeoutMs`
   */
  async function settled(
    id: string,
    options: { customer?: Customer; timeoutMs: number; everyMs?: number; signal?: AbortSignal },
  ): Promise<Service | undefined> {
    const deadlineMs = clock.now().getTime() + options.timeoutMs
    for (;;) {
      const now = await get(id, options.customer)
      if (now?.status !== 'processing' && now?.status !== 'ordered') return now
      if (clock.now().getTime() >= deadlineMs)
        throw silentThere(`service ${id} is still ${now.raw} after ${options.timeoutMs} ms`)
      await clock.sleep(options.everyMs ?? 5000, options.signal)
    }
  }

  /** The tariffs that this client may order. */
  async function tariffs(customer: Customer): Promise<Tariff[]> {
    const doc = await panel.call(`v2.${itemtype}.order.pricelist`, {}, { su: customer.login })
    return doc
      .rows('list')
      .flatMap((inner) => inner.rows('elem'))
      .flatMap((row) => {
        const id = row.id('id') ?? row.id('pricelist')
        if (id === undefined) return []
        const prices = row.rows('prices').flatMap((all) => all.rows('price'))
        return [
          {
            id,
            title: row.text('title'),
            description: row.text('description'),
            prices: prices.map((price) => ({
              period: price.raw('period'),
              cost: readAmount(price.text('cost'), price.text('currency') || settings.currency),
            })),
          },
        ]
      })
  }

  return {
    list,
    get,
    find,
    open,
    tariffs,
    setParameters,
    settled,
    suspend: (customer: Customer, id: string) => order(customer, id, 'suspend', 'suspend', 'suspended', false),
    resume: (customer: Customer, id: string) => order(customer, id, 'resume', 'resume', 'active', false),
    /** Deletes it, at once or at the end of its paid period, as the panel's policy says (`scheduledClose`). */
    close: async (customer: Customer, id: string): Promise<Outcome<Service>> => {
      const outcome = await order(customer, id, 'delete', 'close', 'deleted', true)
      return outcome.outcome === 'refused' && outcome.code === 'not_found' ? confirmed(gone(id), true) : outcome
    },
  }
}

const gone = (id: string): Service => ({
  id,
  name: '',
  key: undefined,
  status: 'deleted',
  working: undefined,
  suspendedBy: undefined,
  raw: '4',
  cost: undefined,
  expiresOn: undefined,
  scheduledClose: false,
})
