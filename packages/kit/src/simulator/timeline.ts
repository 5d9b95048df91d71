import type { Clock } from '../clock.ts'

interface Happening {
  atMs: number
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
  /** In order of time, and of planning where times are equal. */
  #happenings: Happening[] = []
  #abort = new AbortController()
  readonly #onLate: ((error: unknown) => void) | undefined

  constructor(clock: Clock, pace: 'auto' | 'manual', onLate?: (error: unknown) => void) {
    this.#clock = clock
    this.pace = pace
    this.#onLate = onLate
  }

  /** Plans `happen` in `ms` milliseconds. In `auto` it also happens by itself then, so that notifications go out without a request. */
  after(ms: number, subject: string, name: string, happen: () => void): void {
    const happening = { atMs: this.#clock.now().getTime() + ms, name, subject, happen }
    this.#happenings.splice(this.#placeOf(happening), 0, happening)
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
    this.#run(() => {
      const [first] = this.#happenings
      return first && first.atMs <= this.#clock.now().getTime() ? 0 : -1
    })
  }

  /** Everything planned for `subject` happens now, including what that plans in turn. */
  finish(subject: string): void {
    this.#run(() => this.#happenings.findIndex((happening) => happening.subject === subject))
  }

  finishAll(): void {
    this.#run(() => (this.#happenings.length > 0 ? 0 : -1))
  }

  cancel(subject: string): void {
    this.#happenings = this.#happenings.filter((happening) => happening.subject !== subject)
  }

  clear(): void {
    this.#happenings = []
    this.#abort.abort()
    this.#abort = new AbortController()
  }

  /** Lets what `next` points to happen, one after the other, until it points to nothing. */
  #run(next: () => number): void {
    for (let index = next(); index >= 0; index = next()) {
      const [happening] = this.#happenings.splice(index, 1)
      happening?.happen()
    }
  }

  #placeOf(happening: Happening): number {
    let low = 0
    let high = this.#happenings.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#happenings[middle] as Happening).atMs <= happening.atMs) low = middle + 1
      else high = middle
    }
    return low
  }
}
