import { AdjustableClock, type Clock } from '@straylight/kit'

/** A clock for one who waits: whoever sleeps on it moves the time of `inner` forward instead of waiting. */
export class HurriedClock implements Clock {
  readonly inner = new AdjustableClock('still')

  now(): Date {
    return this.inner.now()
  }

  async sleep(ms: number): Promise<void> {
    this.inner.advance(ms)
    // lets what became due happen
    await new Promise((resolve) => setImmediate(resolve))
  }
}
