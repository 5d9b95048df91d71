import type { Tx, Db } from '../foundation/db.ts'

declare module '../foundation/db.ts' {
  interface Tables {
    account: AccountTable
    credential: CredentialTable
    attempt: { key: string; count: number; last_at: Date }
  }
}

export interface AccountTable {
  id: string
  email: string
  name: string
  language: 'en' | 'ru'
  role: 'customer' | 'operator'
  password_hash: string
  currency: string
  created_at: Date
}

interface CredentialTable {
  id: string
  account_id: string
  kind: 'session' | 'token'
  name: string
  hash: Buffer
  created_at: Date
  expires_at: Date | null
  last_used_at: Date | null
}

/** @returns false when the email address has an account already */
export async function insertAccount(tx: Db | Tx, account: AccountTable): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('account')
    .values(account)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows !== 0n
}

export const accountByEmail = (db: Db | Tx, email: string) =>
  db.selectFrom('account').selectAll().where('email', '=', email.toLowerCase()).executeTakeFirst()
export const accountById = (db: Db | Tx, id: string) =>
  db.selectFrom('account').selectAll().where('id', '=', id).executeTakeFirst()

/** What each of these accounts is called. */
export async function accountNames(db: Db | Tx, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('account')
    .select(['id', 'name'])
    .where('id', 'in', [...new Set(ids)])
    .execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}
