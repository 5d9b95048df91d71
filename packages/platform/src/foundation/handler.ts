import type { BodyOf, ParamsOf, QueryOf, ResponseOf, Route } from '@straylight/api'
import type { Clock } from '@straylight/kit'
import type { Db, Tx } from './db.ts'

/** Who calls, once the gate has let them in. */
export interface Caller {
  accountId: string
  role: 'customer' | 'operator'
  email: string
  /** Of the session or API token that was shown. */
  credentialId: string
  credential: 'session' | 'token'
}

export interface Call<R extends Route> {
  params: ParamsOf<R>
  query: QueryOf<R>
  body: BodyOf<R>
  /** Absent on routes that anyone may call. */
  caller: R['permission'] extends 'anyone' ? undefined : Caller
  /** On routes of permission `project`: whose the named thing is. */
  project: R['permission'] extends 'project' ? { id: string; accountId: string } : undefined
  /** A write runs in one transaction with its idempotency record: what is written here is in force when the answer goes out. */
  tx: R extends { slow: true } ? never : R['method'] extends 'GET' ? Db : Tx
  /** On slow writes, which no transaction is open around: takes the order in one, with its idempotency record. Called once, at the end. */
  take: R extends { slow: true } ? (write: (tx: Tx) => Promise<Outcome<R>>) => Promise<Outcome<R>> : never
  /** For reading, and on slow writes for statements that stay even when the call fails. Inside a transaction it would take a second connection. */
  db: Db
  clock: Clock
  /** Tells the audit log whose account a call concerns that the gate knew nothing of, such as a sign-in. */
  concerns(accountId: string): void
  request: {
    id: string
    ip: string
    userAgent: string
    /** What this browser was given as `device` by an earlier answer. */
    device: string | undefined
  }
}

export interface Outcome<R extends Route> {
  data: ResponseOf<R>
  /** The task that carries the order out, answered as `X-Task-Id`. */
  taskId?: string
  /** Sets (or, with `null`, ends) the browser's session. */
  session?: { token: string; expiresAt: Date } | null
  /** Is shown again with this browser's next sign-ins, for a year. */
  device?: string
}

export interface Handler {
  route: Route
  /** Each takes the call of its own route; `handle` has checked the pair, and the server makes the call from the route. */
  run(call: never): Promise<Outcome<Route>>
}

/** Binds a route of the contract to the code that serves it. */
export const handle = <const R extends Route>(route: R, run: (call: Call<R>) => Promise<Outcome<R>>): Handler => ({ route, run })
