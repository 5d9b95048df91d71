import { type Clock, UpstreamError } from '@straylight/kit'
import type { ServiceName } from './errors.ts'

export interface WaitOptions {
  /** Milliseconds until it gives up. 10 minutes when absent. */
  timeoutMs?: number | undefined
  /** Milliseconds between two looks. 1 second when absent. */
  everyMs?: number | undefined
  signal?: AbortSignal | undefined
}

/**
 * Looks again and again until `look` gives something other than `undefined`. What `look` throws ends the wait.
 * Fails with kind `timeout` when it has not come to pass in time. Tasks that must survive a restart poll by themselves instead.
 */
export async function waitFor<T>(
  clock: Clock,
  service: ServiceName,
  what: string,
  look: () => Promise<T | undefined>,
  options: WaitOptions = {},
): Promise<T> {
  const { timeoutMs = 600_000, everyMs = 1000, signal } = options
  const givesUpAt = clock.now().getTime() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (clock.now().getTime() >= givesUpAt)
      throw new UpstreamError({
        service,
        kind: 'timeout',
        code: `${service}.wait_timeout`,
        message: `${what} did not happen within ${timeoutMs} ms`,
        retryable: true,
        effect: 'none',
      })
    await clock.sleep(everyMs, signal)
  }
}

/** For waiters: it took the order and then reported that it failed. */
export const failed = (service: ServiceName, code: string, message: string): UpstreamError =>
  new UpstreamError({ service, kind: 'failed', code: `${service}.${code}`, message, retryable: false, effect: 'unknown' })

/** `undefined` instead of a `not_found` error. */
export async function orAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof UpstreamError && error.kind === 'not_found') return undefined
    throw error
  }
}
