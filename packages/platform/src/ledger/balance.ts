import { assert } from '@straylight/kit'
import { sql } from 'kysely'
import type { Db } from '../foundation/db.ts'
import { cutToSecond, dateOf, secondOf } from './seconds.ts'
import { accruedMicros, burnMicros, type Running, zeroSecond } from './zero.ts'

/** Money of one customer at a second. All sums in micro-units of `currency`. */
export interface AccountBalance {
  currency: string
  /** What the ledger holds for them. */
  postedMicros: bigint
  /** Reserved for orders that are being carried out. */
  heldMicros: bigint
  /** Used since the last posting. */
  accruedMicros: bigint
  /** posted − held − accrued: what an order may take. */
  availableMicros: bigint
  /** What everything that runs costs in an hour. */
  burnMicrosPerHour: bigint
  /** The first whole second at which posted − accrued is zero or less if nothing changes; `null` beyond ten years. */
  zeroAt: Date | null
  at: Date
}

interface Funds {
  currency: string
  postedMicros: bigint
  heldMicros: bigint
  running: Running[]
}

/** The balance at `at`: computed from what was posted and what runs, in one query. */
export async function balanceOf(db: Db, accountId: string, at: Date): Promise<AccountBalance> {
  return balanceFrom(await fundsOf(db, accountId, at), at)
}

/** The balance as if `lines`, each at its price per hour, ran from `at` on as well: what an order would do to the burn and to the moment of zero. */
export async function balanceWith(db: Db, accountId: string, at: Date, lines: { hourMicros: bigint }[]): Promise<AccountBalance> {
  const funds = await fundsOf(db, accountId, at)
  const added = lines.map(({ hourMicros }) => ({ hourMicros, sinceSecond: secondOf(at), chargedMicros: 0n }))
  return balanceFrom({ ...funds, running: [...funds.running, ...added] }, at)
}

function balanceFrom({ currency, postedMicros, heldMicros, running }: Funds, at: Date): AccountBalance {
  const accrued = accruedMicros(running, secondOf(at))
  const zero = zeroSecond(postedMicros, running, secondOf(at))
  return {
    currency,
    postedMicros,
    heldMicros,
    accruedMicros: accrued,
    availableMicros: postedMicros - heldMicros - accrued,
    burnMicrosPerHour: burnMicros(running),
    zeroAt: zero === undefined ? null : dateOf(zero),
    at: cutToSecond(at),
  }
}

interface FundsRow {
  currency: string
  posted: bigint
  held: bigint
  hours: string[] | null
  since: number[] | null
  charged: string[] | null
}

/** One statement, so that what is posted and what runs are of the same moment: a posting moves money from one to the other. */
async function fundsOf(db: Db, accountId: string, at: Date): Promise<Funds> {
  const { rows } = await sql<FundsRow>`
    select a.currency, a.posted_micros as posted,
      coalesce((select sum(amount_micros) from hold where account_id = a.owner_id and state = 'active' and expires_at > ${at.toISOString()}::timestamptz), 0)::int8 as held,
      running.*
    from ledger_account a
    cross join lateral (
      select array_agg(hour_micros) as hours, array_agg(extract(epoch from since)::float8) as since, array_agg(charged_micros) as charged
      from accrual where account_id = a.owner_id
    ) running
    where a.owner_id = ${accountId}`.execute(db)
  const [row] = rows
  assert(row, `the account ${accountId} has a ledger`)
  return {
    currency: row.currency,
    postedMicros: row.posted,
    heldMicros: row.held,
    running: (row.hours ?? []).map((hourMicros, index) => ({
      hourMicros: BigInt(hourMicros),
      sinceSecond: row.since?.[index] ?? 0,
      chargedMicros: BigInt(row.charged?.[index] ?? 0),
    })),
  }
}
