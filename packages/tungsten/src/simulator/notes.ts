import type { EntityLog } from '@straylight/kit/simulator'
import { undoAfterRehearsal } from './rehearsal.ts'

/** Key-value pairs of user agents; each change goes to the log. */
export class Notes {
  readonly #values = new Map<string, string>()
  readonly #log: EntityLog

  constructor(log: EntityLog) {
    this.#log = log
  }

  restore(name: string, value: string): void {
    this.#values.set(name, value)
  }

  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  set(name: string, value: string): void {
    const isRehearsal = this.#undoAfterRehearsal(name)
    this.#values.set(name, value)
    if (!isRehearsal) this.#log.put('note', name, value)
  }

  delete(name: string): void {
    const isRehearsal = this.#undoAfterRehearsal(name)
    this.#values.delete(name)
    if (!isRehearsal) this.#log.remove('note', name)
  }

  clear(): void {
    for (const name of this.#values.keys()) this.#log.remove('note', name)
    this.#values.clear()
  }

  #undoAfterRehearsal(name: string): boolean {
    const before = this.#values.get(name)
    return undoAfterRehearsal(() => (before === undefined ? this.#values.delete(name) : this.#values.set(name, before)))
  }
}
