import { describe, expect, test } from 'vitest'
import { openPanel } from './support/panel.ts'

/**
 * The forty exchanges that public callers and the vendor's pages show, one test each, against the simulator over HTTP.
 * Ids, names and money are invented there; the shapes are not. Number 23, the panel's call of the module, is in module.test.ts.
 */
describe('proving who one is', async () => {
  const panel = await openPanel()
  const { askPlain, ask, post, simulator, makeClient } = panel
  const { username, password } = simulator.credentials
  const ann = await makeClient()

  test('1: a sign-in gives a session, in JSON and in XML', async () => {
    const doc = await askPlain('auth', { username, password })
    expect(doc.auth).toEqual({ $id: expect.stringMatching(/^[0-9a-f]+$/), $level: '29', $: doc.auth?.$id })
    const xml = await (await post({ func: 'auth', username, password, out: 'xml' })).text()
    expect(xml).toMatch(/<doc><auth id="([0-9a-f]+)" level="29">\1<\/auth><\/doc>/)
  })

  test('2: a wrong password is told with HTTP 200', async () => {
    const response = await post({ func: 'auth', username, password: 'no', out: 'json', lang: 'en' })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      doc: { error: { $type: 'auth', $object: 'badpassword', $lang: 'en', msg: { $: 'Invalid username or password' } } },
    })
  })

  test('3: a dead session is told as a missing right', async () => {
    expect(await askPlain('payment', { auth: 'deadbeef' })).toMatchObject({
      error: { $type: 'access', $object: 'payment', $lang: 'en', msg: { $: "Insufficient privileges to perform 'payment'" } },
    })
  })

  test('4: whoami tells the user, or that the second factor is awaited', async () => {
    expect(await ask('whoami', { su: 'ann@x.test' })).toMatchObject({
      user: { $id: expect.any(String), $realname: 'Ann', $email: 'ann@x.test', $phone: '', $email_verified: 'on' },
    })
    simulator.setUser(ann.login, { totp: true })
    const half = (await askPlain('auth', { username: ann.login, password: ann.password })).auth?.$id as unknown as string
    expect(await askPlain('whoami', { auth: half })).toEqual({ ok: { $: 'func=totp.confirm' } })
    expect(await askPlain('payment', { auth: half })).toMatchObject({ error: { $type: 'access' } })
    const code = { qrcode: '123456', sok: 'ok', clicked_button: 'ok' }
    const whole = (await askPlain('totp.confirm', { auth: half, ...code })).auth?.$id as unknown as string
    expect(await askPlain('whoami', { auth: whole })).toMatchObject({ user: { $email: ann.login } })
    simulator.setUser(ann.login, { totp: false })
  })

  test('5: a one-time key signs a browser in, once', async () => {
    const key = 'k'.repeat(24)
    expect(await ask('session.newkey', { username: ann.login, key })).toEqual({ ok: {} })
    const link = `${simulator.url}?${new URLSearchParams({ func: 'auth', username: ann.login, key })}`
    const first = await fetch(link, { redirect: 'manual' })
    expect(first.status).toBe(302)
    const session = /billmgrses5=([^;]+)/.exec(first.headers.get('set-cookie') ?? '')?.[1] ?? ''
    expect(await askPlain('whoami', { auth: session })).toMatchObject({ user: { $email: ann.login } })
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(200)
  })

  test('6: the registration form offers the countries', async () => {
    const doc = await askPlain('register')
    expect(doc.slist).toMatchObject([
      {
        $name: 'country',
        val: expect.arrayContaining([
          { $key: 'null', $: '--' },
          { $key: '182', $: 'Russia', $image: '/manimg/common/flag/RU.png' },
        ]),
      },
      { $name: 'state' },
    ])
  })

  test('7: a registration answers a link that signs in; a second one is refused', async () => {
    const form = { email: 'bob@x.test', passwd: 'password-2', confirm: 'password-2', realname: 'Bob', country: '182', sok: 'ok' }
    const doc = await askPlain('register', form)
    expect(doc.ok?.$).toMatch(/billmgr\?func=auth&username=bob%40x\.test&key=\w{16,}/)
    expect(await askPlain('register', form)).toMatchObject({ error: { $type: 'exists', $object: 'email_exist' } })
  })

  test('34: a password is changed with the old one only', async () => {
    const bob = { authinfo: 'bob@x.test:password-2' }
    const change = { elid: '43', passwd: 'password-3', confirm: 'password-3', sok: 'ok' }
    expect(await askPlain('usrparam', { ...bob, ...change, old_passwd: 'wrong' })).toMatchObject({
      error: { $type: 'value', $object: 'old_passwd' },
    })
    expect(await askPlain('usrparam', { ...bob, ...change, old_passwd: 'password-2' })).toEqual({ ok: {} })
    expect(await askPlain('whoami', { authinfo: 'bob@x.test:password-3' })).toMatchObject({ user: { $email: 'bob@x.test' } })
  })

  test('35: keepalive probes a session', async () => {
    const session = (await askPlain('auth', { username, password })).auth?.$id as unknown as string
    expect(await askPlain('keepalive', { auth: session })).toEqual({ ok: {} })
    expect(await askPlain('keepalive', { auth: 'deadbeef' })).toMatchObject({ error: { $type: 'access' } })
  })

  test('37: an unknown function is missed', async () => {
    expect(await ask('no.such')).toMatchObject({ error: { $type: 'missed', $object: 'func' } })
  })
})

