import type { Account } from '@straylight/api'
import type { QueryClient } from '@tanstack/vue-query'
import { clearToasts } from '../ui/toasts.ts'
import { keys } from './keys.ts'

/** Id of the account that is signed in; null when somebody signed out. */
type Word = { person: string | null }

/** Forgets everything that was read for the person before, and what was said to this person. */
export function forgetPerson(client: QueryClient): void {
  client.getQueryCache().clear()
  clearToasts()
}

let channel: BroadcastChannel | undefined

/** Tells the other tabs of this browser who is signed in: they share the session's cookie. */
export const tellPerson = (person: string | null): void => channel?.postMessage({ person } satisfies Word)

/**
 * One browser has one session. A tab that shows another account than the one that is signed in would write into an account that it does
 * not show, so it is loaded anew. A tab that shows nobody stays: a door holds what is being typed.
 */
export function keepToOnePerson(
  client: QueryClient,
  reload: () => void = () => location.reload(),
  open: () => BroadcastChannel = () => new BroadcastChannel('straylight.person'),
): void {
  channel = open()
  channel.addEventListener('message', ({ data }: MessageEvent<Word>) => {
    const shown = client.getQueryData<Account>(keys.account)?.id
    if (shown !== undefined && shown !== data.person) reload()
  })
}
