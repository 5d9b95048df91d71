import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AdjustableClock, money } from '@straylight/kit'
import fc from 'fast-check'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { createBillmanager } from '../src/index.ts'
import { escapeXml } from '../src/simulator/element.ts'
import { startBillmanagerSimulator } from '../src/simulator/index.ts'
import { confirmedValue } from './support/contract.ts'
import { openPanel, speaker, start } from './support/panel.ts'
import { textOfPdf } from './support/pdf.ts'

vi.setConfig({ testTimeout: 90_000 })

describe('a panel that is killed', () => {
  const credentials = { username: 'straylight', password: 'straylight-simulator' }
  const rootCredentials = { username: 'root', password: 'root-straylight-simulator' }
  const folder = mkdtempSync(join(tmpdir(), 'billmanager-'))
  const dataFile = join(folder, 'panel.jsonl')
  const children = new Set<ChildProcess>()
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })

  async function serve(at: string) {
    const program = fileURLToPath(new URL('./support/serve.ts', import.meta.url))
    const child = fork(program, [dataFile, at], { execArgv: ['--disable-warning=ExperimentalWarning'] })
    children.add(child)
    const { url } = await new Promise<{ url: string }>((resolve, reject) => {
      child.once('message', (message) => resolve(message as { url: string }))
      child.once('exit', (code) => reject(new Error(`the panel ended with ${code}`)))
    })
    const kill = () =>
      new Promise<void>((resolve) => {
        child.removeAllListeners('exit')
        child.once('exit', () => resolve())
        child.kill('SIGKILL')
      })
    const control = async (method: string, path: string, body?: unknown) =>
      (
        await fetch(new URL(`/_sim/${path}`, url), { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
      ).json()
    return { ...speaker({ url, credentials, rootCredentials }), kill, control }
  }

  test('remembers money, sessions, switches and orders, ends what it had begun, and does the days that it missed', async () => {
    const first = await serve('2024-06-04T10:00:00Z')
    const ann = await first.makeClient()
    await first.topUp(ann, '100')
    const id = await first.openService(ann, 'prj-1', '4')
    await first.ask('expense.edit', {
      subaccount: ann.subaccountId,
      amount: '0.1048',
      postpaid: 'on',
      name: 'hour #u:k-1',
      sok: 'ok',
    })
    const session = (await first.askPlain('auth', credentials)).auth?.$id as unknown as string
    await first.control('PUT', 'switches', { usageShortage: 'suspend', maxTry: 3 })
    expect(await first.ask('cloud', { filter: 'on', id })).toMatchObject({ elem: { item_status: { $orig: '5_open' } } })
    await first.kill()

    const second = await serve('2024-06-04T10:00:03Z')
    expect(await second.askPlain('whoami', { auth: session })).toMatchObject({ user: { $id: '2' } })
    expect(await second.control('GET', 'switches')).toMatchObject({ usageShortage: 'suspend', maxTry: 3 })
    expect(await second.ask('dashboard.info', { su: ann.login })).toMatchObject({ elem: [{ realbalance: { $: '99.90 EUR' } }] })
    expect(await second.ask('cloud', { filter: 'on', id })).toMatchObject({ elem: { item_status: { $orig: '5_open' } } })
    await second.kill()

    const third = await serve('2024-06-14T09:00:00Z')
    expect(await third.ask('cloud', { filter: 'on', id })).toMatchObject({ elem: { item_status: { $orig: '2' } } })
    // Ten nights at one a day.
    expect(await third.ask('dashboard.info', { su: ann.login })).toMatchObject({ elem: [{ realbalance: { $: '89.90 EUR' } }] })
    expect(await third.ask('expense', { su: ann.login, p_col: '-id', p_cnt: '1' })).toMatchObject({
      elem: { realdate: { $: '2024-06-13' } },
    })
    const bob = await third.makeClient('bob@x.test')
    expect(bob.accountId).toBe('702')
    await third.kill()
  })
})

