import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

type Line = [kind: string, id: string, value: unknown | null]

/**
 * Keeps a simulator's things across a `kill -9`: each change is appended to a file, as one JSON line, before the answer goes out.
 * There is no fsync: it guards against killed processes, not against power loss. The file is compacted when it is opened.
 * Without a path nothing is kept.
 */
export class EntityLog {
  readonly #path: string | undefined
  #buffer: string[] = []

  constructor(path: string | undefined) {
    this.#path = path
  }

  /** What was kept, newest value of each thing, in order of first appearance; a torn last line is dropped. */
  load(): { kind: string; id: string; value: unknown }[] {
    if (!this.#path || !existsSync(this.#path)) return []
    const things = new Map<string, { kind: string; id: string; value: unknown }>()
    for (const text of readFileSync(this.#path, 'utf8').split('\n')) {
      if (text === '') continue
      let line: Line
      try {
        line = JSON.parse(text) as Line
      } catch {
        continue
      }
      const [kind, id, value] = line
      if (value === null) things.delete(`${kind}/${id}`)
      else things.set(`${kind}/${id}`, { kind, id, value })
    }
    const kept = [...things.values()]
    const fresh = `${this.#path}.new`
    writeFileSync(fresh, kept.map(({ kind, id, value }) => `${JSON.stringify([kind, id, value])}\n`).join(''))
    renameSync(fresh, this.#path)
    return kept
  }

  put(kind: string, id: string, value: unknown): void {
    if (this.#path) this.#buffer.push(JSON.stringify([kind, id, value]))
  }

  remove(kind: string, id: string): void {
    if (this.#path) this.#buffer.push(JSON.stringify([kind, id, null]))
  }

  /** Writes what has changed since the last flush. The shell calls it after each request, before the answer. */
  flush(): void {
    if (!this.#path || this.#buffer.length === 0) return
    mkdirSync(dirname(this.#path), { recursive: true })
    appendFileSync(this.#path, `${this.#buffer.join('\n')}\n`)
    this.#buffer = []
  }
}
