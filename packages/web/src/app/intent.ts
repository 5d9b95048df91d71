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

export function createIntents(newKey: () => string = randomKey): Intents {
  const open = new Map<string, string>()
  const name = (wish: unknown) => JSON.stringify(wish) ?? ''
  return {
    keyFor(wish) {
      const key = open.get(name(wish)) ?? newKey()
      open.set(name(wish), key)
      return key
    },
    answered: (wish) => void open.delete(name(wish)),
    failed(wish, error) {
      if (!outcomeUnknown(error)) open.delete(name(wish))
    },
  }
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
