import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { announce, ChangeFeed } from './events.ts'

let store: TestDatabase
let feed: ChangeFeed
let gaps: number
beforeEach(async () => {
  store = await testDatabase()
  gaps = 0
  feed = new ChangeFeed(store.url)
  feed.onGap(() => gaps++)
  await feed.start()
})
afterEach(async () => {
  await feed.close()
  await store.drop()
})

const tell = (id: string) =>
  store.database.db.transaction().execute((tx) => announce(tx, { type: 'server', id, accountId: 'a1' }))
const connections = async () => {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) from pg_stat_activity where datname = current_database() and application_name = 'straylight-events'`.execute(
    store.database.db,
  )
  return Number(rows[0]?.count)
}
const cut = () =>
  sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'straylight-events'`.execute(store.database.db)

test('a change is heard by the listeners of its account once it has committed, and by nobody when it is rolled back', async () => {
  const heard: string[] = []
  feed.onAccount('a1', ({ id }) => heard.push(id))
  feed.onAccount('a2', ({ id }) => heard.push(`another account heard ${id}`))
  await store.database.db
    .transaction()
    .execute(async (tx) => {
      await announce(tx, { type: 'server', id: 'undone', accountId: 'a1' })
      throw new Error('rolled back')
    })
    .catch(() => {})
  await tell('s1')
  await expect.poll(() => heard).toEqual(['s1'])
})

test('however often its connection is cut, also while it connects, it comes back as one and hears again', async () => {
  const heard: string[] = []
  feed.onAccount('a1', ({ id }) => heard.push(id))
  // Without a pause, so that some cuts meet it half-way.
  for (const end = performance.now() + 3_000; performance.now() < end; ) await cut()
  await expect.poll(connections, { timeout: 5_000 }).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(await connections()).toBe(1)
  expect(gaps).toBeGreaterThan(0)
  await tell('s2')
  await expect.poll(() => heard).toEqual(['s2'])
})
