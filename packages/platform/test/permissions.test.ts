import { ApiError, createClient, type Route, routes } from '@straylight/api'
import { newId } from '@straylight/kit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureOperator } from '../src/demo.ts'
import { createWorld, goodPassword, type Person, type World } from './world.ts'

/** Every route is driven as nobody, as a stranger, as the owner and as an operator. A new route is in the matrix by being in the contract. */
let world: World
let owner: Person
let stranger: Person
let operator: { token: string }
let serverId: string
const ids: Record<string, string> = {}

beforeAll(async () => {
  world = await createWorld()
  owner = await world.person('owner')
  stranger = await world.person('stranger')
  // The one that the first start makes, and not a customer who became one.
  const login = { email: 'operator@example.com', password: goodPassword }
  await ensureOperator(world.db, world.clock, 'EUR', login)
  const { token } = (await createClient({ baseUrl: world.url })(routes.accountSignIn, { body: login })).data.result
  operator = { token }
  await owner.topUp('100')
  const { id, taskId } = await owner.createServer()
  await world.runTasks()
  serverId = id
  const server = await owner.server(id)
  const key = await owner.call(routes.keypairsGenerate, { params: { project_id: owner.projectId }, body: { name: 'key' } })
  Object.assign(ids, {
    servers: id,
    volumes: server.disk_data[0]?.id,
    addresses: server.addresses[0],
    keypairs: key.data.result.id,
    tasks: taskId,
  })
})
afterAll(() => world.close())

const all = Object.values(routes) as Route[]
const writes = all.filter(({ method }) => method !== 'GET')

const pathFor = (route: Route) =>
  route.path.replace('{project_id}', owner.projectId).replace('{id}', ids[route.path.split('/')[2] ?? ''] ?? newId())

async function status(route: Route, headers: Record<string, string>, path = pathFor(route)): Promise<number> {
  const controller = new AbortController()
  const response = await fetch(world.url + path, {
    method: route.method,
    headers: { ...headers, ...(route.body ? { 'content-type': 'application/json' } : {}) },
    // An empty object is no valid body anywhere that a body is needed, so a call that passes the gate changes nothing.
    ...(route.body ? { body: '[]' } : {}),
    signal: controller.signal,
  })
  controller.abort()
  return response.status
}

const bearer = (person: { token: string }) => ({ authorization: `Bearer ${person.token}` })

test('the contract and the platform know the same routes', () => {
  const served = world.app.handlers.map(({ route }) => route.name)
  expect([...served, routes.events.name].sort()).toEqual(Object.keys(routes).sort())
})

test.each(all.filter(({ permission }) => permission !== 'anyone').map((route) => [route.name, route] as const))(
  '%s is closed to nobody',
  async (_, route) => {
    expect(await status(route, {})).toBe(401)
    expect(await status(route, { authorization: 'Bearer slt_not-a-token' })).toBe(401)
    expect(await status(route, { authorization: 'Basic abc' })).toBe(401)
  },
)

test.each(all.filter(({ permission }) => permission === 'project').map((route) => [route.name, route] as const))(
  '%s of another customer is not there, exactly as one that does not exist',
  async (_, route) => {
    expect(await status(route, bearer(stranger))).toBe(404)
    expect(await status(route, bearer(operator)), 'staff look through routes of their own').toBe(404)
    const unknown = route.path.replace('{project_id}', newId()).replace('{id}', newId())
    expect(await status(route, bearer(owner), unknown)).toBe(404)
    expect(await status(route, bearer(owner), route.path.replace('{project_id}', 'x').replace('{id}', "1' or 1=1"))).toBe(404)
  },
)

test.each(all.filter(({ permission }) => permission === 'project').map((route) => [route.name, route] as const))(
  '%s takes no id of another kind, though it is of the same owner',
  async (_, route) => {
    const [, , place = ''] = pathFor(route).split('/')
    const own = route.path.includes('{project_id}') ? 'projects' : place
    for (const [kind, id] of Object.entries({ ...ids, projects: owner.projectId }))
      if (kind !== own)
        expect(await status(route, bearer(owner), route.path.replace(/\{(project_id|id)\}/, id)), `an id of ${kind}`).toBe(404)
  },
)

test.each(all.filter(({ permission }) => permission === 'operator').map((route) => [route.name, route] as const))(
  '%s is for operators',
  async (_, route) => {
    expect(await status(route, bearer(owner))).toBe(403)
    expect([200, 202, 404, 422]).toContain(await status(route, bearer(operator)))
  },
)

test.each(
  all
    .filter(
      ({ permission, method, streams }) => (permission === 'project' || permission === 'account') && method === 'GET' && !streams,
    )
    .map((route) => [route.name, route] as const),
)('%s answers its owner', async (_, route) => {
  expect(await status(route, bearer(owner))).toBe(200)
  if (route.permission === 'account')
    expect(await status(route, bearer(operator)), 'an operator has an account as well').toBe(200)
})

test.each(writes.filter(({ permission }) => permission !== 'anyone').map((route) => [route.name, route] as const))(
  '%s by cookie must come from a page of ours',
  async (_, route) => {
    const cookie = `straylight_session=${route.permission === 'operator' ? operator.token : owner.token}`
    const { host } = new URL(world.url)
    expect(await status(route, { cookie }), 'no origin at all').toBe(403)
    expect(await status(route, { cookie, origin: 'https://elsewhere.example' })).toBe(403)
    expect(await status(route, { cookie, origin: 'null' })).toBe(403)
    if (route.body) expect(await status(route, { cookie, origin: `http://${host}` }), 'ours goes on to be checked').toBe(422)
  },
)

test('the gate knows the names of what it guards', async () => {
  const error = await stranger.server(serverId).catch((problem: unknown) => problem)
  expect(error).toBeInstanceOf(ApiError)
  expect((error as ApiError).problem).toMatchObject({ status: 404, code: 404, error_code: 'server.unknown' })
})
