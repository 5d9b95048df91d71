import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AdjustableClock } from '@straylight/kit'
import fc from 'fast-check'
import { afterAll, describe, expect, test, vi } from 'vitest'
import {
  createBillmanager,
  createBridge,
  type InboundOperation,
  memoryShelf,
  type OperationState,
  readOperation,
  type UsageDay,
} from '../src/index.ts'
import { startBillmanagerSimulator } from '../src/simulator/index.ts'
import { confirmedValue } from './support/contract.ts'
import { speaker, start } from './support/panel.ts'

// Each test runs several Python programs, as the panel's host does.
vi.setConfig({ testTimeout: 90_000 })

const token = 'a-token-of-the-module'
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const modulePath = here('../module/pmstraylight')
const host = here('./support/panel-host')

/** The panel runs the module as a program, as it does on its host; the module speaks to a platform that is only its bridge. */
async function world(options: { token?: string } = {}) {
  const clock = new AdjustableClock('still', start)
  const shelf = memoryShelf()
  const orders: InboundOperation[] = []
  const states = new Map<string, OperationState>()
  let answer = (_order: InboundOperation): OperationState => ({ status: 'done' })
  const bridge = createBridge({
    token,
    usage: shelf,
    async accept(order) {
      orders.push(order)
      const state = answer(order)
      states.set(order.id, state)
      return state
    },
    state: async (id) => states.get(id),
  })
  const lost = { usageAnswers: 0 }
  const platform = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers } = request
    const { status, body } = await bridge({
      method,
      path: url,
      authorization: headers.authorization,
      body: Buffer.concat(chunks).toString(),
    })
    if (method === 'POST' && url.startsWith('/usage/') && lost.usageAnswers-- > 0) return request.socket.destroy()
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => platform.listen(0, '127.0.0.1', resolve))
  const base_url = `http://127.0.0.1:${(platform.address() as AddressInfo).port}`
  const stateDir = mkdtempSync(join(tmpdir(), 'pmstraylight-'))

  const env: Record<string, string> = {
    STRAYLIGHT_MGRCTL: join(host, 'mgrctl'),
    STRAYLIGHT_PYTHON_LIB: join(host, 'lib'),
    STRAYLIGHT_STATE_DIR: stateDir,
    STRAYLIGHT_WAIT_SECONDS: '0',
    PYTHONDONTWRITEBYTECODE: '1',
  }
  const simulator = await startBillmanagerSimulator({
    clock,
    module: { path: modulePath, env, parameters: { base_url, token: options.token ?? token } },
  })
  env.PANEL_URL = simulator.url
  env.PANEL_AUTHINFO = `${simulator.rootCredentials.username}:${simulator.rootCredentials.password}`
  afterAll(async () => {
    await simulator.close()
    platform.close()
    rmSync(stateDir, { recursive: true })
  })

  const panel = createBillmanager({
    url: simulator.url,
    credentials: { kind: 'authinfo', ...simulator.credentials },
    clock,
    usage: shelf,
    settings: { readBack: { looks: 1, everyMs: 1 } },
  })
  const customer = confirmedValue(
    await panel.customers.create({ email: 'ann@x.test', password: 'password-1', name: 'Ann', country: 'RU' }),
  )
  return {
    clock,
    simulator,
    panel,
    customer,
    orders,
    states,
    shelf,
    env,
    lost,
    base_url,
    platform,
    ...speaker(simulator),
    answerWith: (one: typeof answer) => {
      answer = one
    },
    /** Orders a service and lets the module run once. */
    async open(key = 'prj-1'): Promise<string> {
      const { id } = confirmedValue(await panel.services.open(customer, { key, tariffId: '3', fields: { addon_12: '4' } }))
      await simulator.idle()
      return id
    },
    /** Five minutes later the panel runs what failed or is not ended. */
    async later() {
      clock.advance(300_000)
      simulator.items()
      await simulator.idle()
    },
    status: (id: string) => simulator.items().find((item) => item.id === id)?.status,
  }
}

