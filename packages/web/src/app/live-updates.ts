import { type QueryClient, type QueryKey, useQueryClient } from '@tanstack/vue-query'
import { type InjectionKey, inject, onScopeDispose, provide } from 'vue'
import { createLive, type Live } from '../lib/live.ts'
import { type Change, isKnownChange, staleAfter } from './changes.ts'
import { keys } from './keys.ts'
import { worthRetrying } from './query-client.ts'

const liveKey: InjectionKey<Live> = Symbol('live')
const gatherMs = 40

/** Keeps what is on screen up to date for as long as the component lives: by push, and by polling while the stream is lost. */
export function useLiveUpdates(): Live {
  const client = useQueryClient()
  const gather = createGatherer((changes) => markStale(client, changes))
  const live = createLive({
    url: '/v2/events',
    onChange: (change) => {
      if (isKnownChange(change)) gather(change)
    },
    onPoll: () => askAnew(client),
  })
  onScopeDispose(() => live.close())
  provide(liveKey, live)
  return live
}

/** How fresh the page is; only inside a frame. */
export const useLive = (): Live | undefined => inject(liveKey, undefined)

/** Changes come in bursts (a server, its task, its disk): what they touch is asked once. */
export function createGatherer(flush: (changes: Change[]) => void, waitMs = gatherMs): (change: Change) => void {
  let waiting: Change[] = []
  return (change) => {
    waiting.push(change)
    if (waiting.length > 1) return
    setTimeout(() => {
      const changes = waiting
      waiting = []
      flush(changes)
    }, waitMs)
  }
}

/** Asks everything on screen again. @returns was all of it answered? A refusal is an answer; silence and the service's own trouble are none. */
export async function askAnew(client: QueryClient): Promise<boolean> {
  const predicate = ({ queryKey }: { queryKey: QueryKey }) => queryKey[0] !== keys.account[0]
  await client.invalidateQueries({ predicate, refetchType: 'active' })
  // Without a network the questions wait, and the promise does not.
  return client
    .getQueryCache()
    .findAll({ type: 'active', predicate })
    .every(({ state }) => state.fetchStatus !== 'paused' && (state.status !== 'error' || !worthRetrying(state.error)))
}

function markStale(client: QueryClient, changes: Change[]): void {
  const touched = new Map<string, QueryKey>()
  for (const change of changes) for (const key of staleAfter(change)) touched.set(JSON.stringify(key), key)
  for (const queryKey of touched.values()) void client.invalidateQueries({ queryKey })
}