describe('its controls', async () => {
  const { simulator, ask, makeClient, clock } = await openPanel()
  const control = (method: string, path: string, body?: string) =>
    fetch(new URL(`/_sim/${path}`, simulator.url), { method, ...(body === undefined ? {} : { body }) })

  test('switches are shown and set, and a wrong one is refused in words', async () => {
    expect(await (await control('PUT', 'switches', '{"longRequest":1}')).json()).toMatchObject({ longRequest: 1 })
    await control('PUT', 'switches', '{"longRequest":false}')
    for (const [wrong, words] of [
      ['{"flux":true}', 'no switch flux'],
      ['{"maxTry":-1}', 'whole number'],
      ['{"doNothing":1}', 'true or false'],
      ['{"usageShortage":"cry"}', 'one of ignore, suspend'],
      ['{"longRequest":"yes"}', 'empty answers'],
      ['[]', 'are an object'],
    ]) {
      const response = await control('PUT', 'switches', wrong)
      expect(response.status).toBe(400)
      expect(((await response.json()) as { error: string }).error).toContain(words)
    }
  })

  test('its page is for people', async () => {
    const page = await (await fetch(new URL('/', simulator.url), { headers: { accept: 'text/html' } })).text()
    expect(page).toContain('BILLmanager simulator')
  })

  test('what was called is kept, without secrets', async () => {
    await makeClient()
    const call = simulator.calls().find(({ func }) => func === 'account.edit')
    expect(call).toMatchObject({ params: { email: 'ann@x.test', passwd: '***', confirm: '***' }, level: 29 })
    expect(JSON.stringify(simulator.calls())).not.toContain('straylight-simulator')
  })

  test('a reset leaves an empty panel that begins anew', async () => {
    await control('POST', 'reset')
    expect(await ask('account')).toMatchObject({ p_elems: { $: '0' } })
    expect((await makeClient()).accountId).toBe('701')
    expect(simulator.calls().map(({ func }) => func)[0]).toBe('account')
  })

  test('its state is told', async () => {
    expect(await (await control('GET', 'state')).json()).toMatchObject({
      account: [{ id: '701' }],
      subaccount: [{ balance: { $micros: '0' } }],
    })
  })

  test('in the manual pace an operation ends when it is told to', async () => {
    const slow = await openPanel({ pace: 'manual' })
    const ann = await slow.makeClient()
    await slow.openService(ann, 'prj-1')
    slow.clock.advance(86_400_000)
    expect(slow.simulator.items()[0]?.status).toBe('5_open')
    slow.simulator.finishOperations()
    expect(slow.simulator.items()[0]?.status).toBe('2')
    expect(clock.now()).toEqual(start)
  })
})