describe('what the module says of itself', () => {
  test('its features, settings and errors are those that its XML describes', async () => {
    const { simulator } = await world()
    const { stdout, code } = await simulator.runModule(['--command', 'features'])
    expect(code).toBe(0)
    const xml = readFileSync(here('../module/billmgr_mod_pmstraylight.xml'), 'utf8')
    const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '')
    expect(all(stdout, /<itemtype name="(\w+)"/g)).toEqual(all(xml, /<type name="(\w+)"/g))
    expect(all(stdout, /<param name="(\w+)"/g)).toEqual(all(xml, /<field name="(\w+)"/g))
    expect(all(stdout, /<feature name="(\w+)"/g)).toEqual([
      'check_connection',
      'stat',
      'sync_item',
      'close',
      'open',
      'prolong',
      'resume',
      'setparam',
      'suspend',
    ])
    const source = readFileSync(modulePath, 'utf8')
    const kinds = new Set(all(source, /Failure\("(\w+)"/g).concat('pmstraylight_panel'))
    for (const lang of xml.split('<lang ').slice(1)) expect(new Set(all(lang, /msg_error_(\w+)"/g))).toEqual(kinds)
  })

  test('the connection is checked with the form that is being filled in', async () => {
    const { simulator, base_url } = await world()
    const check = (url: string, word: string) =>
      simulator.runModule(
        ['--command', 'check_connection'],
        `<doc><processingmodule><base_url>${url}</base_url><token>${word}</token></processingmodule></doc>`,
      )
    expect(await check(base_url, token)).toMatchObject({ code: 0 })
    expect(await check(base_url, 'another-token-of-it')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('type="pmstraylight_auth"'),
    })
    expect(await check('http://127.0.0.1:1', token)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('type="pmstraylight_platform"'),
    })
    expect(await check('http://cloud.example.org', token)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('type="pmstraylight_settings"'),
    })
  })
})

