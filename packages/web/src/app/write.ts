import { useMutation, useQueryClient, type QueryKey, type UseMutationReturnType } from '@tanstack/vue-query'
import { createIntents } from './intent.ts'

export type Writing<Wish, Result> = UseMutationReturnType<Result, Error, Wish, unknown>

/**
 * A change that a person orders. `send` gets the wish with its `Idempotency-Key`, which stays the same when the same wish is pressed again
 * after a lost answer. `stale` names what the change touches: it is asked anew without waiting for the push.
 */
export function useWriting<Wish, Result>(
  send: (wish: Wish, idempotencyKey: string) => Promise<Result>,
  stale: (wish: Wish, result: Result) => readonly QueryKey[] = () => [],
): Writing<Wish, Result> {
  const intents = createIntents()
  const client = useQueryClient()
  return useMutation<Result, Error, Wish>({
    mutationFn: (wish) => send(wish, intents.keyFor(wish)),
    async onSuccess(result, wish) {
      intents.answered(wish)
      for (const queryKey of stale(wish, result)) void client.invalidateQueries({ queryKey })
    },
    onError: (error, wish) => intents.failed(wish, error),
  })
}
