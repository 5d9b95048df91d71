import { AdjustableClock, money, type Send, undiciSend } from '@straylight/kit'
import { describe, expect, test } from 'vitest'
import { Doubts } from '../src/doubts.ts'
import { world } from './support/world.ts'

/** A line on which the answers to some calls are replaced; the calls themselves arrive. */
function answering(change: (form: URLSearchParams, body: string) => string | undefined): Send {
  const send = undiciSend()
  return async (request) => {
    const response = await send(request)
    const other = change(new URLSearchParams(String(request.body ?? '')), response.body.toString('utf8'))
    return other === undefined ? response : { ...response, body: Buffer.from(other) }
  }
}

const refusal = (type: string, object = ''): string =>
  JSON.stringify({ doc: { error: { $type: type, $object: object, msg: { $: 'no' } } } })
const isSent = (form: URLSearchParams, func: string): boolean => form.get('func') === func && form.get('sok') === 'ok'
const person = { kind: 'person' as const, name: 'Ann', person: 'Ann', countryId: '182' }

describe('a write that was done is never told as refused', () => {
  test('a charge whose look is answered in a word that nobody knows', async () => {
    const { connect, customer, charge, simulator } = await world()
    let looks = 0
    const line = answering((form) => (form.get('func') === 'expense' && ++looks > 1 ? refusal('err') : undefined))
    expect(await connect({ send: line }).money.postCharge(customer, charge)).toMatchObject({
      outcome: 'unconfirmed',
      code: 'no_answer',
    })
    expect(simulator.expenses()).toHaveLength(1)
  })

  test('any other write whose look is answered in a word that nobody knows', async () => {
    const { connect, customer } = await world()
    let looks = 0
    const line = answering((form) => (form.get('func') === 'profile' && ++looks > 1 ? refusal('err') : undefined))
    expect(await connect({ send: line }).payers.create(customer, person)).toMatchObject({
      outcome: 'unconfirmed',
      code: 'no_answer',
      error: { type: 'err' },
    })
  })

  test('a charge that was itself answered so is looked for, and not sent again while it may yet be seen', async () => {
    const { connect, customer, charge, simulator, clock } = await world()
    simulator.switches.set({ visibilityDelayMs: 3000 })
    const panel = connect({ send: answering((form) => (isSent(form, 'expense.edit') ? refusal('err') : undefined)) })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'unconfirmed', code: 'unclear' })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'unconfirmed', code: 'no_answer' })
    clock.advance(3001)
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'confirmed', repeated: true })
    expect(simulator.expenses()).toHaveLength(1)
  })

  test('any other write that was itself answered so', async () => {
    const { connect, customer, simulator } = await world()
    simulator.switches.set({ visibilityDelayMs: 3000 })
    const panel = connect({ send: answering((form) => (isSent(form, 'profile.add') ? refusal('err') : undefined)) })
    expect(await panel.payers.create(customer, person)).toMatchObject({ outcome: 'unconfirmed', code: 'unclear' })
  })
})

describe('the page of a slow call is not the call', () => {
  /** A page that leads to a result which is no longer to be had. */
  function forgetful(result: { status?: number; body: string } | 'unreachable', isDead = false): Send {
    const send = undiciSend()
    return async (request) => {
      if (request.method === 'GET') {
        if (result === 'unreachable') return send({ ...request, url: 'http://127.0.0.1:1/' })
        return { status: result.status ?? 200, headers: {}, body: Buffer.from(result.body) }
      }
      const form = new URLSearchParams(String(request.body))
      const response = await send(request)
      if (isSent(form, 'expense.edit')) return { ...response, body: Buffer.from('<html>"/long_1a2b?billmgr"</html>') }
      if (isDead && form.get('func') === 'keepalive') return { ...response, body: Buffer.from(refusal('access')) }
      return response
    }
  }

  test.each([
    ['refused for want of a right', { body: refusal('access') }],
    ['refused for want of a session', { body: refusal('auth', 'badip') }],
    ['not known', { body: refusal('missed', 'func') }],
    ['not there', { status: 404, body: '' }],
    ['behind a line that is gone', 'unreachable'],
  ] as const)('a charge whose result is %s is not refused', async (_, result) => {
    const { connect, customer, charge, simulator } = await world()
    simulator.switches.set({ visibilityDelayMs: 3000 })
    expect(await connect({ send: forgetful(result) }).money.postCharge(customer, charge)).toMatchObject({
      outcome: 'unconfirmed',
      code: 'pending',
    })
    expect(simulator.expenses()).toHaveLength(1)
  })

  test('and is not sent again in a new session', async () => {
    const { connect, customer, charge, simulator } = await world()
    const panel = connect({ send: forgetful({ body: refusal('access') }, true) })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'confirmed' })
    expect(simulator.expenses()).toHaveLength(1)
  })

  test('its own refusal still counts', async () => {
    const { connect, customer, charge } = await world()
    const panel = connect({ send: forgetful({ body: refusal('not_enough_money') }) })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'refused', code: 'insufficient_funds' })
  })
})

