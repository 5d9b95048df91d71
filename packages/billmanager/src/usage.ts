import { BillmanagerError, worldly } from './protocol/errors.ts'
import { confirmed, type Outcome, refused } from './outcome.ts'
import { checkKey } from './marker.ts'

/** What a service used of one thing on one day, in the words of the panel's tariff. */
export interface UsageRow {
  /** The tariff's parameter, for example `cpu`. */
  param: string
  /** A decimal, for example `23.5`. */
  value: string
  /** The unit that the tariff names, for example `hour`. */
  measure: string
}

export interface UsageDay {
  key: string
  serviceId: string
  /** `YYYY-MM-DD` */
  date: string
  rows: UsageRow[]
}

/**
 * Where a day's usage waits for the module `pmstraylight` on the panel's host. The panel prices statistics once a day and adds up rows of
 * the same day, and its own insertion has no name over HTTP, so that the module fetches each day, inserts it once, and says so.
 */
export interface UsageShelf {
  /** Keeps a day under its key; the same key again changes nothing. */
  put(day: UsageDay): Promise<void>
  /** Days that the module has not told the end of yet, oldest first. */
  waiting(): Promise<UsageDay[]>
  /** `doubtful`: the module was interrupted between inserting and remembering, and will not insert again. */
  mark(key: string, state: 'inserted' | 'doubtful'): Promise<void>
  state(key: string): Promise<'waiting' | 'inserted' | 'doubtful' | undefined>
}

export function usageOf(shelf: UsageShelf | undefined) {
  /** Hands a day's usage to the panel's statistics; confirmed once the module has inserted it. Call again with the same key to learn that. */
  async function pushDay(day: UsageDay): Promise<Outcome<UsageDay>> {
    if (!shelf) return refused(notSetUp())
    try {
      checkKey(day.key)
    } catch (error) {
      return refused(worldly(error))
    }
    await shelf.put(day)
    const state = await shelf.state(day.key)
    if (state === 'inserted') return confirmed(day, true)
    const message =
      state === 'doubtful'
        ? 'the module was interrupted while it inserted this day: compare service.stat by hand'
        : 'the module collects it with its next daily run'
    return {
      outcome: 'unconfirmed',
      code: state === 'doubtful' ? 'no_answer' : 'pending',
      message: `usage of ${day.date}: ${message}`,
    }
  }
  return { pushDay }
}

const notSetUp = (): BillmanagerError =>
  new BillmanagerError('not_found', {
    kind: 'not_found',
    message: 'usage goes by charges here; no shelf is set up',
    retryable: false,
    effect: 'none',
  })

/** A shelf in memory, for tests and trials. */
export function memoryShelf(): UsageShelf {
  const days = new Map<string, { day: UsageDay; state: 'waiting' | 'inserted' | 'doubtful' }>()
  return {
    async put(day) {
      if (!days.has(day.key)) days.set(day.key, { day, state: 'waiting' })
    },
    async waiting() {
      return [...days.values()].filter(({ state }) => state === 'waiting').map(({ day }) => day)
    },
    async mark(key, state) {
      const kept = days.get(key)
      if (kept) kept.state = state
    },
    async state(key) {
      return days.get(key)?.state
    },
  }
}
