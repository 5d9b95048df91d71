import { routes } from '@straylight/api'
import { conflict, invalid, newId, notFound, unauthenticated } from '@straylight/kit'
import type { Tx } from '../foundation/db.ts'
import { type Handler, handle } from '../foundation/handler.ts'
import { pageOf } from '../foundation/lists.ts'
import type { Secrets } from '../foundation/secrets.ts'
import { issue, issueSession } from './credentials.ts'
import { newDevice, readDevice } from './devices.ts'
import { hashPassword, refuseGuessable, verifyAgainstNobody, verifyPassword } from './passwords.ts'
import { isLoopback } from './places.ts'
import { accountByEmail, accountById, insertAccount } from './store.ts'
import { beginTry, countSignUp, forgive, passwordKeys, signInKeys } from './throttle.ts'

const tokensPerAccount = 100

/** `welcome` is what else begins with an account: its ledger and its first project. It runs in the same transaction. */
export function identityRoutes(options: {
  currency: string
  secrets: Secrets
  /** How many accounts may be opened from one place in an hour, and whether this machine itself is counted. */
  signUps: { perHour: number; sparesLoopback: boolean }
  welcome(tx: Tx, account: { id: string; name: string; currency: string; now: Date }): Promise<{ projectId: string }>
}): Handler[] {
  return [
    handle(routes.accountSignUp, async ({ db, take, body, clock, concerns, request }) => {
      const now = clock.now()
      refuseGuessable(body.password, body.email, 'password')
      const { perHour, sparesLoopback } = options.signUps
      if (!(sparesLoopback && isLoopback(request.ip))) await countSignUp(db, { ip: request.ip, perHour, now })
      if (await accountByEmail(db, body.email)) throw emailTaken()
      const id = newId()
      const account = {
        id,
        email: body.email,
        name: body.name,
        language: body.language,
        role: 'customer' as const,
        password_hash: await hashPassword(body.password),
        currency: options.currency,
        created_at: now,
      }
      return take(async (tx) => {
        if (!(await insertAccount(tx, account))) throw emailTaken()
        const { projectId } = await options.welcome(tx, { id, name: body.name, currency: options.currency, now })
        const session = await issueSession(tx, id, request.userAgent, now)
        concerns(id)
        return {
          data: { result: { id, project_id: projectId, token: session.token, expires_at: session.expiresAt.toISOString() } },
          session,
          device: newDevice(options.secrets, id),
        }
      })
    }),

    handle(routes.accountSignIn, async ({ db, body, clock, concerns, request }) => {
      const now = clock.now()
      const account = await accountByEmail(db, body.email)
      const device = readDevice(options.secrets, request.device)
      const isKnown = device !== undefined && device.accountId === account?.id
      const keys = signInKeys(body.email, request.ip, isKnown ? device.id : undefined)
      await beginTry(db, keys, now)
      if (account) concerns(account.id)
      const right = account
        ? await verifyPassword(account.password_hash, body.password)
        : await verifyAgainstNobody(body.password)
      if (!account || !right)
        throw unauthenticated('account.wrong_credentials', 'Email or password is wrong.', {
          description: 'Check both and try again.',
        })
      await forgive(db, keys)
      const session = await issueSession(db, account.id, request.userAgent, now)
      return {
        data: { result: { token: session.token, expires_at: session.expiresAt.toISOString() } },
        session,
        ...(isKnown ? {} : { device: newDevice(options.secrets, account.id) }),
      }
    }),

    handle(routes.accountSignOut, async ({ tx, caller }) => {
      if (caller.credential === 'session') await tx.deleteFrom('credential').where('id', '=', caller.credentialId).execute()
      return { data: {}, session: null }
    }),

    handle(routes.accountGet, async ({ db, caller }) => {
      const account = await accountById(db, caller.accountId)
      if (!account) throw notFound('account.unknown', 'This account is gone.')
      const { id, email, name, language, role, currency } = account
      return { data: { result: { id, email, name, language, role, currency, created_in: account.created_at.toISOString() } } }
    }),

    handle(routes.accountUpdate, async ({ tx, caller, body }) => {
      const { name, language } = body
      if (name !== undefined || language !== undefined)
        await tx
          .updateTable('account')
          .set({ ...(name === undefined ? {} : { name }), ...(language === undefined ? {} : { language }) })
          .where('id', '=', caller.accountId)
          .execute()
      return { data: {} }
    }),

    // A changed password must throw nobody out: this device gets its new token in the same answer, API tokens stay, other sessions end.
    handle(routes.accountPassword, async ({ db, take, caller, body, clock, request }) => {
      const now = clock.now()
      const keys = passwordKeys(caller.accountId)
      await beginTry(db, keys, now)
      const account = await accountById(db, caller.accountId)
      if (!account || !(await verifyPassword(account.password_hash, body.current_password))) throw wrongPassword()
      await forgive(db, keys)
      refuseGuessable(body.new_password, caller.email, 'new_password')
      const { password_hash: replaced } = account
      const password_hash = await hashPassword(body.new_password)
      return take(async (tx) => {
        // Two changes at once: the second one's present password is not the present one any more.
        const { numUpdatedRows } = await tx
          .updateTable('account')
          .set({ password_hash })
          .where('id', '=', caller.accountId)
          .where('password_hash', '=', replaced)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) throw wrongPassword()
        await tx.deleteFrom('credential').where('account_id', '=', caller.accountId).where('kind', '=', 'session').execute()
        const session = await issueSession(tx, caller.accountId, request.userAgent, now)
        return { data: { result: { token: session.token, expires_at: session.expiresAt.toISOString() } }, session }
      })
    }),

    handle(routes.tokensList, async ({ db, caller, query }) => {
      const rows = await db
        .selectFrom('credential')
        .selectAll()
        .where('account_id', '=', caller.accountId)
        .where('kind', '=', 'token')
        .orderBy('created_at')
        .execute()
      const tokens = rows.map((row) => ({
        id: row.id,
        name: row.name,
        created_in: row.created_at.toISOString(),
        expires_at: row.expires_at?.toISOString() ?? null,
        last_used_at: row.last_used_at?.toISOString() ?? null,
      }))
      return { data: pageOf(tokens, query) }
    }),

    handle(routes.tokensCreate, async ({ tx, caller, body, clock }) => {
      const now = clock.now()
      const expiresAt = body.expires_at === undefined ? null : new Date(body.expires_at)
      if (expiresAt && expiresAt <= now)
        throw invalid('token.expired', 'The token would have expired already.', {
          fields: [{ field: 'expires_at', message: 'give a moment in the future, or leave it out' }],
        })
      // Else a token that was lent for a day would make itself one for ever.
      const own = await tx.selectFrom('credential').select('expires_at').where('id', '=', caller.credentialId).executeTakeFirst()
      if (caller.credential === 'token' && own?.expires_at && (!expiresAt || expiresAt > own.expires_at))
        throw invalid('token.outlives', 'A token cannot make one that lasts longer than itself.', {
          description: `This one ends at ${own.expires_at.toISOString()}. Sign in to make one that lasts longer.`,
          fields: [{ field: 'expires_at', message: `at ${own.expires_at.toISOString()} at the latest` }],
        })
      const { count } = await tx
        .selectFrom('credential')
        .select(({ fn }) => fn.countAll<bigint>().as('count'))
        .where('account_id', '=', caller.accountId)
        .where('kind', '=', 'token')
        .executeTakeFirstOrThrow()
      if (count >= BigInt(tokensPerAccount))
        throw conflict('token.too_many', `An account has ${tokensPerAccount} API tokens at most.`, {
          description: 'Revoke one that is no longer used.',
        })
      return {
        data: { result: await issue(tx, { accountId: caller.accountId, kind: 'token', name: body.name, expiresAt, now }) },
      }
    }),

    handle(routes.tokensDelete, async ({ tx, caller, params }) => {
      const { numDeletedRows } = await tx
        .deleteFrom('credential')
        .where('id', '=', params.id)
        .where('account_id', '=', caller.accountId)
        .where('kind', '=', 'token')
        .executeTakeFirst()
      if (numDeletedRows === 0n)
        throw notFound('token.unknown', 'There is no such API token.', { description: 'It may have been revoked already.' })
      return { data: undefined }
    }),
  ]
}

const wrongPassword = () =>
  invalid('account.wrong_password', 'The present password is wrong. Nothing was changed.', {
    fields: [{ field: 'current_password', message: 'this is not the present password' }],
  })

const emailTaken = () =>
  conflict('account.email_taken', 'There is an account with this email already.', {
    description: 'Sign in instead.',
    fields: [{ field: 'email', message: 'an account with this email exists; sign in instead' }],
  })
