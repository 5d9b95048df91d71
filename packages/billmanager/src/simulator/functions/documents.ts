import { type Call, listAnswer, okWithId, type PanelFunction, formAnswer } from '../call.ts'
import { printContract, printInvoice } from '../papers.ts'
import { badValue, missing } from '../refusal.ts'

const invoiceStatus = { paid: { en: 'Paid', ru: 'Оплачен' }, open: { en: 'Not paid', ru: 'Не оплачен' } }

export const documentFunctions: Record<string, PanelFunction> = {
  invoice: {
    level: 16,
    run: (call) =>
      listAnswer(
        call,
        call.world.store
          .seen('invoice')
          .filter(({ accountId }) => call.owns(accountId))
          .map((invoice) => ({
            id: invoice.id,
            number: invoice.number,
            cdate: invoice.createdOn,
            sdate: invoice.toDay,
            company: 'Provider',
            customer: call.world.store.get('account', invoice.accountId)?.name ?? '',
            amount_iso: call.world.money(invoice.amount, invoice.currency),
            invoice_status: {
              text: call.say(invoice.paid ? invoiceStatus.paid : invoiceStatus.open),
              raw: invoice.paid ? '2' : '1',
            },
            duedate: invoice.dueOn,
          })),
      ),
  },

  /** Makes an invoice of a period by hand. */
  'invoice.generate': {
    level: 28,
    isForm: true,
    fields: ['customer', 'fromdate', 'todate', 'invoice_status', 'company', 'gentype', 'profiletype', 'cdate'],
    run(call) {
      const { store, catalogue } = call.world
      if (!call.sent) return formAnswer({ customer: '', fromdate: '', todate: '' })
      const account = store.get('account', call.idParam('customer'))
      if (!account) throw badValue('customer', call.param('customer'))
      const [fromDay, toDay] = [call.param('fromdate'), call.param('todate')]
      const expenses = store
        .all('expense')
        .filter((one) => one.accountId === account.id && one.realDay >= fromDay && one.realDay <= toDay)
      if (expenses.length === 0) throw badValue('fromdate', fromDay)
      const id = store.nextId('invoice')
      store.put('invoice', {
        id,
        number: `A/${id}`,
        accountId: account.id,
        amount: expenses.reduce((sum, { amount }) => sum + amount, 0n),
        currency: catalogue.currency.code,
        createdOn: call.world.today(),
        fromDay,
        toDay,
        dueOn: call.world.today(),
        paid: expenses.every(({ unpaid }) => unpaid === 0n),
      })
      return okWithId(id)
    },
  },

  'invoice.print.pdf': {
    level: 16,
    run(call) {
      const invoice = call.thing('invoice')
      if (!invoice || !call.owns(invoice.accountId)) throw missing('elid')
      return {
        kind: 'bytes',
        type: 'application/pdf',
        name: `${invoice.number.replace('/', '-')}.pdf`,
        make: () => printInvoice(call.world, invoice, call.lang),
      }
    },
  },

  contract: {
    level: 16,
    run: (call) =>
      listAnswer(
        call,
        call.world.store
          .seen('contract')
          .filter(({ accountId }) => call.owns(accountId))
          .map((contract) => ({
            id: contract.id,
            number: contract.number,
            signdate: contract.signedOn,
            company: 'Provider',
            customer: call.world.store.get('profile', contract.profileId)?.name ?? '',
            status: { text: call.say({ en: 'Signed', ru: 'Подписан' }), raw: '2' },
          })),
      ),
  },

  'contract.print.pdf': {
    level: 16,
    run(call) {
      const contract = contractOf(call)
      return {
        kind: 'bytes',
        type: 'application/pdf',
        name: `${contract.number.replace('/', '-')}.pdf`,
        make: () => printContract(call.world, contract, call.lang),
      }
    },
  },
}

function contractOf(call: Call) {
  const contract = call.thing('contract')
  if (!contract || !call.owns(contract.accountId)) throw missing('elid')
  return contract
}
