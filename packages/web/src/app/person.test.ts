import { ApiError } from '@straylight/api'
import { QueryClient } from '@tanstack/vue-query'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { toast, toastHistory, toasts } from '../ui/toasts.ts'
import { keys } from './keys.ts'
import { forgetPerson, keepToOnePerson, tellPerson } from './person.ts'
import { createQueryClient } from './query-client.ts'

let channels: BroadcastChannel[] = []
beforeEach(() => forgetPerson(new QueryClient()))
afterEach(() => {
  for (const channel of channels) channel.close()
  channels = []
})

test('who signs in after somebody else finds neither toasts nor answers of theirs', () => {
  const client = new QueryClient()
  client.setQueryData(keys.account, { id: 'a' })
  client.setQueryData(keys.servers('p'), [{ id: 's' }])
  toast({ kind: 'done', title: 'db-01 deleted', action: { label: 'Undo', run: () => {} } })
  forgetPerson(client)
  expect([client.getQueryCache().getAll(), toasts, toastHistory]).toEqual([[], [], []])
})

test('a session that ended takes everything along that was read with it', async () => {
  const lost = vi.fn()
  const client = createQueryClient(lost)
  client.setQueryData(keys.balance, { available: '10.00' })
  const refused = () => Promise.reject(new ApiError(401, undefined))
  await client.fetchQuery({ queryKey: keys.servers('p'), queryFn: refused }).catch(() => {})
  expect(lost).toHaveBeenCalledOnce()
  expect(client.getQueryData(keys.balance)).toBeUndefined()
})

test('a wrong password ends no session', async () => {
  const lost = vi.fn()
  const client = createQueryClient(lost)
  client.setQueryData(keys.balance, { available: '10.00' })
  const problem = { error_code: 'account.wrong_credentials', message: '', description: '', request_id: '' }
  const refused = () => Promise.reject(new ApiError(401, problem as unknown as ApiError['problem']))
  await client.fetchQuery({ queryKey: keys.servers('p'), queryFn: refused }).catch(() => {})
  expect(lost).not.toHaveBeenCalled()
  expect(client.getQueryData(keys.balance)).toBeDefined()
})

/** Two tabs of one browser: one that speaks, and one that shows `shown`. */
function tabs(shown: string | undefined) {
  const reload = vi.fn()
  const name = `person-${crypto.randomUUID()}`
  const open = () => {
    const channel = new BroadcastChannel(name)
    channels.push(channel)
    return channel
  }
  const other = new QueryClient()
  if (shown) other.setQueryData(keys.account, { id: shown })
  keepToOnePerson(other, reload, open)
  keepToOnePerson(new QueryClient(), () => {}, open)
  return reload
}

test('a tab that shows another account than the one that signed in is loaded anew', async () => {
  const reload = tabs('a')
  tellPerson('b')
  await vi.waitFor(() => expect(reload).toHaveBeenCalledOnce())
})

test('a tab whose person signed out elsewhere is loaded anew', async () => {
  const reload = tabs('a')
  tellPerson(null)
  await vi.waitFor(() => expect(reload).toHaveBeenCalledOnce())
})

test('a tab of the same person, and one that shows nobody, stay as they are', async () => {
  for (const shown of ['a', undefined]) {
    const reload = tabs(shown)
    tellPerson('a')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(reload).not.toHaveBeenCalled()
  }
})
