import { type Route, routes } from '@straylight/api'
import { newId } from '@straylight/kit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, goodPassword, type Person, type World } from './world.ts'

/** Many at once must not take the database from everybody else: no call holds one connection and waits for another. */
let world: World
let customer: Person
let operator: Person
let serverId: string
beforeAll(async () => {
  world = await createWorld()
  customer = await world.person('customer')
  operator = await world.operator()
  await customer.topUp('1000')
  serverId = (await customer.createServer()).id
  await world.runTasks()
})
afterAll(() => world.close())

const atOnce = 40
const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3b0dPzUAAn1Kf0eC9rLk5c2N1pKhQ0vQ0h7sMZ2mXy'

/** What each write is called with, the `n`th time. */
const bodies: Record<string, (n: number) => unknown> = {
  accountSignUp: (n) => ({ email: `crowd-${n}-${newId()}@example.com`, password: goodPassword, name: 'Crowd', language: 'en' }),
  accountSignIn: () => ({ email: customer.email, password: goodPassword }),
  accountPassword: () => ({ current_password: 'not the present one', new_password: 'another lantern, another pier' }),
  accountUpdate: () => ({ name: 'Crowd' }),
  tokensCreate: (n) => ({ name: `t${n}` }),
  projectsCreate: (n) => ({ display_name: `p${n}` }),
  serversCreate: () => customer.order(),
  serversPrice: () => customer.order(),
  serversRename: (n) => ({ name: `web-${n}` }),
  keypairsCreate: (n) => ({ name: `imported-${n}`, public_key: publicKey }),
  keypairsGenerate: (n) => ({ name: `generated-${n}` }),
  billingTopUp: () => ({ amount: '1.00', method: 'demo' }),
  demoAdvance: () => ({ seconds: 1 }),
}

const writes = (Object.values(routes) as Route[]).filter(
  // What ends the session or the server comes last.
  ({ method, name }) => method !== 'GET' && name !== 'accountSignOut' && name !== 'serversDelete',
)

async function call(route: Route, n: number): Promise<number> {
  const who = route.permission === 'operator' ? operator : customer
  const path = route.path
    .replace('{project_id}', customer.projectId)
    .replace('{id}', route.subject === 'server' ? serverId : newId())
  const body = route.body && (await bodies[route.name]?.(n))
  const response = await fetch(world.url + path, {
    method: route.method,
    headers: { authorization: `Bearer ${who.token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(60_000),
  })
  await response.arrayBuffer()
  return response.status
}

const crowd = async (route: Route) => {
  const statuses = await Promise.all(Array.from({ length: atOnce }, (_, n) => call(route, n)))
  expect(statuses.filter((status) => status >= 500)).toEqual([])
  const { status } = await fetch(`${world.url}/v2/billing/balance`, {
    headers: { authorization: `Bearer ${customer.token}` },
    signal: AbortSignal.timeout(20_000),
  })
  expect(status).toBe(200)
  return statuses
}

test.each(writes.map((route) => [route.name, route] as const))(
  `${atOnce} calls at once of %s are answered, and so is a page afterwards`,
  { timeout: 120_000 },
  async (_, route) => {
    await crowd(route)
  },
)

test(`${atOnce} deletions of one server at once are one`, { timeout: 120_000 }, async () => {
  const statuses = await crowd(routes.serversDelete)
  expect(new Set(statuses)).toEqual(new Set([204]))
  await world.runTasks()
})

test(`${atOnce} sign-outs of one session at once end it`, { timeout: 120_000 }, async () => {
  const { token } = await world.person('leaver')
  const leave = () => fetch(`${world.url}/v2/account/sign-out`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
  const statuses = (await Promise.all(Array.from({ length: atOnce }, leave))).map(({ status }) => status)
  expect(statuses.filter((status) => status !== 200 && status !== 401)).toEqual([])
  expect((await leave()).status).toBe(401)
})
