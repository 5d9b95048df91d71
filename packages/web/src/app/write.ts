import { useMutation, useQueryClient, type QueryKey, type UseMutationReturnType } from '@tanstack/vue-query'
import { createIntents, keptIn } from './intent.ts'

export type Writing<Wish, Result> = UseMutationReturnType<Result, Error, Wish, unknown>

/** How long an order that makes something or moves money is still the same order, when it is given again in the same words. */
const orderKeptForMs = 3_600_000
/** The same for what is done with a thing that exists: "stop" a few minutes later is another wish. */
const deedKeptForMs = 300_000

export interface WritingOptions<Wish> {
  /** The name of the form. With it unanswered keys survive a reload in this tab, and are shared by all places that have this form. */
  form?: string | (() => string)
  /** What a wish is about, where a later one undoes an earlier one: start and stop of one server. */
  subject?: (wish: Wish) => string
}

/**
 * A change that a person orders. `send` gets the wish with its `Idempotency-Key`, which stays the same when the same wish is pressed again
 * after a lost answer. `stale` names what the change touches: it is asked anew without waiting for the push.
 */
export function useWriting<Wish, Result>(
  send: (wish: Wish, idempotencyKey: string) => Promise<Result>,
  stale: (wish: Wish, result: Result) => readonly QueryKey[] = () => [],
  { form, subject }: WritingOptions<Wish> = {},
): Writing<Wish, Result> {
  const intents = createIntents({
    ...(form === undefined ? {} : { store: keptIn(sessionStorage, () => (typeof form === 'string' ? form : form())) }),
    subjectOf: subject && ((wish) => subject(wish as Wish)),
    keptForMs: subject ? deedKeptForMs : form === undefined ? undefined : orderKeptForMs,
  })
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