describe('the life of an operation', () => {
  test('23: the panel names the command, the service and the operation; the platform gets them and does the work', async () => {
    const { simulator, orders, open, answerWith, status } = await world()
    answerWith(() => ({ status: 'done', parameters: { os_project: 'p-7f3a', note: 'a "quoted" & <odd> проект' } }))
    const id = await open('prj-7f3a')
    expect(simulator.moduleRuns()).toMatchObject([
      { args: ['--command', 'open', '--item', id, '--runningoperation', '9001', '--lang', 'en'], code: 0 },
    ])
    expect(orders).toEqual([
      {
        id: '9001',
        command: 'open',
        serviceId: id,
        parameters: expect.objectContaining({ remoteid: 'prj-7f3a', addon_12: '4' }),
      },
    ])
    expect(simulator.items()).toMatchObject([{ parameters: { os_project: 'p-7f3a', note: 'a "quoted" & <odd> проект' } }])
    expect(status(id)).toBe('2')
    expect(simulator.operations()).toEqual([])
  })

  test('work that takes longer than a run is ended by a later run of the same operation', async () => {
    const { simulator, orders, open, later, answerWith, status } = await world()
    answerWith(() => ({ status: 'running' }))
    const id = await open()
    expect(status(id)).toBe('5_open')
    expect(simulator.moduleRuns().map(({ code }) => code)).toEqual([0])
    answerWith(() => ({ status: 'done' }))
    await later()
    expect(status(id)).toBe('2')
    expect(orders.map((order) => order.id)).toEqual(['9001', '9001'])
  })

  test('within one run the platform is asked until it is done', async () => {
    const { env, orders, states, open, answerWith, status } = await world()
    env.STRAYLIGHT_WAIT_SECONDS = '20'
    answerWith(({ id }) => {
      setTimeout(() => states.set(id, { status: 'done' }), 300)
      return { status: 'running' }
    })
    const id = await open()
    expect(status(id)).toBe('2')
    expect(orders).toHaveLength(1)
  })

  test('a failure is kept beside the operation and tried again', async () => {
    const { simulator, open, later, answerWith, status } = await world()
    answerWith(() => ({ status: 'failed', message: 'no room on <any> host', final: false }))
    const id = await open()
    expect(simulator.operations()).toMatchObject([
      { tries: 1, manual: false, error: expect.stringContaining('no room on &lt;any&gt; host') },
    ])
    answerWith(() => ({ status: 'done' }))
    await later()
    expect(status(id)).toBe('2')
  })

  test('a failure for good calls a person at once', async () => {
    const { simulator, ask, open, later, answerWith } = await world()
    answerWith(() => ({ status: 'failed', message: 'the tariff is unknown', final: true }))
    await open()
    await later()
    expect(simulator.moduleRuns()).toHaveLength(1)
    expect(simulator.operations()).toMatchObject([{ manual: true }])
    expect(await ask('task')).toMatchObject({ elem: { runningoperation: { $: '9001' }, type: { $: '3' } } })
  })

  test('a person who lets it run again ends it, and the task with it', async () => {
    const { simulator, ask, open, answerWith, status } = await world()
    answerWith(() => ({ status: 'failed', message: 'the tariff is unknown', final: true }))
    const id = await open()
    answerWith(() => ({ status: 'done' }))
    await ask('runningoperation.edit', { elid: '9001', manual: 'off', sok: 'ok' })
    simulator.items()
    await simulator.idle()
    expect(status(id)).toBe('2')
    expect(await ask('task')).toMatchObject({ p_elems: { $: '0' } })
  })

  test('a platform that is not there is a problem that the panel shows, and is tried again', async () => {
    const { simulator, ask, open, later, platform, status } = await world()
    const { port } = platform.address() as AddressInfo
    await new Promise((resolve) => platform.close(resolve))
    const id = await open()
    expect(simulator.operations()).toMatchObject([{ tries: 1, error: expect.stringContaining('pmstraylight_platform') }])
    expect(await ask('problems')).toMatchObject({ elem: { name: { $: 'processingmodule_connect' } } })
    await new Promise<void>((resolve) => platform.listen(port, '127.0.0.1', resolve))
    await later()
    expect(status(id)).toBe('2')
  })

  test('a wrong token is told as such', async () => {
    const { simulator, orders, open } = await world({ token: 'not-the-right-token' })
    await open()
    expect(orders).toEqual([])
    expect(simulator.operations()).toMatchObject([{ error: expect.stringContaining('pmstraylight_auth') }])
  })

  test('a panel that knows the callback of an opening by another name is served too', async () => {
    const { simulator, open, status } = await world()
    const missed = '<doc><error type="missed" object="func"><msg>no such function</msg></error></doc>'
    simulator.faults.add({ match: { func: 'service.postopen' }, effect: 'status', status: 200, body: missed })
    expect(status(await open())).toBe('2')
  })

  test('a service is suspended, resumed, changed, prolonged and closed', async () => {
    const { ask, customer, orders, open, simulator, panel, status } = await world()
    const id = await open()
    const order = async (func: string, params: Record<string, string> = {}) => {
      expect(await ask(func, { elid: id, ...params })).not.toHaveProperty('error')
      simulator.items()
      await simulator.idle()
      return status(id)
    }
    expect(await order('cloud.suspend')).toBe('3_employeesuspend')
    expect(await order('cloud.resume')).toBe('2')
    expect(await order('cloud.edit', { addon_12: '8', sok: 'ok', su: customer.login })).toBe('2')
    expect(orders.at(-1)).toMatchObject({ command: 'setparam', parameters: { addon_12: '8' } })
    expect(await order('service.prolong', { sok: 'ok' })).toBe('2')
    confirmedValue(await panel.services.close(customer, id))
    await simulator.idle()
    expect(status(id)).toBe('4')
    expect(orders.map(({ command }) => command)).toEqual(['open', 'suspend', 'resume', 'setparam', 'prolong', 'close'])
  })

  test('sync_item ends what has become ready between two runs', async () => {
    const { simulator, open, answerWith, status } = await world()
    answerWith(() => ({ status: 'running' }))
    const id = await open()
    answerWith(() => ({ status: 'done' }))
    expect(await simulator.runModule(['--command', 'sync_item', '--item', id])).toMatchObject({ code: 0 })
    expect(status(id)).toBe('2')
    expect(await simulator.runModule(['--command', 'sync_item', '--item', id])).toMatchObject({ code: 0 })
  })

  test('doNothing: the panel does not even run it', async () => {
    const { simulator, orders, open, later, status } = await world()
    simulator.switches.set({ doNothing: true })
    const id = await open()
    await later()
    expect(orders).toEqual([])
    expect(status(id)).toBe('5_open')
  })

  test('duplicateCallback: a second callback changes nothing', async () => {
    const { simulator, open, status } = await world()
    simulator.switches.set({ duplicateCallback: true })
    expect(status(await open())).toBe('2')
    expect(simulator.operations()).toEqual([])
  })
})

