import type { PanelFunction } from '../call.ts'
import { el } from '../element.ts'
import { customerFunctions } from './customers.ts'
import { documentFunctions } from './documents.ts'
import { expenseFunctions } from './expenses.ts'
import { operationFunctions } from './operations.ts'
import { payerFunctions } from './payers.ts'
import { paymentFunctions } from './payments.ts'
import { serviceFunctions } from './services.ts'
import { sessionFunctions } from './sessions.ts'
import { ticketFunctions } from './tickets.ts'

/** Lists whose filter can be left in the session: `FUNC.filter sok=ok FIELD=…`. */
const filtered = ['payment', 'expense', 'account', 'runningoperation', 'clientticket', 'ticket', 'profile']

const filterFunction = (list: string): PanelFunction => ({
  level: 16,
  isForm: true,
  run(call) {
    const { session } = call
    const filter = call.fields()
    if (call.sent && session) call.world.store.put('session', { ...session, filters: { ...session.filters, [list]: filter } })
    return call.sent ? { kind: 'document', elements: [el('ok')] } : { kind: 'document', elements: [] }
  },
})

export const functionsOf = (itemtype: string): Map<string, PanelFunction> =>
  new Map(
    Object.entries({
      ...sessionFunctions,
      ...customerFunctions,
      ...payerFunctions,
      ...paymentFunctions,
      ...expenseFunctions,
      ...documentFunctions,
      ...ticketFunctions,
      ...serviceFunctions(itemtype),
      ...operationFunctions,
      ...Object.fromEntries([...filtered, itemtype].map((list) => [`${list}.filter`, filterFunction(list)])),
    }),
  )
