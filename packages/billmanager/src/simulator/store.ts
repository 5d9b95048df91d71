import type { EntityLog } from '@straylight/kit/simulator'
import type { Kind, Tables } from './entities.ts'

interface Lag {
  untilMs: number
  before: unknown
}

/** The first number of each kind. No two kinds begin alike, so that an id given in the wrong place is not found by luck. */
const firstIds: Partial<Record<Kind, number>> = {
  account: 701,
  user: 42,
  subaccount: 1701,
  profile: 88,
  payment: 77,
  expense: 5001,
  invoice: 3001,
  contract: 401,
  item: 310_598,
  operation: 9001,
  task: 6001,
  ticket: 620,
  message: 8001,
  file: 2001,
  statistic: 1,
  notice: 1,
  problem: 1,
  module: 7,
}

/**
 * The panel's database: what a handler changes is kept only if it ends well, and then written down for the next start.
 * `seen` shows things as they were, while a visibility delay is switched on.
 */
export class Store {
  readonly #tables = new Map<Kind, Map<string, unknown>>()
  readonly #sequences = new Map<Kind, number>()
  readonly #lags = new Map<string, Lag>()
  readonly #log: EntityLog
  readonly #nowMs: () => number
  /** Milliseconds until lists show a change. */
  visibilityDelayMs = 0
  #undo: (() => void)[] | undefined
  #redo: (() => void)[] = []

  constructor(log: EntityLog, nowMs: () => number) {
    this.#log = log
    this.#nowMs = nowMs
  }

  /** Reads what an earlier process wrote down. @returns whether there was anything */
  load(): boolean {
    const kept = this.#log.load()
    for (const { kind, id, value } of kept) {
      if (kind === 'sequence') this.#sequences.set(id as Kind, value as number)
      else this.#table(kind as Kind).set(id, decode(value))
    }
    return kept.length > 0
  }

  clear(): void {
    for (const [kind, table] of this.#tables) for (const id of table.keys()) this.#log.remove(kind, id)
    for (const kind of this.#sequences.keys()) this.#log.remove('sequence', kind)
    this.#tables.clear()
    this.#sequences.clear()
    this.#lags.clear()
  }

  flush(): void {
    this.#log.flush()
  }

  get<K extends Kind>(kind: K, id: string | undefined): Tables[K] | undefined {
    return id === undefined ? undefined : (this.#table(kind).get(id) as Tables[K] | undefined)
  }

  all<K extends Kind>(kind: K): Tables[K][] {
    return [...this.#table(kind).values()] as Tables[K][]
  }

  find<K extends Kind>(kind: K, is: (thing: Tables[K]) => boolean): Tables[K] | undefined {
    for (const thing of this.#table(kind).values()) if (is(thing as Tables[K])) return thing as Tables[K]
    return undefined
  }

  /** One thing, as lists and forms show it. */
  seenOne<K extends Kind>(kind: K, id: string | undefined): Tables[K] | undefined {
    const lag = this.#lags.get(`${kind}/${id}`)
    return lag && lag.untilMs > this.#nowMs() ? (lag.before as Tables[K] | undefined) : this.get(kind, id)
  }

  /** All of a kind, as lists and forms show them. */
  seen<K extends Kind>(kind: K): Tables[K][] {
    if (this.#lags.size === 0) return this.all(kind)
    const nowMs = this.#nowMs()
    const shown: Tables[K][] = []
    const ids = new Set(this.#table(kind).keys())
    for (const [key, { untilMs }] of this.#lags) {
      if (untilMs <= nowMs) this.#lags.delete(key)
      else if (key.startsWith(`${kind}/`)) ids.add(key.slice(kind.length + 1))
    }
    for (const id of ids) {
      const lag = this.#lags.get(`${kind}/${id}`)
      const thing = lag ? lag.before : this.#table(kind).get(id)
      if (thing !== undefined) shown.push(thing as Tables[K])
    }
    return shown
  }

  /** A change that is kept at once, or when the transaction around it ends well. */
  put<K extends Kind>(kind: K, thing: Tables[K]): Tables[K] {
    this.#change(kind, thing.id, thing)
    return thing
  }

  remove(kind: Kind, id: string): void {
    this.#change(kind, id, undefined)
  }

  nextId(kind: Kind): string {
    const before = this.#sequences.get(kind)
    const next = before === undefined ? (firstIds[kind] ?? 1) : before + 1
    this.#sequences.set(kind, next)
    this.#undo?.push(() => {
      if (before === undefined) this.#sequences.delete(kind)
      else this.#sequences.set(kind, before)
    })
    this.#redo.push(() => this.#log.put('sequence', kind, next))
    if (!this.#undo) this.#commit()
    return String(next)
  }

  /** Runs `change`; when it throws, or with `keep: false`, all is as before. Does not nest: an inner one joins the outer. */
  transaction<T>(change: () => T, options: { keep: boolean } = { keep: true }): T {
    if (this.#undo) return change()
    this.#undo = []
    let kept = false
    try {
      const result = change()
      kept = options.keep
      return result
    } finally {
      const undo = this.#undo
      this.#undo = undefined
      if (kept) this.#commit()
      else {
        for (const step of undo.reverse()) step()
        this.#redo = []
      }
    }
  }

  /** Everything, for people and tests. */
  state(): Record<string, unknown[]> {
    return Object.fromEntries([...this.#tables].map(([kind, table]) => [kind, [...table.values()].map(encode)]))
  }

  #change(kind: Kind, id: string, thing: unknown): void {
    const table = this.#table(kind)
    const before = table.get(id)
    if (thing === undefined) table.delete(id)
    else table.set(id, thing)
    this.#undo?.push(() => {
      if (before === undefined) table.delete(id)
      else table.set(id, before)
    })
    this.#redo.push(() => {
      if (thing === undefined) this.#log.remove(kind, id)
      else this.#log.put(kind, id, encode(thing))
      if (this.visibilityDelayMs > 0 && kind !== 'session') {
        const nowMs = this.#nowMs()
        const earlier = this.#lags.get(`${kind}/${id}`)
        const shown = earlier && earlier.untilMs > nowMs ? earlier.before : before
        this.#lags.set(`${kind}/${id}`, { untilMs: nowMs + this.visibilityDelayMs, before: shown })
      }
    })
    if (!this.#undo) this.#commit()
  }

  #commit(): void {
    const redo = this.#redo
    this.#redo = []
    for (const step of redo) step()
  }

  #table(kind: Kind): Map<string, unknown> {
    let table = this.#tables.get(kind)
    if (!table) {
      table = new Map()
      this.#tables.set(kind, table)
    }
    return table
  }
}

/** JSON has no bigint: `{"$micros":"12"}` stands for one. */
function encode(value: unknown): unknown {
  if (typeof value === 'bigint') return { $micros: String(value) }
  if (Array.isArray(value)) return value.map(encode)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, encode(member)]))
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode)
  if (typeof value !== 'object' || value === null) return value
  const { $micros } = value as { $micros?: string }
  if (typeof $micros === 'string') return BigInt($micros)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, decode(member)]))
}
