import { type Clock, type Money, money } from '@straylight/kit'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Billmanager, type BillmanagerOptions, createBillmanager, type Customer, type Outcome } from '../../src/index.ts'

/** A panel to hold to the contract: a simulated one, or a real one that exists for tests. */
export interface Target {
  name: string
  url: string
  credentials: BillmanagerOptions['credentials']
  clock: Clock
  /** A tariff that is charged by usage, without a price in advance. */
  tariffId: string
  datacenterId: string
  options?: Partial<BillmanagerOptions>
  /** How long an operation may take there. */
  operationMs: number
}

/** What became of a write, in short, so that a failed assertion tells why. */
const brief = <T>(outcome: Outcome<T>): string =>
  outcome.outcome === 'confirmed'
    ? outcome.repeated
      ? 'confirmed again'
      : 'confirmed'
    : `${outcome.outcome} ${outcome.code}: ${outcome.message}`

export function confirmedValue<T>(outcome: Outcome<T>): T {
  expect(brief(outcome)).toMatch(/^confirmed/)
  return (outcome as { value: T }).value
}

/** What this client believes of any BILLmanager. Everything is done in the name of a client that it makes. */
export function holdToContract(open: () => Promise<Target>): void {
  describe('the contract', () => {
    let panel: Billmanager
    let target: Target
    let customer: Customer
    const mark = `c${Math.random().toString(36).slice(2, 10)}`
    const email = `straylight-${mark}@example.test`
    const sum = (micros: bigint): Money => money(micros, customer.currency ?? 'EUR')
    const real = async (): Promise<bigint> => (await panel.money.balance(customer)).real.micros
    let payerId: string

    beforeAll(async () => {
      target = await open()
      panel = createBillmanager({ url: target.url, credentials: target.credentials, clock: target.clock, ...target.options })
      customer = confirmedValue(
        await panel.customers.create({ email, password: `first-${mark}`, name: 'Contract', country: 'RU' }),
      )
    })

    test('the panel answers and behaves as this client believes', async () => {
      expect(await panel.health.ping()).toMatchObject({ ok: true })
      expect((await panel.health.selfTest(customer)).filter(({ ok }) => !ok)).toEqual([])
    })

    test('a client is found by e-mail and by id, and is made once', async () => {
      expect(await panel.customers.findByEmail(email)).toEqual(customer)
      expect(await panel.customers.link({ accountId: customer.accountId })).toEqual(customer)
      expect(await panel.customers.findByEmail(`nobody-${email}`)).toBeUndefined()
      const again = await panel.customers.create({ email, password: `first-${mark}`, name: 'Contract', country: 'RU' })
      expect(again).toMatchObject({ outcome: 'refused', code: 'exists', existing: customer })
    })

    test('a country that the panel does not have is refused before anything is sent', async () => {
      const nowhere = await panel.customers.create({ email: `x-${email}`, password: 'secret-1', name: 'X', country: 'ZZ' })
      expect(nowhere).toMatchObject({ outcome: 'refused', code: 'invalid', error: { field: 'country' } })
    })

    test('a password is changed by staff, and by the client with the old one', async () => {
      confirmedValue(await panel.customers.changePassword(customer, `second-${mark}`))
      const wrong = await panel.customers.changePassword(customer, `third-${mark}`, 'not-it')
      expect(wrong).toMatchObject({ outcome: 'refused', code: 'invalid', error: { field: 'old_passwd' } })
      confirmedValue(await panel.customers.changePassword(customer, `third-${mark}`, `second-${mark}`))
    })

    test('a link signs the client in to the panel', async () => {
      const response = await fetch(await panel.customers.signInUrl(customer), { redirect: 'manual' })
      expect(response.headers.get('set-cookie')).toMatch(/billmgrses5=/)
    })

    test('a payer is made once, changed and listed', async () => {
      const details = { kind: 'person' as const, name: 'Contract Payer', person: 'Contract Payer', countryId: '182' }
      const payer = confirmedValue(await panel.payers.create(customer, details))
      payerId = payer.id
      expect(brief(await panel.payers.create(customer, details))).toBe('confirmed again')
      confirmedValue(await panel.payers.update(customer, payer.id, { phone: '+70000000000' }))
      const other = confirmedValue(await panel.payers.create(customer, { ...details, name: 'Other Payer' }))
      expect(await panel.payers.list(customer)).toHaveLength(2)
      confirmedValue(await panel.payers.remove(customer, other.id))
      expect(await panel.payers.list(customer)).toEqual([payer])
    })

    test('a payment leads to its gateway, and raises the balance when it is paid', async () => {
      const [method] = await panel.money.paymentMethods(customer)
      const { cursor } = await panel.events.poll()
      const wish = {
        amount: sum(100_000_000n),
        methodId: method?.id ?? '',
        payerId,
        key: `pay-${mark}`,
        ...(method?.currencyId ? { currencyId: method.currencyId } : {}),
      }
      const started = confirmedValue(await panel.money.createPayment(customer, wish))
      expect(started.payment).toMatchObject({ amount: sum(100_000_000n), status: 'new' })
      expect(started.redirectUrl).toMatch(/^https?:\/\//)
      expect(brief(await panel.money.createPayment(customer, wish))).toBe('confirmed again')

      const before = await real()
      expect(confirmedValue(await panel.money.settlePayment(customer, started.payment.id, `gw-${mark}`)).status).toBe('credited')
      expect(brief(await panel.money.settlePayment(customer, started.payment.id, `gw-${mark}`))).toBe('confirmed again')
      expect(await real()).toBe(before + 100_000_000n)
      const { events } = await panel.events.poll(cursor)
      expect(events).toContainEqual(
        expect.objectContaining({
          type: 'payment.changed',
          payment: expect.objectContaining({ id: started.payment.id, status: 'credited' }),
        }),
      )
      expect((await panel.money.payments({ customer, status: 'credited' })).map(({ id }) => id)).toContain(started.payment.id)
    })

    test('a charge is posted once, however often it is ordered', async () => {
      const before = await real()
      const wish = { amount: sum(1_250_000n), text: 'cloud 2024-06-04T10', key: `charge-${mark}`, taxRate: '20' }
      const posted = confirmedValue(await panel.money.postCharge(customer, wish))
      expect(posted).toMatchObject({ text: 'cloud 2024-06-04T10', key: wish.key, duplicates: [] })
      const again = await panel.money.postCharge(customer, wish)
      expect(again).toMatchObject({ outcome: 'confirmed', repeated: true, value: { id: posted.id } })
      expect(await real()).toBe(before - 1_250_000n)
    })

    test('many charges are posted in one go, and each has its own outcome', async () => {
      const keys = ['a', 'b', 'c'].map((part) => `batch-${part}-${mark}`)
      const wishes = keys.map((key) => ({ amount: sum(10_000n), text: 'hour', key }))
      const outcomes = await panel.money.postCharges(customer, [
        ...wishes,
        { ...wishes[0], amount: sum(1n), key: `fine-${mark}`, text: 'too fine' },
      ])
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['confirmed', 'confirmed', 'confirmed', 'refused'])
      const found = await panel.money.charges(customer)
      expect(found.filter(({ key }) => key?.startsWith('batch-')).map(({ key }) => key)).toEqual([...keys].reverse())
    })

    test('a charge shows its exact sum in its form, and is taken back', async () => {
      const before = await real()
      const posted = confirmedValue(
        await panel.money.postCharge(customer, { amount: sum(104_800n), text: 'fine', key: `exact-${mark}` }),
      )
      expect((await panel.money.charge(posted.id, customer.currency))?.amount).toEqual(sum(104_800n))
      confirmedValue(await panel.money.voidCharge(customer, posted.id))
      expect(await panel.money.charge(posted.id)).toBeUndefined()
      expect(await real()).toBe(before)
    })

    test('a charge without money is refused with all figures, unless it is post-paid', async () => {
      const wish = { amount: sum(1_000_000_000n), text: 'dear', key: `dear-${mark}` }
      const refusedOne = await panel.money.postCharge(customer, { ...wish, postpaid: false })
      expect(refusedOne).toMatchObject({
        outcome: 'refused',
        code: 'insufficient_funds',
        error: { funds: { need: sum(1_000_000_000n), credit: sum(0n) } },
      })
      const posted = confirmedValue(await panel.money.postCharge(customer, wish))
      expect((await panel.money.balance(customer)).available?.micros).toBeLessThan(0n)
      confirmedValue(await panel.money.voidCharge(customer, posted.id))
    })

    test('a service is ordered once, becomes active, stops, goes on, and is deleted', async () => {
      const wish = { key: `prj-${mark}`, tariffId: target.tariffId, datacenterId: target.datacenterId }
      const waiting = { customer, timeoutMs: target.operationMs, everyMs: Math.max(1, Math.min(2000, target.operationMs / 50)) }
      const service = confirmedValue(await panel.services.open(customer, wish))
      const again = await panel.services.open(customer, wish)
      expect(again).toMatchObject({ outcome: 'confirmed', repeated: true, value: { id: service.id } })
      expect((await panel.services.settled(service.id, waiting))?.status).toBe('active')

      confirmedValue(await panel.services.suspend(customer, service.id))
      expect(await panel.services.settled(service.id, waiting)).toMatchObject({ status: 'suspended' })
      confirmedValue(await panel.services.resume(customer, service.id))
      expect((await panel.services.settled(service.id, waiting))?.status).toBe('active')
      expect(brief(await panel.services.resume(customer, service.id))).toBe('confirmed again')

      expect((await panel.services.find(customer, wish.key))?.id).toBe(service.id)
      expect((await panel.services.list(customer)).map(({ id }) => id)).toEqual([service.id])
      confirmedValue(await panel.services.close(customer, service.id))
      expect((await panel.services.settled(service.id, waiting))?.status ?? 'deleted').toBe('deleted')
      expect(await panel.services.find(customer, wish.key)).toBeUndefined()
    })

    test('a client sees the tariff that is ordered', async () => {
      expect((await panel.services.tariffs(customer)).map(({ id }) => id)).toContain(target.tariffId)
    })

    test('a ticket is opened once with a file, answered, and archived', async () => {
      const [department] = await panel.tickets.departments(customer)
      const file = { name: 'журнал "1".log', type: 'text/plain', bytes: Buffer.from('строка\n') }
      const wish = {
        subject: 'Disk is slow',
        message: 'Since noon.',
        departmentId: department?.id ?? '',
        files: [file],
        key: `ticket-${mark}`,
      }
      const ticket = confirmedValue(await panel.tickets.create(customer, wish))
      expect(ticket).toMatchObject({ subject: 'Disk is slow', key: wish.key })
      expect(brief(await panel.tickets.create(customer, wish))).toBe('confirmed again')

      const opened = await panel.tickets.get(customer, ticket.id)
      expect(opened.messages).toMatchObject([{ from: 'client', text: 'Since noon.', files: [{ name: file.name }] }])
      const bytes = await panel.tickets.file(customer, opened.messages[0]?.files[0]?.id ?? '')
      expect(bytes.toString()).toBe('строка\n')

      expect(confirmedValue(await panel.tickets.reply(customer, ticket.id, { message: 'Still.' })).text).toBe('Still.')
      confirmedValue(await panel.tickets.reply(customer, ticket.id, { message: 'Still.' }))
      expect((await panel.tickets.get(customer, ticket.id)).messages.filter(({ text }) => text === 'Still.')).toHaveLength(2)
      confirmedValue(await panel.tickets.archive(customer, ticket.id))
      expect(await panel.tickets.list(customer)).toEqual([])
      expect(brief(await panel.tickets.create(customer, wish))).toBe('confirmed again')
    })

    test('papers are listed and printed', async () => {
      const papers = await panel.documents.list(customer)
      const bill = papers.find(({ kind }) => kind === 'bill')
      expect(bill?.amount).toEqual(sum(100_000_000n))
      expect((await panel.documents.pdf(customer, { kind: 'bill', id: bill?.id ?? '' })).subarray(0, 5).toString()).toBe('%PDF-')
      await expect(panel.documents.pdf(customer, { kind: 'bill', id: '999999999' })).rejects.toMatchObject({
        reason: 'not_found',
      })
    })

    test('what is not there is not found', async () => {
      expect(await panel.services.get('999999999')).toBeUndefined()
      expect(await panel.money.payment('999999999')).toBeUndefined()
      await expect(panel.tickets.get(customer, '999999999')).rejects.toMatchObject({ reason: 'not_found', retryable: false })
    })
  })
}
