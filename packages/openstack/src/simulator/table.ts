/** What a row must have to be kept in a table. */
export interface Row {
  id: string
}

/** One row as it was before a transaction touched it; `undefined` when it did not exist. */
export interface Change {
  table: Table<Row>
  id: string
  before: Row | undefined
}

type Key<T> = Extract<keyof T, string>

/**
 * The rows of one kind, in the order in which they were made. Rows are never changed in place: `update` puts a new object,
 * so that a refused or silenced request is undone by putting the old objects back.
 */
export class Table<T extends Row> {
  readonly kind: string
  readonly #rows = new Map<string, T>()
  readonly #indexes = new Map<string, Map<unknown, Map<string, T>>>()
  readonly #record: (change: Change) => void

  constructor(kind: string, record: (change: Change) => void, indexed: Key<T>[] = []) {
    this.kind = kind
    this.#record = record
    for (const key of indexed) this.#indexes.set(key, new Map())
  }

  get size(): number {
    return this.#rows.size
  }

  get(id: string): T | undefined {
    return this.#rows.get(id)
  }

  has(id: string): boolean {
    return this.#rows.has(id)
  }

  all(): T[] {
    return [...this.#rows.values()]
  }

  /** Rows whose `key` is `value`: by index when there is one. */
  where<K extends Key<T>>(key: K, value: T[K]): T[] {
    const index = this.#indexes.get(key)
    if (!index) return this.all().filter((row) => row[key] === value)
    const found = index.get(value)
    return found ? [...found.values()] : []
  }

  /** The same one after the other, without a list: for counting among thousands. The key must have an index. */
  each<K extends Key<T>>(key: K, value: T[K]): Iterable<T> {
    return this.#indexes.get(key)?.get(value)?.values() ?? []
  }

  find(matches: (row: T) => boolean): T | undefined {
    for (const row of this.#rows.values()) if (matches(row)) return row
    return undefined
  }

  insert(row: T): T {
    this.#note(row.id)
    this.#put(row)
    return row
  }

  /** @returns the new row; throws when there is none, which is a mistake of the simulator. */
  update(id: string, patch: Partial<T>): T {
    const before = this.#rows.get(id)
    if (!before) throw new Error(`no ${this.kind} ${id} to update`)
    this.#note(id)
    const row = { ...before, ...patch }
    this.#put(row)
    return row
  }

  remove(id: string): void {
    if (!this.#rows.has(id)) return
    this.#note(id)
    this.#drop(id)
  }

  /** Puts a row back as it was, without a record: used to undo and to load. */
  restore(id: string, before: T | undefined): void {
    if (before) this.#put(before)
    else this.#drop(id)
  }

  clear(): void {
    this.#rows.clear()
    for (const index of this.#indexes.values()) index.clear()
  }

  #note(id: string): void {
    this.#record({ table: this as unknown as Table<Row>, id, before: this.#rows.get(id) })
  }

  #put(row: T): void {
    const before = this.#rows.get(row.id)
    this.#rows.set(row.id, row)
    for (const [key, index] of this.#indexes) {
      const value = row[key as Key<T>]
      if (before && before[key as Key<T>] !== value) unindex(index, before[key as Key<T>], row.id)
      const rows = index.get(value)
      if (rows) rows.set(row.id, row)
      else index.set(value, new Map([[row.id, row]]))
    }
  }

  #drop(id: string): void {
    const row = this.#rows.get(id)
    if (!row) return
    this.#rows.delete(id)
    for (const [key, index] of this.#indexes) unindex(index, row[key as Key<T>], id)
  }
}

function unindex(index: Map<unknown, Map<string, unknown>>, value: unknown, id: string): void {
  const rows = index.get(value)
  rows?.delete(id)
  if (rows?.size === 0) index.delete(value)
}
