import { ApiError, createClient, routes } from '@straylight/api'
import { newId } from '@straylight/kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forgetOld } from '../src/app.ts'
import { secretsOf } from '../src/foundation/secrets.ts'
import { createWorld, goodPassword, type Person, type World } from './world.ts'

let world: World
let customer: Person
beforeAll(async () => {
  world = await createWorld()
  customer = await world.person('customer')
  await world.runTasks()
})
afterAll(() => world.close())

async function problemOf(call: Promise<unknown>) {
  try {
    await call
  } catch (error) {
    if (error instanceof ApiError && error.problem) return error.problem
    throw error
  }
  throw new Error('the call was expected to be refused')
}

describe('an order', () => {
  test('without money is refused with what is needed, what there is and how long that would last, and leaves nothing', async () => {
    const poor = await world.person('poor')
    const problem = await problemOf(poor.createServer())
    expect(problem).toMatchObject({
      status: 402,
      error_code: 'balance.too_low',
      facts: { need: expect.any(String), have: '0.00', lasts_seconds: 0 },
    })
    expect(await poor.balance()).toMatchObject({ posted: '0.00', held: '0.00' })
    expect((await poor.call(routes.serversList, { params: { project_id: poor.projectId } })).data.count).toBe(0)
    expect((await poor.call(routes.volumesList, { params: { project_id: poor.projectId } })).data.count).toBe(0)
  })

  test.each([
    ['a name with spaces', { name: 'web 01' }, 'name'],
    ['no name', { name: '' }, 'name'],
    ['too many vCPUs', { flavor: { vcpus: 65, ram: 8 } }, 'flavor.vcpus'],
    ['RAM that does not go with the vCPUs', { flavor: { vcpus: 1, ram: 64 } }, 'flavor.ram'],
    ['half a GiB', { flavor: { vcpus: 1, ram: 0.5 } }, 'flavor.ram'],
    ['no storage', { storages: [] }, 'storages'],
    [
      'two system volumes',
      {
        storages: [
          { size: 10, bootable: true },
          { size: 10, bootable: true },
        ],
      },
      'storages',
    ],
    ['a negative disk', { storages: [{ size: -1, bootable: true }] }, 'storages.0.size'],
    ['an image that is not there', { image: newId() }, 'image'],
    ['a key of somebody else', { keypairs: [newId()] }, 'keypairs.0'],
    ['IPv6, which is not offered', { addresses: [{ version: 6 as const }] }, 'addresses.0.version'],
    ['a CPU type that is not offered', { flavor: { vcpus: 1, ram: 1, cpu_type: 'dedicated' as never } }, 'flavor.cpu_type'],
    ['more bandwidth than is offered', { addresses: [{ bandwidth_max_mbps: 1024 as never }] }, 'addresses.0.bandwidth_max_mbps'],
    ['user data that is too long', { user_data: 'x'.repeat(70_000) }, 'user_data'],
  ])('with %s is refused and the field is named', async (_, changes, field) => {
    const problem = await problemOf(customer.createServer(changes))
    expect(problem.status).toBe(422)
    expect(problem.errors?.map((error) => error.field)).toContain(field)
    expect(problem.errors?.every(({ message }) => message.length > 5)).toBe(true)
  })

  test('that fails to boot costs nothing, is told in words, and can be deleted', async () => {
    await customer.topUp('100')
    const before = await customer.balance()
    const { id, taskId } = await customer.createServer({ name: 'boot-error' })
    await world.runTasks()
    expect(await customer.server(id)).toMatchObject({ status: 'ERROR', reason: expect.stringContaining('No host has room') })
    expect(await customer.task(taskId)).toMatchObject({ state: 'failed', reason: expect.stringContaining('No host has room') })
    expect(await customer.balance()).toEqual(before)
    await customer.call(routes.serversDelete, { params: { id } })
    await world.runTasks()
    expect((await problemOf(customer.server(id))).status).toBe(404)
  })

  test('given up while it is built leaves nothing', async () => {
    const before = await customer.balance()
    const { id } = await customer.createServer()
    await world.app.engine.runQueued()
    await customer.call(routes.serversDelete, { params: { id } })
    expect((await customer.server(id)).status).toBe('DELETING')
    await world.runTasks()
    expect((await problemOf(customer.server(id))).status).toBe(404)
    expect(await customer.balance()).toEqual(before)
    expect(world.openstack.servers().filter(({ name }) => name === id)).toEqual([])
  })

  test('is priced by the very computation that charges it', async () => {
    const body = await customer.order({ flavor: { vcpus: 2, ram: 4 }, storages: [{ size: 20, bootable: true }, { size: 30 }] })
    const price = (await customer.call(routes.serversPrice, { params: { project_id: customer.projectId }, body })).data.result
    const { id } = await customer.createServer(body)
    await world.runTasks()
    const server = await customer.server(id)
    expect(server.price).toEqual({ hour: price.hour, month: price.month })
    const before = (await customer.call(routes.billingBalance)).data.result
    await world.advance(3600)
    const after = (await customer.call(routes.billingBalance)).data.result
    expect(Number(before.available) - Number(after.available)).toBeCloseTo(Number(price.hour), 5)
    await customer.call(routes.serversDelete, { params: { id }, body: { delete_volumes: 'all', delete_addresses: 'all' } })
    await world.runTasks()
  })
})

