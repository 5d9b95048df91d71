import { type Call, formAnswer, listAnswer, ok, okWithId, type PanelFunction } from '../call.ts'
import type { Expense } from '../entities.ts'
import { charge, readSum, recharge, taxIn, uncharge } from '../purse.ts'
import { badValue, missing } from '../refusal.ts'

function expenseOf(call: Call): Expense {
  const expense = call.thing('expense')
  if (!expense || !call.owns(expense.accountId)) throw missing('elid')
  return expense
}

/** Per cent as hundredths: `20` → 2000. */
function readRate(text: string): number {
  if (text === '') return 0
  const rate = /^\d{1,3}(\.\d{1,2})?$/.test(text) ? Math.round(Number(text) * 100) : Number.NaN
  if (Number.isNaN(rate)) throw badValue('taxrate', text)
  return rate
}

export const expenseFunctions: Record<string, PanelFunction> = {
  expense: {
    level: 16,
    run(call) {
      const { world } = call
      return listAnswer(
        call,
        world.store
          .seen('expense')
          .filter(({ accountId }) => call.owns(accountId))
          .map((expense) => ({
            id: expense.id,
            locale_name: expense.name,
            account: world.store.get('account', expense.accountId)?.name ?? '',
            realdate: expense.realDay,
            cdate: expense.createdAt.slice(0, 10),
            amount: world.money(expense.amount, expense.currency),
            notpayd: world.money(expense.unpaid, expense.currency),
            discountamount: world.money(0n, expense.currency),
            taxamount: world.money(taxIn(expense.amount, expense.taxRate), expense.currency),
            item: expense.itemId ?? '',
          })),
      )
    },
  },

  /** Without `elid` it makes an expense, which is the door for charges of our own: openprovider/op-billmanager5-domains, Api.php, setExpense. */
  'expense.edit': {
    level: 28,
    isForm: true,
    keepsLevel: true,
    movesMoney: true,
    fields: ['subaccount', 'item', 'operation', 'amount', 'taxrate', 'postpaid', 'name'],
    run(call) {
      const { world } = call
      const { store } = world
      if (call.idParam('elid') !== undefined) {
        const expense = expenseOf(call)
        if (!call.sent)
          return formAnswer({
            elid: expense.id,
            name: expense.name,
            amount: world.exact(expense.amount),
            taxrate: String(expense.taxRate / 100),
            taxamount: world.exact(taxIn(expense.amount, expense.taxRate)),
            realdate: expense.realDay,
            cdate: expense.createdAt.slice(0, 10),
            item: expense.itemId ?? 'null',
          })
        recharge(
          world,
          expense,
          call.has('amount') ? readSum('amount', call.param('amount')) : expense.amount,
          call.param('name') || expense.name,
        )
        return ok()
      }
      if (!call.sent) return formAnswer({ subaccount: '', item: 'null', amount: '', taxrate: '', postpaid: 'off', name: '' })
      const purse = store.get('subaccount', call.idParam('subaccount'))
      if (!purse) throw badValue('subaccount', call.param('subaccount'))
      const itemId = call.idParam('item')
      const item = store.get('item', itemId)
      if (itemId !== undefined && item?.accountId !== purse.accountId) throw badValue('item', itemId)
      const expense = charge(world, {
        accountId: purse.accountId,
        itemId,
        operation: call.param('operation') || 'manual',
        name: call.param('name'),
        amount: readSum('amount', call.param('amount')),
        taxRate: readRate(call.param('taxrate')),
        postpaid: call.param('postpaid') === 'on' || purse.postpaid,
      })
      return okWithId(expense.id)
    },
  },

  'expense.delete': {
    level: 28,
    run(call) {
      uncharge(call.world, expenseOf(call))
      return ok()
    },
  },
}
