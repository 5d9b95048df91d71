import type { Context } from './context.ts'
import { panelDay } from './dates.ts'
import { type Operation, operationFromRow } from './operations.ts'
import type { Payment, PaymentQuery } from './payments.ts'
import { BillmanagerError } from './protocol/errors.ts'
import { collect, rowsOf } from './protocol/list.ts'

/** BILLmanager tells nobody of what happens, so that changes are found by comparing what is there with what was there. */
export type PanelEvent =
  | { type: 'payment.created' | 'payment.changed'; payment: Payment; before?: Payment['status'] }
  | { type: 'operation.started' | 'operation.changed'; operation: Operation }
  | { type: 'operation.ended'; operationId: string }
  | { type: 'ticket.created' | 'ticket.changed'; ticketId: string }

interface Cursor {
  v: 1
  payments: Record<string, Payment['status']>
  operations: Record<string, string>
  tickets: Record<string, string>
}

/** Payments older than this, by their making, are no longer watched. */
const watchedDays = 60

export function eventsOf(context: Context, payments: (query: PaymentQuery) => Promise<Payment[]>) {
  const { panel, clock, settings } = context

  /**
   * What has changed since `cursor`, oldest kind first, and the next cursor. Without a cursor nothing has: it is where watching begins.
   * An event is told at least once: keep the new cursor only when its events were dealt with.
   */
  async function poll(cursor?: string): Promise<{ events: PanelEvent[]; cursor: string }> {
    const before = readCursor(cursor)
    const since = panelDay(new Date(clock.now().getTime() - watchedDays * 86_400_000), settings.utcOffset)
    const [paid, operations, tickets] = await Promise.all([
      payments({ since }),
      collect(rowsOf(panel, 'runningoperation'), operationFromRow),
      ticketStates(),
    ])
    const now: Cursor = {
      v: 1,
      payments: Object.fromEntries(paid.map(({ id, status }) => [id, status])),
      operations: Object.fromEntries(operations.map((one) => [one.id, `${one.tries}/${one.manual}/${one.status}`])),
      tickets,
    }
    const events: PanelEvent[] = []
    if (before) {
      for (const payment of paid) {
        const was = before.payments[payment.id]
        if (was === undefined) events.push({ type: 'payment.created', payment })
        if (was === undefined ? payment.status !== 'new' && payment.status !== 'initiated' : was !== payment.status)
          events.push({ type: 'payment.changed', payment, ...(was === undefined ? {} : { before: was }) })
      }
      for (const operation of operations) {
        const was = before.operations[operation.id]
        if (was === undefined) events.push({ type: 'operation.started', operation })
        else if (was !== now.operations[operation.id]) events.push({ type: 'operation.changed', operation })
      }
      for (const id of Object.keys(before.operations))
        if (now.operations[id] === undefined) events.push({ type: 'operation.ended', operationId: id })
      for (const [ticketId, state] of Object.entries(tickets)) {
        const was = before.tickets[ticketId]
        if (was === undefined) events.push({ type: 'ticket.created', ticketId })
        else if (was !== state) events.push({ type: 'ticket.changed', ticketId })
      }
    }
    return { events, cursor: Buffer.from(JSON.stringify(now)).toString('base64url') }
  }

  /** A ticket's state is all that its row shows, so that any change is seen; columns differ by version. */
  async function ticketStates(): Promise<Record<string, string>> {
    const states: Record<string, string> = {}
    try {
      for await (const row of rowsOf(panel, 'ticket')) {
        const id = row.id('id')
        if (id !== undefined)
          states[id] = ['name', 'tstatus', 'unread', 'last_message', 'queue', 'responsible']
            .map((column) => row.raw(column))
            .join('/')
      }
    } catch (error) {
      // An integration user need not be allowed to see tickets.
      if (!(error instanceof BillmanagerError) || error.reason !== 'forbidden') throw error
    }
    return states
  }

  return { poll }
}

function readCursor(cursor: string | undefined): Cursor | undefined {
  if (cursor === undefined) return undefined
  try {
    const read = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as Partial<Cursor> | null
    if (read?.v === 1 && read.payments && read.operations && read.tickets) return read as Cursor
  } catch {
    // Falls through: a cursor that cannot be read begins anew, as the caller would otherwise be stuck for ever.
  }
  return undefined
}
