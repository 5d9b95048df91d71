import type { Clock } from '@straylight/kit'
import { BillmanagerError, type RefusalCode } from './protocol/errors.ts'

/**
 * What became of a write. BILLmanager answers OK to writes that do nothing, so that only what was read back is believed:
 * `confirmed`: the effect was seen. `unconfirmed`: it may have happened or may yet; look again before you repeat it.
 * `refused`: it surely did not happen, and `code` says why.
 */
export type Outcome<T> = Confirmed<T> | Unconfirmed | Refused

export interface Confirmed<T> {
  outcome: 'confirmed'
  value: T
  /** It was there before this call, from an earlier attempt under the same key. */
  repeated: boolean
}

export interface Unconfirmed {
  outcome: 'unconfirmed'
  /** `silent`: it answered OK and nothing is seen. `pending`: it goes on with it. `no_answer`: it was sent and the line was lost. */
  code: 'silent' | 'pending' | 'no_answer'
  /** For operators. */
  message: string
  error?: BillmanagerError
}

export interface Refused {
  outcome: 'refused'
  code: RefusalCode
  /** For operators. */
  message: string
  /** May the same order pass later? */
  retryable: boolean
  error: BillmanagerError
}

export const confirmed = <T>(value: T, repeated = false): Confirmed<T> => ({ outcome: 'confirmed', value, repeated })

export const refused = (error: BillmanagerError): Refused => ({
  outcome: 'refused',
  code: error.reason,
  message: error.message,
  retryable: error.retryable,
  error,
})

/** How often and how long to look for an effect before a write counts as silent. The first look is at once. */
export interface ReadBack {
  looks: number
  everyMs: number
}

export interface Write<A, T> {
  name: string
  /** Sends the order, once. */
  act: () => Promise<A>
  /**
   * Reads the effect; `undefined` while it is not seen. `answer` is what `act` brought, and is missing when the answer was lost:
   * then only a marker or a comparison with what was there before can tell.
   */
  look: (answer: A | undefined) => Promise<T | undefined>
  /** Whether the effect is there from an earlier attempt. */
  find?: () => Promise<T | undefined>
}

/** Find, else make, then read back. Never sends an order twice. Only a mistake of ours is thrown. */
export async function writeOnce<A, T>(write: Write<A, T>, clock: Clock, readBack: ReadBack): Promise<Outcome<T>> {
  try {
    const found = await write.find?.()
    if (found !== undefined) return confirmed(found, true)
  } catch (error) {
    return refused(worldly(error))
  }
  let answer: A | undefined
  let lost: BillmanagerError | undefined
  try {
    answer = await write.act()
  } catch (error) {
    lost = worldly(error)
    if (lost.effect === 'none') return refused(lost)
  }
  for (let look = 1; look <= readBack.looks; look++) {
    if (look > 1) await clock.sleep(readBack.everyMs)
    try {
      const seen = await write.look(answer)
      if (seen !== undefined) return confirmed(seen)
    } catch (error) {
      lost ??= worldly(error)
    }
  }
  if (!lost)
    return { outcome: 'unconfirmed', code: 'silent', message: `${write.name}: the panel said OK and nothing is to be seen` }
  if (lost.reason === 'unknown') return refused(lost)
  return {
    outcome: 'unconfirmed',
    code: lost.reason === 'pending' ? 'pending' : 'no_answer',
    message: `${write.name}: ${lost.message}`,
    error: lost,
  }
}

/** A failure of the world; anything else is a mistake of ours and goes on up. */
function worldly(error: unknown): BillmanagerError {
  if (error instanceof BillmanagerError) return error
  throw error
}
