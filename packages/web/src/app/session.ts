import { type Account, ApiError, routes } from '@straylight/api'
import { type QueryClient, useQueryClient } from '@tanstack/vue-query'
import { dropEveryDraft } from '../lib/drafts.ts'
import { call } from './api.ts'
import { keys } from './keys.ts'
import { forgetPerson, tellPerson } from './person.ts'
import { type Reading, useReading } from './read.ts'
import { type Writing, useWriting } from './write.ts'

const readAccount = async (signal?: AbortSignal): Promise<Account> =>
  (await call(routes.accountGet, signal ? { signal } : {})).data.result

/** Who is signed in: asked once and kept. `undefined` when nobody is. @throws ApiError when the service cannot say. */
export async function knownAccount(client: QueryClient): Promise<Account | undefined> {
  const known = client.getQueryData<Account>(keys.account)
  if (known) return known
  try {
    // Asked past the cache: that nobody is signed in is an answer here, and no lost session.
    const person = client.setQueryData<Account>(keys.account, await readAccount())
    if (person) tellPerson(person.id)
    return person
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return undefined
    throw error
  }
}

export const useAccount = (): Reading<Account> => useReading(keys.account, readAccount, { staleMs: Number.POSITIVE_INFINITY })

function useForget(): () => void {
  const client = useQueryClient()
  return () => forgetPerson(client)
}

export function useSignIn(): Writing<{ email: string; password: string }, void> {
  const forget = useForget()
  return useWriting(async (body, idempotencyKey) => {
    await call(routes.accountSignIn, { body, idempotencyKey })
    forget()
  })
}

export interface SignUp {
  email: string
  password: string
  name: string
  language: 'en' | 'ru'
}

/** Opens an account; the answer is its first project. */
export function useSignUp(): Writing<SignUp, { projectId: string }> {
  const forget = useForget()
  return useWriting(async (body, idempotencyKey) => {
    const { data } = await call(routes.accountSignUp, { body, idempotencyKey })
    forget()
    return { projectId: data.result.project_id }
  })
}

export function useSignOut(): Writing<void, void> {
  const forget = useForget()
  return useWriting(async (_, idempotencyKey) => {
    await call(routes.accountSignOut, { idempotencyKey })
    dropEveryDraft(localStorage)
    forget()
    tellPerson(null)
  })
}
