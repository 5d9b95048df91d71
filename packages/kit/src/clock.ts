/**
 * Time is passed in: nothing that a rule reads calls `Date.now()`. `main` makes one clock and hands it down;
 * tests and the demo move it.
 */
export interface Clock {
  now(): Date
  /** Resolves once `ms` milliseconds have passed on this clock; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

interface Sleeper {
  dueMs: number
  wake: () => void
}

/** A clock that can be moved forward. `flowing` follows the machine's time plus what was added; `still` moves only by `advance`. */
export class AdjustableClock implements Clock {
  readonly #mode: 'flowing' | 'still'
  #offsetMs = 0
  #stillMs: number
  readonly #sleepers = new Set<Sleeper>()

  constructor(mode: 'flowing' | 'still', start: Date = new Date()) {
    this.#mode = mode
    this.#stillMs = start.getTime()
    if (mode === 'flowing') this.#offsetMs = start.getTime() - Date.now()
  }

  now(): Date {
    return new Date(this.#nowMs())
  }

  #nowMs(): number {
    return this.#mode === 'flowing' ? Date.now() + this.#offsetMs : this.#stillMs
  }

  /** Moves time forward by `ms` milliseconds and wakes every sleeper that is due, earliest first. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`a clock moves forward only, got ${ms} ms`)
    if (this.#mode === 'flowing') this.#offsetMs += ms
    else this.#stillMs += ms
    const due = [...this.#sleepers].filter((sleeper) => sleeper.dueMs <= this.#nowMs()).sort((a, b) => a.dueMs - b.dueMs)
    for (const sleeper of due) sleeper.wake()
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      let timer: NodeJS.Timeout | undefined
      const dueMs = this.#nowMs() + ms
      const leave = () => {
        clearTimeout(timer)
        this.#sleepers.delete(sleeper)
        signal?.removeEventListener('abort', abort)
      }
      const abort = () => {
        leave()
        reject(signal?.reason)
      }
      const sleeper: Sleeper = {
        dueMs,
        wake: () => {
          leave()
          resolve()
        },
      }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', abort)
      if (this.#mode === 'flowing') timer = setTimeout(() => sleeper.wake(), Math.max(0, Math.min(ms, 2 ** 31 - 1)))
      else if (ms <= 0) sleeper.wake()
    })
  }
}

export const systemClock = (): Clock => new AdjustableClock('flowing')
