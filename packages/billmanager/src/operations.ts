import { type Context, writeFor } from './context.ts'
import { type Outcome, refused } from './outcome.ts'
import { afterPart, ignoreMissing, refuseField, worldly } from './protocol/errors.ts'
import type { Row } from './protocol/document.ts'
import { collect, filterBy, rowsOf } from './protocol/list.ts'
import { serviceFromRow } from './services.ts'

/** One order in the panel's own queue. A failed one is run again every five minutes, and after some tries waits for a person. */
export interface Operation {
  id: string
  serviceId: string
  /** Whose service it is, where the panel shows an id. */
  accountId: string | undefined
  /** `open`, `suspend`, `resume`, `close`, `setparam`, `prolong`, … */
  command: string
  tries: number
  /** It waits for a person. */
  manual: boolean
  status: string
}

/** What the processing module's work came to. */
export type Completion =
  | { result: 'ok'; parameters?: Record<string, string> }
  | { result: 'failed'; message: string; final?: boolean }

/** The callback of each command: https://www.ispsystem.com/docs/billmanager/developer-section/how-to-add-a-custom-processing-module */
const callbacks: Record<string, string> = {
  open: 'service.postopen',
  suspend: 'service.postsuspend',
  resume: 'service.postresume',
  close: 'service.postclose',
  setparam: 'service.postsetparam',
  prolong: 'service.postprolong',
}

export function operationFromRow(row: Row): Operation | undefined {
  const id = row.id('id')
  if (id === undefined) return undefined
  return {
    id,
    serviceId: row.raw('item'),
    accountId: /^\d+$/.exec(row.raw('client'))?.[0],
    command: row.raw('desc') || row.raw('intname'),
    tries: Number(row.raw('trycount')) || 0,
    manual: row.flag('manual') || row.raw('status') === 'manual',
    status: row.raw('status'),
  }
}

export function operationsOf(context: Context) {
  const { panel, settings } = context

  /** The panel's queue, of one service or of all. Staff only. */
  const list = (serviceId?: string): Promise<Operation[]> =>
    collect(rowsOf(panel, 'runningoperation', serviceId === undefined ? {} : filterBy({ item: serviceId })), (row) => {
      const operation = operationFromRow(row)
      return serviceId === undefined || operation?.serviceId === serviceId ? operation : undefined
    })

  const get = async (id: string): Promise<Operation | undefined> =>
    (await collect(rowsOf(panel, 'runningoperation', filterBy({ id })), operationFromRow)).find((one) => one.id === id)

  /**
   * Ends an operation from outside the panel's host. All known callers of the callbacks are root there; whether a panel allows them
   * over HTTP is not documented, so that `refused('forbidden')` means: leave it to the module `pmstraylight`. It takes several calls: once one
   * of them is done, the failure of another is `unconfirmed`, and the whole may be repeated.
   */
  async function complete(
    operation: Pick<Operation, 'id' | 'serviceId' | 'command'> & { accountId?: string | undefined },
    completion: Completion,
  ): Promise<Outcome<{ id: string }>> {
    let account = operation.accountId
    try {
      account ??= (await get(operation.id))?.accountId
    } catch (error) {
      return refused(worldly(error))
    }
    return writeFor(context, account ?? `service:${operation.serviceId}`, {
      name: `completion of ${operation.command}`,
      find: async () => (completion.result === 'ok' && !(await get(operation.id)) ? { id: operation.id } : undefined),
      act: () => (completion.result === 'ok' ? succeed(operation, completion.parameters ?? {}) : fail(operation.id, completion)),
      look: async () => {
        const now = await get(operation.id)
        if (completion.result === 'ok') return now ? undefined : { id: operation.id }
        if (!now || (completion.final && !now.manual)) return undefined
        const form = await panel.call('runningoperation.edit', { elid: operation.id })
        return form.raw('errorxml').includes(plain(completion.message)) ? { id: operation.id } : undefined
      },
    })
  }

  async function succeed(
    { serviceId, command }: Pick<Operation, 'serviceId' | 'command'>,
    parameters: Record<string, string>,
  ): Promise<void> {
    const callback = callbacks[command]
    if (!callback) throw refuseField('command', `no callback is known for ${command}`)
    const step = inSteps()
    for (const [name, value] of Object.entries(parameters))
      await step(() => panel.call('service.saveparam', { elid: serviceId, name, value }))
    // Domains and certificates are ended by `<itemtype>.open` in the vendor's own modules, all else by `service.postopen`.
    await step(() =>
      panel.call(callback, { elid: serviceId, sok: 'ok' }).catch((error: unknown) => {
        if (command !== 'open') throw error
        ignoreMissing(error)
        return panel.call(`${settings.itemtype}.open`, { elid: serviceId, sok: 'ok' })
      }),
    )
  }

  async function fail(id: string, { message, final }: { message: string; final?: boolean }): Promise<void> {
    const errorxml = `<doc><error type="pmstraylight"><msg>${plain(message)}</msg></error></doc>`
    const step = inSteps()
    await step(() => panel.call('runningoperation.edit', { elid: id, errorxml, sok: 'ok' }))
    if (final) await step(() => panel.call('runningoperation.setmanual', { elid: id }))
  }

  /** The state of a service without its owner, for what works on the queue. */
  async function service(id: string) {
    for await (const row of rowsOf(panel, settings.itemtype, filterBy({ id })))
      if (row.id('id') === id) return serviceFromRow(row, settings.currency)
    return undefined
  }

  return { list, get, complete, service }
}

/** Takes the calls of one write: after the first that went well, no failure says any more that nothing was done. */
function inSteps(): (call: () => Promise<unknown>) => Promise<void> {
  let done = false
  return async (call) => {
    try {
      await call()
    } catch (error) {
      throw done ? afterPart(worldly(error)) : error
    }
    done = true
  }
}

const plain = (message: string): string => message.replace(/[<>&"']/g, ' ').trim()
