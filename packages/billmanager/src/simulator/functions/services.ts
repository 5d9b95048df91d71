import {
  type Answer,
  type Call,
  type Cell,
  document,
  formAnswer,
  listAnswer,
  ok,
  type PanelFunction,
  selectList,
} from '../call.ts'
import type { Tariff } from '../catalogue.ts'
import { el, parent } from '../element.ts'
import type { Item } from '../entities.ts'
import { charge } from '../purse.ts'
import { badValue, missing, refuse } from '../refusal.ts'
import { dayAfter } from '../world.ts'

const statusTexts: Record<string, { en: string; ru: string }> = {
  '1': { en: 'Ordered', ru: 'Заказан' },
  '2': { en: 'Active', ru: 'Активен' },
  '3': { en: 'Suspended', ru: 'Остановлен' },
  '4': { en: 'Deleted', ru: 'Удалён' },
  '5': { en: 'In progress', ru: 'Обрабатывается' },
}

const statusCell = (call: Call, status: string): Cell => ({
  text: call.say(statusTexts[status.slice(0, 1)] ?? { en: status, ru: status }),
  raw: status,
})

/** Fields that belong to the order itself; every other is kept with the service. */
const orderFields = [
  'pricelist',
  'datacenter',
  'order_period',
  'period',
  'domain',
  'autoprolong',
  'remoteid',
  'licence_agreement',
  'skipbasket',
  'ostempl',
  'recipe',
]

export function itemOf(call: Call, parameter = 'elid'): Item {
  const item = call.thing('item', parameter)
  if (!item || !call.owns(item.accountId)) throw missing('elid')
  return item
}

/** The functions of services carry the name of the product type. */
export function serviceFunctions(itemtype: string): Record<string, PanelFunction> {
  return {
    [itemtype]: { level: 16, run: list },

    [`v2.${itemtype}.order.pricelist`]: { level: 16, fields: ['datacenter', 'period'], run: priceList },
    [`${itemtype}.order.pricelist`]: { level: 16, fields: ['datacenter', 'period'], run: priceList },
    [`v2.${itemtype}.order.param`]: { level: 16, isForm: true, fields: orderFields, run: order },
    [`${itemtype}.order.param`]: { level: 16, isForm: true, fields: orderFields, run: order },

    [`${itemtype}.edit`]: { level: 16, isForm: true, fields: ['autoprolong'], run: edit },

    [`${itemtype}.delete`]: {
      level: 16,
      run(call) {
        const item = itemOf(call)
        const tariff = call.world.tariff(item.tariffId)
        const earliest = dayAfter(item.createdAt.slice(0, 10), 30 * (tariff?.minimumMonths ?? 0))
        if (!call.isStaff && call.world.today() < earliest) throw refuse('value', 'pricelist_min_order', { value: earliest })
        if (item.status === '4') throw missing('elid')
        if (call.world.switches.deletion === 'after paid period' && item.expiresOn !== '') {
          call.world.store.put('item', { ...item, scheduledClose: true })
          return ok()
        }
        call.panel.engine.start(item, 'close')
        return ok()
      },
    },

    [`${itemtype}.suspend`]: {
      level: 28,
      run(call) {
        const item = itemOf(call)
        if (item.status.startsWith('3')) return ok()
        call.panel.engine.start(item, 'suspend', { reason: 'employeesuspend' })
        return ok()
      },
    },

    [`${itemtype}.resume`]: {
      level: 28,
      run(call) {
        const item = itemOf(call)
        if (item.status.startsWith('2')) return ok()
        call.panel.engine.start(item, 'resume')
        return ok()
      },
    },

    /** The other name of the callback, as modules of domains and certificates use it. */
    [`${itemtype}.open`]: {
      level: 30,
      run(call) {
        if (!call.panel.engine.post(itemOf(call).id, 'open')) throw missing('elid')
        return ok()
      },
    },

    basket: {
      level: 16,
      fields: ['billorder'],
      run(call) {
        const items = call.world.store
          .seen('item')
          .filter(({ accountId, status }) => accountId === call.account.id && status === '1')
        if (call.param('clicked_button') === 'clearbasket') {
          for (const item of items) call.world.store.remove('item', item.id)
          return ok()
        }
        return document(
          el('total_sum', call.world.money(0n)),
          parent(
            'list',
            items.map((item) =>
              parent('elem', [el('item.id', item.id), el('item.type', itemtype), el('item.period', item.period)]),
            ),
            { name: 'itemlist' },
          ),
        )
      },
    },
  }
}

