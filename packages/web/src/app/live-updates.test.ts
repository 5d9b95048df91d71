import { ApiError } from '@straylight/api'
import { onlineManager, QueryClient, QueryObserver } from '@tanstack/vue-query'
import { afterEach, expect, test } from 'vitest'
import { askAnew } from './live-updates.ts'

afterEach(() => onlineManager.setOnline(true))

/** Something on screen; its second answer is `next`. */
async function shown(next: () => Promise<string>) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  let calls = 0
  const queryFn = () => {
    calls += 1
    return calls === 1 ? Promise.resolve('first') : next()
  }
  await client.fetchQuery({ queryKey: ['servers', 'p'], queryFn })
  new QueryObserver(client, { queryKey: ['servers', 'p'], queryFn, staleTime: 60_000 }).subscribe(() => {})
  return client
}

test('what is on screen is fresh when it was answered, also by a refusal', async () => {
  expect(await askAnew(await shown(async () => 'second'))).toBe(true)
  expect(await askAnew(await shown(() => Promise.reject(new ApiError(404, undefined))))).toBe(true)
})

test('it is not fresh when the service has trouble or cannot be reached', async () => {
  expect(await askAnew(await shown(() => Promise.reject(new ApiError(503, undefined))))).toBe(false)
  expect(await askAnew(await shown(() => Promise.reject(new ApiError(0, undefined))))).toBe(false)
})

test('it is not fresh while there is no network', async () => {
  const client = await shown(async () => 'second')
  onlineManager.setOnline(false)
  expect(await askAnew(client)).toBe(false)
})
