import type { Clock } from '@straylight/kit'
import type { Doubt, Doubts } from './doubts.ts'
import { type BillmanagerError, type RefusalCode, worldly } from './protocol/errors.ts'

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
  /**
   * `silent`: it answered OK and nothing is seen. `pending`: it goes on with it. `no_answer`: it was sent, now or earlier, and the line was
   * lost, then or in looking for it. `unclear`: it refused in a word that is not known here, or when a part of the work was done.
   */
  code: 'silent' | 'pending' | 'no_answer' | 'unclear'
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

/** `B`: what was there before, by which the effect is known afterwards. */
export interface Write<A, T, B = undefined> {
  name: string
  /** What makes this the same order as another: it is then not sent again while an earlier one may still come to be seen. */
  key?: string
  /** When the caller sent this order last, perhaps in an earlier process, which kept its doubts to itself. */
  sentAt?: Date | undefined
  /** Nothing of ours is on the effect: what appears after the time of doubt cannot be taken for it. */
  forgets?: boolean
  /** Whether the effect is there from an earlier attempt. */
  find?: () => Promise<T | undefined>
  /** Reads what the order needs, and what is there before it. `earlier` is what this gave for the order of the same key that was lost. */
  before?: (earlier: B | undefined) => Promise<B>
  /** Sends the order, once, and does nothing else: what it throws decides whether the order may have been carried out. */
  act: (before: B) => Promise<A>
  /**
   * Reads the effect; `undefined` while it is not seen. `answer` is what `act` brought, and is missing when the answer was lost:
   * then only a marker or a comparison with what was there before can tell, and after a restart that is missing too.
   */
  look: (answer: A | undefined, before: B | undefined) => Promise<T | undefined>
}

export interface Means {
  clock: Clock
  readBack: ReadBack
  doubts: Doubts
}

/**
 * Find, else make, then read back. Never sends an order twice; the verdict is that of the sending call alone: what goes wrong in looking
 * never makes it a refusal. Only a mistake of ours is thrown.
 */
export async function writeOnce<A, T, B>(
  account: string,
  write: Write<A, T, B>,
  { clock, readBack, doubts }: Means,
): Promise<Outcome<T>> {
  const key = write.key === undefined ? undefined : `${write.name} ${account}/${write.key}`
  const known: Doubt<B> | undefined = key === undefined ? undefined : doubts.of(key, write.sentAt)
  const isOnlyLooked = known !== undefined && doubts.isFresh(known)
  const doubt = write.forgets && !isOnlyLooked ? undefined : known
  const settled = <O extends Outcome<T>>(outcome: O): O => {
    if (key !== undefined) doubts.settle(key)
    return outcome
  }
  let before = doubt?.before
  let answer: A | undefined
  let lost: BillmanagerError | undefined
  if (!isOnlyLooked) {
    try {
      const late = before === undefined ? undefined : await write.look(undefined, before)
      const found = late ?? (await write.find?.())
      if (found !== undefined) return settled(confirmed(found, true))
      before = await write.before?.(before)
    } catch (error) {
      const unread = worldly(error)
      return doubt ? unconfirmed(write.name, { unread, isOnlyLooked: true }) : refused(unread)
    }
    if (key !== undefined) doubts.note(key, before)
    try {
      answer = await write.act(before as B)
    } catch (error) {
      lost = worldly(error)
      if (lost.effect === 'none') return settled(refused(lost))
    }
    if (key !== undefined) doubts.note(key, before)
  }
  let unread: BillmanagerError | undefined
  for (let look = 1; look <= readBack.looks; look++) {
    if (look > 1) await clock.sleep(readBack.everyMs)
    try {
      const seen = await write.look(answer, before)
      if (seen !== undefined) return settled(confirmed(seen, isOnlyLooked))
      unread = undefined
    } catch (error) {
      unread = worldly(error)
    }
  }
  return unconfirmed(write.name, { lost, unread, isOnlyLooked })
}

/** What is to be said of an order whose effect was not seen. */
export function unconfirmed(
  name: string,
  {
    lost,
    unread,
    isOnlyLooked,
  }: {
    /** The sending call's own failure. */
    lost?: BillmanagerError | undefined
    /** The failure of the last look. */
    unread?: BillmanagerError | undefined
    /** It was not sent now, as it may have been sent before. */
    isOnlyLooked: boolean
  },
): Unconfirmed {
  const error = lost ?? unread
  const say = (code: Unconfirmed['code'], words: string): Unconfirmed => ({
    outcome: 'unconfirmed',
    code,
    message: `${name}: ${words}`,
    ...(error ? { error } : {}),
  })
  if (lost?.reason === 'pending') return say('pending', lost.message)
  if (lost) return say(lost.reason === 'unavailable' ? 'no_answer' : 'unclear', lost.message)
  const trouble = unread ? `, and the look failed: ${unread.message}` : ''
  if (isOnlyLooked) return say('no_answer', `an earlier answer was lost, so that it was only looked for${trouble}`)
  return unread ? say('no_answer', `the panel said OK${trouble}`) : say('silent', 'the panel said OK and nothing is to be seen')
}
