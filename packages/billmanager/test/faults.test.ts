import { AdjustableClock, money, UpstreamError, undiciSend } from '@straylight/kit'
import { describe, expect, test } from 'vitest'
import { createBillmanager } from '../src/index.ts'
import { world } from './support/world.ts'

/** The fault switches one by one: what the panel does, and that the client neither believes nor repeats what it must not. */
describe('a panel that says OK and does nothing', () => {
  test('a charge that was not stored is unconfirmed, is not sent again at once, and is stored later under the same key', async () => {
    const { panel, simulator, customer, charge, sentOf, clock } = await world()
    simulator.faults.add({ match: { func: 'expense.edit' }, effect: 'silent-ok', times: 1 })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'unconfirmed', code: 'silent' })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'unconfirmed' })
    expect(sentOf('expense.edit')).toHaveLength(1)
    clock.advance(60_001)
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'confirmed', repeated: false })
    expect(simulator.expenses()).toHaveLength(1)
  })

  test.each(['account.edit', 'profile.add', 'clientticket.edit', 'v2.cloud.order.param', 'payment.add.method'])(
    '%s that had no effect is never confirmed',
    async (func) => {
      const { panel, simulator, customer } = await world()
      const payer = { kind: 'person' as const, name: 'Ann', person: 'Ann', countryId: '182' }
      if (func === 'payment.add.method') await panel.payers.create(customer, payer)
      simulator.faults.add({ match: { func }, effect: 'silent-ok' })
      const writes: Record<string, () => Promise<{ outcome: string }>> = {
        'account.edit': () => panel.customers.create({ email: 'eve@x.test', password: 'password-1', name: 'Eve', country: 'RU' }),
        'profile.add': () => panel.payers.create(customer, payer),
        'clientticket.edit': () => panel.tickets.create(customer, { subject: 'S', message: 'M', departmentId: '2', key: 't-1' }),
        'v2.cloud.order.param': () => panel.services.open(customer, { key: 'prj-1', tariffId: '3' }),
        'payment.add.method': () =>
          panel.money.createPayment(customer, { amount: money(5_000_000n, 'EUR'), methodId: '5', key: 'p-1' }),
      }
      expect(await writes[func]?.()).toMatchObject({ outcome: 'unconfirmed', code: 'silent' })
    },
  )

  test('an answer in a ticket that was not kept is not taken for an earlier one with the same words', async () => {
    const { panel, simulator, customer } = await world()
    const ticket = await panel.tickets.create(customer, { subject: 'S', message: 'Hello', departmentId: '2', key: 't-1' })
    const id = ticket.outcome === 'confirmed' ? ticket.value.id : ''
    simulator.faults.add({ match: { func: 'clientticket.edit' }, effect: 'silent-ok' })
    expect(await panel.tickets.reply(customer, id, { message: 'Hello' })).toMatchObject({
      outcome: 'unconfirmed',
      code: 'silent',
    })
  })

  test('noSokIsSilentOk: the self-test finds it out', async () => {
    const { panel, simulator } = await world()
    simulator.switches.set({ noSokIsSilentOk: true })
    const found = (await panel.health.selfTest()).find(({ name }) => name === 'sok trap')
    expect(found).toMatchObject({ ok: false })
  })

  test('doNothing: the order is seen, and waiting for its end tells of the silence', async () => {
    const { panel, simulator, customer } = await world()
    simulator.switches.set({ doNothing: true })
    const opened = await panel.services.open(customer, { key: 'prj-1', tariffId: '3' })
    expect(opened).toMatchObject({ outcome: 'confirmed', value: { status: 'processing', working: 'open' } })
    const id = opened.outcome === 'confirmed' ? opened.value.id : ''
    await expect(panel.services.settled(id, { timeoutMs: 100, everyMs: 20 })).rejects.toMatchObject({
      kind: 'silent',
      reason: 'pending',
    })
  })
})

