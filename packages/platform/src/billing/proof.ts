import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../foundation/db.ts'

/** Something that the books say in two ways, and the ways differ. */
export interface Difference {
  rule: string
  /** The id of what is wrong: an entry, an account, a meter, a hold. */
  subject: string
  expected: string
  found: string
}

export interface ProofOptions {
  /** Which of these orders (the subjects of active holds) are still being carried out; without it only the holds' own dates are looked at. */
  ordersAlive?: (subjects: { type: string; id: string }[]) => Promise<Set<string>>
  /** How many differences of one rule are told at most. */
  limit?: number
}

/**
 * Proves the books at a moment: everything that is kept as a sum is computed once more from what it sums up, in plain SQL numeric, by
 * other code than the one that charges. Reads one snapshot, so it may run while the service works (given a transaction, it reads in that). This is the one place that reads
 * the tables of ledger and metering together. @returns the differences; none when the books are right.
 */
export async function prove(db: Db, at: Date, options: ProofOptions = {}): Promise<Difference[]> {
  if (db.isTransaction) return differencesIn(db, at, options)
  const snapshot = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
  return snapshot.execute((tx) => differencesIn(tx, at, options))
}

async function differencesIn(db: Db, at: Date, { ordersAlive, limit = 100 }: ProofOptions): Promise<Difference[]> {
  const differences: Difference[] = []
  for (const [rule, query] of Object.entries(rules(at))) {
    const { rows } = await sql<Omit<Difference, 'rule'>>`
      select subject::text, expected::text, found::text from (${query}) difference limit ${limit}`.execute(db)
    differences.push(...rows.map((row) => ({ rule, ...row })))
  }
  if (!ordersAlive) return differences
  const holds = await db.selectFrom('hold').select(['id', 'subject_type', 'subject_id']).where('state', '=', 'active').execute()
  const alive = await ordersAlive(holds.map((hold) => ({ type: hold.subject_type, id: hold.subject_id })))
  const outlived = holds.filter((hold) => !alive.has(hold.subject_id)).slice(0, limit)
  return [
    ...differences,
    ...outlived.map(({ id }) => ({ rule: 'no hold outlives its order', subject: id, expected: 'ended', found: 'active' })),
  ]
}

const rules = (at: Date): Record<string, RawBuilder<unknown>> => ({
  'the postings of an entry sum to zero': sql`
    select e.id as subject, 'two postings or more, sum 0' as expected, count(p.entry_id) || ' postings, sum ' || coalesce(sum(p.amount_micros), 0) as found
    from ledger_entry e left join ledger_posting p on p.entry_id = e.id
    group by e.id having count(p.entry_id) < 2 or sum(p.amount_micros) <> 0`,
  'all postings of a currency sum to zero': sql`
    select a.currency as subject, 0 as expected, sum(p.amount_micros) as found
    from ledger_posting p join ledger_account a on a.id = p.ledger_account_id group by a.currency having sum(p.amount_micros) <> 0`,
  'a balance is the fold of its postings': sql`
    select a.owner_id as subject, coalesce(sum(p.amount_micros), 0) as expected, a.posted_micros as found
    from ledger_account a left join ledger_posting p on p.ledger_account_id = a.id
    where a.owner_id is not null group by a.id having a.posted_micros <> coalesce(sum(p.amount_micros), 0)`,
  'each posting tells the balance after it': sql`
    select entry_id as subject, running as expected, balance_after_micros as found from (
      select p.*, sum(p.amount_micros) over (partition by p.ledger_account_id order by p.position) as running
      from ledger_posting p join ledger_account a on a.id = p.ledger_account_id where a.owner_id is not null
    ) folded where running is distinct from balance_after_micros`,
  'an entry of usage is the sum of its charges': sql`
    select coalesce(e.id, c.entry_id) as subject, c.amount as expected, e.amount as found
    from (select entry_id, sum(amount_micros) as amount from charge group by entry_id) c
    full join (
      select e.id, -p.amount_micros as amount from ledger_entry e
      join ledger_posting p on p.entry_id = e.id join ledger_account a on a.id = p.ledger_account_id and a.owner_id is not null
      where e.code in ('usage', 'usage_correction')
    ) e on e.id = c.entry_id
    where e.amount is distinct from c.amount`,
  'the charges of a meter are the integral of the price list over its time': sql`
    with version as (select id, valid_from, lead(valid_from) over (order by valid_from) as valid_until from price_version),
    ended as (
      select m.*, coalesce(m.closed_at, a.charged_until) as ended_at from meter m left join accrual a on a.id = m.id
    ),
    integral as (
      select m.id, sum(extract(epoch from least(m.ended_at, v.valid_until) - greatest(m.opened_at, v.valid_from)) * p.unit_hour_micros * m.quantity) as micros
      from ended m join version v on v.valid_from < m.ended_at and coalesce(v.valid_until > m.opened_at, true)
      join price p on p.version_id = v.id and p.sku = m.sku and p.currency = m.currency
      group by m.id
    ),
    charged as (select meter_id, sum(amount_micros) as micros from charge group by meter_id)
    select coalesce(m.id, c.meter_id) as subject, floor(coalesce(i.micros, 0) / 3600) as expected, coalesce(c.micros, 0) as found
    from meter m left join integral i on i.id = m.id full join charged c on c.meter_id = m.id
    where floor(coalesce(i.micros, 0) / 3600) <> coalesce(c.micros, 0)`,
  'what runs accrues at the price of its meter': sql`
    select coalesce(m.id, a.id) as subject, m.quantity * m.unit_hour_micros || ' since ' || m.opened_at as expected, a.hour_micros || ' since ' || a.since as found
    from (select * from meter where closed_at is null) m full join accrual a on a.id = m.id
    where (m.quantity * m.unit_hour_micros, m.opened_at, m.account_id) is distinct from (a.hour_micros, a.since, a.account_id)`,
  'an accrual knows what was charged': sql`
    select a.id as subject, coalesce(sum(c.amount_micros), 0) as expected, a.charged_micros as found
    from accrual a left join charge c on c.meter_id = a.id group by a.id having a.charged_micros <> coalesce(sum(c.amount_micros), 0)`,
  'usage is posted within an hour of its hour': sql`
    select id as subject, 'posted at ' || due_at as expected, 'charged until ' || charged_until as found
    from accrual where due_at <= ${at.toISOString()}::timestamptz - interval '1 hour'`,
  'what was promised and not yet paid is on the books': sql`
    select a.currency as subject, -sum(a.open) as expected, coalesce(sum(p.posted), 0) as found from (
      select c.currency, sum(open_micros) as open from promised_payment join ledger_account c on c.owner_id = account_id group by c.currency
    ) a left join (
      select l.currency, sum(amount_micros) as posted from ledger_account l join ledger_posting on ledger_account_id = l.id
      where l.owner_id is null and l.purpose = 'promised' group by l.currency
    ) p on p.currency = a.currency group by a.currency having -sum(a.open) <> coalesce(sum(p.posted), 0)`,
  'a hold ends when its time is over': sql`
    select id as subject, 'ended at ' || expires_at as expected, state as found from hold where state = 'active' and expires_at <= ${at.toISOString()}::timestamptz`,
  'a hold ends when its order runs': sql`
    select h.id as subject, 'captured at ' || min(m.opened_at) as expected, h.state as found
    from hold h join meter m on m.resource_id::text = h.subject_id where h.state = 'active' and m.opened_at >= h.placed_at group by h.id`,
})