describe('deleting a server', () => {
  test('keeps further volumes and its address unless asked, and they go on costing until they are deleted', async () => {
    const { id } = await customer.createServer({ storages: [{ size: 10, bootable: true }, { size: 7 }] })
    await world.runTasks()
    const refused = await problemOf(
      customer.call(routes.volumesDelete, { params: { id: (await customer.server(id)).disk_data[0]?.id ?? '' } }),
    )
    expect(refused).toMatchObject({ status: 409, error_code: 'volume.in_use' })
    await customer.call(routes.serversDelete, { params: { id } })
    await world.runTasks()
    const params = { project_id: customer.projectId }
    const volumes = (await customer.call(routes.volumesList, { params })).data.result
    const addresses = (await customer.call(routes.addressesList, { params })).data.result
    expect(volumes).toMatchObject([{ size: 7, status: 'AVAILABLE', undetachable: false }])
    expect(addresses).toMatchObject([{ status: 'DOWN' }])
    expect((await customer.call(routes.billingBalance)).data.result.burn.hour).not.toBe('0.00')
    for (const { id: volume } of volumes) await customer.call(routes.volumesDelete, { params: { id: volume } })
    for (const { id: address } of addresses) await customer.call(routes.addressesDelete, { params: { id: address } })
    await world.runTasks()
    expect((await customer.call(routes.billingBalance)).data.result.burn.hour).toBe('0.00')
    expect(world.openstack.volumes()).toEqual([])
    expect(world.openstack.floatingIps()).toEqual([])
  })
})

describe('an Idempotency-Key', () => {
  const body = { amount: '10.00', method: 'demo' as const }

  test('gives the first answer again', async () => {
    const idempotencyKey = newId()
    const before = await customer.balance()
    const first = await customer.call(routes.billingTopUp, { body, idempotencyKey })
    const second = await customer.call(routes.billingTopUp, { body, idempotencyKey })
    expect(second.data).toEqual(first.data)
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect(Number((await customer.balance()).posted) - Number(before.posted)).toBeCloseTo(10, 6)
  })

  test('with another body is refused', async () => {
    const idempotencyKey = newId()
    await customer.call(routes.billingTopUp, { body, idempotencyKey })
    expect(
      await problemOf(customer.call(routes.billingTopUp, { body: { ...body, amount: '11.00' }, idempotencyKey })),
    ).toMatchObject({
      status: 422,
      error_code: 'request.idempotency_mismatch',
    })
  })

  test('sent twenty times at once is one order', async () => {
    const idempotencyKey = newId()
    const before = await customer.balance()
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () => customer.call(routes.billingTopUp, { body, idempotencyKey })),
    )
    const refused = answers.filter((answer) => answer.status === 'rejected').map(({ reason }) => (reason as ApiError).status)
    expect(refused.every((status) => status === 409)).toBe(true)
    expect(answers.some((answer) => answer.status === 'fulfilled')).toBe(true)
    expect(Number((await customer.balance()).posted) - Number(before.posted)).toBeCloseTo(10, 6)
  })

  test('of a failed call may be used again', async () => {
    const poor = await world.person('poor')
    const idempotencyKey = newId()
    const order = await poor.order()
    const call = () => poor.call(routes.serversCreate, { params: { project_id: poor.projectId }, body: order, idempotencyKey })
    expect((await problemOf(call())).status).toBe(402)
    await poor.topUp('100')
    expect((await call()).status).toBe(202)
    await world.runTasks()
  })
})

