import { createHash } from 'node:crypto'
import type { Route } from '@straylight/api'
import { type Clock, conflict, invalid } from '@straylight/kit'
import type { FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import type { Db, Tx } from '../db.ts'
import type { Caller, Outcome } from '../handler.ts'
import type { Secrets } from '../secrets.ts'
import '../tables.ts'

/** The account of a call that needs none. */
const nobody = '00000000-0000-0000-0000-000000000000'
const keptMs = 7 * 86_400_000

/** One wish: what its caller calls it, and what tells it from another one under the same name. */
export interface Wish {
  accountId: string
  key: string
  /** Of method, path and body as they came. */
  fingerprint: Buffer
}

interface Books {
  db: Db
  clock: Clock
  secrets: Secrets
}

/** @returns undefined when nothing is to be remembered: without a key, or on a route of which nothing is kept. @throws CallerError 422 */
export function wishOf(route: Route, request: FastifyRequest, caller: Caller | undefined): Wish | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined || route.method === 'GET' || route.kept === 'nothing') return undefined
  if (typeof key !== 'string' || key.length < 1 || key.length > 255)
    throw invalid('request.idempotency_key', 'The Idempotency-Key is not usable.', {
      description: 'Send one key of 1 to 255 characters, for example a UUID.',
    })
  return {
    accountId: caller?.accountId ?? nobody,
    key,
    fingerprint: createHash('sha256')
      .update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`)
      .digest(),
  }
}

/**
 * What an earlier call with this key was answered, if there was one.
 * @throws CallerError 422 when that was another request, 409 when its answer held what is shown only once
 */
export async function answerKept(
  db: Db | Tx,
  secrets: Secrets,
  route: Route,
  { accountId, key, fingerprint }: Wish,
): Promise<(Outcome<Route> & { replayed: true }) | undefined> {
  const earlier = await db
    .selectFrom('idempotency')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('key', '=', key)
    .executeTakeFirst()
  if (!earlier) return undefined
  if (!earlier.fingerprint.equals(fingerprint))
    throw invalid('request.idempotency_mismatch', 'This Idempotency-Key was used for another request.', {
      description: 'Use a new key for a new request.',
    })
  const outcome = JSON.parse(secrets.open('idempotency', earlier.answer)) as Outcome<Route>
  if (route.kept === 'deed') {
    const id = idIn(outcome.data)
    throw conflict('request.already_done', 'This was done already, by an earlier request with the same Idempotency-Key.', {
      description:
        'Its answer held a secret that is shown only once and not kept. If it was lost, remove what was made and make another.',
      ...(id === undefined ? {} : { facts: { id } }),
    })
  }
  return { ...outcome, replayed: true }
}

const idIn = (data: unknown): string | undefined => (data as { result?: { id?: string } } | undefined)?.result?.id

/** One transaction takes an order: the handler's rows, money and task, and the record of its Idempotency-Key. */
export async function takeOrder(
  { db, clock, secrets }: Books,
  order: { route: Route; wish: Wish | undefined; run: (tx: Tx) => Promise<Outcome<Route>> },
): Promise<Outcome<Route>> {
  const { route, wish, run } = order
  if (!wish) return db.transaction().execute(run)
  return db.transaction().execute(async (tx) => {
    const lock = await sql<{
      got: boolean
    }>`select pg_try_advisory_xact_lock(hashtextextended(${`idempotency:${wish.accountId}:${wish.key}`}, 0)) as got`.execute(tx)
    if (!lock.rows[0]?.got) throw stillRunning()
    const earlier = await answerKept(tx, secrets, route, wish)
    if (earlier) return earlier
    const outcome = await run(tx)
    const id = idIn(outcome.data)
    const kept = route.kept === 'deed' ? { data: id === undefined ? {} : { result: { id } } } : outcome
    await tx
      .insertInto('idempotency')
      .values({
        account_id: wish.accountId,
        key: wish.key,
        fingerprint: wish.fingerprint,
        status: route.status,
        answer: secrets.seal('idempotency', JSON.stringify(kept)),
        created_at: clock.now(),
      })
      .execute()
    return outcome
  })
}

/** Slow writes prepare what they will write before their transaction; this keeps one wish from being prepared twice at once in this process. */
export class UnderWay {
  readonly #wishes = new Set<string>()

  /** @throws CallerError 409 when this wish is being carried out */
  async alone<T>(wish: Wish | undefined, run: () => Promise<T>): Promise<T> {
    if (!wish) return run()
    const name = `${wish.accountId}:${wish.key}`
    if (this.#wishes.has(name)) throw stillRunning()
    this.#wishes.add(name)
    try {
      return await run()
    } finally {
      this.#wishes.delete(name)
    }
  }
}

const stillRunning = () =>
  conflict('request.still_running', 'A request with this Idempotency-Key is still running.', {
    description: 'Ask again in a moment: you will get its answer.',
    retryAfterSeconds: 1,
  })

/** A key is honoured for a week. */
export const forgetOldAnswers = (db: Db, now: Date) =>
  db
    .deleteFrom('idempotency')
    .where('created_at', '<', new Date(now.getTime() - keptMs))
    .execute()