describe('a line that breaks', () => {
  test('timeoutAfterCommit: money is moved once, found by its marker, and confirmed', async () => {
    const { panel, simulator, customer, charge, sentOf } = await world()
    simulator.switches.set({ timeoutAfterCommit: true })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'confirmed', value: { key: 'k-1' } })
    expect(sentOf('expense.edit')).toHaveLength(1)
    expect(simulator.expenses()).toHaveLength(1)
  })

  test('timeoutAfterCommit: a payment whose answer is lost is known by comparison', async () => {
    const { panel, simulator, customer } = await world()
    await panel.payers.create(customer, { kind: 'person', name: 'Ann', person: 'Ann', countryId: '182' })
    simulator.switches.set({ timeoutAfterCommit: true })
    const wish = { amount: money(5_000_000n, 'EUR'), methodId: '5', key: 'p-1' }
    expect(await panel.money.createPayment(customer, wish)).toMatchObject({
      outcome: 'confirmed',
      value: { payment: { id: '77' }, redirectUrl: undefined },
    })
    expect(await panel.money.createPayment(customer, wish)).toMatchObject({
      outcome: 'confirmed',
      repeated: true,
      value: { payment: { id: '77' } },
    })
    expect(simulator.payments()).toHaveLength(1)
  })

  test('a lost payment that cannot be told from another is unconfirmed', async () => {
    const { panel, simulator, customer, connect } = await world()
    await panel.payers.create(customer, { kind: 'person', name: 'Ann', person: 'Ann', countryId: '182' })
    const wish = { amount: money(5_000_000n, 'EUR'), methodId: '5', key: 'p-1' }
    const send = undiciSend()
    const losing = connect({
      async send(request) {
        const response = await send(request)
        if (!String(request.body).includes('func=payment.add.method')) return response
        // The client begins the same payment in the panel at the same moment, and then our line is cut.
        await panel.money.createPayment(customer, { ...wish, key: 'p-2' })
        const cut = {
          service: 'billmanager',
          kind: 'unreachable',
          code: 'cut',
          message: 'cut',
          retryable: true,
          effect: 'unknown',
        } as const
        throw new UpstreamError(cut)
      },
    })
    expect(await losing.money.createPayment(customer, wish)).toMatchObject({ outcome: 'unconfirmed', code: 'no_answer' })
    expect(simulator.payments()).toHaveLength(2)
  })

  test('a call that was cut before it acted is unconfirmed, and a later one with the same key posts', async () => {
    const { panel, simulator, customer, charge, clock } = await world()
    simulator.faults.add({ match: { func: 'expense.edit' }, effect: 'drop-before', times: 1 })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'unconfirmed', code: 'no_answer' })
    clock.advance(60_001)
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'confirmed', repeated: false })
    expect(simulator.expenses()).toHaveLength(1)
  })

  test('after a lost answer the rest of a batch is not sent, and says so', async () => {
    const { panel, simulator, customer, charge } = await world()
    simulator.faults.add({ match: { func: 'expense.edit' }, effect: 'drop-after', times: 1 })
    const outcomes = await panel.money.postCharges(customer, [charge, { ...charge, key: 'k-2' }])
    expect(outcomes).toMatchObject([{ outcome: 'confirmed' }, { outcome: 'refused', code: 'unavailable', retryable: true }])
    expect(simulator.expenses()).toHaveLength(1)
  })

  test('a panel that is not there refuses, as nothing was sent', async () => {
    const { customer, charge, simulator, connect } = await world()
    const elsewhere = connect({ url: 'http://127.0.0.1:1' })
    expect(await elsewhere.money.postCharge(customer, charge)).toMatchObject({
      outcome: 'refused',
      code: 'unavailable',
      retryable: true,
    })
    expect(await elsewhere.health.ping()).toMatchObject({ ok: false, error: { reason: 'unavailable', effect: 'none' } })
    expect(simulator.expenses()).toEqual([])
  })

  test('no answer in time is unconfirmed, and what was done is found', async () => {
    const { simulator, customer, charge, connect } = await world()
    simulator.faults.add({ match: { func: 'expense.edit' }, effect: 'delay-after', delay_ms: 3000, times: 1 })
    const hasty = connect({ timeoutMs: 1000 })
    expect(await hasty.money.postCharge(customer, charge)).toMatchObject({ outcome: 'confirmed' })
    expect(simulator.expenses()).toHaveLength(1)
  })

  test.each([
    ['html', 503, 'unknown'],
    ['wsrep', 500, 'unknown'],
  ] as const)('a proxy’s %s page is unavailable', async (effect, status, its) => {
    const { panel, simulator } = await world()
    simulator.faults.add({ match: { func: 'payment' }, effect, status })
    await expect(panel.money.payments()).rejects.toMatchObject({ reason: 'unavailable', status, effect: its, retryable: true })
  })
})

