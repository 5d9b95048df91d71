import { money, undiciSend } from '@straylight/kit'
import { describe, expect, test } from 'vitest'
import { world } from './support/world.ts'

describe('in whose name', () => {
  test('every call says for whom it is; nothing of it sticks, however calls interleave', async () => {
    const { panel, simulator, customer, callsOf } = await world()
    const made = await panel.customers.create({ email: 'bob@x.test', password: 'password-1', name: 'Bob', country: 'DE' })
    const bob = made.outcome === 'confirmed' ? made.value : customer
    await Promise.all([
      ...Array.from({ length: 5 }, () => panel.money.charges(customer)),
      ...Array.from({ length: 5 }, () => panel.money.charges(bob)),
      ...Array.from({ length: 5 }, () => panel.operations.list()),
    ])
    expect(
      callsOf('expense')
        .map(({ su }) => su)
        .sort(),
    ).toEqual([...Array(5).fill('ann@x.test'), ...Array(5).fill('bob@x.test')])
    expect(callsOf('runningoperation').every(({ su, level }) => su === undefined && level === 29)).toBe(true)
    expect(simulator.calls().filter(({ func }) => func === 'su' || func === 'chlevel')).toEqual([])
  })

  test('writes of one account run one after another; those of another do not wait', async () => {
    const { panel, simulator, customer, charge } = await world()
    const made = await panel.customers.create({ email: 'bob@x.test', password: 'password-1', name: 'Bob', country: 'DE' })
    const bob = made.outcome === 'confirmed' ? made.value : customer
    simulator.faults.add({ match: { func: 'expense.edit' }, effect: 'delay', delay_ms: 1500, times: 1 })
    const order: string[] = []
    await Promise.all([
      panel.money.postCharge(customer, charge).then(() => order.push('ann 1')),
      panel.money.postCharge(customer, { ...charge, key: 'k-2' }).then(() => order.push('ann 2')),
      new Promise((resolve) => setTimeout(resolve, 30))
        .then(() => panel.money.postCharge(bob, charge))
        .then(() => order.push('bob')),
    ])
    expect(order).toEqual(['bob', 'ann 1', 'ann 2'])
  })

  test('two charges with one key, ordered at once, are one charge', async () => {
    const { panel, simulator, customer, charge } = await world()
    const outcomes = await Promise.all([panel.money.postCharge(customer, charge), panel.money.postCharge(customer, charge)])
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['confirmed', 'confirmed'])
    const both = await panel.money.postCharges(customer, [
      { ...charge, key: 'k-2' },
      { ...charge, key: 'k-2' },
    ])
    expect(both).toMatchObject([{ outcome: 'confirmed' }, { outcome: 'confirmed', repeated: true }])
    expect(simulator.expenses()).toHaveLength(2)
  })

  test('charges that someone posted twice under one key are told as duplicates', async () => {
    const { panel, customer, charge } = await world()
    for (let time = 0; time < 2; time++)
      await panel.panel.call('expense.edit', {
        subaccount: customer.subaccountId,
        amount: '1',
        postpaid: 'on',
        name: 'hour #u:k-1',
        sok: 'ok',
      })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({
      outcome: 'confirmed',
      repeated: true,
      value: { id: '5001', duplicates: ['5002'] },
    })
  })

  test('a key that only begins alike is another key', async () => {
    const { panel, simulator, customer, charge } = await world()
    await panel.money.postCharge(customer, { ...charge, key: 'k-10' })
    expect(await panel.money.postCharge(customer, charge)).toMatchObject({ outcome: 'confirmed', repeated: false })
    expect(simulator.expenses()).toHaveLength(2)
  })

  test('what cannot be a charge is refused before anything is sent', async () => {
    const { panel, customer, charge, callsOf } = await world()
    const wrong = [
      { ...charge, key: 'with blanks' },
      { ...charge, amount: money(1_000_000n, 'RUB') },
      { ...charge, amount: money(0n, 'EUR') },
      { ...charge, amount: money(1n, 'EUR') },
      { ...charge, taxRate: 'much' },
    ]
    const outcomes = await panel.money.postCharges(customer, wrong)
    expect(outcomes.map((one) => (one.outcome === 'refused' ? one.error.field : one.outcome))).toEqual([
      'key',
      'amount',
      'amount',
      'amount',
      'taxrate',
    ])
    expect(callsOf('expense')).toEqual([])
  })

  test('what the panel charged in the night for yesterday does not hide what was charged before it', async () => {
    const { panel, simulator, customer, charge, clock } = await world()
    const today = clock.now().toISOString().slice(0, 10)
    await panel.money.postCharge(customer, { ...charge, since: today })
    const nightly = simulator.expenses()[0]
    expect(nightly).toBeDefined()
    // A service at a daily price, charged at midnight for the day before.
    await panel.services.open(customer, { key: 'prj-1', tariffId: '4' })
    clock.advance(1000)
    simulator.setPurse(customer.accountId, { balance: 10_000_000n })
    const tomorrow = new Date(clock.now().getTime() + 86_400_000).toISOString().slice(0, 10)
    clock.advance(new Date(`${tomorrow}T00:00:01Z`).getTime() - clock.now().getTime())
    await panel.money.postCharge(customer, { ...charge, key: 'k-2', since: tomorrow })
    const [newest, nights] = await panel.money.charges(customer, tomorrow)
    expect(newest).toMatchObject({ key: 'k-2', on: tomorrow })
    expect(nights).toMatchObject({ key: undefined, on: today, createdOn: tomorrow })
    expect(await panel.money.postCharge(customer, { ...charge, since: today })).toMatchObject({ repeated: true })
  })

  test.each([
    ['oldest first', (form: URLSearchParams) => form.set('p_col', '+id')],
    ['by their text', (form: URLSearchParams) => form.set('p_col', '+locale_name')],
  ])('a panel that lists charges %s shows them all the same: nothing is posted twice', async (_, change) => {
    const { panel, connect, simulator, customer, charge, clock } = await world()
    for (const key of ['a-1', 'b-2', 'z-3']) await panel.money.postCharge(customer, { ...charge, text: key, key })
    clock.advance(5 * 86_400_000)
    const since = clock.now().toISOString().slice(0, 10)
    await panel.money.postCharge(customer, { ...charge, text: 'm', since })
    const send = undiciSend()
    const otherwise = connect({
      send: (request) => {
        const form = new URLSearchParams(String(request.body))
        if (form.get('func') !== 'expense') return send(request)
        change(form)
        return send({ ...request, body: form.toString() })
      },
    })
    expect(await otherwise.money.postCharge(customer, { ...charge, since })).toMatchObject({
      outcome: 'confirmed',
      repeated: true,
    })
    expect(simulator.expenses()).toHaveLength(4)
  })

  test('old charges are not read page after page when the panel shows the newest first', async () => {
    const { panel, simulator, customer, charge, clock, connect } = await world()
    const old = Array.from({ length: 4 }, (_, index) => ({ ...charge, key: `old-${index}` }))
    await panel.money.postCharges(customer, old)
    clock.advance(5 * 86_400_000)
    const since = clock.now().toISOString().slice(0, 10)
    await panel.money.postCharge(customer, { ...charge, since })
    const send = undiciSend()
    let pages = 0
    const small = connect({
      send: (request) => {
        const form = new URLSearchParams(String(request.body))
        if (form.get('func') !== 'expense') return send(request)
        pages++
        form.set('p_cnt', '2')
        return send({ ...request, body: form.toString() })
      },
    })
    expect(await small.money.charges(customer, since)).toHaveLength(1)
    expect(pages).toBe(1)
    expect(await small.money.charges(customer)).toHaveLength(5)
    expect(simulator.expenses()).toHaveLength(5)
  })
})
