import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { isDatabaseAway, openDatabase } from './db.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store.drop())

test('who waits too long for a connection is told that the database is away, and the next one gets it', async () => {
  const small = openDatabase(store.url, { connections: 1, patienceMs: 200 })
  const client = await small.pool.connect()
  const error = await small.pool.query('select 1').catch((failure: unknown) => failure)
  expect(isDatabaseAway(error)).toBe(true)
  client.release()
  expect((await small.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await small.close()
})
