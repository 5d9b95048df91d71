import { tooMany } from '@straylight/kit'
import { sql } from 'kysely'
import type { Db } from '../foundation/db.ts'
import { placeOf } from './places.ts'
import './store.ts'

/**
 * Slows guessing down without locking anybody out. After `free` wrong tries each further one waits twice as long as the one before, to
 * `longestMs`; an hour without a wrong try forgets.
 */
interface Pace {
  free: number
  longestMs: number
}

const paces = {
  /** One account from one place, so that a stranger elsewhere does not slow its owner down. */
  pair: { free: 5, longestMs: 60_000 },
  /** One place, so that it does not try many accounts. Short, because many people may be behind one address. */
  address: { free: 50, longestMs: 10_000 },
  /** One account from everywhere, so that many places do not try it together. */
  account: { free: 30, longestMs: 30_000 },
  /** A browser that has signed in to this account before. Only this counts for it: what strangers do does not concern it. */
  device: { free: 10, longestMs: 60_000 },
  /** The present password, asked of somebody who is signed in. */
  password: { free: 5, longestMs: 60_000 },
} satisfies Record<string, Pace>

const forgetAfterMs = 3_600_000
const anHourMs = 3_600_000

type Kind = keyof typeof paces

/** What a try is counted as. */
export type Keys = [{ kind: Kind; key: string }, ...{ kind: Kind; key: string }[]]

const keyOf = (kind: Kind, what: string) => ({ kind, key: `${kind}:${what}` })

export function signInKeys(email: string, ip: string, deviceId: string | undefined): Keys {
  if (deviceId) return [keyOf('device', deviceId)]
  const [account, place] = [email.toLowerCase(), placeOf(ip)]
  return [keyOf('pair', `${account}|${place}`), keyOf('address', place), keyOf('account', account)]
}

export const passwordKeys = (accountId: string): Keys => [keyOf('password', accountId)]

/**
 * Counts a try before it is known whether it is right, and commits that: of many at once no more are let through than one after the other.
 * @throws CallerError `account.slow_down` with the seconds to wait; such a try is not counted.
 */
export async function beginTry(db: Db, keys: Keys, now: Date): Promise<void> {
  const names = keys.map(({ key }) => key).sort()
  const wait = await db.transaction().execute(async (tx) => {
    await sql`insert into attempt (key, count, last_at) select key, 0, ${now} from unnest(${names}::text[]) key order by key
      on conflict do nothing`.execute(tx)
    const rows = await tx.selectFrom('attempt').selectAll().where('key', 'in', names).orderBy('key').forUpdate().execute()
    const waits = rows.map((row) => {
      const { kind } = keys.find(({ key }) => key === row.key) ?? keys[0]
      return { kind, ms: waitMs(paces[kind], row, now) }
    })
    const longest = waits.reduce((most, one) => (one.ms > most.ms ? one : most))
    if (longest.ms > 0) return longest
    const forgotten = new Date(now.getTime() - forgetAfterMs)
    await sql`update attempt set count = case when last_at < ${forgotten} then 1 else count + 1 end, last_at = ${now}
      where key = any(${names})`.execute(tx)
    return undefined
  })
  if (!wait) return
  const seconds = Math.ceil(wait.ms / 1000)
  throw tooMany(
    'account.slow_down',
    `Too many failed sign-ins ${wait.kind === 'account' ? 'to this account' : 'from here'}. The next try is possible in ${seconds} s.`,
    {
      description: 'The account is not locked: a browser that has signed in to it before is not slowed down by what others do.',
      retryAfterSeconds: seconds,
      facts: { wait_seconds: seconds },
    },
  )
}

function waitMs(pace: Pace, row: { count: number; last_at: Date }, now: Date): number {
  const sinceMs = now.getTime() - row.last_at.getTime()
  if (row.count < pace.free || sinceMs > forgetAfterMs) return 0
  return Math.max(0, Math.min(pace.longestMs, 1000 * 2 ** Math.min(row.count - pace.free, 10)) - sinceMs)
}

/**
 * The try was right: what it and its like failed before is forgiven, to its place and its account too. What others failed there stays, else
 * a guesser would sign in to an account of his own now and then.
 */
export async function forgive(db: Db, [own, ...wider]: Keys): Promise<void> {
  await sql`with own as (delete from attempt where key = ${own.key} returning count)
    update attempt set count = greatest(0, attempt.count - own.count) from own
    where attempt.key = any(${wider.map(({ key }) => key)})`.execute(db)
}

/**
 * Counts a sign-up from a place, `perHour` of which are let through in an hour.
 * @throws CallerError `account.too_many_sign_ups` with the seconds to wait.
 */
export async function countSignUp(db: Db, { ip, perHour, now }: { ip: string; perHour: number; now: Date }): Promise<void> {
  const key = `sign-up:${placeOf(ip)}`
  const begun = new Date(now.getTime() - anHourMs)
  // `last_at` is when the hour began.
  const { rows } = await sql`insert into attempt (key, count, last_at) values (${key}, 1, ${now})
    on conflict (key) do update set
      count = case when attempt.last_at <= ${begun} then 1 else attempt.count + 1 end,
      last_at = case when attempt.last_at <= ${begun} then excluded.last_at else attempt.last_at end
    where attempt.last_at <= ${begun} or attempt.count < ${perHour} returning key`.execute(db)
  if (rows.length > 0) return
  const row = await db.selectFrom('attempt').select('last_at').where('key', '=', key).executeTakeFirst()
  const seconds = Math.max(1, Math.ceil(((row?.last_at ?? now).getTime() + anHourMs - now.getTime()) / 1000))
  throw tooMany('account.too_many_sign_ups', `${perHour} accounts were opened from here within an hour, which is the limit.`, {
    description: `The next one can be opened in ${Math.ceil(seconds / 60)} minutes. Whoever has an account can sign in.`,
    retryAfterSeconds: seconds,
    facts: { wait_seconds: seconds },
  })
}

/** Of what slows nobody down any more. */
export const forgetOldAttempts = (db: Db, now: Date) =>
  db
    .deleteFrom('attempt')
    .where('last_at', '<', new Date(now.getTime() - Math.max(forgetAfterMs, anHourMs)))
    .execute()