describe('a key that may have been sent before', () => {
  test.each(['expense', 'v2.cloud.order.param'])('is not told as refused when only the look fails: %s', async (func) => {
    const { connect, customer, charge, simulator, clock } = await world()
    let isBlind = false
    const list = func === 'expense' ? 'expense' : 'cloud'
    const panel = connect({ send: answering((form) => (isBlind && form.get('func') === list ? '<html>' : undefined)) })
    const write = () =>
      func === 'expense'
        ? panel.money.postCharge(customer, charge)
        : panel.services.open(customer, { key: 'prj-1', tariffId: '3' })
    simulator.switches.set({ visibilityDelayMs: 200_000 })
    expect(await write()).toMatchObject({ outcome: 'unconfirmed', code: 'silent' })
    isBlind = true
    expect(await write()).toMatchObject({ outcome: 'unconfirmed', code: 'no_answer' })
    clock.advance(60_001)
    expect(await write()).toMatchObject({ outcome: 'unconfirmed', code: 'no_answer' })
    isBlind = false
    clock.advance(200_000)
    expect(await write()).toMatchObject({ outcome: 'confirmed', repeated: true })
  })

  test.each([
    ['a charge', 'expense.edit'],
    ['a service', 'v2.cloud.order.param'],
    ['a payment', 'payment.add.method'],
    ['a ticket', 'clientticket.edit'],
    ['a payer', 'profile.add'],
  ])('%s is made once, though it is seen late, and is found in the end', async (_, func) => {
    const { panel, connect, customer, charge, simulator, clock, sentOf } = await world()
    if (func !== 'profile.add') await panel.payers.create(customer, person)
    const before = sentOf(func).length
    const writeBy = (by: typeof panel, more: { sentAt?: Date } = {}): Promise<{ outcome: string }> => {
      switch (func) {
        case 'expense.edit':
          return by.money.postCharge(customer, { ...charge, ...more })
        case 'v2.cloud.order.param':
          return by.services.open(customer, { key: 'prj-1', tariffId: '3', ...more })
        case 'payment.add.method':
          return by.money.createPayment(customer, { amount: money(5_000_000n, 'EUR'), methodId: '5', key: 'p-1', ...more })
        case 'clientticket.edit':
          return by.tickets.create(customer, { subject: 'S', message: 'M', departmentId: '2', key: 't-1', ...more })
        default:
          return by.payers.create(customer, { ...person, ...more })
      }
    }
    simulator.switches.set({ visibilityDelayMs: 30_000, dropOrderId: true })
    const blind = connect({ send: answering((form) => (isSent(form, func) ? '<html>' : undefined)) })
    expect(await writeBy(blind)).toMatchObject({ outcome: 'unconfirmed', code: 'no_answer' })
    expect(await writeBy(blind)).toMatchObject({ outcome: 'unconfirmed', code: 'no_answer' })
    const restarted = connect()
    expect(await writeBy(restarted, { sentAt: clock.now() })).toMatchObject({ outcome: 'unconfirmed', code: 'no_answer' })
    expect(sentOf(func)).toHaveLength(before + 1)
    clock.advance(30_001)
    expect(await writeBy(blind)).toMatchObject({ outcome: 'confirmed', repeated: true })
    expect(sentOf(func)).toHaveLength(before + 1)
  })

  test('a payment that is seen after its time of doubt is known by what was there before', async () => {
    const { panel, connect, customer, simulator, clock } = await world()
    await panel.payers.create(customer, person)
    simulator.switches.set({ visibilityDelayMs: 61_000 })
    const blind = connect({ send: answering((form) => (isSent(form, 'payment.add.method') ? '<html>' : undefined)) })
    const wish = { amount: money(5_000_000n, 'EUR'), methodId: '5', key: 'p-1' }
    expect(await blind.money.createPayment(customer, wish)).toMatchObject({ outcome: 'unconfirmed' })
    clock.advance(62_000)
    expect(await blind.money.createPayment(customer, wish)).toMatchObject({ outcome: 'confirmed', repeated: true })
    expect(simulator.payments()).toHaveLength(1)
  })
})

