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
    expect(await panel.money.promise(customer, wish)).toMatchObject({ outcome: 'refused', code: 'busy' })
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
    expect(await panel.money.endOwnPromise(customer, wish.amount)).toMatchObject({ outcome: 'confirmed' })
    expect(await panel.money.balance(customer)).toMatchObject({ mode: 'prepaid', available: money(10_000_000n, 'EUR') })
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
