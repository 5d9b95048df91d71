import { newId, parseMicros } from '@straylight/kit'
import type { Db } from '../../src/foundation/db.ts'
import { openLedger, topUp } from '../../src/ledger/index.ts'
import { seedPrices } from '../../src/metering/index.ts'

/** `eur('12.50')` in micro-units. */
export function eur(text: string): bigint {
  const micros = parseMicros(text)
  if (micros === undefined) throw new Error(`${text} is no sum`)
  return micros
}

/** `utc('2026-03-01 10:00')` */
export const utc = (text: string): Date => new Date(`${text.replace(' ', 'T')}Z`)

export const afterSeconds = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000)

/** Publishes the seeded price list, unless there is one. */
export const openShop = (db: Db, at: Date): Promise<void> => db.transaction().execute((tx) => seedPrices(tx, at))

export interface Customer {
  accountId: string
  projectId: string
}

/** A customer with a ledger and, if `funds` is given, that much on it. */
export async function newCustomer(db: Db, { funds, at }: { funds?: string; at: Date }): Promise<Customer> {
  const accountId = newId()
  await db.transaction().execute(async (tx) => {
    await openLedger(tx, { accountId, currency: 'EUR' })
    if (funds) await topUp(tx, { accountId, amountMicros: eur(funds), method: 'demo', idempotencyKey: newId(), at })
  })
  return { accountId, projectId: newId() }
}
