import { AdjustableClock, money } from '@straylight/kit'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { createBillmanager } from '../src/index.ts'
import { startBillmanagerSimulator, type Switches } from '../src/simulator/index.ts'
import { confirmedValue } from './support/contract.ts'
import { speaker } from './support/panel.ts'

vi.setConfig({ testTimeout: 90_000 })

const day = 86_400_000
const hour = 3_600_000
const eur = (text: string) => money(BigInt(Math.round(Number(text) * 10_000)) * 100n, 'EUR')

/** A client with a running project that uses 2 cores all day, on the first day of a month of thirty days. */
async function aMonth(switches: Partial<Switches> = {}) {
  const clock = new AdjustableClock('still', new Date('2024-06-01T00:00:00Z'))
  const simulator = await startBillmanagerSimulator({ clock })
  afterAll(() => simulator.close())
  simulator.switches.set(switches)
  const { askAsRoot } = speaker(simulator)
  const panel = createBillmanager({
    url: simulator.url,
    credentials: { kind: 'authinfo', ...simulator.credentials },
    clock,
    settings: { readBack: { looks: 1, everyMs: 1 } },
  })
  const customer = confirmedValue(
    await panel.customers.create({ email: 'ann@x.test', password: 'password-1', name: 'Ann', country: 'RU' }),
  )
  confirmedValue(await panel.payers.create(customer, { kind: 'company', name: 'ООО «Анна»', person: 'Анна', countryId: '182' }))
  const service = confirmedValue(await panel.services.open(customer, { key: 'prj-1', tariffId: '3' }))
  clock.advance(5000)

  let payments = 0
  return {
    clock,
    simulator,
    panel,
    customer,
    service: () => simulator.items().find(({ id }) => id === service.id),
    balance: () => panel.money.balance(customer),
    async pay(sum: string) {
      const started = confirmedValue(
        await panel.money.createPayment(customer, { amount: eur(sum), methodId: '5', key: `pay-${++payments}` }),
      )
      confirmedValue(await panel.money.settlePayment(customer, started.payment.id, `gw-${payments}`))
    },
    /** Lives through whole days: each day the module writes yesterday's use into the statistics just before midnight. */
    async live(days: number) {
      for (let lived = 0; lived < days; lived++) {
        const today = clock.now().toISOString().slice(0, 10)
        if (simulator.items()[0]?.status === '2') {
          await askAsRoot('simulator.insert_stat', { item: service.id, date: today, param: 'cpu', value: '48', measure: 'hour' })
          await askAsRoot('simulator.poststat', { module: '7', date: today })
        }
        clock.advance(new Date(`${today}T00:00:00Z`).getTime() + day - clock.now().getTime())
        await simulator.idle()
        simulator.items()
        // The morning: whatever the night set off is done.
        clock.advance(hour)
        simulator.items()
      }
    },
  }
}

describe('a month of a prepaid client', () => {
  test('use is charged day by day; without money it is charged no more, nothing stops, and the next payment is charged for all of it', async () => {
    const { live, pay, balance, service, simulator, panel, customer } = await aMonth()
    await pay('10')
    await live(20)
    // 0.48 a day: 20 days are 9.60, 21 do not fit into 10.00.
    expect((await balance()).real).toEqual(eur('0.40'))
    expect((await balance()).mode).toBe('prepaid')
    await live(5)
    expect((await balance()).real).toEqual(eur('0.40'))
    expect(service()?.status).toBe('2')
    await pay('20')
    await live(5)
    // All thirty days at once: 14.40 of 30.00.
    expect((await balance()).real).toEqual(eur('15.60'))
    const papers = await panel.documents.list(customer, ['invoice'])
    expect(papers).toMatchObject([{ kind: 'invoice', amount: eur('14.40'), on: '2024-07-01' }])
    expect(simulator.expenses().every(({ unpaid }) => unpaid === 0n)).toBe(true)
  })

  test('with the switch, it stops for want of money, and a payment starts it again', async () => {
    const { live, pay, balance, service, panel, clock } = await aMonth({ usageShortage: 'suspend' })
    await pay('1')
    await live(2)
    expect((await balance()).real).toEqual(eur('0.04'))
    expect(service()?.status).toBe('2')
    await live(1)
    expect(service()?.status).toBe('3_autosuspend')
    expect(await panel.services.list()).toMatchObject([{ status: 'suspended', suspendedBy: 'money' }])
    await live(2)
    expect((await balance()).real).toEqual(eur('0.04'))
    await pay('10')
    clock.advance(5000)
    expect(service()?.status).toBe('2')
    await live(25)
    // Day three was not paid then and is now; the two stopped days cost nothing: 28 days are 13.44 of 11.00 … the rest stops it again.
    expect(service()?.status).toBe('3_autosuspend')
    expect((await balance()).real).toEqual(eur('0.44'))
  })

  test('it is deleted thirty days after it was stopped by itself, and not when staff stopped it', async () => {
    const own = await aMonth({ usageShortage: 'suspend' })
    await own.live(1)
    expect(own.service()?.status).toBe('3_autosuspend')
    await own.live(31)
    expect(own.service()?.status).toBe('4')

    const byStaff = await aMonth({ usageShortage: 'suspend' })
    const [service] = await byStaff.panel.services.list()
    confirmedValue(await byStaff.panel.services.suspend(byStaff.customer, service?.id ?? ''))
    await byStaff.live(32)
    expect(byStaff.service()?.status).toBe('3_employeesuspend')
  })

  test('it is told that money runs out, at the days that the settings name', async () => {
    const { live, pay, simulator, customer } = await aMonth()
    await pay('5.28')
    await live(11)
    const { askPlain } = speaker(simulator)
    const { username, password } = simulator.credentials
    const doc = await askPlain('notify', { authinfo: `${username}:${password}`, su: customer.login })
    // 5.28 is eleven days: ten, five, four, three, two, one and none are left in turn.
    expect(doc.notify?.item).toMatchObject(Array(7).fill({ $: 'low_money' }))
  })
})

