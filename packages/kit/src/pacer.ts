import type { Clock } from './clock.ts'

/** How long an unused turn is remembered. */
const forgottenAfterMs = 600_000

/**
 * Spreads starts over time without holding anybody up: who asks is told how long to wait, and keeps that turn until asking again.
 * One second's worth may start at once, so that a short burst passes. Turns are given in the order of asking.
 */
export class Pacer {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #burstMs: number
  readonly #turns = new Map<string, number>()
  #nextMs = 0

  constructor(options: { clock: Clock; perSecond: number }) {
    this.#clock = options.clock
    this.#intervalMs = 1000 / options.perSecond
    this.#burstMs = Math.max(0, Math.max(1, options.perSecond) - 1) * this.#intervalMs
  }

  /** @returns milliseconds until `key` may start; 0: now, and its turn is used up. */
  turn(key: string): number {
    const nowMs = this.#clock.now().getTime()
    const atMs = this.#turns.get(key) ?? this.#reserve(key, nowMs)
    if (atMs > nowMs) return Math.ceil(atMs - nowMs)
    this.#turns.delete(key)
    return 0
  }

  #reserve(key: string, nowMs: number): number {
    for (const [other, atMs] of this.#turns) if (atMs < nowMs - forgottenAfterMs) this.#turns.delete(other)
    const atMs = Math.max(nowMs - this.#burstMs, this.#nextMs)
    this.#nextMs = atMs + this.#intervalMs
    this.#turns.set(key, atMs)
    return atMs
  }
}