describe('a panel that keeps one waiting', () => {
  test('longRequest: the result is fetched where the answer says', async () => {
    const { panel, simulator, customer, charge } = await world()
    simulator.switches.set({ longRequest: 2 })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'confirmed' })
    expect(simulator.expenses()).toHaveLength(1)
  })

  test('longRequest without an end is pending, and never sent twice', async () => {
    const { simulator, customer, charge, connect, sentOf } = await world()
    const hasty = connect({ longRequest: { everyMs: 5, atMostMs: 20 } })
    await hasty.panel.call('whoami')
    simulator.faults.add({ match: { func: 'expense.edit' }, effect: 'status', status: 200, body: '', times: 1 })
    expect(await hasty.money.postCharge(customer, charge)).toMatchObject({ outcome: 'unconfirmed', code: 'pending' })
    simulator.switches.set({ longRequest: 1_000_000 })
    await expect(hasty.money.payments()).rejects.toMatchObject({ reason: 'pending', retryable: true })
    expect(sentOf('expense.edit')).toEqual([])
  })

  test('visibilityDelayMs: a write that is shown later is waited for', async () => {
    const { simulator, customer, charge, connect } = await world()
    simulator.switches.set({ visibilityDelayMs: 100 })
    const patient = connect({ settings: { readBack: { looks: 20, everyMs: 20 } } })
    expect(await patient.money.postCharge(customer, charge)).toMatchObject({ outcome: 'confirmed', repeated: false })
  })

  test('visibilityDelayMs: a write that is shown too late is unconfirmed, and found by the next call', async () => {
    const { panel, simulator, customer, charge, clock, sentOf } = await world()
    simulator.switches.set({ visibilityDelayMs: 30_000 })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'unconfirmed', code: 'silent' })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'unconfirmed' })
    clock.advance(30_000)
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'confirmed', repeated: true })
    expect(sentOf('expense.edit')).toHaveLength(1)
  })
})

describe('a panel that asks who is there', () => {
  test('sessionExpiryMs: a session that died is replaced, and the charge is sent once', async () => {
    const { panel, simulator, customer, charge, clock, callsOf } = await world()
    clock.advance(3_700_000)
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'confirmed' })
    expect(simulator.expenses()).toHaveLength(1)
    expect(callsOf('auth')).toHaveLength(2)
  })

  test('many calls that meet a dead session share one new sign-in', async () => {
    const { panel, customer, clock, callsOf } = await world()
    clock.advance(3_700_000)
    await Promise.all(Array.from({ length: 20 }, () => panel.money.balance(customer)))
    expect(callsOf('auth')).toHaveLength(2)
  })

  test('a missing right is no dead session: nobody signs in again for it', async () => {
    const { panel, customer, callsOf } = await world()
    await expect(panel.panel.call('account', {}, { su: customer.login })).rejects.toMatchObject({ reason: 'forbidden' })
    expect(callsOf('auth')).toHaveLength(1)
    expect(callsOf('keepalive')).toHaveLength(1)
  })

  test('ipBoundSession: seen from another address, the session is made anew', async () => {
    let address = '10.0.0.1'
    const send = undiciSend()
    const { panel, callsOf } = await world({
      client: { send: (request) => send({ ...request, headers: { ...request.headers, 'x-forwarded-for': address } }) },
    })
    address = '10.0.0.2'
    expect(await panel.health.ping()).toMatchObject({ ok: true })
    expect(callsOf('whoami').at(-2)).toMatchObject({ level: 29 })
    expect(callsOf('auth')).toHaveLength(2)
  })

  test('authinfoRestricted: refused as ours to mend', async () => {
    const { simulator, connect, customer, charge } = await world()
    const byEachCall = connect({ credentials: { kind: 'authinfo', ...simulator.credentials } })
    expect(await byEachCall.health.ping()).toMatchObject({ ok: true })
    simulator.switches.set({ authinfoRestricted: true })
    expect(await byEachCall.money.postCharge(customer, charge)).toMatchObject({
      outcome: 'refused',
      code: 'auth',
      retryable: false,
    })
  })

  test('a second factor on the integration’s user is told in words', async () => {
    const { simulator, connect } = await world()
    simulator.setUser(simulator.credentials.username, { totp: true })
    expect(await connect().health.ping()).toMatchObject({
      ok: false,
      error: { reason: 'auth', message: expect.stringContaining('two-factor') },
    })
  })

  test('htmlCaptchaPage: a page in place of the panel is no success', async () => {
    const { panel, simulator, customer, charge } = await world()
    simulator.switches.set({ htmlCaptchaPage: true })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'refused', code: 'unavailable' })
    expect(await panel.health.ping()).toMatchObject({ ok: false, error: { kind: 'garbled' } })
  })
})

