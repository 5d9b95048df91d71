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

/** One transaction takes an order: the handler's rows, money and task, and the record of its Idempotency-Key. */
export async function takeOrder(
  { db, clock, secrets }: { db: Db; clock: Clock; secrets: Secrets },
  order: { route: Route; request: FastifyRequest; caller: Caller | undefined; run: (tx: Tx) => Promise<Outcome<Route>> },
): Promise<Outcome<Route>> {
  const { route, request, caller, run } = order
  const key = request.headers['idempotency-key']
  if (key === undefined) return db.transaction().execute(run)
  if (typeof key !== 'string' || key.length < 1 || key.length > 255)
    throw invalid('request.idempotency_key', 'The Idempotency-Key is not usable.', {
      description: 'Send one key of 1 to 255 characters, for example a UUID.',
    })
  const accountId = caller?.accountId ?? nobody
  const fingerprint = createHash('sha256')
    .update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`)
    .digest()
  return db.transaction().execute(async (tx) => {
    const lock = await sql<{
      got: boolean
    }>`select pg_try_advisory_xact_lock(hashtextextended(${`idempotency:${accountId}:${key}`}, 0)) as got`.execute(tx)
    if (!lock.rows[0]?.got)
      throw conflict('request.still_running', 'A request with this Idempotency-Key is still running.', {
        description: 'Ask again in a moment: you will get its answer.',
        retryAfterSeconds: 1,
      })
    const earlier = await tx
      .selectFrom('idempotency')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('key', '=', key)
      .executeTakeFirst()
    if (earlier) {
      if (!earlier.fingerprint.equals(fingerprint))
        throw invalid('request.idempotency_mismatch', 'This Idempotency-Key was used for another request.', {
          description: 'Use a new key for a new request.',
        })
      const outcome = JSON.parse(secrets.open('idempotency', earlier.answer)) as Outcome<Route> & {
        session?: { token: string; expiresAt: string }
      }
      return {
        ...outcome,
        ...(outcome.session ? { session: { token: outcome.session.token, expiresAt: new Date(outcome.session.expiresAt) } } : {}),
        replayed: true,
      } as Outcome<Route>
    }
    const outcome = await run(tx)
    await tx
      .insertInto('idempotency')
      .values({
        account_id: accountId,
        key,
        fingerprint,
        status: route.status,
        answer: secrets.seal('idempotency', JSON.stringify(outcome)),
        created_at: clock.now(),
      })
      .execute()
    return outcome
  })
}

/** A key is honoured for a week. */
export const forgetOldAnswers = (db: Db, now: Date) =>
  db
    .deleteFrom('idempotency')
    .where('created_at', '<', new Date(now.getTime() - keptMs))
    .execute()
