import { newId } from '@straylight/kit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, goodPassword, type World } from './world.ts'

/** Guessing is slow, and whoever knows the password gets in. Addresses are of the documentation's ranges. */
let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

async function send(path: string, from: string, body: object, cookie = '') {
  const answer = await world.app.http.inject({
    method: 'POST',
    url: `/v2/account/${path}`,
    remoteAddress: from,
    headers: cookie ? { cookie } : {},
    payload: body,
  })
  const device = answer.cookies.find(({ name }) => name === 'straylight_device')
  return {
    status: answer.statusCode,
    problem: answer.json<{ error_code?: string; facts?: { wait_seconds: number } }>(),
    cookie: device ? `straylight_device=${device.value}` : '',
  }
}

const signIn = (email: string, from: string, password: string = goodPassword, cookie = '') =>
  send('sign-in', from, { email, password }, cookie)
const guess = (email: string, from: string) => signIn(email, from, 'not this one')

/** Guesses until no further try is let through at this moment. @returns how many were. */
async function guessAll(email: string, from: string): Promise<number> {
  let tried = 0
  while ((await guess(email, from)).status === 401) tried++
  return tried
}

test('of many guesses at once no more are checked than of guesses one after the other', { timeout: 120_000 }, async () => {
  const { email } = await world.person('victim')
  const answers = await Promise.all(Array.from({ length: 20 }, () => guess(email, '198.51.100.1')))
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(5)
  expect(answers.filter(({ problem }) => problem.error_code === 'account.slow_down')).toHaveLength(15)
})

test('a guesser cannot use the many addresses of one IPv6 line', { timeout: 120_000 }, async () => {
  const { email } = await world.person('victim')
  let checked = 0
  for (let n = 0; n < 10; n++) if ((await guess(email, `2001:db8:7:7::${n}`)).status === 401) checked++
  expect(checked).toBe(5)
  expect((await guess(email, '2001:db8:7:8::1')).status).toBe(401)
})

test('many places together are slowed down at one account, and the browser that its owner has used before is not', {
  timeout: 120_000,
}, async () => {
  const { email } = await world.person('victim')
  const { cookie } = await signIn(email, '198.51.100.7')
  expect(cookie).not.toBe('')
  let checked = 0
  for (let n = 1; n <= 60; n++) if ((await guess(email, `203.0.113.${n}`)).status === 401) checked++
  expect(checked).toBe(30)
  expect((await signIn(email, '198.51.100.99')).status, 'a place that nobody knows waits').toBe(429)
  expect((await signIn(email, '198.51.100.99', goodPassword, cookie)).status).toBe(200)
})

test('a guesser behind the same address does not keep the owner out', { timeout: 120_000 }, async () => {
  const shared = '198.51.100.20'
  const { email } = await world.person('owner')
  const { cookie } = await signIn(email, shared)
  await guessAll(email, shared)
  expect((await signIn(email, shared)).status).toBe(429)
  expect((await signIn(email, shared, goodPassword, cookie)).status).toBe(200)
  // Another one of that office, at a new device, waits for seconds at most, however long the guesser goes on.
  const colleague = await world.person('colleague')
  for (let n = 0; n < 80; n++) await guess(`nobody-${n}@example.com`, shared)
  const refused = await signIn(colleague.email, shared)
  expect(refused.status).toBe(429)
  expect(refused.problem.facts?.wait_seconds).toBeLessThanOrEqual(10)
  world.clock.advance(10_000)
  expect((await signIn(colleague.email, shared)).status).toBe(200)
})

test('a right password forgives its own wrong ones, and nothing that others failed from there', {
  timeout: 120_000,
}, async () => {
  const shared = '198.51.100.30'
  const { email } = await world.person('clumsy')
  for (let round = 0; round < 13; round++) {
    for (let n = 0; n < 4; n++) expect((await guess(email, shared)).status).toBe(401)
    expect((await signIn(email, shared)).status).toBe(200)
  }
  for (let n = 0; n < 49; n++) await guess(`other-${n}@example.com`, shared)
  expect((await signIn(email, shared)).status).toBe(200)
  expect((await guess('one-more@example.com', shared)).status).toBe(401)
  expect((await signIn(email, shared)).status, 'the fifty of others still count').toBe(429)
})

test("a device cookie is good for its own account only, and a made-up one for none; its owner's guesses are counted", {
  timeout: 120_000,
}, async () => {
  const mine = await world.person('mine')
  const other = await world.person('other')
  const { cookie } = await signIn(mine.email, '198.51.100.40')
  const from = '198.51.100.41'
  await guessAll(other.email, from)
  expect((await signIn(other.email, from, goodPassword, cookie)).status).toBe(429)
  expect((await signIn(other.email, from, goodPassword, 'straylight_device=AAAA')).status).toBe(429)
  let checked = 0
  while ((await signIn(mine.email, '198.51.100.40', 'not this one', cookie)).status === 401) checked++
  expect(checked).toBe(10)
})

test('twenty accounts an hour can be opened from one place, on this machine as many as tests need', {
  timeout: 120_000,
}, async () => {
  const signUp = (from: string) =>
    send('sign-up', from, { email: `${newId()}@example.com`, password: goodPassword, name: 'Crowd', language: 'en' })
  const at = (n: number) => `2001:db8:9:9::${n}`
  const answers = await Promise.all(Array.from({ length: 25 }, (_, n) => signUp(at(n))))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(20)
  expect(answers.find(({ status }) => status !== 201)).toMatchObject({
    status: 429,
    problem: { error_code: 'account.too_many_sign_ups', facts: { wait_seconds: 3600 } },
  })
  expect((await signUp('198.51.100.50')).status).toBe(201)
  for (let n = 0; n < 25; n++) expect((await signUp('127.0.0.1')).status).toBe(201)
  world.clock.advance(3600_000)
  expect((await signUp(at(1))).status).toBe(201)
})