describe('a panel that writes otherwise', () => {
  test.each(['12.30 EUR', '12,30 €', '12.30'] as const)('moneyFormat %s reads the same', async (moneyFormat) => {
    const { panel, simulator, customer, charge } = await world()
    await panel.money.postCharge(customer, charge)
    simulator.switches.set({ moneyFormat })
    expect((await panel.money.balance(customer)).real).toEqual(money(-1_000_000n, 'EUR'))
  })

  test('singleRowAsObject, localisedTexts: one row, two rows and Russian read the same', async () => {
    const { panel, simulator, customer, active } = await world()
    const id = await active('prj-1')
    for (const switches of [
      { singleRowAsObject: true, localisedTexts: 'ru' },
      { singleRowAsObject: false, localisedTexts: 'en' },
    ] as const) {
      simulator.switches.set(switches)
      expect(await panel.services.list(customer)).toMatchObject([{ id, status: 'active', raw: '2' }])
      await expect(panel.tickets.get(customer, '1')).rejects.toMatchObject({ reason: 'not_found' })
    }
  })

  test('a service is found by our key also where the list neither filters by it nor shows it', async () => {
    const send = undiciSend()
    const { customer, connect, active } = await world()
    const [first, second] = [await active('prj-1'), await active('prj-2')]
    const panel = connect({
      send: (request) => send({ ...request, body: String(request.body).replace('remoteid=', 'nothing=') }),
    })
    expect(await panel.services.find(customer, 'prj-1')).toMatchObject({ id: first, key: 'prj-1' })
    expect(await panel.services.find(customer, 'prj-2')).toMatchObject({ id: second })
    expect(await panel.services.find(customer, 'prj-3')).toBeUndefined()
  })

  test('dropOrderId: the service is found by our key', async () => {
    const { panel, simulator, customer, sentOf } = await world()
    simulator.switches.set({ dropOrderId: true })
    expect(await panel.services.open(customer, { key: 'prj-1', tariffId: '3' })).toMatchObject({
      outcome: 'confirmed',
      value: { key: 'prj-1' },
    })
    expect(sentOf('v2.cloud.order.param')).toHaveLength(1)
  })

  test('stickyFilters: a filter that someone left in our session is found by nobody else’s call', async () => {
    const { panel, customer } = await world()
    await panel.payers.create(customer, { kind: 'person', name: 'Ann', person: 'Ann', countryId: '182' })
    for (const key of ['p-1', 'p-2'])
      await panel.money.createPayment(customer, { amount: money(5_000_000n, 'EUR'), methodId: '5', key })
    await panel.money.payments({ status: 'credited' })
    await panel.money.payments({ since: '2030-01-01' })
    expect(await panel.money.payments()).toHaveLength(2)
    expect((await panel.health.selfTest()).find(({ name }) => name === 'filters')).toMatchObject({ ok: true })
  })

  test('lists longer than a page are read to their end', async () => {
    const { panel, customer } = await world()
    const wishes = Array.from({ length: 620 }, (_, index) => ({ amount: money(10_000n, 'EUR'), text: 'hour', key: `h-${index}` }))
    const outcomes = await panel.money.postCharges(customer, wishes)
    expect(outcomes.every(({ outcome }) => outcome === 'confirmed')).toBe(true)
    expect(new Set((await panel.money.charges(customer)).map(({ key }) => key)).size).toBe(620)
  })
})

