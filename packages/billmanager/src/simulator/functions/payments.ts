import { maxMicros, minMicros } from '@straylight/kit'
import { type Answer, type Call, type Cell, document, formAnswer, listAnswer, ok, type PanelFunction } from '../call.ts'
import { el, parent } from '../element.ts'
import type { PayMethod } from '../catalogue.ts'
import type { Payment } from '../entities.ts'
import { creditPayment, paymentStatus, promise, readSum, spendable, uncreditPayment } from '../purse.ts'
import { badValue, missing, noAccess } from '../refusal.ts'
import { printBill } from '../papers.ts'
import { shownMoment, type World } from '../world.ts'

const statusTexts: Record<number, { en: string; ru: string }> = {
  1: { en: 'New', ru: 'Новый' },
  2: { en: 'Payment in progress', ru: 'Оплачивается' },
  3: { en: 'Pledged', ru: 'Обещанный' },
  4: { en: 'Paid', ru: 'Зачислен' },
  5: { en: 'Awaiting refund', ru: 'Ожидает возврата' },
  6: { en: 'Refunded', ru: 'Возвращён' },
  7: { en: 'Fraud', ru: 'Мошеннический' },
  8: { en: 'Initiated', ru: 'Начат' },
  9: { en: 'Cancelled', ru: 'Отменён' },
}

/** Rendered values are padded with blanks, as seen by public callers. */
const statusCell = (call: Call, status: number): Cell => ({
  text: `${call.say(statusTexts[status] ?? { en: '', ru: '' })}  `,
  raw: String(status),
})

function paymentOf(call: Call): Payment {
  const payment = call.thing('payment')
  if (!payment || !call.owns(payment.accountId)) throw missing('elid')
  return payment
}

/** Promised payments are a method only on panels that have them so. */
const methodsOf = (world: World): PayMethod[] =>
  world.catalogue.methods.filter(({ promisedDays }) => promisedDays === undefined || world.switches.promised === 'paymethod')

const moneyCame = (call: Call, payment: Payment, facts: { externalId?: string; info?: string }): void => {
  creditPayment(call.world, payment, facts)
  call.panel.daily.resumeAfterPayment(payment.accountId)
}

function newPayment(call: Call, method: PayMethod, amount: bigint, profileId: string): Omit<Payment, 'status' | 'promisedUntil'> {
  const { world } = call
  const id = world.store.nextId('payment')
  return {
    id,
    number: `C/${id}`,
    accountId: call.account.id,
    profileId,
    methodId: method.id,
    amount,
    currency: world.catalogue.currency.code,
    createdAt: world.now().toISOString(),
    paidAt: undefined,
    externalId: '',
    info: '',
  }
}

