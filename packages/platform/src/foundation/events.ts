import { sql } from 'kysely'
import pg from 'pg'
import type { Tx } from './db.ts'

/** Something that a person may be looking at has changed. It says what to read again, never what it reads now. */
export interface Change {
  type: 'server' | 'volume' | 'address' | 'keypair' | 'task' | 'balance' | 'project'
  id: string
  accountId: string
  projectId?: string
}

const channel = 'straylight_change'

/** Tells every platform process once this transaction has committed; a rollback tells nobody. */
export const announce = async (tx: Tx, change: Change): Promise<void> => {
  await sql`select pg_notify(${channel}, ${JSON.stringify(change)})`.execute(tx)
}

type Listener = (change: Change) => void

/** Hears the changes of all processes by LISTEN, and hands each to the listeners of its account. */
export class ChangeFeed {
  readonly #url: string
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #all = new Set<Listener>()
  #client: pg.Client | undefined
  #closed = false
  readonly #gapListeners = new Set<() => void>()

  constructor(url: string) {
    this.#url = url
  }

  /** The connection was lost and is back; changes in between were not heard, so whoever believes to know must read again. */
  onGap(listener: () => void): void {
    this.#gapListeners.add(listener)
  }

  async start(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#url, application_name: 'straylight-events', keepAlive: true })
    client.on('notification', ({ payload }) => this.#hear(payload ?? ''))
    client.on('error', () => this.#lost(client))
    try {
      await client.connect()
      await client.query(`listen ${channel}`)
    } catch (error) {
      void client.end().catch(() => {})
      throw error
    }
    if (this.#closed) await client.end()
    else this.#client = client
  }

  #hear(payload: string): void {
    const change = JSON.parse(payload) as Change
    for (const listener of this.#listeners.get(change.accountId) ?? []) listener(change)
    for (const listener of this.#all) listener(change)
  }

  /** One loss is told more than once, and by a failing `start` too while it connects: only the client in use counts. */
  #lost(client: pg.Client): void {
    if (this.#client !== client) return
    this.#client = undefined
    void client.end().catch(() => {})
    this.#reconnect()
  }

  #reconnect(): void {
    if (this.#closed) return
    setTimeout(() => {
      if (this.#closed) return
      this.start().then(
        () => {
          for (const listener of this.#gapListeners) listener()
        },
        () => this.#reconnect(),
      )
    }, 500).unref()
  }

  /** @returns a function that ends the subscription. */
  onAccount(accountId: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(accountId) ?? new Set()
    this.#listeners.set(accountId, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(accountId)
    }
  }

  onEvery(listener: Listener): () => void {
    this.#all.add(listener)
    return () => this.#all.delete(listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#client?.end()
  }
}
