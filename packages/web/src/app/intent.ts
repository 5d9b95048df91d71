import { ApiError } from '@straylight/api'

/**
 * The `Idempotency-Key` of each thing that a person wants. It stays the same while the outcome is unknown (no answer, or an answer that is the
 * service's own trouble), so that pressing the button again cannot order twice; another wish, or a wish that was answered, gets a new key.
 */
export interface Intents {
  keyFor(wish: unknown): string
  answered(wish: unknown): void
  failed(wish: unknown, error: unknown): void
}

/** A key whose answer has not been seen. */
interface Unanswered {
  key: string
  /** When it was sent last, ms since 1970. */
  sentAt: number
  subject?: string | undefined
}
/** By what was wanted. */
export type UnansweredKeys = Record<string, Unanswered>

/** Where keys lie while their answers have not been seen. */
export interface IntentStore {
  read(): UnansweredKeys
  write(keys: UnansweredKeys): void
}

export interface IntentOptions {
  newKey?: () => string
  /** ms since 1970 */
  now?: () => number
  store?: IntentStore
  /**
   * What a wish is about, where a later wish undoes an earlier one: after "start" was sent, "stop" is wanted anew, and the answer to an
   * earlier "stop" would be no answer to it.
   */
  subjectOf?: ((wish: unknown) => string) | undefined
  /** How long a key waits to be pressed again, in ms. Later the same words are a new wish. */
  keptForMs?: number | undefined
}

export function createIntents({
  newKey = randomKey,
  now = Date.now,
  store = inMemory(),
  subjectOf,
  keptForMs = Number.POSITIVE_INFINITY,
}: IntentOptions = {}): Intents {
  const drop = (wish: unknown) => {
    const { [nameOf(wish)]: _answered, ...others } = store.read()
    store.write(others)
  }
  return {
    keyFor(wish) {
      const name = nameOf(wish)
      const subject = subjectOf?.(wish)
      const at = now()
      const waiting = Object.entries(store.read()).filter(
        ([other, { sentAt, subject: its }]) =>
          at - sentAt <= keptForMs && (other === name || subject === undefined || its !== subject),
      )
      const key = waiting.find(([other]) => other === name)?.[1].key ?? newKey()
      store.write({ ...Object.fromEntries(waiting), [name]: { key, sentAt: at, subject } })
      return key
    },
    answered: drop,
    failed(wish, error) {
      if (!outcomeUnknown(error)) drop(wish)
    },
  }
}

function inMemory(): IntentStore {
  let keys: UnansweredKeys = {}
  return {
    read: () => keys,
    write: (next) => {
      keys = next
    },
  }
}

const prefix = 'straylight.unanswered.'

/**
 * Keeps unanswered keys in `storage` under the name of a form, so that a page that was loaded anew after a lost answer repeats its order
 * instead of giving another one. A storage that is full or forbidden is replaced by memory.
 */
export function keptIn(storage: Storage, form: () => string): IntentStore {
  const memory = inMemory()
  return {
    read() {
      try {
        const kept: unknown = JSON.parse(storage.getItem(prefix + form()) ?? '{}')
        return { ...memory.read(), ...(isUnanswered(kept) ? kept : {}) }
      } catch {
        return memory.read()
      }
    },
    write(keys) {
      try {
        if (Object.keys(keys).length === 0) storage.removeItem(prefix + form())
        else storage.setItem(prefix + form(), JSON.stringify(keys))
        memory.write({})
      } catch {
        memory.write(keys)
      }
    },
  }
}

const isUnanswered = (value: unknown): value is UnansweredKeys =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((one) => typeof one?.key === 'string' && typeof one.sentAt === 'number')

/** A short name of what is wanted; the words themselves, which may be a secret, are kept nowhere. cyrb53-like: two 32-bit hashes. */
function nameOf(wish: unknown): string {
  const text = JSON.stringify(wish) ?? ''
  let [a, b] = [0xdeadbeef, 0x41c6ce57]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  const half = (value: number) => (value >>> 0).toString(16).padStart(8, '0')
  return `${text.length.toString(16)}-${half(a ^ (a >>> 16))}${half(b ^ (b >>> 13))}`
}

/** May the order have been taken, or be taken at this moment, although nobody said so? */
function outcomeUnknown(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true
  return (
    error.status === 0 ||
    error.status >= 500 ||
    error.status === 401 ||
    error.status === 429 ||
    error.problem?.error_code === 'request.still_running'
  )
}

/** `crypto.randomUUID` is missing on pages that are served without TLS from another host than localhost; `getRandomValues` is always there. */
export function randomKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