describe('the panel’s own queue', () => {
  test('an order on a service that is being worked on is refused as busy, to be tried later', async () => {
    const { panel, simulator, customer, active } = await world()
    const id = await active('prj-1')
    simulator.switches.set({ operationMs: 60_000 })
    expect(await panel.services.suspend(customer, id)).toMatchObject({
      outcome: 'confirmed',
      value: { status: 'processing', working: 'suspend' },
    })
    expect(await panel.services.close(customer, id)).toMatchObject({ outcome: 'refused', code: 'busy', retryable: true })
  })

  test('retryEvery, maxTry: a failing operation is run again, and at last waits for a person with a task', async () => {
    const { panel, customer, clock } = await world()
    await panel.services.open(customer, { key: 'open-error', tariffId: '3' })
    const tries = async () => (await panel.operations.list())[0]
    expect(await tries()).toMatchObject({ command: 'open', tries: 1, manual: false })
    const { cursor } = await panel.events.poll()
    clock.advance(300_000)
    expect(await tries()).toMatchObject({ tries: 2 })
    clock.advance(3 * 300_000)
    expect(await tries()).toMatchObject({ tries: 5, manual: true })
    clock.advance(86_400_000)
    expect(await tries()).toMatchObject({ tries: 5 })
    expect((await panel.panel.call('task')).elements.map((row) => row.raw('type'))).toEqual(['3'])
    expect((await panel.events.poll(cursor)).events).toMatchObject([{ type: 'operation.changed', operation: { manual: true } }])
  })

  test('lateCallback, duplicateCallback: a callback that comes late, and twice, ends the operation once', async () => {
    const { panel, simulator, customer, clock } = await world()
    simulator.switches.set({ lateCallback: 60_000, duplicateCallback: true })
    const opened = await panel.services.open(customer, { key: 'prj-1', tariffId: '3' })
    const id = opened.outcome === 'confirmed' ? opened.value.id : ''
    clock.advance(59_000)
    expect((await panel.services.get(id))?.raw).toBe('5_open')
    clock.advance(3_000)
    expect((await panel.services.get(id))?.raw).toBe('2')
    clock.advance(3_000)
    expect((await panel.services.get(id))?.raw).toBe('2')
    expect(await panel.operations.list()).toEqual([])
  })

  test('an operation is completed over HTTP where the panel lets staff do so, and left to the module where not', async () => {
    const { panel, simulator, customer, connect } = await world()
    simulator.switches.set({ operationMs: 3_600_000 })
    await panel.services.open(customer, { key: 'prj-1', tariffId: '3' })
    const [operation] = await panel.operations.list()
    if (!operation) throw new Error('no operation')
    const done = { result: 'ok', parameters: { os_project: 'p-1' } } as const
    expect(await panel.operations.complete(operation, { result: 'ok' })).toMatchObject({ outcome: 'refused', code: 'forbidden' })
    // The parameters are taken and the callback is not: half of the work is done.
    expect(await panel.operations.complete(operation, done)).toMatchObject({
      outcome: 'unconfirmed',
      code: 'unclear',
      error: { reason: 'forbidden' },
    })
    expect(simulator.items()).toMatchObject([{ status: '5_open', parameters: { os_project: 'p-1' } }])
    const asRoot = connect({ credentials: { kind: 'authinfo', ...simulator.rootCredentials } })
    expect(await asRoot.operations.complete(operation, done)).toMatchObject({ outcome: 'confirmed' })
    expect(simulator.items()).toMatchObject([{ status: '2', parameters: { os_project: 'p-1' } }])
    expect(await asRoot.operations.complete(operation, done)).toMatchObject({ outcome: 'confirmed', repeated: true })
  })

  test('an operation is completed in the turn of its account', async () => {
    const { panel, simulator, customer, charge, connect } = await world()
    simulator.switches.set({ operationMs: 3_600_000 })
    await panel.services.open(customer, { key: 'prj-1', tariffId: '3' })
    const [operation] = await panel.operations.list()
    if (!operation) throw new Error('no operation')
    const asRoot = connect({ credentials: { kind: 'authinfo', ...simulator.rootCredentials } })
    const { id, serviceId, command } = operation
    for (const one of [operation, { id, serviceId, command }]) {
      simulator.faults.add({ match: { func: 'expense.edit' }, effect: 'delay', delay_ms: 300, times: 1 })
      const key = `k-${'accountId' in one}`
      const charged = asRoot.money.postCharge(customer, { ...charge, key })
      const completed = asRoot.operations.complete(one, { result: 'failed', message: key })
      await expect(Promise.race([charged.then(() => 'charge'), completed.then(() => 'operation')])).resolves.toBe('charge')
      expect(await completed).toMatchObject({ outcome: 'confirmed' })
    }
  })

  test('a failure is kept beside its operation, and a final one calls a person', async () => {
    const { panel, simulator, customer } = await world()
    simulator.switches.set({ operationMs: 3_600_000 })
    await panel.services.open(customer, { key: 'prj-1', tariffId: '3' })
    const [operation] = await panel.operations.list()
    if (!operation) throw new Error('no operation')
    expect(await panel.operations.complete(operation, { result: 'failed', message: 'no <room>', final: true })).toMatchObject({
      outcome: 'confirmed',
    })
    expect(await panel.operations.get(operation.id)).toMatchObject({ manual: true })
    expect(simulator.operations()[0]?.error).toContain('no  room')
  })
})

test('the clock of a panel that is minutes away is told', async () => {
  const { simulator } = await world()
  const late = new AdjustableClock('flowing', new Date(Date.now() - 600_000))
  const panel = createBillmanager({
    url: simulator.url,
    credentials: { kind: 'authinfo', ...simulator.credentials },
    clock: late,
  })
  expect((await panel.health.selfTest()).find(({ name }) => name === 'clock')).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/ (599|600|601) s /),
  })
})