describe('an Idempotency-Key, repeated', () => {
  test('says again that a key is deleted, though it is gone', async () => {
    const key = await customer.call(routes.keypairsGenerate, {
      params: { project_id: customer.projectId },
      body: { name: 'goes soon' },
    })
    const remove = (idempotencyKey: string) =>
      customer.call(routes.keypairsDelete, { params: { id: key.data.result.id }, idempotencyKey })
    const idempotencyKey = newId()
    expect((await remove(idempotencyKey)).status).toBe(204)
    const again = await remove(idempotencyKey)
    expect(again.status).toBe(204)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect((await problemOf(remove(newId()))).status).toBe(404)
  })

  test.each([
    ['an API token', () => customer.call(routes.tokensCreate, { body: { name: 'once' }, idempotencyKey: 'once-token' })],
    [
      'a private key',
      () =>
        customer.call(routes.keypairsGenerate, {
          params: { project_id: customer.projectId },
          body: { name: 'once' },
          idempotencyKey: 'once-key',
        }),
    ],
    [
      'an account',
      () =>
        createClient({ baseUrl: world.url })(routes.accountSignUp, {
          body: { email: 'once@example.com', password: goodPassword, name: 'Once', language: 'en' },
          idempotencyKey: 'once-account',
        }),
    ],
  ])('makes %s once, and does not keep its secret', async (_, make) => {
    const { id } = (await make()).data.result
    expect(await problemOf(make())).toMatchObject({ status: 409, error_code: 'request.already_done', facts: { id } })
  })

  test('keeps no token and no private key', async () => {
    const { rows } = await world.store.database.pool.query<{ answer: Buffer }>('select answer from idempotency')
    const secrets = secretsOf(Buffer.alloc(32, 7))
    const kept = rows.map(({ answer }) => secrets.open('idempotency', answer)).join('\n')
    expect(kept).toContain('"id"')
    expect(kept).not.toMatch(/sl[st]_|PRIVATE KEY/)
  })

  test('of a sign-in changes nothing: each is a session of its own', async () => {
    const signIn = () =>
      createClient({ baseUrl: world.url })(routes.accountSignIn, {
        body: { email: customer.email, password: goodPassword },
        idempotencyKey: 'same',
      })
    expect((await signIn()).data.result.token).not.toBe((await signIn()).data.result.token)
  })
})

describe('the audit log', () => {
  const rows = async (action: string) =>
    (
      await world.store.database.pool.query<{ account_id: string | null; status: number }>(
        'select account_id, status from audit where action = $1 order by id',
        [action],
      )
    ).rows

  test('says who signed in, and at whom somebody guessed; of nobody it says nothing', async () => {
    const person = await world.person('audited')
    const signIn = (email: string, password: string) =>
      createClient({ baseUrl: world.url })(routes.accountSignIn, { body: { email, password } })
    const before = (await rows('account.sign_in')).length
    await signIn(person.email, goodPassword)
    await problemOf(signIn(person.email, 'a wrong password'))
    await problemOf(signIn('nobody-at-all@example.com', 'a wrong password'))
    await expect
      .poll(async () => (await rows('account.sign_in')).slice(before))
      .toEqual([
        { account_id: person.accountId, status: 200 },
        { account_id: person.accountId, status: 401 },
      ])
    expect((await rows('account.sign_up')).at(-1)).toEqual({ account_id: person.accountId, status: 201 })
    const writes = (await rows('token.create')).length
    await problemOf(createClient({ baseUrl: world.url })(routes.tokensCreate, { body: { name: 'x' } }))
    await problemOf(customer.call(routes.tokensCreate, { body: { name: '' } }))
    await expect
      .poll(async () => (await rows('token.create')).slice(writes))
      .toEqual([{ account_id: customer.accountId, status: 422 }])
  })
})

