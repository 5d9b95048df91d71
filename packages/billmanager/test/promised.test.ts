import { money } from '@straylight/kit'
import { describe, expect, test } from 'vitest'
import type { BillmanagerOptions } from '../src/index.ts'
import { world } from './support/world.ts'

describe('promised payments', () => {
  const rules = { maximum: money(50_000_000n, 'EUR'), maximumDays: 5, minimumPaid: money(10_000_000n, 'EUR'), cooldownDays: 30 }
  const wish = { amount: money(20_000_000n, 'EUR'), days: 3, key: 'promise-1' }

  async function paid(options: Partial<BillmanagerOptions>) {
    const at = await world({ client: { promiseRules: rules, ...options } })
    const { panel, customer } = at
    await panel.payers.create(customer, { kind: 'person', name: 'Ann', person: 'Ann', countryId: '182' })
    const pay = async (micros: bigint) => {
      const started = await panel.money.createPayment(customer, {
        amount: money(micros, 'EUR'),
        methodId: '5',
        key: `p-${micros}`,
      })
      if (started.outcome === 'confirmed') await panel.money.settlePayment(customer, started.value.payment.id, 'gw')
    }
    return { ...at, pay }
  }

  test('none: refused', async () => {
    const { panel, customer } = await paid({})
    expect(panel.capabilities().promised).toBe('none')
    expect(await panel.money.promise(customer, wish)).toMatchObject({ outcome: 'refused', code: 'not_found' })
  })

  test.each([
    ['function', { kind: 'function' }],
    ['paymethod', { kind: 'paymethod', methodId: '9' }],
  ] as const)('%s: granted once there was a real payment, one at a time, and real money ends it', async (promised, strategy) => {
    const { panel, simulator, customer, pay } = await paid({ promised: strategy })
    simulator.switches.set({ promised })
    expect(await panel.money.promise(customer, wish)).toMatchObject({
      outcome: 'refused',
      code: 'invalid',
      error: { field: 'paid' },
    })
    await pay(10_000_000n)
    expect(await panel.money.promise(customer, wish)).toMatchObject({
      outcome: 'confirmed',
      value: { payment: { status: 'promised' } },
    })
    expect((await panel.money.balance(customer)).real.micros).toBe(30_000_000n)
    expect(await panel.money.promise(customer, wish)).toMatchObject({
      outcome: 'confirmed',
      repeated: true,
      value: { payment: { status: 'promised' } },
    })
    expect(await panel.money.promise(customer, { ...wish, key: 'promise-2' })).toMatchObject({ outcome: 'refused', code: 'busy' })
    expect((await panel.money.balance(customer)).real.micros).toBe(30_000_000n)
    await pay(25_000_000n)
    expect((await panel.money.balance(customer)).real.micros).toBe(35_000_000n)
    expect((await panel.money.promiseHistory(customer)).open).toBe(false)
  })

  test('a promise that is not kept is taken back when its days are over', async () => {
    const { panel, customer, pay, clock } = await paid({ promised: { kind: 'function' } })
    await pay(10_000_000n)
    await panel.money.promise(customer, wish)
    clock.advance(6 * 86_400_000)
    expect((await panel.money.balance(customer)).real.micros).toBe(10_000_000n)
  })

  test('own: the credit limit is raised and taken back', async () => {
    const { panel, customer, pay } = await paid({ promised: { kind: 'own', raiseCredit: true } })
    await pay(10_000_000n)
    expect(await panel.money.promise(customer, wish)).toMatchObject({ outcome: 'confirmed', value: { payment: undefined } })
    expect(await panel.money.balance(customer)).toMatchObject({ mode: 'credit', available: money(30_000_000n, 'EUR') })
    expect(await panel.money.endOwnPromise(customer, wish)).toMatchObject({ outcome: 'confirmed' })
    expect(await panel.money.balance(customer)).toMatchObject({ mode: 'prepaid', available: money(10_000_000n, 'EUR') })
  })

  test('own: the same key raises the limit once and ends once; another waits until it has ended', async () => {
    const lax = { ...rules, cooldownDays: 0 }
    const { panel, customer, pay, simulator } = await paid({ promised: { kind: 'own', raiseCredit: true }, promiseRules: lax })
    await pay(10_000_000n)
    simulator.setPurse(customer.accountId, { creditLimit: 5_000_000n })
    const limit = () => simulator.purses().find(({ accountId }) => accountId === customer.accountId)?.creditLimit
    expect(await panel.money.promise(customer, wish)).toMatchObject({ outcome: 'confirmed', repeated: false })
    expect(await panel.money.promise(customer, wish)).toMatchObject({ outcome: 'confirmed', repeated: true })
    expect(limit()).toBe(25_000_000n)
    const other = { ...wish, key: 'promise-2' }
    expect(await panel.money.promise(customer, other)).toMatchObject({ outcome: 'refused', code: 'busy' })
    expect(await panel.money.promiseHistory(customer)).toMatchObject({ open: true })
    expect(await panel.money.endOwnPromise(customer, wish)).toMatchObject({ outcome: 'confirmed', repeated: false })
    expect(await panel.money.endOwnPromise(customer, wish)).toMatchObject({ outcome: 'confirmed', repeated: true })
    expect(limit()).toBe(5_000_000n)
    expect(await panel.money.promise(customer, wish)).toMatchObject({ outcome: 'confirmed', repeated: true })
    expect(limit()).toBe(5_000_000n)
    expect(await panel.money.promise(customer, other)).toMatchObject({ outcome: 'confirmed', repeated: false })
    expect(limit()).toBe(25_000_000n)
  })

  test.each(['promise', 'end'])('own: a %s whose answer was lost is not done twice, nor after a restart', async (what) => {
    const { panel, connect, customer, pay, simulator, clock } = await paid({ promised: { kind: 'own', raiseCredit: true } })
    await pay(10_000_000n)
    simulator.setPurse(customer.accountId, { creditLimit: what === 'end' ? 50_000_000n : 5_000_000n })
    const limit = () => simulator.purses().find(({ accountId }) => accountId === customer.accountId)?.creditLimit
    const { credit } = await panel.money.balance(customer)
    const does = (by: typeof panel, more = {}): Promise<{ outcome: string }> =>
      what === 'end' ? by.money.endOwnPromise(customer, { ...wish, ...more }) : by.money.promise(customer, { ...wish, ...more })
    simulator.switches.set({ visibilityDelayMs: 200_000 })
    simulator.faults.add({ match: { func: 'subaccount.edit' }, effect: 'drop-after', times: 1 })
    // The fault takes the first call, which reads; nothing was sent.
    expect(await does(panel)).toMatchObject({ outcome: 'refused', code: 'unavailable' })
    expect(await does(panel)).toMatchObject({ outcome: 'unconfirmed' })
    const after = what === 'end' ? 30_000_000n : 25_000_000n
    expect(limit()).toBe(after)
    expect(await does(panel)).toMatchObject({ outcome: 'unconfirmed', code: 'no_answer' })
    // Its time of doubt is over and it is still not seen: the same limit is set.
    clock.advance(60_001)
    expect(await does(panel)).toMatchObject({ outcome: 'unconfirmed' })
    expect(limit()).toBe(after)
    if (what === 'promise')
      expect(await panel.money.promise(customer, { ...wish, key: 'promise-2' })).toMatchObject({
        outcome: 'refused',
        code: 'busy',
      })
    clock.advance(200_000)
    expect(await does(connect(), { limitBefore: credit })).toMatchObject({ outcome: 'confirmed', repeated: true })
    expect(await does(panel)).toMatchObject({ outcome: 'confirmed', repeated: true })
    expect(limit()).toBe(after)
  })

  test('own: a limit that somebody changed meanwhile is left alone', async () => {
    const { panel, customer, pay, simulator } = await paid({ promised: { kind: 'own', raiseCredit: true } })
    await pay(10_000_000n)
    simulator.setPurse(customer.accountId, { creditLimit: 7_000_000n })
    expect(await panel.money.promise(customer, { ...wish, limitBefore: money(5_000_000n, 'EUR') })).toMatchObject({
      outcome: 'refused',
      error: { field: 'limitBefore' },
    })
  })

  test('own, without the panel: one at a time, and its end tells the panel nothing', async () => {
    const { panel, customer, pay, sentOf } = await paid({
      promised: { kind: 'own' },
      promiseRules: { ...rules, cooldownDays: 0 },
    })
    await pay(10_000_000n)
    const history = { paid: money(10_000_000n, 'EUR'), open: false, lastOn: undefined }
    const both = await Promise.all([
      panel.money.promise(customer, { ...wish, history }),
      panel.money.promise(customer, { ...wish, history, key: 'promise-2' }),
    ])
    expect(both).toMatchObject([{ outcome: 'confirmed' }, { outcome: 'refused', code: 'busy' }])
    expect(await panel.money.endOwnPromise(customer, wish)).toMatchObject({ outcome: 'confirmed' })
    expect(await panel.money.promise(customer, { ...wish, key: 'promise-2' })).toMatchObject({ outcome: 'confirmed' })
    expect(sentOf('subaccount.edit')).toEqual([])
  })

  test('function: a promise whose answer was lost and that is seen late is made once', async () => {
    const { panel, customer, pay, simulator, clock, sentOf } = await paid({ promised: { kind: 'function' } })
    await pay(10_000_000n)
    simulator.switches.set({ visibilityDelayMs: 30_000 })
    const until = clock.now().getTime() + wish.days * 86_400_000
    expect(await panel.money.promise(customer, wish)).toMatchObject({ outcome: 'unconfirmed' })
    expect(await panel.money.promise(customer, wish)).toMatchObject({ outcome: 'unconfirmed' })
    clock.advance(30_001)
    const found = await panel.money.promise(customer, wish)
    expect(found).toMatchObject({ outcome: 'confirmed', repeated: true })
    // It runs from when it was sent.
    expect(found.outcome === 'confirmed' && found.value.until.getTime() - until).toBeLessThan(20_000)
    expect(sentOf('promisepayment.add')).toHaveLength(1)
  })

  test.each([
    ['too much', { amount: money(60_000_000n, 'EUR') }, 'amount'],
    ['for too long', { days: 6 }, 'days'],
    ['in another currency', { amount: money(1_000_000n, 'RUB') }, 'amount'],
  ])('%s is refused', async (_, change, field) => {
    const { panel, customer } = await paid({ promised: { kind: 'own' } })
    const history = { paid: money(10_000_000n, 'EUR'), open: false, lastOn: undefined }
    expect(await panel.money.promise(customer, { ...wish, history, ...change })).toMatchObject({
      outcome: 'refused',
      error: { field },
    })
  })

  test('one at a time, whatever else is right', async () => {
    const { panel, customer } = await paid({ promised: { kind: 'own' }, promiseRules: { ...rules, cooldownDays: 0 } })
    const history = { paid: money(10_000_000n, 'EUR'), open: true, lastOn: undefined }
    expect(await panel.money.promise(customer, { ...wish, history })).toMatchObject({ outcome: 'refused', code: 'busy' })
    expect(await panel.money.promise(customer, { ...wish, history: { ...history, open: false } })).toMatchObject({
      outcome: 'confirmed',
    })
  })

  test('too soon after the last one is refused', async () => {
    const { panel, customer, clock } = await paid({ promised: { kind: 'own' } })
    const lastOn = new Date(clock.now().getTime() - 10 * 86_400_000).toISOString().slice(0, 10)
    const history = { paid: money(10_000_000n, 'EUR'), open: false, lastOn }
    expect(await panel.money.promise(customer, { ...wish, history })).toMatchObject({
      outcome: 'refused',
      code: 'busy',
      retryable: true,
    })
  })
})
