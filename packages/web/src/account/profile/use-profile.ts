import { type ApiToken, routes } from '@straylight/api'
import { call } from '../../app/api.ts'
import { readWhole } from '../../app/whole.ts'
import { keys } from '../../app/keys.ts'
import { type Reading, useReading } from '../../app/read.ts'
import { type Writing, useWriting } from '../../app/write.ts'

export const useUpdateAccount = (): Writing<{ name?: string; language?: 'en' | 'ru' }, void> =>
  useWriting(
    async (body, idempotencyKey) => void (await call(routes.accountUpdate, { body, idempotencyKey })),
    () => [keys.account],
    // A name or language that was chosen since makes an earlier one a new choice.
    { form: 'account', subject: () => 'account' },
  )

/** This device goes on with the cookie of the answer; the others are signed out. */
export const useChangePassword = (): Writing<{ current: string; next: string }, void> =>
  useWriting(
    async ({ current, next }, idempotencyKey) =>
      void (await call(routes.accountPassword, { body: { current_password: current, new_password: next }, idempotencyKey })),
  )

export const useTokens = (): Reading<ApiToken[]> =>
  useReading(keys.tokens, (signal) => readWhole((query) => call(routes.tokensList, { query, signal })))

export const useCreateToken = (): Writing<{ name: string; expiresAt: string | undefined }, { id: string; token: string }> =>
  useWriting(
    async ({ name, expiresAt }, idempotencyKey) =>
      (
        await call(routes.tokensCreate, {
          body: { name, ...(expiresAt === undefined ? {} : { expires_at: expiresAt }) },
          idempotencyKey,
        })
      ).data.result,
    () => [keys.tokens],
    { form: 'token' },
  )

export const useRevokeToken = (): Writing<{ id: string }, void> =>
  useWriting(
    async ({ id }, idempotencyKey) => void (await call(routes.tokensDelete, { params: { id }, idempotencyKey })),
    () => [keys.tokens],
  )