describe('clients and their money', async () => {
  const panel = await openPanel()
  const { ask, makeClient, post, simulator, topUp } = panel
  const ann = await makeClient()

  test('8: staff make an account and get its id', async () => {
    const form = {
      email: 'eve@x.test',
      realname: 'Eve',
      country: '182',
      passwd: 'password-4',
      confirm: 'password-4',
      project: '1',
      notify: 'off',
      employee: 'null',
    }
    expect(await ask('account.edit', { ...form, sok: 'ok' })).toEqual({ ok: {}, id: { $: '702' } })
  })

  test('9: a list of one row has it as an object', async () => {
    await topUp(ann, '12.30')
    expect(await ask('account', { filter: 'on', id: ann.accountId })).toMatchObject({
      elem: { id: { $: ann.accountId }, name: { $: 'ann@x.test' }, project: { $: 'Provider' }, balance: { $: '12.30 EUR' } },
      p_elems: { $: '1' },
    })
  })

  test('10: the dashboard shows the balance to its client', async () => {
    expect(await ask('dashboard.info', { su: ann.login })).toMatchObject({ elem: [{ realbalance: { $: '12.30 EUR' } }] })
  })

  test('11: the credit is shown where there is one', async () => {
    expect(await ask('dashboard.subaccount_credit', { su: ann.login })).toEqual({})
    simulator.setPurse(ann.accountId, { creditLimit: 50_000_000n })
    expect(await ask('dashboard.subaccount_credit', { su: ann.login })).toEqual({
      elem: [{ credit: { $: '50.00 EUR' }, available_credit: { $: '50.00 EUR' } }],
    })
    simulator.setPurse(ann.accountId, { creditLimit: 0n })
  })

  test('12: a payer is made', async () => {
    const payer = { country: '182', profiletype: '1', name: 'Ann', person: 'Ann', sok: 'ok', su: ann.login }
    expect(await ask('profile.add', payer)).toEqual({ ok: {}, id: { $: expect.stringMatching(/^\d+$/) } })
  })

  test('13: the ways to pay', async () => {
    expect(await ask('payment.add', { su: ann.login })).toMatchObject({
      list: [
        {
          $name: 'methodlist',
          elem: [
            { paymethod: { $: '5' }, name: { $: 'Bank card' }, payment_minamount: { $: '1.00' }, payment_currency: { $: '153' } },
            { paymethod: { $: '6' }, name: { $: 'Bank transfer' } },
          ],
        },
      ],
    })
  })

  test('14: a payment begins and leads to its gateway', async () => {
    const paying = { paymethod: '5', amount: '100.00', payment_currency: '153', profile: ann.payerId, sok: 'ok', su: ann.login }
    expect(await ask('payment.add.method', paying)).toMatchObject({
      ok: { $: '/mancgi/pmcardpayment?elid=78', $type: 'url' },
      payment_id: { $: '78' },
    })
  })

  test('15: payments of a period, by an inline filter; shown texts are padded', async () => {
    const period = { createdate: 'other', createdatestart: '2024-06-03', createdateend: '2024-07-03' }
    expect(await ask('payment', { filter: 'on', status: '1', ...period })).toMatchObject({
      elem: {
        id: { $: '78' },
        number: { $: 'C/78' },
        create_date: { $: '2024-06-04' },
        subaccountamount_iso: { $: '100.00 EUR' },
        status: { $: 'New  ', $orig: '1' },
        paymethod_name: { $: 'Bank card ' },
      },
      p_elems: { $: '1' },
    })
    expect(await ask('payment', { filter: 'on', ...period, createdatestart: '2024-06-05' })).toMatchObject({
      p_elems: { $: '0' },
    })
  })

  test('16: money that came covers the debt first', async () => {
    await ask('expense.edit', { subaccount: ann.subaccountId, amount: '50', postpaid: 'on', name: 'debt', sok: 'ok' })
    expect(await ask('payment.setpaid', { elid: '78', externalid: 'gw-1' })).toEqual({ ok: {} })
    expect(simulator.payments().find(({ id }) => id === '78')).toMatchObject({ status: 4, externalId: 'gw-1' })
    expect(simulator.expenses().find(({ name }) => name === 'debt')).toMatchObject({ unpaid: 0n })
    expect(await ask('dashboard.info', { su: ann.login })).toMatchObject({ elem: [{ realbalance: { $: '62.30 EUR' } }] })
  })

  test('17: a payment is printed as a PDF', async () => {
    const { username, password } = simulator.credentials
    const response = await post({ func: 'payment.print.pdf', elid: '78', out: 'pdf_print', authinfo: `${username}:${password}` })
    expect(response.headers.get('content-type')).toBe('application/pdf')
    expect(Buffer.from(await response.arrayBuffer()).toString('latin1')).toMatch(/^%PDF-1\.\d[\s\S]*%%EOF\s*$/)
  })

  test('18: a charge is posted; without sok the form is answered and nothing stored; without money it is refused', async () => {
    const charge = {
      subaccount: ann.subaccountId,
      amount: '0.1048',
      taxrate: '20',
      postpaid: 'on',
      name: 'cloud 2024-06-04T10 #u:7f3a',
    }
    const before = simulator.expenses().length
    expect(await ask('expense.edit', charge)).toMatchObject({ amount: { $: '' } })
    expect(simulator.expenses()).toHaveLength(before)
    expect(await ask('expense.edit', { ...charge, sok: 'ok' })).toEqual({ ok: {}, id: { $: '5002' } })
    expect(simulator.expenses().at(-1)).toMatchObject({ amount: 104_800n, name: 'cloud 2024-06-04T10 #u:7f3a' })
    const { error } = await ask('expense.edit', { ...charge, amount: '1000', postpaid: 'off', sok: 'ok' })
    expect(error).toMatchObject({
      $type: 'not_enough_money',
      param: [
        { $name: 'amount', $: '1000.00' },
        { $name: 'have', $: '62.1952' },
        { $name: 'currency', $: 'EUR' },
        { $name: 'deficit', $: '937.8048' },
        { $name: 'limit', $: '0.00' },
        { $name: 'reserved', $: '0.00' },
        { $name: 'available', $: '62.1952' },
      ],
    })
  })

  test('19: charges are listed in whole cents', async () => {
    expect(await ask('expense', { su: ann.login, p_cnt: '50', p_col: '-id' })).toMatchObject({
      elem: [
        {
          id: { $: '5002' },
          locale_name: { $: 'cloud 2024-06-04T10 #u:7f3a' },
          realdate: { $: '2024-06-04' },
          amount: { $: '0.10 EUR' },
          taxamount: { $: '0.02 EUR' },
        },
        { id: { $: '5001' } },
      ],
    })
  })

  test('38: a filter that was set in the session narrows every later list', async () => {
    const { username, password } = simulator.credentials
    const auth = (await panel.askPlain('auth', { username, password })).auth?.$id as unknown as string
    await ask('payment.add.method', { paymethod: '5', amount: '7', profile: ann.payerId, sok: 'ok', su: ann.login })
    const total = async () => (await panel.askPlain('payment', { auth })).p_elems?.$
    expect(await total()).toBe('3')
    expect(await panel.askPlain('payment.filter', { auth, status: '1', sok: 'ok' })).toEqual({ ok: {} })
    expect(await total()).toBe('1')
    expect((await ask('payment')).p_elems?.$).toBe('3')
  })

  test('39: a promised payment, where the panel has that function', async () => {
    expect(await ask('promisepayment.add', { amount: '20', sok: 'ok', su: ann.login })).toMatchObject({ ok: {} })
    expect(simulator.payments().at(-1)).toMatchObject({ status: 3, amount: 20_000_000n })
    expect(await ask('promisepayment.add', { amount: '20', sok: 'ok', su: ann.login })).toMatchObject({
      error: { $type: 'promise_open' },
    })
    simulator.switches.set({ promised: 'none' })
    expect(await ask('promisepayment.add', { amount: '20', sok: 'ok', su: ann.login })).toMatchObject({
      error: { $type: 'access' },
    })
  })

  test('40: one parameter of an error comes as an object', async () => {
    const { error } = await ask('recovery', { email: 'nobody@x.test', sok: 'ok' })
    expect(error).toMatchObject({ $type: 'value', $object: 'email', msg: { $: expect.any(String) } })
    const refused = await ask('session.newkey', { username: ann.login, key: 'short' })
    expect(refused.error?.param).toEqual([
      { $name: 'object', $: 'key' },
      { $name: 'value', $: 'short' },
    ])
    const missed = await ask('no.such')
    expect(missed.error?.param).toEqual({ $name: 'value', $: 'no.such' })
  })
})

