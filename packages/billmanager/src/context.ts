import type { Clock } from '@straylight/kit'
import type { Doubts } from './doubts.ts'
import { type Outcome, type ReadBack, type Write, writeOnce } from './outcome.ts'
import type { Panel } from './protocol/panel.ts'
import type { KeyedQueue } from './queue.ts'

/** What differs from one panel to the next: names depend on its settings (BILLmanager's own API page says so). */
export interface PanelSettings {
  /** `intname` of the product type that is a cloud project. */
  itemtype: string
  /** Id of the provider whose accounts are used (`project`). */
  provider: string
  /** Used where a sum names no currency. */
  currency: string
  /** The panel shows local time without a zone, for example `+03:00`. */
  utcOffset: string
  readBack: ReadBack
  /** After it was sent and not seen done, an order with the same key is only looked for, not sent, for so long. */
  doubtMs: number
  /** Names of columns that no public text documents. */
  columns: { creditLimit: string; postpaid: string; reserved: string }
}

export interface Context {
  panel: Panel
  clock: Clock
  settings: PanelSettings
  queue: KeyedQueue
  doubts: Doubts
}

/** A write on behalf of `account`: after every earlier one of the same account, once, and read back. */
export const writeFor = <A, T, B = undefined>(context: Context, account: string, write: Write<A, T, B>): Promise<Outcome<T>> => {
  const { queue, clock, settings, doubts } = context
  return queue.run(account, () => writeOnce(account, write, { clock, readBack: settings.readBack, doubts }))
}
