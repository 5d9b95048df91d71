import type { TaskLog } from './tasks/index.ts'

/** Runs something again and again, one run after the other ends; a failed run is logged and the next one comes. */
export class Loops {
  readonly #log: TaskLog
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>[] = []

  constructor(log: TaskLog) {
    this.#log = log
  }

  every(ms: number, name: string, run: () => Promise<unknown>): void {
    const loop = async () => {
      while (!this.#stopping.signal.aborted) {
        await run().catch((error: unknown) => this.#log.stepFailed({ id: '-', workflow: 'loop', step: name }, error, true))
        await new Promise<void>((resolve) => {
          const timer = setTimeout(done, ms)
          const { signal } = this.#stopping
          function done() {
            clearTimeout(timer)
            signal.removeEventListener('abort', done)
            resolve()
          }
          signal.addEventListener('abort', done)
        })
      }
    }
    this.#running.push(loop())
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running)
  }
}