describe('services', async () => {
  const panel = await openPanel()
  const { ask, askAsRoot, clock, makeClient, openService, simulator, topUp } = panel
  const ann = await makeClient()

  test('20: an order gives the id of the service, or does not', async () => {
    const order = { pricelist: '3', datacenter: '1', order_period: '-50', skipbasket: 'on', sok: 'ok', su: ann.login }
    expect(await ask('v2.cloud.order.param', { ...order, remoteid: 'prj-7f3a' })).toEqual({ ok: {}, id: { $: '310598' } })
    simulator.switches.set({ dropOrderId: true })
    expect(await ask('v2.cloud.order.param', { ...order, remoteid: 'prj-7f3b' })).toEqual({
      ok: { $: 'func=order', $type: 'list' },
    })
    simulator.switches.set({ dropOrderId: false })
    expect(simulator.items().map(({ remoteid }) => remoteid)).toEqual(['prj-7f3a', 'prj-7f3b'])
  })

  test('21: the service is being opened, and later is active', async () => {
    expect(await ask('cloud', { filter: 'on', id: '310598' })).toMatchObject({
      elem: {
        id: { $: '310598' },
        name: { $: 'Cloud project' },
        item_status: { $: 'In progress', $orig: '5_open' },
        cost: { $: '0.00 EUR / day' },
        expiredate: { $: '' },
      },
    })
  })

  test('22: the queue shows the operation', async () => {
    expect(await ask('runningoperation', { filter: 'on', item: '310598' })).toMatchObject({
      elem: {
        id: { $: '9001' },
        item: { $: '310598' },
        itemtype: { $: 'cloud' },
        desc: { $: 'open' },
        trycount: { $: '1' },
        status: { $: 'running' },
      },
    })
    clock.advance(5000)
    expect(await ask('cloud', { filter: 'on', id: '310598' })).toMatchObject({
      elem: { item_status: { $: 'Active', $orig: '2' } },
    })
    expect(await ask('runningoperation')).toMatchObject({ p_elems: { $: '0' } })
  })

  test('24: a module keeps a parameter and ends the operation', async () => {
    simulator.switches.set({ operationMs: 3_600_000 })
    const id = await openService(ann, 'prj-24')
    expect(await ask('service.saveparam', { elid: id, name: 'os_project', value: 'p-1' })).toEqual({ ok: {} })
    expect(await askAsRoot('service.postopen', { elid: id, sok: 'ok' })).toEqual({ ok: {} })
    expect(simulator.items().find((item) => item.id === id)).toMatchObject({ status: '2', parameters: { os_project: 'p-1' } })
    expect(simulator.operations()).toEqual([])
    simulator.switches.set({ operationMs: 5000 })
  })

  test('25: a module that fails tells why, and at last a person is called', async () => {
    const id = await openService(ann, 'open-error')
    const operation = (await ask('runningoperation', { filter: 'on', item: id })).elem
    expect(operation).toMatchObject({ trycount: { $: '1' }, status: { $: 'error' } })
    const elid = operation?.id?.$ ?? ''
    const errorxml = '<doc><error type="open_error" object=""><msg>no quota</msg></error></doc>'
    expect(await ask('runningoperation.edit', { elid, errorxml, sok: 'ok' })).toEqual({ ok: {} })
    expect(await ask('runningoperation.edit', { elid })).toMatchObject({ errorxml: { $: errorxml } })
    expect(await ask('runningoperation.setmanual', { elid })).toEqual({ ok: {} })
    expect(await ask('task.gettype', { operation: 'open' })).toEqual({ task_type: { $: '3' } })
    expect(await ask('task.edit', { item: id, runningoperation: elid, type: '3', sok: 'ok' })).toMatchObject({
      ok: {},
      id: { $: '6001' },
    })
    expect(await ask('task')).toMatchObject({ elem: { item: { $: id }, runningoperation: { $: elid }, type: { $: '3' } } })
  })

  test('26: a suspension is an operation; a second one meanwhile is refused', async () => {
    expect(await ask('cloud.suspend', { elid: '310598' })).toEqual({ ok: {} })
    expect(await ask('cloud.suspend', { elid: '310598' })).toMatchObject({ error: { $type: 'runningoperation' } })
    clock.advance(5000)
    expect(await ask('cloud', { filter: 'on', id: '310598' })).toMatchObject({
      elem: { item_status: { $orig: '3_employeesuspend' } },
    })
    await ask('cloud.resume', { elid: '310598' })
    clock.advance(5000)
  })

  test('27: a deletion closes at once, too early not at all, or when the paid period ends', async () => {
    await topUp(ann, '100')
    const early = await openService(ann, 'prj-early', '5')
    clock.advance(5000)
    expect(await ask('cloud.delete', { elid: early, su: ann.login })).toMatchObject({
      error: { $type: 'value', $object: 'pricelist_min_order' },
    })
    clock.advance(31 * 86_400_000)
    simulator.switches.set({ deletion: 'after paid period' })
    await askAsRoot('service.setexpiredate', { elid: early, expiredate: '2024-08-01' })
    expect(await ask('cloud.delete', { elid: early, su: ann.login })).toEqual({ ok: {} })
    expect(await ask('cloud', { filter: 'on', id: early })).toMatchObject({
      elem: { scheduledclose: { $: 'on' }, item_status: { $orig: '2' } },
    })
    simulator.switches.set({ deletion: 'immediately' })
    expect(await ask('cloud.delete', { elid: '310598', su: ann.login })).toEqual({ ok: {} })
    expect(simulator.operations().find(({ itemId }) => itemId === '310598')).toMatchObject({ command: 'close' })
    clock.advance(5000)
    expect(simulator.items().find(({ id }) => id === '310598')?.status).toBe('4')
  })

  test('28: a day that cannot be paid is refused with all figures', async () => {
    const bob = await panel.makeClient('bob@x.test')
    const id = await openService(bob, 'prj-28')
    clock.advance(5000)
    await askAsRoot('simulator.insert_stat', { item: id, date: '2024-06-04', param: 'cpu', value: '10.48', measure: 'hour' })
    // What was not announced is not priced.
    expect(await askAsRoot('service.billdaily', { item: id, from: 'daily' })).toEqual({ ok: {} })
    await askAsRoot('simulator.poststat', { module: '7', date: '2024-06-04' })
    const { error } = await askAsRoot('service.billdaily', { item: id, from: 'daily' })
    expect(error).toMatchObject({
      $type: 'not_enough_money',
      param: expect.arrayContaining([
        { $name: 'amount', $: '0.1048' },
        { $name: 'have', $: '0.00' },
        { $name: 'deficit', $: '0.1048' },
      ]),
      stack: { action: { $level: '30', $user: 'root', $: 'service.billdaily' } },
    })
    expect(simulator.expenses().filter(({ itemId }) => itemId === id)).toEqual([])
  })

  test('29: a day above the hard maximum stops the service', async () => {
    const eve = await panel.makeClient('eve@x.test')
    const id = await openService(eve, 'prj-29')
    clock.advance(5000)
    await askAsRoot('simulator.insert_stat', { item: id, date: '2024-06-04', param: 'traffic', value: '10001', measure: 'gib' })
    await askAsRoot('simulator.poststat', { module: '7', date: '2024-06-04' })
    expect(await askAsRoot('service.statdaily', { item: id, statdate: '2024-06-04' })).toMatchObject({
      error: { $type: 'stat_addon_over_limit', $object: '', $value: '' },
    })
    await askAsRoot('service.autosuspend', { item: id, stat: 'on' })
    clock.advance(5000)
    expect(simulator.items().find((item) => item.id === id)?.status).toBe('3_autosuspend')
  })
})