export const paymentFunctions: Record<string, PanelFunction> = {
  'dashboard.info': {
    level: 16,
    run: (call) =>
      document({ ...parent('elem', [el('realbalance', seenMoney(call)), el('phone', call.user.phone)]), always: 'array' }),
  },

  'dashboard.subaccount_credit': {
    level: 16,
    run(call) {
      const purse = call.world.store.seen('subaccount').find((one) => one.accountId === call.account.id)
      if (!purse || purse.creditLimit === 0n) return document()
      const unused = maxMicros(0n, minMicros(spendable(purse), purse.creditLimit))
      const available = purse.creditBlocked ? 0n : unused
      return document({
        ...parent('elem', [
          el('credit', call.world.money(purse.creditLimit)),
          el('available_credit', call.world.money(available)),
        ]),
        always: 'array',
      })
    },
  },

  payment: {
    level: 16,
    run(call) {
      const { world } = call
      return listAnswer(
        call,
        world.store
          .seen('payment')
          .filter(({ accountId }) => call.owns(accountId))
          .map((payment) => {
            const method = world.catalogue.methods.find(({ id }) => id === payment.methodId)
            const sum = world.money(payment.amount, payment.currency)
            return {
              id: payment.id,
              number: payment.number,
              create_date: payment.createdAt.slice(0, 10),
              pay_date: payment.paidAt?.slice(0, 10) ?? '',
              sender_name: world.store.get('profile', payment.profileId)?.name ?? '',
              recipient_name: 'Provider',
              account_name: world.store.get('account', payment.accountId)?.name ?? '',
              paymethod_name: `${method ? call.say(method) : ''} `,
              subaccountamount_iso: sum,
              paymethodamount_iso: sum,
              status: statusCell(call, payment.status),
            }
          }),
      )
    },
  },

  'payment.add': {
    level: 16,
    fields: ['billorder', 'payment_id'],
    run(call) {
      const { world } = call
      if (call.sent) return addPayment(call)
      return document(
        parent(
          'list',
          methodsOf(world).map((method) =>
            parent('elem', [
              el('paymethod', method.id),
              el('name', call.say(method)),
              el('payment_minamount', world.exact(method.minimum)),
              ...(method.maximum === undefined ? [] : [el('payment_maxamount', world.exact(method.maximum))]),
              el('payment_currency', world.catalogue.currency.id),
            ]),
          ),
          { name: 'methodlist' },
        ),
      )
    },
  },

  'payment.add.method': {
    level: 16,
    isForm: true,
    movesMoney: true,
    fields: ['profile', 'paymethod', 'amount', 'payment_currency', 'promocode', 'billorder'],
    run: (call) => (call.sent ? addPayment(call) : formAnswer({ profile: '', paymethod: '', amount: '', payment_currency: '' })),
  },

  'payment.add.redirect': {
    level: 16,
    isForm: true,
    run(call) {
      const payment = paymentOf(call)
      const { gateway } = call.world.catalogue.methods.find(({ id }) => id === payment.methodId) ?? {}
      return call.sent && gateway
        ? document(el('ok', `/mancgi/${gateway}?elid=${payment.id}`, { type: 'url' }))
        : formAnswer({ elid: payment.id })
    },
  },

  'payment.info': {
    level: 28,
    run(call) {
      const payment = paymentOf(call)
      return formAnswer({
        elid: payment.id,
        number: payment.number,
        amount: call.world.exact(payment.amount),
        status: String(payment.status),
        externalid: payment.externalId,
        created: shownMoment(payment.createdAt),
      })
    },
  },

  'payment.setpaid': {
    level: 28,
    movesMoney: true,
    fields: ['info', 'externalid'],
    run(call) {
      const payment = paymentOf(call)
      moneyCame(call, payment, { externalId: call.param('externalid'), info: call.param('info') })
      return ok()
    },
  },

  'payment.setinpay': { level: 28, fields: ['info', 'externalid'], run: (call) => setUnpaid(call, paymentStatus.inProgress) },
  'payment.setnopay': { level: 28, fields: ['info', 'externalid'], run: (call) => setUnpaid(call, paymentStatus.new) },
  'payment.setcanceled': { level: 28, fields: ['info', 'externalid'], run: (call) => setUnpaid(call, paymentStatus.cancelled) },
  'payment.setfraud': { level: 28, fields: ['info', 'externalid'], run: (call) => setUnpaid(call, paymentStatus.fraud) },

  'payment.delete': {
    level: 16,
    run(call) {
      const payment = paymentOf(call)
      if (payment.status === paymentStatus.credited || payment.status === paymentStatus.pledged)
        throw badValue('status', String(payment.status))
      call.world.store.remove('payment', payment.id)
      return ok()
    },
  },

  'payment.print.pdf': {
    level: 16,
    run(call) {
      const payment = paymentOf(call)
      return {
        kind: 'bytes',
        type: 'application/pdf',
        name: `${payment.number.replace('/', '-')}.pdf`,
        make: () => printBill(call.world, payment, call.lang),
      }
    },
  },

  'promisepayment.add': {
    level: 16,
    isForm: true,
    movesMoney: true,
    fields: ['amount'],
    run(call) {
      if (call.world.switches.promised !== 'function') throw noAccess(call.func)
      if (!call.sent) return formAnswer({ amount: '' })
      const method = call.world.catalogue.methods.find(({ promisedDays }) => promisedDays !== undefined)
      if (!method) throw noAccess(call.func)
      const amount = readSum('amount', call.param('amount'))
      if (method.maximum !== undefined && amount > method.maximum) throw badValue('amount', call.param('amount'))
      const pledged = promise(call.world, newPayment(call, method, amount, ''), method.promisedDays ?? 1)
      call.panel.daily.resumeAfterPayment(pledged.accountId)
      return ok(el('payment_id', pledged.id))
    },
  },
}

const seenMoney = (call: Call): string =>
  call.world.money(call.world.store.seen('subaccount').find((one) => one.accountId === call.account.id)?.balance ?? 0n)

/** The last step of the top-up wizard, and the one-shot form of staff who act as the client. */
function addPayment(call: Call): Answer {
  const { world } = call
  const { store } = world
  const method = methodsOf(world).find(({ id }) => id === call.param('paymethod'))
  if (!method) throw badValue('paymethod', call.param('paymethod'))
  const currency = call.idParam('payment_currency')
  if (currency !== undefined && currency !== world.catalogue.currency.id) throw badValue('payment_currency', currency)
  const amount = readSum('amount', call.param('amount'))
  if (amount < method.minimum || (method.maximum !== undefined && amount > method.maximum))
    throw badValue('amount', call.param('amount'))
  const profile = store.get('profile', call.idParam('profile'))
  if (!profile || profile.accountId !== call.account.id) throw badValue('profile', call.param('profile'))
  const draft = newPayment(call, method, amount, profile.id)
  if (method.promisedDays !== undefined) {
    promise(world, draft, method.promisedDays)
    call.panel.daily.resumeAfterPayment(draft.accountId)
    return ok(el('payment_id', draft.id), el('id', draft.id))
  }
  store.put('payment', { ...draft, status: paymentStatus.new, promisedUntil: undefined })
  const redirect = method.gateway ? el('ok', `/mancgi/${method.gateway}?elid=${draft.id}`, { type: 'url' }) : el('ok')
  return document(redirect, el('payment_id', draft.id), el('id', draft.id))
}

function setUnpaid(call: Call, status: number): Answer {
  const payment = paymentOf(call)
  const { world } = call
  const facts = { externalId: call.param('externalid') || payment.externalId, info: call.param('info') || payment.info }
  uncreditPayment(world, { ...payment, ...facts }, status)
  return ok()
}
