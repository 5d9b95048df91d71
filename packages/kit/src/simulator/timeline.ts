import type { Clock } from '../clock.ts'

interface Happening {
  atMs: number
  order: number
  name: string
  subject: string
  happen: () => void
}

/**
 * What a simulator will do later ("this server becomes ACTIVE at 10:00:07"). `settle` runs everything that is due on the clock,
 * in order of time; the shell calls it before each request, so that a simulator needs no timers to be truthful.
 * With `pace: 'auto'` durations pass on the clock; with `'manual'` nothing happens until `finishAll` or `finish(subject)`.
 */
export class Timeline {
  readonly #clock: Clock
  readonly pace: 'auto' | 'manual'
  #happenings: Happening[] = []
  #order = 0
  #abort = new AbortController()
  readonly #onLate: ((error: unknown) => void) | undefined

  constructor(clock: Clock, pace: 'auto' | 'manual', onLate?: (error: unknown) => void) {
    this.#clock = clock
    this.pace = pace
    this.#onLate = onLate
  }

  /** Plans `happen` in `ms` milliseconds. In `auto` it also happens by itself then, so that notifications go out without a request. */
  after(ms: number, subject: string, name: string, happen: () => void): void {
    this.#happenings.push({ atMs: this.#clock.now().getTime() + ms, order: this.#order++, name, subject, happen })
    if (this.pace === 'auto') this.#sleepThenSettle(ms, this.#abort.signal)
  }

  #sleepThenSettle(ms: number, signal: AbortSignal): void {
    this.#clock
      .sleep(ms, signal)
      .then(
        () => this.settle(),
        () => {}, // the timeline was cleared
      )
      .catch((error: unknown) => this.#onLate?.(error))
  }

  get pending(): { subject: string; name: string; at: Date }[] {
    return this.#happenings.map(({ subject, name, atMs }) => ({ subject, name, at: new Date(atMs) }))
  }

  settle(): void {
    if (this.pace === 'manual') return
    this.#run((happening) => happening.atMs <= this.#clock.now().getTime())
  }

  /** Everything planned for `subject` happens now, including what that plans in turn. */
  finish(subject: string): void {
    this.#run((happening) => happening.subject === subject)
  }

  finishAll(): void {
    this.#run(() => true)
  }

  cancel(subject: string): void {
    this.#happenings = this.#happenings.filter((happening) => happening.subject !== subject)
  }

  clear(): void {
    this.#happenings = []
    this.#abort.abort()
    this.#abort = new AbortController()
  }

  #run(isDue: (happening: Happening) => boolean): void {
    for (;;) {
      const next = this.#happenings.filter(isDue).sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
      if (!next) return
      this.#happenings = this.#happenings.filter((happening) => happening !== next)
      next.happen()
    }
  }
}