describe('its protocol', async () => {
  const panel = await openPanel()
  const { simulator, ask, askPlain, post, makeClient, topUp, openService, clock } = panel
  const ann = await makeClient()
  const bob = await makeClient('bob@x.test')
  const { username, password } = simulator.credentials
  const authinfo = `${username}:${password}`

  test('the same answer in JSON, XML, text and CSV', async () => {
    await topUp(ann, '12.30')
    const as = async (out: string) => (await post({ func: 'payment', out, authinfo, lang: 'en' })).text()
    expect(await as('json')).toContain('"subaccountamount_iso":{"$":"12.30 EUR"}')
    expect(await as('xml')).toContain('<subaccountamount_iso>12.30 EUR</subaccountamount_iso>')
    expect(await as('xml')).toContain('<status orig="4">Paid  </status>')
    expect(await as('text')).toContain('subaccountamount_iso=12.30 EUR')
    expect(await as('csv')).toMatch(/^id;number;create_date;[\s\S]*\n77;C\/77;2024-06-04;/)
    expect(await as('')).toContain('<!doctype html>')
  })

  test('a client sees and touches nothing of another', async () => {
    const service = await openService(ann, 'prj-1')
    clock.advance(5000)
    const ticket =
      (await ask('clientticket.edit', { subject: 'S', message: 'M', client_department: '2', sok: 'ok', su: ann.login })).id?.$ ??
      ''
    const charge = (await ask('expense.edit', { subaccount: ann.subaccountId, amount: '1', name: 'x', sok: 'ok' })).id?.$ ?? ''
    const byBob = { authinfo: `${bob.login}:${bob.password}` }
    for (const list of ['payment', 'expense', 'cloud', 'profile', 'clientticket', 'invoice'])
      expect((await askPlain(list, byBob)).elem ?? []).not.toContainEqual(
        expect.objectContaining({ id: { $: expect.stringMatching(`^(${service}|${ticket}|${charge}|77)$`) } }),
      )
    for (const [func, elid] of [
      ['cloud.edit', service],
      ['cloud.delete', service],
      ['clientticket.edit', ticket],
      ['clientticket.archive', ticket],
      ['profile.edit', ann.payerId],
      ['payment.print.pdf', '77'],
      ['service.stat', service],
    ] as const)
      expect(await askPlain(func, { ...byBob, elid })).toMatchObject({ error: { $type: 'missed', $object: 'elid' } })
    for (const func of [
      'account',
      'expense.edit',
      'payment.setpaid',
      'runningoperation',
      'service.saveparam',
      'service.postopen',
      'subaccount.edit',
      'session.newkey',
    ])
      expect(await askPlain(func, { ...byBob, elid: '1', sok: 'ok' })).toMatchObject({ error: { $type: 'access' } })
    expect(await askPlain('expense', { ...byBob, su: ann.login })).toMatchObject({ error: { $type: 'access' } })
    expect(await askPlain('payment')).toMatchObject({ error: { $type: 'access' } })
  })

  test('staff may not call the callbacks of modules, which are for root', async () => {
    expect(await ask('service.postopen', { elid: '310598', sok: 'ok' })).toMatchObject({ error: { $type: 'access' } })
  })

  test('func=su stays in the session until chlevel, as it does on the real thing', async () => {
    const auth = (await askPlain('auth', { username, password })).auth?.$id as unknown as string
    const user = async () => (await askPlain('whoami', { auth })).user?.$email
    await askPlain('su', { auth, elid: ann.login })
    expect(await user()).toBe('ann@x.test')
    await askPlain('chlevel', { auth, lp: '1' })
    expect(await user()).toBe('straylight@panel.test')
  })

  test('a session dies an hour after its last call, or with logon, and is bound to an address', async () => {
    const signIn = async () => (await askPlain('auth', { username, password })).auth?.$id as unknown as string
    const auth = await signIn()
    clock.advance(3_500_000)
    expect(await askPlain('keepalive', { auth })).toEqual({ ok: {} })
    clock.advance(3_500_000)
    expect(await askPlain('keepalive', { auth })).toEqual({ ok: {} })
    expect(await askPlain('keepalive', { auth }, { 'x-forwarded-for': '10.0.0.9' })).toMatchObject({
      error: { $type: 'auth', $object: 'badip' },
    })
    clock.advance(3_700_000)
    expect(await askPlain('keepalive', { auth })).toMatchObject({ error: { $type: 'access' } })
    const another = await signIn()
    await askPlain('logon', { auth: another })
    expect(await askPlain('keepalive', { auth: another })).toMatchObject({ error: { $type: 'access' } })
  })

  test('an order without skipbasket waits in the basket and costs nothing', async () => {
    const order = { pricelist: '3', order_period: '-50', remoteid: 'prj-basket', sok: 'ok', su: bob.login }
    expect(await ask('v2.cloud.order.param', order)).toMatchObject({ ok: { $: 'func=order' } })
    expect(simulator.items().at(-1)).toMatchObject({ remoteid: 'prj-basket', status: '1' })
    expect(await ask('basket', { su: bob.login })).toMatchObject({ list: [{ $name: 'itemlist', elem: expect.anything() }] })
    await ask('basket', { clicked_button: 'clearbasket', su: bob.login })
    expect(simulator.items().some(({ remoteid }) => remoteid === 'prj-basket')).toBe(false)
  })

  test('a charge without money changes nothing, whatever it had begun', async () => {
    const before = JSON.stringify(simulator.purses(), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
    expect(
      await ask('v2.cloud.order.param', { pricelist: '5', order_period: '1', skipbasket: 'on', sok: 'ok', su: bob.login }),
    ).toMatchObject({
      error: { $type: 'not_enough_money' },
    })
    expect(JSON.stringify(simulator.purses(), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).toBe(
      before,
    )
    expect(simulator.items().filter(({ tariffId }) => tariffId === '5')).toEqual([])
  })

  test('no request makes it fail otherwise than in its own words', async () => {
    const names = [
      'payment',
      'expense.edit',
      'v2.cloud.order.param',
      'clientticket.edit',
      'account.edit',
      'profile.add',
      'runningoperation.edit',
      'register',
      'cloud',
      'auth',
      '',
    ]
    const params = fc.dictionary(
      fc.constantFrom(
        'sok',
        'elid',
        'amount',
        'su',
        'filter',
        'p_num',
        'p_cnt',
        'p_col',
        'subaccount',
        'name',
        'email',
        'out',
        'key',
      ),
      fc.string(),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), params, async (func, given) => {
        const response = await post({ func, authinfo, ...given })
        expect(response.status).toBeLessThan(500)
        await response.arrayBuffer()
      }),
      { numRuns: 300 },
    )
    const bodies = fc.tuple(fc.string(), fc.constantFrom('multipart/form-data; boundary=x', 'application/json', 'text/plain'))
    await fc.assert(
      fc.asyncProperty(bodies, async ([body, type]) => {
        const response = await fetch(simulator.url, { method: 'POST', headers: { 'content-type': type }, body: `--x\r\n${body}` })
        expect(response.status).toBeLessThan(500)
        await response.arrayBuffer()
      }),
      { numRuns: 100 },
    )
  })
})

