import type { Clock } from '@straylight/kit'

/** An order that was sent, or may have been, and has not been seen done. */
export interface Doubt<B = unknown> {
  sentAtMs: number
  /** What was there before it was sent, where that was kept: after a restart it is not. */
  before: B | undefined
}

/** So many are kept before those whose time is over are forgotten. */
const kept = 10_000

/**
 * The orders of this process whose effect was not seen, by account, function and key. For `doubtMs` after it was sent such an order is only
 * looked for, and not sent again. It is remembered longer, as nobody may say of it that it surely did not happen.
 */
export class Doubts {
  readonly #clock: Clock
  readonly #doubtMs: number
  readonly #byKey = new Map<string, Doubt>()

  constructor(clock: Clock, doubtMs: number) {
    this.#clock = clock
    this.#doubtMs = doubtMs
  }

  /** `sentAt`: when the caller sent it last, in this process or an earlier one. A key begins with its function, so that `B` is that function's. */
  of<B>(key: string, sentAt?: Date): Doubt<B> | undefined {
    const own = this.#byKey.get(key) as Doubt<B> | undefined
    const toldMs = sentAt?.getTime()
    if (toldMs === undefined || toldMs <= (own?.sentAtMs ?? Number.NEGATIVE_INFINITY)) return own
    return { sentAtMs: toldMs, before: own?.before }
  }

  /** Whether it may still come to be seen, so that it must not be sent again. */
  isFresh({ sentAtMs }: Doubt): boolean {
    return this.#clock.now().getTime() - sentAtMs < this.#doubtMs
  }

  /** It is sent now. */
  note(key: string, before?: unknown): void {
    this.#byKey.delete(key)
    this.#byKey.set(key, { sentAtMs: this.#clock.now().getTime(), before })
    if (this.#byKey.size <= kept) return
    for (const [old, doubt] of this.#byKey) {
      if (this.isFresh(doubt)) break
      this.#byKey.delete(old)
    }
  }

  /** It was seen, or surely not done. */
  settle(key: string): void {
    this.#byKey.delete(key)
  }
}