describe('tickets', async () => {
  const panel = await openPanel()
  const { ask, makeClient, post, simulator } = panel
  const ann = await makeClient()
  const { username, password } = simulator.credentials

  test('30: the form offers the departments', async () => {
    const doc = await ask('clientticket.edit', { su: ann.login })
    expect(doc.slist).toMatchObject([
      { $name: 'client_department', val: [{ $key: '2', $: 'Support' }, { $key: '3' }] },
      { $name: 'ticket_item' },
    ])
  })

  test('31: a ticket is opened with a file', async () => {
    const form = new FormData()
    const fields = { func: 'clientticket.edit', out: 'json', sok: 'ok', su: ann.login, authinfo: `${username}:${password}` }
    for (const [name, value] of Object.entries({
      ...fields,
      subject: 'Disk “full”',
      message: 'text',
      client_department: '2',
      ticket_item: 'null',
    }))
      form.append(name, value)
    form.append('file_1', new Blob(['log line\n']), 'a "log".txt')
    const response = await fetch(simulator.url, { method: 'POST', body: form })
    expect(await response.json()).toEqual({ doc: { ok: {}, id: { $: '620' } } })
  })

  test('32: a single message comes as an object', async () => {
    const doc = await ask('clientticket.edit', { elid: '620', su: ann.login })
    expect(doc.name).toEqual({ $: 'Disk “full”' })
    expect(doc.mlist).toMatchObject([
      {
        $name: 'messages',
        message: {
          $type: 'outcoming',
          date_post: { $: '2024-06-04 10:00' },
          body: { $: 'text' },
          file: { name: { $: 'a "log".txt' } },
        },
      },
    ])
    const fileId = (doc.mlist as unknown as { message: { file: { param: { $: string } } } }[])[0]?.message.file.param.$ ?? ''
    const file = await post({ func: 'ticket.file', elid: fileId, su: ann.login, authinfo: `${username}:${password}` })
    expect(await file.text()).toBe('log line\n')
  })

  test('33: an answer, and the archive', async () => {
    expect(await ask('clientticket.edit', { elid: '620', message: 'more', sok: 'ok', su: ann.login })).toEqual({ ok: {} })
    await ask('ticket.edit', { elid: '620', message: 'we look', sok: 'ok' })
    const doc = await ask('clientticket.edit', { elid: '620', su: ann.login })
    expect(doc.mlist).toMatchObject([
      {
        message: [
          { $type: 'outcoming' },
          { $type: 'outcoming', body: { $: 'more' } },
          { $type: 'incoming', body: { $: 'we look' } },
        ],
      },
    ])
    expect(await ask('clientticket.archive', { elid: '620', sok: 'ok', su: ann.login })).toEqual({ ok: {} })
    expect(await ask('clientticket', { su: ann.login })).toMatchObject({ p_elems: { $: '0' } })
    expect(await ask('clientticket_archive', { su: ann.login })).toMatchObject({ elem: { id: { $: '620' } } })
  })

  test('36: a slow call answers the address of its result, which is empty at first', async () => {
    simulator.switches.set({ longRequest: 2 })
    const page = await (await post({ func: 'payment', out: 'json', authinfo: `${username}:${password}` })).text()
    const address = /long[^"]+billmgr/.exec(page)?.[0] ?? ''
    const again = async () => (await fetch(new URL(`/${address}`, simulator.url))).text()
    expect([await again(), await again()]).toEqual(['', ''])
    expect(JSON.parse(await again())).toMatchObject({ doc: { p_elems: { $: '0' } } })
    simulator.switches.set({ longRequest: false })
  })
})
