import { assert, newId } from '@straylight/kit'
import { sql } from 'kysely'
import type { Tx } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { cutToSecond, lockAccount, lockAccounts, secondOf, startAccruals, stopAccruals } from '../ledger/index.ts'
import { reprice, versionsAfter } from './price.ts'
import type { Line } from './rate.ts'
import './store.ts'

export interface Opening {
  accountId: string
  projectId: string
  resource: { type: string; id: string; name: string }
  /** Cut to its second. */
  at: Date
}

/**
 * From `at` on the resource is charged for `lines`, at the price in force. A SKU that is metered with this quantity already goes on as it was,
 * so a step may run twice; to change a quantity, close the meter in the same transaction first.
 */
export async function openMeters(
  tx: Tx,
  { accountId, projectId, resource, lines, at }: Opening & { lines: Line[] },
): Promise<void> {
  if (lines.length === 0) return
  const { currency } = await lockAccount(tx, accountId)
  const openedAt = cutToSecond(at).toISOString()
  const { rows: opened } = await sql<{ id: string; hourMicros: bigint; newer: boolean }>`
    with list as (select id from price_version where valid_from <= ${openedAt}::timestamptz order by valid_from desc limit 1)
    insert into meter (id, account_id, project_id, resource_type, resource_id, resource_name, sku, unit, quantity, currency, price_version_id, unit_hour_micros, opened_at)
    select l.id, ${accountId}, ${projectId}, ${resource.type}, ${resource.id}, ${resource.name}, l.sku, p.unit, l.quantity, ${currency}, p.version_id, p.unit_hour_micros, ${openedAt}::timestamptz
    from unnest(${lines.map(() => newId())}::uuid[], ${lines.map((line) => line.sku)}::text[], ${lines.map((line) => line.quantity)}::int8[]) as l (id, sku, quantity)
    join price p on p.version_id = (select id from list) and p.sku = l.sku and p.currency = ${currency}
    on conflict (resource_id, sku) where closed_at is null do nothing
    returning id, quantity * unit_hour_micros as "hourMicros", exists (select from price_version where valid_from > ${openedAt}::timestamptz) as newer`.execute(
    tx,
  )
  if (opened.length < lines.length) await assertOpen(tx, resource.id, lines)
  if (opened.length === 0) return
  await startAccruals(
    tx,
    opened.map(({ id, hourMicros }) => ({ id, accountId, hourMicros, sinceSecond: secondOf(at) })),
  )
  // The news came late, and the prices have changed since: go through the versions as the meter would have.
  if (opened[0]?.newer)
    for (const version of await versionsAfter(tx, at)) await reprice(tx, { ...version, recordedAt: at, accountId })
  await announce(tx, { type: 'balance', id: accountId, accountId })
}

/** One SKU, see `openMeters`. */
export const openMeter = (tx: Tx, { sku, quantity, ...opening }: Opening & Line): Promise<void> =>
  openMeters(tx, { ...opening, lines: [{ sku, quantity }] })

async function assertOpen(tx: Tx, resourceId: string, lines: Line[]): Promise<void> {
  const open = await tx
    .selectFrom('meter')
    .select(['sku', 'quantity'])
    .where('resource_id', '=', resourceId)
    .where('closed_at', 'is', null)
    .execute()
  for (const { sku, quantity } of lines) {
    const meter = open.find((row) => row.sku === sku)
    assert(meter, `${sku} has a price, and ${resourceId} is metered for it`)
    assert(
      meter.quantity === BigInt(quantity),
      `${sku} of ${resourceId} is metered with ${meter.quantity}: close it before it is metered with ${quantity}`,
    )
  }
}

export interface Closing {
  /** One resource, or several that end together. */
  resourceId: string | string[]
  /** All of the resource when absent. */
  skus?: string[]
  at: Date
}

/**
 * From `at` on the resource is charged no more (for `skus`), and what it used is posted. What is closed already stays as it is. When the
 * news comes late, what was charged beyond `at` is given back.
 */
export async function closeMeters(tx: Tx, { resourceId, skus, at }: Closing): Promise<void> {
  const chosen = sql`resource_id = any(${[resourceId].flat()}::uuid[]) and closed_at is null ${skus ? sql`and sku = any(${skus}::text[])` : sql``}`
  const { rows: owners } = await sql<{ id: string }>`select distinct account_id as id from meter where ${chosen}`.execute(tx)
  if (owners.length === 0) return
  const accountIds = await lockAccounts(
    tx,
    owners.map((owner) => owner.id),
    'wait',
  )
  const { rows: closed } = await sql<{ id: string }>`
    update meter set closed_at = greatest(opened_at, ${cutToSecond(at).toISOString()}::timestamptz) where ${chosen} returning id`.execute(
    tx,
  )
  await stopAccruals(tx, { accountIds, ids: closed.map((meter) => meter.id), atSecond: secondOf(at), recordedAt: at })
  for (const id of accountIds) await announce(tx, { type: 'balance', id, accountId: id })
}

/** The bill calls a resource by its present name. */
export async function renameOnBill(tx: Tx, { resourceId, name }: { resourceId: string; name: string }): Promise<void> {
  await tx.updateTable('meter').set({ resource_name: name }).where('resource_id', '=', resourceId).execute()
}
