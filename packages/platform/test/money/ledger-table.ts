import { Bug, CallerError, formatMicros, newId } from '@straylight/kit'
import { sql } from 'kysely'
import type { Db } from '../../src/foundation/db.ts'
import * as ledger from '../../src/ledger/index.ts'
import { afterSeconds, eur, utc } from './shop.ts'

/**
 * A ledger case as a table: the first row names the columns, each further row is an event and what the columns show after it. Columns are set
 * apart by two spaces or more. An event that is refused ends with `!` and the code (or `bug`). Columns: posted, held, accrued, available, burn
 * of the customer; the provider's accounts by their purpose, each on its normal side; hold.NAME for a hold's state.
 *
 *     event             posted  held   available  cash.demo
 *     top_up 100        100.00  0.00   100.00     100.00
 *     hold a 100.01 ! balance.too_low
 */
export async function playTable(db: Db, table: string, currency: string): Promise<{ told: string; seen: string }> {
  const [header, ...rows] = table
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/ {2,}/))
  const columns = header?.slice(1) ?? []
  const world = await openWorld(db, currency)
  const told: string[] = []
  const seen: string[] = []
  for (const [event = '', ...values] of rows) {
    const [order = '', refusal] = event.split(' ! ')
    const failed = await world.play(order).then(() => undefined, codeOf)
    told.push([event, ...values].join('  '))
    const shown = refusal === undefined ? await world.show(columns.slice(0, values.length)) : []
    seen.push([failed === undefined ? order : `${order} ! ${failed}`, ...shown].join('  '))
  }
  return { told: told.join('\n'), seen: seen.join('\n') }
}

const codeOf = (error: unknown): string => {
  if (error instanceof CallerError) return error.code
  if (error instanceof Bug) return 'bug'
  throw error
}

async function openWorld(db: Db, currency: string) {
  const accountId = newId()
  let at = utc('2026-05-01 10:00:00')
  await db.transaction().execute((tx) => ledger.openLedger(tx, { accountId, currency }))
  const ids = new Map<string, string>()
  const idOf = (name: string) => ids.get(name) ?? newId()

  const events: Record<
    string,
    (tx: Parameters<Parameters<ReturnType<Db['transaction']>['execute']>[0]>[0], words: string[]) => Promise<unknown>
  > = {
    top_up: (tx, [sum = '', key = newId()]) =>
      ledger.topUp(tx, { accountId, amountMicros: eur(sum), method: 'demo', idempotencyKey: key, at }),
    bonus: (tx, [sum = '']) => ledger.grantBonus(tx, { accountId, amountMicros: eur(sum), reason: 'welcome', at }),
    refund: (tx, [sum = '']) => ledger.refund(tx, { accountId, amountMicros: eur(sum), method: 'demo', reason: 'asked for', at }),
    write_off: (tx, [sum = '']) => ledger.writeOff(tx, { accountId, amountMicros: eur(sum), reason: 'too small to ask for', at }),
    promise: (tx, [sum = '']) =>
      ledger.promisePayment(tx, { accountId, amountMicros: eur(sum), at, dueAt: afterSeconds(at, 86_400) }),
    correct: async (tx, [sum = '']) => {
      const { entries } = await ledger.entriesOf(tx, accountId, {}, { limit: 1, offset: 0 })
      await ledger.correct(tx, { accountId, amountMicros: eur(sum), corrects: entries[0]?.id ?? '', reason: 'a wrong sum', at })
    },
    hold: async (tx, [name = '', sum = '']) => {
      const subject = { type: 'server', id: `${accountId} ${name}` }
      ids.set(
        name,
        await ledger.placeHold(tx, { accountId, amountMicros: eur(sum), subject, at, expiresAt: afterSeconds(at, 7200) }),
      )
    },
    capture: (tx, [name = '']) => ledger.captureHold(tx, idOf(name), at),
    release: (tx, [name = '']) => ledger.releaseHold(tx, idOf(name), at),
    run: async (tx, [name = '', sum = '']) => {
      ids.set(name, newId())
      await ledger.lockAccount(tx, accountId)
      await ledger.startAccruals(tx, [{ id: idOf(name), accountId, hourMicros: eur(sum), sinceSecond: ledger.secondOf(at) }])
    },
    stop: async (tx, [name = '', secondsAgo = '0']) => {
      await ledger.lockAccount(tx, accountId)
      await ledger.stopAccruals(tx, {
        accountIds: [accountId],
        ids: [idOf(name)],
        atSecond: ledger.secondOf(at) - Number(secondsAgo),
        recordedAt: at,
      })
    },
  }
  const alone: Record<string, (words: string[]) => Promise<unknown>> = {
    charge: () => ledger.chargeDue(db, { now: at, accountId }),
    expire: () => ledger.expireHolds(db, { now: at }),
    end_promises: () => ledger.endDuePromises(db, { now: at }),
    wait: async ([seconds = '']) => {
      at = afterSeconds(at, Number(seconds))
    },
  }

  return {
    async play(order: string) {
      const [name = '', ...words] = order.split(' ')
      const event = events[name]
      if (event) await db.transaction().execute((tx) => event(tx, words))
      else if (alone[name]) await alone[name](words)
      else throw new Error(`no event ${name}`)
    },
    async show(columns: string[]) {
      const balance = await ledger.balanceOf(db, accountId, at)
      const customer: Record<string, bigint> = {
        posted: balance.postedMicros,
        held: balance.heldMicros,
        accrued: balance.accruedMicros,
        available: balance.availableMicros,
        burn: balance.burnMicrosPerHour,
      }
      const { rows: provider } = await sql<{ purpose: string; micros: bigint }>`
        select a.purpose, (coalesce(sum(p.amount_micros), 0) * case a.normal_side when 'credit' then 1 else -1 end)::int8 as micros
        from ledger_account a left join ledger_posting p on p.ledger_account_id = a.id where a.owner_id is null and a.currency = ${currency}
        group by a.id`.execute(db)
      const holds = await db.selectFrom('hold').select(['id', 'state']).where('account_id', '=', accountId).execute()
      return columns.map((column) => {
        if (column.startsWith('hold.')) return holds.find((hold) => hold.id === ids.get(column.slice(5)))?.state ?? 'none'
        return formatMicros(customer[column] ?? provider.find((row) => row.purpose === column)?.micros ?? 0n)
      })
    },
  }
}