describe('its papers', async () => {
  const clock = new AdjustableClock('still', new Date('2024-06-04T10:00:00Z'))
  const simulator = await startBillmanagerSimulator({ clock, currency: 'RUB' })
  afterAll(() => simulator.close())
  const panel = createBillmanager({
    url: simulator.url,
    credentials: { kind: 'authinfo', ...simulator.credentials },
    clock,
    language: 'ru',
    settings: { currency: 'RUB' },
  })
  const customer = confirmedValue(
    await panel.customers.create({ email: 'ann@x.test', password: 'password-1', name: 'Анна', country: 'RU' }),
  )
  confirmedValue(
    await panel.payers.create(customer, { kind: 'company', name: 'ООО «Ёлка & Щука»', person: 'Анна', countryId: '182' }),
  )
  const rub = (micros: bigint) => money(micros, 'RUB')

  test('a bill in Russian says who pays whom how much', async () => {
    const { payment } = confirmedValue(
      await panel.money.createPayment(customer, { amount: rub(1_500_500_000n), methodId: '5', key: 'p-1' }),
    )
    const text = textOfPdf(await panel.documents.pdf(customer, { kind: 'bill', id: payment.id }))
    expect(text).toContain('Счёт на оплату № C/77 от 2024-06-04')
    expect(text).toContain('ООО «Ёлка & Щука»')
    expect(text).toContain('1500.50 RUB')
    expect(text).toContain('Не оплачен')
  })

  test('an act of a month sums each service and tells the tax', async () => {
    for (const [index, name] of ['Облачный проект 2024-06-04T10', 'Облачный проект 2024-06-04T11', 'Диски'].entries())
      await panel.money.postCharge(customer, { amount: rub(120_000_000n), text: name, key: `k-${index}`, taxRate: '20' })
    clock.advance(30 * 86_400_000)
    const [invoice] = await panel.documents.list(customer, ['invoice'])
    const text = textOfPdf(await panel.documents.pdf(customer, { kind: 'invoice', id: invoice?.id ?? '' }))
    expect(text).toContain('Акт об оказании услуг № A/3001 от 2024-07-01')
    expect(text).toMatch(/Облачный проект\n240\.00 RUB/)
    expect(text).toMatch(/Итого\n360\.00 RUB/)
    expect(text).toMatch(/в том числе НДС\n60\.00 RUB/)
    expect(text).toContain('2024-06-01 – 2024-06-30')
  })

  test('a contract is made with its payer', async () => {
    const [contract] = await panel.documents.list(customer, ['contract'])
    expect(textOfPdf(await panel.documents.pdf(customer, { kind: 'contract', id: contract?.id ?? '' }))).toContain(
      'Договор № D/401',
    )
  })
})

test('a client pays on the gateway’s page, or cancels there', async () => {
  const { simulator, ask, makeClient } = await openPanel()
  const ann = await makeClient()
  const begin = async () => {
    const doc = await ask('payment.add.method', { paymethod: '5', amount: '10', profile: ann.payerId, sok: 'ok', su: ann.login })
    return new URL(doc.ok?.$ ?? '', simulator.url)
  }
  const press = async (url: URL, action: string) =>
    (await fetch(url, { method: 'POST', body: new URLSearchParams({ elid: url.searchParams.get('elid') ?? '', action }) })).text()
  const page = await begin()
  expect(await (await fetch(page)).text()).toContain('Pay 10.00 EUR')
  expect(await press(page, 'pay')).toContain('Paid.')
  expect(await press(page, 'pay')).toContain('This payment is paid.')
  expect(simulator.purses()).toMatchObject([{ balance: 10_000_000n }])
  expect(await press(await begin(), 'cancel')).toContain('Cancelled.')
  expect(simulator.payments().map(({ status }) => status)).toEqual([4, 9])
  expect((await fetch(new URL('/mancgi/pmcardpayment?elid=1', simulator.url))).status).toBe(404)
})

test('the same seed gives the same words', async () => {
  const words = async (seed: number) => {
    const { askPlain, simulator } = await openPanel({ seed })
    return (await askPlain('auth', simulator.credentials)).auth?.$id
  }
  expect(await words(7)).toBe(await words(7))
  expect(await words(7)).not.toBe(await words(8))
})

test('texts in XML are escaped', () => {
  expect(escapeXml('<a href="x">&</a>')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;')
})
