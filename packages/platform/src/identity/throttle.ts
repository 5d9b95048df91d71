import { tooMany } from '@straylight/kit'
import { sql } from 'kysely'
import type { Db } from '../foundation/db.ts'

/**
 * Slows guessing down without locking anybody out: failures count per account *and* address, so that a stranger elsewhere cannot
 * keep the owner away, and per address alone, so that one address cannot try many accounts. After `free` failures each further try
 * waits twice as long as the one before, to a minute; an hour without a failure forgets.
 */
const limits = { pair: { free: 5 }, address: { free: 50 } }
const longestWaitMs = 60_000
const forgetAfterMs = 3_600_000

const keysOf = (email: string, ip: string) => ({ pair: `pair:${email.toLowerCase()}|${ip}`, address: `address:${ip}` })

/** @throws CallerError `account.slow_down` with the seconds to wait. */
export async function refuseHaste(db: Db, email: string, ip: string, now: Date): Promise<void> {
  const keys = keysOf(email, ip)
  const rows = await db.selectFrom('sign_in_failure').selectAll().where('key', 'in', [keys.pair, keys.address]).execute()
  let waitMs = 0
  for (const row of rows) {
    const { free } = row.key === keys.pair ? limits.pair : limits.address
    const sinceMs = now.getTime() - row.last_at.getTime()
    if (row.count < free || sinceMs > forgetAfterMs) continue
    waitMs = Math.max(waitMs, Math.min(longestWaitMs, 1000 * 2 ** Math.min(row.count - free, 10)) - sinceMs)
  }
  if (waitMs <= 0) return
  const seconds = Math.ceil(waitMs / 1000)
  throw tooMany('account.slow_down', `Too many failed sign-ins from here. The next try is possible in ${seconds} s.`, {
    description: 'The account is not locked: it can be signed in to from elsewhere.',
    retryAfterSeconds: seconds,
    facts: { wait_seconds: seconds },
  })
}

export async function noteFailure(db: Db, email: string, ip: string, now: Date): Promise<void> {
  const { pair, address } = keysOf(email, ip)
  const forgotten = new Date(now.getTime() - forgetAfterMs)
  await sql`insert into sign_in_failure (key, count, last_at) values (${pair}, 1, ${now}), (${address}, 1, ${now})
    on conflict (key) do update set last_at = excluded.last_at,
      count = case when sign_in_failure.last_at < ${forgotten} then 1 else sign_in_failure.count + 1 end`.execute(db)
}

export async function forgetFailures(db: Db, email: string, ip: string): Promise<void> {
  await db.deleteFrom('sign_in_failure').where('key', '=', keysOf(email, ip).pair).execute()
}