describe('a broken request', () => {
  const send = (path: string, init: RequestInit) =>
    fetch(world.url + path, { ...init, headers: { authorization: `Bearer ${customer.token}`, ...init.headers } })

  test.each([
    ['no JSON', { body: '{"amount"', headers: { 'content-type': 'application/json' } }, 422],
    ['a form', { body: 'amount=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
    [
      'too much',
      { body: JSON.stringify({ amount: 'x'.repeat(2_000_000) }), headers: { 'content-type': 'application/json' } },
      413,
    ],
    ['an array', { body: '[]', headers: { 'content-type': 'application/json' } }, 422],
    ['a number for a sum', { body: '{"amount":10,"method":"demo"}', headers: { 'content-type': 'application/json' } }, 422],
    ['a sum with a comma', { body: '{"amount":"10,00","method":"demo"}', headers: { 'content-type': 'application/json' } }, 422],
    ['a negative sum', { body: '{"amount":"-10","method":"demo"}', headers: { 'content-type': 'application/json' } }, 422],
  ])('%s is answered by a problem document', async (_, init, status) => {
    const answer = await send('/v2/billing/top-ups', { method: 'POST', ...init })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(await answer.json()).toMatchObject({
      status,
      code: status,
      error_code: expect.any(String),
      message: expect.any(String),
      request_id: expect.any(String),
    })
  })

  test.each(['/v2/billing/entries?code=%00', '/v2/projects?name=%00', '/v2/servers/%00/detail'])(
    'a NUL in %s is no mistake of ours',
    async (path) => {
      expect((await send(path, { method: 'GET' })).status).toBeLessThan(500)
    },
  )

  test('a NUL in a body names its field', async () => {
    const problem = await problemOf(customer.call(routes.projectsCreate, { body: { display_name: 'x', description: 'a\0b' } }))
    expect(problem).toMatchObject({ status: 422, errors: [{ field: 'description' }] })
  })

  test('an address that is not there is a problem document too', async () => {
    const answer = await send('/v2/nothing', { method: 'GET' })
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ error_code: 'route.unknown' })
  })
})

describe('a list', () => {
  test('pages, orders and filters as the published clients ask', async () => {
    const lister = await world.person('lister')
    const params = { project_id: lister.projectId }
    for (const name of ['k2', 'k10', 'k1']) await lister.call(routes.keypairsGenerate, { params, body: { name } })
    const names = async (query: Record<string, unknown>) => {
      const { data } = await lister.call(routes.keypairsList, { params, query: query as never })
      return [data.count, ...data.result.map(({ name }) => name)]
    }
    expect(await names({ ordering: 'name' })).toEqual([3, 'k1', 'k2', 'k10'])
    expect(await names({ ordering: '-name', limit: 1, offset: 1 })).toEqual([3, 'k2'])
    expect(await names({ name: 'k2' })).toEqual([1, 'k2'])
    expect(await names({ name__in: 'k1,k10', ordering: 'name' })).toEqual([2, 'k1', 'k10'])
    expect(await names({ name__gt: 'k2' })).toEqual([1, 'k10'])
    expect((await problemOf(names({ colour: 'red' }))).errors).toMatchObject([{ field: 'colour' }])
    expect((await problemOf(names({ name__like: 'k' }))).errors).toMatchObject([{ field: 'name__like' }])
    expect((await problemOf(names({ limit: 0 }))).status).toBe(422)
  })

  test('of servers makes no call to the cloud', async () => {
    world.openstack.clearJournal()
    await customer.call(routes.serversList, { params: { project_id: customer.projectId } })
    await customer.call(routes.volumesList, { params: { project_id: customer.projectId } })
    await customer.call(routes.tasksList, { params: { project_id: customer.projectId } })
    await customer.call(routes.billingBalance)
    expect(world.openstack.journal()).toEqual([])
  })
})

