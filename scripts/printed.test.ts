import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../packages/platform/test/database.ts'
import { type Document, printDocuments } from './documents.ts'
import { printSchema } from './schema.ts'
import { read } from './tidy/tree.ts'

let migrated: TestDatabase
let documents: Document[]
beforeAll(async () => {
  migrated = await testDatabase()
  documents = await printDocuments(migrated.database)
})
afterAll(() => migrated.drop())

test.each(['docs/configuration.md', 'packages/platform/schema.sql', 'packages/api/openapi.json'])(
  '%s is what the code prints; otherwise run: npm run docs',
  (path) => {
    expect(read(path)).toBe(documents.find((document) => document.path === path)?.text)
  },
)

test('the printed schema makes the same schema again', async () => {
  const empty = await testDatabase()
  try {
    await empty.database.pool.query('drop schema public cascade; create schema public')
    const printed = await printSchema(migrated.database.pool)
    await empty.database.pool.query(printed)
    expect(await printSchema(empty.database.pool)).toBe(printed)
  } finally {
    await empty.drop()
  }
})
