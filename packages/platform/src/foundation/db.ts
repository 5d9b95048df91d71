import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import pg from 'pg'

/**
 * Every table, by name. Each module adds its own from its `store.ts`:
 * `declare module '../foundation/db.ts' { interface Tables { server: ServerTable } }`, and no other module touches them.
 */
// biome-ignore lint/suspicious/noEmptyInterface: modules fill it by declaration merging
export interface Tables {}

export type Db = Kysely<Tables>
/** Inside a transaction: what is written through it commits or vanishes together. */
export type Tx = Transaction<Tables>

// int8 is a bigint (money), a calendar day stays text: a Date would give it a time zone.
const types = new pg.TypeOverrides()
types.setTypeParser(20, (text: string) => BigInt(text))
types.setTypeParser(1082, (text: string) => text)

export interface Database {
  db: Db
  pool: pg.Pool
  url: string
  close(): Promise<void>
}

const connectionPatienceMs = 10_000

/** Opens a pool on a PostgreSQL 15 or newer. `url` may name a socket folder: `postgres://user@/name?host=/folder`. */
export function openDatabase(
  url: string,
  options: { connections?: number; patienceMs?: number; onError?: (error: Error) => void } = {},
): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections ?? 12,
    types,
    application_name: 'straylight',
    // Who waits longer for a connection is told that the service is not available, instead of waiting for ever.
    connectionTimeoutMillis: options.patienceMs ?? connectionPatienceMs,
  })
  let isClosing = false
  // Connections that we end ourselves may still hear that the server ends, too.
  const tell = (error: Error) => {
    if (!isClosing) options.onError?.(error)
  }
  // An idle connection that the server ends must not end us; the next query opens another.
  pool.on('error', tell)
  // Nor must one that it ends between two statements of a transaction: the next statement fails, and that is handled.
  pool.on('connect', (client) => client.on('error', tell))
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  return {
    db,
    pool,
    url,
    async close() {
      isClosing = true
      await db.destroy()
      if (!pool.ended) await pool.end() // Kysely leaves a pool alone that it never asked
    },
  }
}

/** Whether a statement failed because the database is not to be reached, is ending, or takes no more connections. */
export function isDatabaseAway(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (typeof code === 'string') return /^(?:08|57P|53300)/.test(code) || /^(?:ECONN|ENOENT|EPIPE|ETIMEDOUT)/.test(code)
  return typeof message === 'string' && /^(?:Connection terminated|timeout exceeded when trying to connect)/.test(message)
}

/** Takes a lock for the length of the transaction, so that one key is worked on by one transaction at a time. */
export const lockFor = (tx: Tx, key: string) => sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(tx)
