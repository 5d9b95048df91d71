import type { Clock } from './clock.ts'
import type { Layer } from './http.ts'

/**
 * Limits how many calls run at once and how many start per second. Callers wait in order of arrival.
 * Rate is a token bucket that holds one second's worth, so that a short burst passes.
 */
export class Gate {
  readonly #clock: Clock
  readonly #concurrency: number
  readonly #perSecond: number
  #running = 0
  #tokens: number
  #filledAtMs: number
  readonly #queue: (() => void)[] = []
  #sleeping = false

  constructor(options: { clock: Clock; concurrency: number; perSecond: number }) {
    this.#clock = options.clock
    this.#concurrency = options.concurrency
    this.#perSecond = options.perSecond
    this.#tokens = Math.max(1, options.perSecond)
    this.#filledAtMs = options.clock.now().getTime()
  }

  get waiting(): number {
    return this.#queue.length
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      this.#queue.push(resolve)
      this.#release()
    })
    try {
      return await call()
    } finally {
      this.#running--
      this.#release()
    }
  }

  #release(): void {
    const nowMs = this.#clock.now().getTime()
    this.#tokens = Math.min(Math.max(1, this.#perSecond), this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond)
    this.#filledAtMs = nowMs
    while (this.#queue.length > 0 && this.#running < this.#concurrency && this.#tokens >= 1) {
      this.#tokens--
      this.#running++
      this.#queue.shift()?.()
    }
    if (this.#queue.length > 0 && this.#running < this.#concurrency && !this.#sleeping) {
      this.#sleeping = true
      const waitMs = Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000)
      void this.#clock.sleep(waitMs).then(() => {
        this.#sleeping = false
        this.#release()
      })
    }
  }
}

export const withGate =
  (gate: Gate): Layer =>
  (next) =>
  (request) =>
    gate.run(() => next(request))