describe('an account', () => {
  test('has one email, whatever its case', async () => {
    const call = createClient({ baseUrl: world.url })
    const problem = await problemOf(
      call(routes.accountSignUp, {
        body: { email: customer.email.toUpperCase(), password: goodPassword, name: 'x', language: 'en' },
      }),
    )
    expect(problem).toMatchObject({ status: 409, error_code: 'account.email_taken' })
  })

  test.each(['short', 'aaaaaaaaaaaa', 'qwertyuiop12', 'straylight-2026'])('refuses the password %s', async (password) => {
    const call = createClient({ baseUrl: world.url })
    const problem = await problemOf(
      call(routes.accountSignUp, { body: { email: `${newId()}@example.com`, password, name: 'x', language: 'en' } }),
    )
    expect(problem.errors?.[0]?.field).toBe('password')
  })

  test('keeps password and tokens out of its tables', async () => {
    const { token } = (await customer.call(routes.tokensCreate, { body: { name: 'ci' } })).data.result
    const { rows } = await world.store.database.pool.query(
      `select row_to_json(a)::text as account, row_to_json(c)::text as credential from account a join credential c on c.account_id = a.id`,
    )
    const text = JSON.stringify(rows)
    expect(text).not.toContain(token)
    expect(text).not.toContain(customer.token)
    expect(text).not.toContain(goodPassword)
    expect(text).toContain('$argon2id$')
  })

  test('a changed password throws nobody out: this device goes on with a new token, API tokens stay, other devices are signed out', async () => {
    const person = await world.person('changer')
    const signIn = (password: string) =>
      createClient({ baseUrl: world.url })(routes.accountSignIn, { body: { email: person.email, password } })
    const elsewhere = createClient({ baseUrl: world.url, token: (await signIn(goodPassword)).data.result.token })
    const { token: apiToken } = (await person.call(routes.tokensCreate, { body: { name: 'ci' } })).data.result
    const changed = await person.call(routes.accountPassword, {
      body: { current_password: goodPassword, new_password: 'another lantern, another pier' },
    })
    const here = createClient({ baseUrl: world.url, token: changed.data.result.token })
    expect((await here(routes.accountGet)).status).toBe(200)
    expect((await createClient({ baseUrl: world.url, token: apiToken })(routes.accountGet)).status).toBe(200)
    expect((await problemOf(elsewhere(routes.accountGet))).status).toBe(401)
    expect((await problemOf(signIn(goodPassword))).status).toBe(401)
    expect((await signIn('another lantern, another pier')).status).toBe(200)
  })

  test('is guessed at ever more slowly, without locking its owner out', async () => {
    const person = await world.person('victim')
    const attack = (password: string) =>
      createClient({ baseUrl: world.url })(routes.accountSignIn, { body: { email: person.email, password } })
    for (let n = 0; n < 5; n++) expect((await problemOf(attack('wrong password'))).status).toBe(401)
    const slowed = await problemOf(attack('wrong password'))
    expect(slowed).toMatchObject({ status: 429, error_code: 'account.slow_down', facts: { wait_seconds: 1 } })
    world.clock.advance(1500)
    expect((await attack(goodPassword)).status).toBe(200)
  })

  test('an expired or revoked token is none', async () => {
    const soon = new Date(world.clock.now().getTime() + 60_000).toISOString()
    const { id, token } = (await customer.call(routes.tokensCreate, { body: { name: 'short', expires_at: soon } })).data.result
    const call = createClient({ baseUrl: world.url, token })
    expect((await call(routes.accountGet)).status).toBe(200)
    world.clock.advance(61_000)
    expect((await problemOf(call(routes.accountGet))).status).toBe(401)
    const second = (await customer.call(routes.tokensCreate, { body: { name: 'revoked' } })).data.result
    await customer.call(routes.tokensDelete, { params: { id: second.id } })
    expect((await problemOf(createClient({ baseUrl: world.url, token: second.token })(routes.accountGet))).status).toBe(401)
    await customer.call(routes.tokensDelete, { params: { id } })
  })
})

