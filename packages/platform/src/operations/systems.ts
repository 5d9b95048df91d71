import { routes } from '@straylight/api'
import { type Clock, type Layer, UpstreamError } from '@straylight/kit'
import { type Handler, handle } from '../foundation/handler.ts'
import type { Metrics } from '../foundation/metrics.ts'

interface Standing {
  calls: number
  errors: number
  silences: number
  /** The last ones, milliseconds. */
  durations: number[]
  lastError: { at: Date; message: string } | undefined
  lastOkAt: Date | undefined
}

const remembered = 500
const troubledForMs = 60_000

/** What was seen of each neighbour since this process began, from every call that went out. */
export class Systems {
  readonly #standing = new Map<string, Standing>()
  readonly #clock: Clock
  readonly #metrics: Metrics

  constructor(clock: Clock, metrics: Metrics) {
    this.#clock = clock
    this.#metrics = metrics
  }

  #of(system: string): Standing {
    let standing = this.#standing.get(system)
    if (!standing) {
      standing = { calls: 0, errors: 0, silences: 0, durations: [], lastError: undefined, lastOkAt: undefined }
      this.#standing.set(system, standing)
    }
    return standing
  }

  /** Stands around the transport of a client and counts its calls. An answer of 5xx is an error of the system; a 4xx is an answer. */
  get layer(): Layer {
    return (next) => (request) =>
      this.time(
        request.service,
        () => next(request),
        (response) => (response.status >= 500 ? `${request.method} answered ${response.status}` : undefined),
      )
  }

  /** Asks a system and counts its answer. `failureOf`: what is wrong with an answer that came. */
  async time<T>(
    system: string,
    ask: () => Promise<T>,
    failureOf: (answer: T) => string | undefined = () => undefined,
  ): Promise<T> {
    const started = performance.now()
    try {
      const answer = await ask()
      this.#note(system, started, failureOf(answer))
      return answer
    } catch (error) {
      this.#note(system, started, error instanceof UpstreamError ? error.code : String(error))
      throw error
    }
  }

  #note(system: string, startedMs: number, failure: string | undefined): void {
    const standing = this.#of(system)
    const ms = performance.now() - startedMs
    standing.calls++
    standing.durations.push(ms)
    if (standing.durations.length > remembered) standing.durations.splice(0, standing.durations.length - remembered)
    this.#metrics.upstreamSeconds.observe({ service: system, outcome: failure === undefined ? 'ok' : 'error' }, ms / 1000)
    if (failure === undefined) standing.lastOkAt = this.#clock.now()
    else {
      standing.errors++
      standing.lastError = { at: this.#clock.now(), message: failure.slice(0, 300) }
    }
  }

  /** Answered OK and changed nothing. */
  noteSilence(system: string): void {
    this.#of(system).silences++
  }

  list() {
    const nowMs = this.#clock.now().getTime()
    return [...this.#standing].sort().map(([system, standing]) => {
      const sorted = [...standing.durations].sort((a, b) => a - b)
      const at = (share: number) =>
        sorted.length === 0
          ? null
          : Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10
      const lastErrorMs = standing.lastError?.at.getTime() ?? 0
      const lastOkMs = standing.lastOkAt?.getTime() ?? 0
      const state =
        lastErrorMs > lastOkMs ? ('err' as const) : nowMs - lastErrorMs < troubledForMs ? ('warn' as const) : ('ok' as const)
      return {
        system,
        state,
        calls: standing.calls,
        errors: standing.errors,
        silences: standing.silences,
        p50_ms: at(0.5),
        p95_ms: at(0.95),
        last_error: standing.lastError ? { at: standing.lastError.at.toISOString(), message: standing.lastError.message } : null,
        last_ok_at: standing.lastOkAt?.toISOString() ?? null,
      }
    })
  }
}

export const systemRoutes = (systems: Systems): Handler[] => [
  handle(routes.operatorSystems, async () => {
    const result = systems.list()
    return { data: { count: result.length, result } }
  }),
]
