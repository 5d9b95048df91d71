import { routes } from '@straylight/api'
import { newId } from '@straylight/kit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { App } from '../packages/platform/src/app.ts'
import { type TestDatabase, testDatabase } from '../packages/platform/test/database.ts'
import { createPlainApp } from './documents.ts'
import { documentedIn } from './tidy/error-codes.ts'
import { read } from './tidy/tree.ts'

let store: TestDatabase
let app: App
let token: string
beforeAll(async () => {
  store = await testDatabase()
  app = await createPlainApp(store.database)
  const answer = await app.http.inject({
    method: 'POST',
    url: routes.accountSignUp.path,
    payload: { email: 'stranger@example.com', password: 'copper lantern on the pier', name: 'Stranger' },
  })
  token = (answer.json() as { result: { token: string } }).result.token
})
afterAll(async () => {
  await app.close()
  await store.drop()
})

// The gate puts the code together from the route, so it cannot be read from the source.
test('what the gate answers to an id of nothing is explained in docs/errors.md, on every route', async () => {
  const explained = new Set(documentedIn(read('docs/errors.md')).map(({ code }) => code))
  const answers = await Promise.all(
    Object.values(routes)
      .filter(({ permission }) => permission === 'project')
      .map(async ({ method, path, name }) => {
        const url = path.replace(/\{\w+\}/g, newId())
        const answer = await app.http.inject({ method, url, headers: { authorization: `Bearer ${token}` } })
        return { name, status: answer.statusCode, code: (answer.json() as { error_code: string }).error_code }
      }),
  )
  expect(answers.length).toBeGreaterThan(10)
  expect(answers.filter(({ status, code }) => status !== 404 || !explained.has(code))).toEqual([])
})
