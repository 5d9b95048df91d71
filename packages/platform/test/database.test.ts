import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from './database.ts'

let one: TestDatabase
let other: TestDatabase
beforeAll(async () => {
  one = await testDatabase()
  other = await testDatabase()
})
afterAll(async () => {
  await one.drop()
  await other.drop()
})

test('two test databases share no rows, and have every migration', async () => {
  await sql`create table mark (id int)`.execute(one.database.db)
  await expect(sql`select * from mark`.execute(other.database.db)).rejects.toThrow('does not exist')
  const { rows } = await sql<{ name: string }>`select name from migration`.execute(other.database.db)
  expect(rows.length).toBeGreaterThan(0)
})
