import { ApiError } from '@straylight/api'
import { MutationCache, QueryCache, QueryClient } from '@tanstack/vue-query'
import { forgetPerson } from './person.ts'

/** What the service says about us does not change by asking again: only its own trouble is worth another try. */
export const worthRetrying = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500)

/** A wrong password is a 401 too, and no lost session. */
const isSessionLost = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 401 && error.problem?.error_code !== 'account.wrong_credentials'

/** @param onSessionLost is told for every answer that says that nobody is signed in; what was read for the person is forgotten by then. */
export function createQueryClient(onSessionLost: () => void): QueryClient {
  const watchSession = (error: unknown) => {
    if (!isSessionLost(error)) return
    forgetPerson(client)
    onSessionLost()
  }
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: watchSession }),
    mutationCache: new MutationCache({ onError: watchSession }),
    defaultOptions: {
      queries: {
        // Changes arrive by push, so an answer stays good until something says otherwise.
        staleTime: 60_000,
        retry: (failures, error) => failures < 3 && worthRetrying(error),
        retryDelay: (attempt) => Math.min(1000 * 2 ** attempt, 15_000),
      },
      mutations: { retry: false },
    },
  })
  return client
}