test('a payment that is seen late keeps the address to pay at, and is not mixed up with another of the same sum', async () => {
  const { panel, connect, customer, simulator, clock } = await world()
  await panel.payers.create(customer, person)
  simulator.switches.set({ visibilityDelayMs: 30_000 })
  const wish = { amount: money(5_000_000n, 'EUR'), methodId: '5', key: 'p-1' }
  expect(await panel.money.createPayment(customer, wish)).toMatchObject({ outcome: 'unconfirmed', code: 'silent' })
  await connect().money.createPayment(customer, { ...wish, key: 'p-2' })
  clock.advance(30_001)
  expect(await panel.money.createPayment(customer, wish)).toMatchObject({
    outcome: 'confirmed',
    repeated: true,
    value: { payment: { id: '77' }, redirectUrl: expect.stringContaining('elid=77') },
  })
  expect(simulator.payments()).toHaveLength(2)
})

describe('an account under an e-mail', () => {
  const eve = { email: 'eve@x.test', password: 'password-1', name: 'Eve', country: 'RU' }
  const blindTo = (isIt: (form: URLSearchParams) => boolean) => answering((form) => (isIt(form) ? '<html>' : undefined))

  test('is not taken for ours when only the form of countries was lost before', async () => {
    const { panel, connect, sentOf } = await world()
    let isBlind = true
    const blind = connect({ send: blindTo((form) => isBlind && form.get('func') === 'account.edit' && !form.has('sok')) })
    expect(await blind.customers.create(eve)).toMatchObject({ outcome: 'refused', code: 'unavailable' })
    expect(sentOf('account.edit')).toHaveLength(1)
    isBlind = false
    expect(await panel.customers.create(eve)).toMatchObject({ outcome: 'confirmed' })
    expect(await blind.customers.create(eve)).toMatchObject({
      outcome: 'refused',
      code: 'exists',
      existing: { login: eve.email },
    })
  })

  test('is taken for ours when our order was lost a short time ago, and no longer afterwards', async () => {
    const { connect, simulator, clock } = await world()
    const blind = connect({ send: blindTo((form) => isSent(form, 'account.edit')) })
    simulator.switches.set({ visibilityDelayMs: 30_000 })
    expect(await blind.customers.create(eve)).toMatchObject({ outcome: 'unconfirmed', code: 'no_answer' })
    const sentAt = clock.now()
    clock.advance(30_001)
    expect(await connect().customers.create({ ...eve, sentAt })).toMatchObject({ outcome: 'confirmed', repeated: true })
    clock.advance(30_001)
    expect(await blind.customers.create(eve)).toMatchObject({
      outcome: 'refused',
      code: 'exists',
      existing: { login: eve.email },
    })
  })
})

test('doubts whose time is over are forgotten when there are very many; the others never', () => {
  const clock = new AdjustableClock('still', new Date('2024-06-05T00:00:00Z'))
  const doubts = new Doubts(clock, 60_000)
  doubts.note('old')
  doubts.note('renewed')
  clock.advance(60_000)
  doubts.note('renewed')
  for (let index = 0; index < 10_000; index++) doubts.note(`new ${index}`)
  expect(doubts.of('old')).toBeUndefined()
  for (const key of ['renewed', 'new 0', 'new 9999']) {
    const doubt = doubts.of(key)
    expect(doubt && doubts.isFresh(doubt)).toBe(true)
  }
})
