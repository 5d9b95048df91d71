import { type Clock, type HttpRequest, type HttpResponse, type Layer, UpstreamError } from '@straylight/kit'
import { classify } from './errors.ts'

export interface RetryOptions {
  clock: Clock
  /** How often a call is sent at most, the first time included. 4 when absent. */
  attempts?: number
  /** Milliseconds before the second attempt, doubled before each further one. 250 when absent. */
  firstDelayMs?: number
  maxDelayMs?: number
  /** In [0, 1); a delay is between half and all of its length. */
  random?: () => number
}

/**
 * Repeats reads (GET, HEAD) that met no answer or an answer that may be better next time; `Retry-After` is respected up to `maxDelayMs`.
 * Writes are never repeated: who ordered them looks first whether they happened.
 */
export function withRetry(options: RetryOptions): Layer {
  const { clock, attempts = 4, firstDelayMs = 250, maxDelayMs = 10_000, random = Math.random } = options
  const delayMs = (attempt: number) => Math.min(maxDelayMs, firstDelayMs * 2 ** attempt) * (0.5 + random() / 2)
  return (next) => async (request) => {
    const repeatable = request.method === 'GET' || request.method === 'HEAD'
    for (let attempt = 0; ; attempt++) {
      const isLast = !repeatable || attempt >= attempts - 1
      try {
        const response = await next(request)
        if (isLast || !isWorthAnotherTry(request, response)) return response
        const askedMs = Number(response.headers['retry-after'] ?? 0) * 1000
        await clock.sleep(Math.max(delayMs(attempt), askedMs > 0 ? Math.min(askedMs, maxDelayMs) : 0))
      } catch (error) {
        if (isLast || !(error instanceof UpstreamError) || !error.retryable) throw error
        await clock.sleep(delayMs(attempt))
      }
    }
  }
}

/** A refused token is not: the same one would be refused again, and who has the tokens gets another. */
function isWorthAnotherTry(request: HttpRequest, response: HttpResponse): boolean {
  if (response.status < 400) return false
  const { kind, retryable } = classify(request.service, request, response)
  return retryable && kind !== 'unauthenticated'
}