function list(call: Call): Answer {
  const { world } = call
  return listAnswer(
    call,
    world.store
      .seen('item')
      .filter(({ accountId }) => call.owns(accountId))
      .map((item) => ({
        id: item.id,
        name: item.name,
        domain: item.domain,
        pricelist: { text: world.tariff(item.tariffId)?.title ?? '', raw: item.tariffId },
        account: world.account(item)?.name ?? '',
        project: 'Provider',
        datacentername: world.catalogue.datacenters.find(({ id }) => id === item.datacenterId)?.name ?? '',
        processingmodule: item.moduleId,
        createdate: item.createdAt.slice(0, 10),
        expiredate: item.expiresOn,
        autoprolong: item.autoprolong,
        item_status: statusCell(call, item.status),
        cost: `${world.money(world.tariff(item.tariffId)?.cost ?? 0n)}${item.period === '-50' ? ' / day' : ' / month'}`,
        scheduledclose: item.scheduledClose ? 'on' : 'off',
      })),
    (row) => {
      const item = world.store.get('item', String(row.id))
      return { remoteid: item?.remoteid ?? '' }
    },
  )
}

function priceList(call: Call): Answer {
  const { world } = call
  return document(
    parent(
      'list',
      world.catalogue.tariffs.map((tariff) =>
        parent('elem', [
          el('id', tariff.id),
          el('title', tariff.title),
          el('description', tariff.description),
          parent('prices', [
            parent('price', [
              el('period', tariff.period),
              el('cost', world.exact(tariff.cost)),
              el('currency', world.catalogue.currency.code),
            ]),
          ]),
        ]),
      ),
      { name: 'tariflist' },
    ),
    selectList(
      'datacenter',
      world.catalogue.datacenters.map(({ id, name }) => ({ key: id, text: name })),
    ),
  )
}

/** Where a service whose price is charged in advance stands after its first payment. */
const paidUntil = (tariff: Tariff, period: string, today: string): string =>
  Number(period) > 0 ? dayAfter(today, 30 * Number(period)) : tariff.cost > 0n ? dayAfter(today) : ''

function order(call: Call): Answer {
  const { world } = call
  const { store, catalogue } = world
  if (!call.sent)
    return document(
      parent('list', [parent('elem', [el('cost', world.money(world.tariff(call.param('pricelist'))?.cost ?? 0n))])], {
        name: 'pricelist_summary',
      }),
      selectList(
        'datacenter',
        catalogue.datacenters.map(({ id, name }) => ({ key: id, text: name })),
      ),
    )
  const accountId = call.account.id
  const tariff = world.tariff(call.param('pricelist'))
  if (!tariff) throw badValue('pricelist', call.param('pricelist'))
  const datacenterId = call.param('datacenter') || '1'
  if (!catalogue.datacenters.some(({ id }) => id === datacenterId)) throw badValue('datacenter', datacenterId)
  const period = call.param('order_period') || call.param('period') || tariff.period
  if (period !== tariff.period) throw badValue('order_period', period)
  const isDirect = call.param('skipbasket') === 'on'
  const prepaid = Number(period) > 0 ? tariff.cost * BigInt(period) : 0n
  const item = store.put('item', {
    id: store.nextId('item'),
    accountId,
    name: tariff.title,
    tariffId: tariff.id,
    datacenterId,
    period,
    remoteid: call.param('remoteid'),
    domain: call.param('domain'),
    status: '1',
    createdAt: world.now().toISOString(),
    expiresOn: paidUntil(tariff, period, world.today()),
    autoprolong: call.param('autoprolong') || period,
    scheduledClose: false,
    moduleId: '7',
    suspendedAt: undefined,
    fields: call.fields(orderFields),
    parameters: {},
    billedUntil: '',
  })
  if (!isDirect) return document(el('ok', 'func=order', { type: 'list' }))
  if (prepaid > 0n)
    charge(world, {
      accountId,
      itemId: item.id,
      operation: 'open',
      name: item.name,
      amount: prepaid,
      taxRate: 2000,
      postpaid: world.purse(accountId).postpaid,
    })
  call.panel.engine.start(item, 'open')
  // Seen both with the id (460s/ispsystem_whmcs_modules) and without it.
  return world.switches.dropOrderId ? document(el('ok', 'func=order', { type: 'list' })) : ok(el('id', item.id))
}

function edit(call: Call): Answer {
  const item = itemOf(call)
  if (!call.sent)
    return formAnswer({
      elid: item.id,
      name: item.name,
      remoteid: item.remoteid,
      domain: item.domain,
      autoprolong: item.autoprolong,
      ...item.fields,
      ...Object.fromEntries(Object.entries(item.parameters).filter(([name]) => !name.startsWith('secret'))),
    })
  const fields = { ...item.fields, ...call.fields(['autoprolong']) }
  const autoprolong = call.has('autoprolong') ? call.param('autoprolong') : item.autoprolong
  const changed = call.world.store.put('item', { ...item, fields, autoprolong })
  const isChanged = Object.keys(fields).some((name) => fields[name] !== item.fields[name])
  if (isChanged && item.status.startsWith('2')) call.panel.engine.start(changed, 'setparam', { statusBefore: item.status })
  return ok()
}