test('a token that expires makes none that lasts longer', async () => {
  const at = (seconds: number) => new Date(world.clock.now().getTime() + seconds * 1000).toISOString()
  const lent = (await customer.call(routes.tokensCreate, { body: { name: 'lent', expires_at: at(600) } })).data.result
  const call = createClient({ baseUrl: world.url, token: lent.token })
  for (const body of [{ name: 'for ever' }, { name: 'longer', expires_at: at(601) }])
    expect(await problemOf(call(routes.tokensCreate, { body }))).toMatchObject({ status: 422, error_code: 'token.outlives' })
  expect((await call(routes.tokensCreate, { body: { name: 'shorter', expires_at: at(600) } })).status).toBe(201)
})

test('what has had its time is forgotten, and nothing else', async () => {
  const person = await world.person('forgetful')
  const soon = new Date(world.clock.now().getTime() + 60_000).toISOString()
  await person.call(routes.tokensCreate, { body: { name: 'short', expires_at: soon }, idempotencyKey: newId() })
  await person.call(routes.tokensCreate, { body: { name: 'long' } })
  await problemOf(createClient({ baseUrl: world.url })(routes.accountSignIn, { body: { email: person.email, password: 'x' } }))
  const counts = async () => {
    const { rows } = await world.store.database.pool.query<{ names: string[]; attempts: bigint }>(
      `select array(select name from credential where account_id = $1 and kind = 'token' order by name) as names,
        (select count(*) from attempt where key = $2) as attempts`,
      [person.accountId, `account:${person.email}`],
    )
    return rows[0]
  }
  await forgetOld(world.db, world.clock.now())
  expect(await counts()).toEqual({ names: ['long', 'short'], attempts: 1n })
  world.clock.advance(3_601_000)
  await forgetOld(world.db, world.clock.now())
  expect(await counts()).toEqual({ names: ['long'], attempts: 0n })
})

describe('events', () => {
  test('tell what changed within a second, and nothing of other customers', async () => {
    const stranger = await world.person('stranger')
    await stranger.topUp('50')
    const controller = new AbortController()
    const response = await fetch(`${world.url}/v2/events`, {
      headers: { authorization: `Bearer ${customer.token}` },
      signal: controller.signal,
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let heard = ''
    const listening = (async () => {
      for (;;) {
        const chunk = await reader?.read().catch(() => undefined)
        if (!chunk || chunk.done) return
        heard += chunk.value
      }
    })()
    await expect.poll(() => heard).toContain('event: hello')
    await stranger.topUp('1')
    const started = performance.now()
    await customer.topUp('1')
    await expect.poll(() => heard, { timeout: 1000 }).toContain('"type":"balance"')
    expect(performance.now() - started).toBeLessThan(1000)
    expect(heard).not.toContain(stranger.accountId)
    controller.abort()
    await listening
  })
})

test('an event stream ends when changes were lost, so that its reader connects and reads again', async () => {
  const response = await fetch(`${world.url}/v2/events`, { headers: { authorization: `Bearer ${customer.token}` } })
  const ended = response.text()
  await world.store.database.pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'straylight-events'",
  )
  const patience = new Promise<string>((resolve) => setTimeout(resolve, 10_000, 'it goes on').unref())
  expect(await Promise.race([ended, patience])).toContain('event: hello')
})

describe('beside the API', () => {
  test('health, figures, documents', async () => {
    expect(await (await fetch(`${world.url}/healthz`)).json()).toEqual({ ok: true })
    expect(await (await fetch(`${world.url}/metrics`)).text()).toContain('straylight_http_seconds')
    const document = (await (await fetch(`${world.url}/openapi.json`)).json()) as { openapi: string; paths: object }
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths)).toContain('/v2/projects/{project_id}/servers')
    const docs = await fetch(`${world.url}/docs`)
    expect(docs.headers.get('content-security-policy')).toContain("default-src 'self'")
    expect((await fetch(`${world.url}/docs/assets/swagger-ui-bundle.js`)).status).toBe(200)
  })

  test('the figures are closed to strangers', async () => {
    const answer = await world.app.http.inject({ url: '/metrics', remoteAddress: '203.0.113.1' })
    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toMatchObject({ error_code: 'metrics.closed' })
  })

  test('time can be moved only by an operator', async () => {
    const operator = await world.operator()
    const before = world.clock.now().getTime()
    await operator.call(routes.demoAdvance, { body: { seconds: 3600 } })
    expect(world.clock.now().getTime() - before).toBe(3_600_000)
  })
})