describe('a day’s usage', () => {
  async function withDay() {
    const at = await world()
    const serviceId = await at.open()
    const day: UsageDay = { key: 'u-1', serviceId, date: '2024-06-04', rows: [{ param: 'cpu', value: '48.5', measure: 'hour' }] }
    const rows = async () => (await at.ask('service.stat', { elid: serviceId })).p_elems?.$
    return { ...at, day, rows, stat: () => at.simulator.runModule(['--command', 'stat', '--module', '7']) }
  }

  test('is inserted once, however often the module runs, and charged in the night', async () => {
    const { panel, simulator, clock, day, rows, stat } = await withDay()
    expect(await panel.usage.pushDay(day)).toMatchObject({ outcome: 'unconfirmed', code: 'pending' })
    expect(await stat()).toMatchObject({ code: 0 })
    expect(await stat()).toMatchObject({ code: 0 })
    expect(await rows()).toBe('1')
    expect(await panel.usage.pushDay(day)).toMatchObject({ outcome: 'confirmed' })
    expect(simulator.calls().filter(({ func }) => func === 'simulator.poststat')).toMatchObject([
      { params: { module: '7', date: '2024-06-04' } },
    ])
    simulator.setPurse('701', { balance: 1_000_000n })
    clock.advance(86_400_000)
    expect(simulator.expenses()).toMatchObject([{ amount: 485_000n, realDay: '2024-06-04' }])
  })

  test('is inserted once when the platform’s receipt is lost', async () => {
    const { panel, day, rows, stat, lost, shelf } = await withDay()
    await panel.usage.pushDay(day)
    // The platform's mark is lost as well, so that it offers the day again.
    const mark = shelf.mark
    shelf.mark = async () => undefined
    lost.usageAnswers = 1
    expect(await stat()).toMatchObject({ code: 1 })
    shelf.mark = mark
    expect(await stat()).toMatchObject({ code: 0 })
    expect(await rows()).toBe('1')
    expect(await panel.usage.pushDay(day)).toMatchObject({ outcome: 'confirmed' })
  })

  test('is announced, and so charged, when the platform’s receipt of it is lost', async () => {
    const { panel, simulator, clock, day, stat, lost } = await withDay()
    await panel.usage.pushDay(day)
    lost.usageAnswers = 1
    expect(await stat()).toMatchObject({ code: 1 })
    expect(await stat()).toMatchObject({ code: 0 })
    simulator.setPurse('701', { balance: 1_000_000n })
    clock.advance(86_400_000)
    expect(simulator.expenses()).toMatchObject([{ amount: 485_000n, realDay: '2024-06-04' }])
  })

  test('is announced by the next run when the panel did not take the announcement, and told to nobody before', async () => {
    const { panel, simulator, clock, day, rows, stat } = await withDay()
    await panel.usage.pushDay(day)
    const other = { ...day, key: 'u-2', date: '2024-06-03' }
    await panel.usage.pushDay(other)
    simulator.faults.add({ match: { func: 'simulator.poststat' }, effect: 'status', status: 503, times: 1 })
    expect((await stat()).code).not.toBe(0)
    expect(await panel.usage.pushDay(day)).toMatchObject({ outcome: 'unconfirmed', code: 'pending' })
    expect(await stat()).toMatchObject({ code: 0 })
    expect(await rows()).toBe('2')
    expect(await panel.usage.pushDay(day)).toMatchObject({ outcome: 'confirmed' })
    simulator.setPurse('701', { balance: 1_000_000n })
    clock.advance(86_400_000)
    expect(simulator.expenses()).toMatchObject([{ amount: 970_000n }])
  })

  test('is never inserted again when the module was killed in the middle; it is told as doubtful', async () => {
    const { panel, env, day, rows, stat } = await withDay()
    await panel.usage.pushDay(day)
    env.PANEL_DIES_AFTER_INSERT = '1'
    expect((await stat()).code).not.toBe(0)
    delete env.PANEL_DIES_AFTER_INSERT
    expect(await stat()).toMatchObject({ code: 0 })
    expect(await rows()).toBe('1')
    expect(await panel.usage.pushDay(day)).toMatchObject({ outcome: 'unconfirmed', code: 'no_answer' })
  })

  test('without a shelf goes by charges', async () => {
    const { simulator, clock, day } = await withDay()
    const plain = createBillmanager({ url: simulator.url, credentials: { kind: 'authinfo', ...simulator.credentials }, clock })
    expect(plain.capabilities().usagePush).toBe('expense')
    expect(await plain.usage.pushDay(day)).toMatchObject({ outcome: 'refused', code: 'not_found' })
  })
})