describe('a month of a client on credit', () => {
  async function onCredit() {
    const month = await aMonth({ usageShortage: 'suspend' })
    const [purse] = month.simulator.purses()
    await speaker(month.simulator).ask('subaccount.edit', { elid: purse?.id ?? '', creditlimit: '50', sok: 'ok' })
    return month
  }

  test('it may owe up to its limit; on the first it is invoiced, due on the fifteenth', async () => {
    const { live, balance, panel, customer, service } = await onCredit()
    await live(30)
    expect(await balance()).toMatchObject({
      mode: 'credit',
      real: eur('-14.40'),
      credit: eur('50'),
      available: eur('35.60'),
      creditBlocked: false,
    })
    expect(await panel.documents.list(customer, ['invoice'])).toMatchObject([{ amount: eur('14.40'), status: 'Not paid' }])
    const pdf = await panel.documents.pdf(customer, { kind: 'invoice', id: '3001' })
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(service()?.status).toBe('2')
  })

  test('an overdue invoice blocks the credit; a payment covers the debt first and opens it again', async () => {
    const { live, pay, balance, service, clock } = await onCredit()
    await live(30 + 15)
    expect(await balance()).toMatchObject({ creditBlocked: true, real: eur('-21.60') })
    expect((await balance()).available).toEqual(eur('-21.60'))
    await live(1)
    expect(service()?.status).toBe('3_autosuspend')
    await pay('30')
    clock.advance(5000)
    expect(await balance()).toMatchObject({ creditBlocked: false, real: eur('8.40'), available: eur('58.40') })
    expect(service()?.status).toBe('2')
  })

  test('what is overdue opens the credit when it is paid, though a later invoice is not paid yet', async () => {
    const { live, pay, balance, panel, customer } = await onCredit()
    await live(30 + 31 + 1)
    expect((await panel.documents.list(customer, ['invoice'])).map(({ amount }) => amount)).toEqual([eur('7.20'), eur('14.40')])
    expect(await balance()).toMatchObject({ creditBlocked: true, real: eur('-21.60') })
    await pay('14.40')
    expect((await panel.documents.list(customer, ['invoice'])).map(({ status }) => status)).toEqual(['Not paid', 'Paid'])
    expect(await balance()).toMatchObject({ creditBlocked: false, real: eur('-7.20') })
  })

  test('a part of the debt does not open the credit', async () => {
    const { live, pay, balance } = await onCredit()
    await live(30 + 15)
    await pay('5')
    expect(await balance()).toMatchObject({ creditBlocked: true, real: eur('-16.60') })
  })
})

describe('a month of a client who pays afterwards', () => {
  test('it owes without limit, is invoiced on the first, and never stops', async () => {
    const { live, balance, simulator, panel, customer, pay, service } = await aMonth({ usageShortage: 'suspend' })
    const [purse] = simulator.purses()
    await speaker(simulator).ask('subaccount.edit', { elid: purse?.id ?? '', postpaid: 'on', sok: 'ok' })
    await live(30)
    expect(await balance()).toMatchObject({ mode: 'postpaid', real: eur('-14.40'), available: undefined })
    await live(31)
    expect(service()?.status).toBe('2')
    expect(await balance()).toMatchObject({ real: eur('-29.28'), creditBlocked: false })
    expect((await panel.documents.list(customer, ['invoice'])).map(({ amount, status }) => [amount, status])).toEqual([
      [eur('14.88'), 'Not paid'],
      [eur('14.40'), 'Not paid'],
    ])
    await pay('14.40')
    expect((await panel.documents.list(customer, ['invoice'])).map(({ status }) => status)).toEqual(['Not paid', 'Paid'])
  })
})

test('a month of hours charged by us stands in the purse to the last ten-thousandth', async () => {
  const { clock, panel, customer, simulator, pay, balance } = await aMonth()
  await pay('100')
  for (let lived = 0; lived < 30; lived++) {
    const on = clock.now().toISOString().slice(0, 10)
    const charges = Array.from({ length: 24 }, (_, h) => ({
      amount: money(12_300n, 'EUR'),
      text: `cloud ${on}T${h}`,
      key: `h.${on}.${h}`,
      since: on,
    }))
    const outcomes = await panel.money.postCharges(customer, charges)
    expect(outcomes.every(({ outcome }) => outcome === 'confirmed')).toBe(true)
    clock.advance(day)
  }
  // 720 times 0.0123: lists round each to 0.01, the purse does not.
  expect(simulator.purses()[0]?.balance).toBe(100_000_000n - 720n * 12_300n)
  expect((await balance()).real).toEqual(eur('91.14'))
  expect(simulator.expenses()).toHaveLength(720)
})
