import { randomBytes } from 'node:crypto'
import { type Clock, newId } from '@straylight/kit'
import type { Db, Tx } from '../foundation/db.ts'
import type { Caller } from '../foundation/handler.ts'
import { hashToken } from '../foundation/secrets.ts'

export const sessionDays = 30
const usedAgainMs = 60_000

/** Makes a session or an API token; the token itself is only in the answer. 256 random bits, so that guessing is hopeless. */
export async function issue(
  tx: Db | Tx,
  order: { accountId: string; kind: 'session' | 'token'; name: string; expiresAt: Date | null; now: Date },
): Promise<{ id: string; token: string }> {
  const token = `${order.kind === 'session' ? 'sls' : 'slt'}_${randomBytes(32).toString('base64url')}`
  const id = newId()
  await tx
    .insertInto('credential')
    .values({
      id,
      account_id: order.accountId,
      kind: order.kind,
      name: order.name,
      hash: hashToken(token),
      created_at: order.now,
      expires_at: order.expiresAt,
      last_used_at: null,
    })
    .execute()
  return { id, token }
}

export async function issueSession(
  tx: Db | Tx,
  accountId: string,
  userAgent: string,
  now: Date,
): Promise<{ token: string; expiresAt: Date }> {
  const expiresAt = new Date(now.getTime() + sessionDays * 86_400_000)
  const { token } = await issue(tx, { accountId, kind: 'session', name: userAgent, expiresAt, now })
  return { token, expiresAt }
}

/** Sessions and tokens that have expired speak for nobody. */
export const forgetExpired = (db: Db, now: Date) => db.deleteFrom('credential').where('expires_at', '<=', now).execute()

/** Who a token speaks for, if it is known and still good. */
export const authenticator =
  (db: Db, clock: Clock) =>
  async (token: string): Promise<Caller | undefined> => {
    const now = clock.now()
    const row = await db
      .selectFrom('credential')
      .innerJoin('account', 'account.id', 'credential.account_id')
      .select([
        'credential.id',
        'credential.kind',
        'credential.last_used_at',
        'credential.expires_at',
        'account.id as account_id',
        'account.role',
        'account.email',
      ])
      .where('credential.hash', '=', hashToken(token))
      .executeTakeFirst()
    if (!row || (row.expires_at && row.expires_at <= now)) return undefined
    if (!row.last_used_at || now.getTime() - row.last_used_at.getTime() > usedAgainMs)
      await db.updateTable('credential').set({ last_used_at: now }).where('id', '=', row.id).execute()
    return { accountId: row.account_id, role: row.role, email: row.email, credentialId: row.id, credential: row.kind }
  }