describe('the platform’s half', () => {
  const bridge = createBridge({ token, accept: async () => ({ status: 'running' }), state: async () => undefined })
  const authorization = `Bearer ${token}`
  const order = JSON.stringify({ operationId: '1', command: 'open', itemId: '2', params: { a: 'b', c: 3 } })

  test.each([
    ['POST', '/operations', order, authorization, 202],
    ['POST', '/operations', '{}', authorization, 422],
    ['POST', '/operations', 'not JSON', authorization, 422],
    ['POST', '/operations', order, `Bearer ${token}x`, 401],
    ['POST', '/operations', order, undefined, 401],
    ['GET', '/operations/1', '', authorization, 404],
    ['GET', '/operations/%E0%A4%A', '', authorization, 404],
    ['GET', '/usage', '', authorization, 200],
    ['POST', '/usage/u-1', '{"state":"inserted"}', authorization, 200],
    ['POST', '/usage/u-1', '{"state":"perhaps"}', authorization, 422],
    ['GET', '/ping', '', authorization, 200],
    ['DELETE', '/operations/1', '', authorization, 404],
    ['GET', '/operations/1/2', '', authorization, 404],
  ])('%s %s is answered', async (method, path, body, by, status) => {
    expect(await bridge({ method, path, body, authorization: by })).toMatchObject({ status })
  })

  test('an order is read with its texts only', () => {
    expect(readOperation(order)).toEqual({ id: '1', command: 'open', serviceId: '2', parameters: { a: 'b' } })
  })

  test('no request makes it throw', async () => {
    const json = fc.jsonValue()
    const body = fc.oneof(
      fc.string(),
      json.map((value) => JSON.stringify({ operationId: value, command: 'open', itemId: '2', params: value, state: value })),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('GET', 'POST'), fc.webPath(), body, async (method, path, text) => {
        expect((await bridge({ method, path, authorization, body: text })).status).toBeGreaterThanOrEqual(200)
        readOperation(text)
      }),
    )
  })

  test('a short token is not taken', () => {
    expect(() =>
      createBridge({ token: 'short', accept: async () => ({ status: 'running' }), state: async () => undefined }),
    ).toThrow(RangeError)
  })
})
