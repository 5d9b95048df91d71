import { systemClock } from '@straylight/kit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BillmanagerError, createBillmanager } from '../src/index.ts'

const customer = { accountId: '701', userId: '42', login: 'ann@x.test', subaccountId: '1701', currency: 'EUR' }

/** A client of a panel that answers anything. */
function clientOf(body: string, status = 200) {
  const panel = createBillmanager({
    url: 'http://127.0.0.1',
    credentials: { kind: 'authinfo', username: 'u', password: 'p' },
    clock: systemClock(),
    send: async () => ({ status, headers: {}, body: Buffer.from(body) }),
    longRequest: { everyMs: 0, atMostMs: 0 },
    promised: { kind: 'function' },
    settings: { readBack: { looks: 1, everyMs: 0 } },
  })
  const eur = { micros: 1_000_000n, currency: 'EUR' }
  const reads: (() => Promise<unknown>)[] = [
    () => panel.customers.findByEmail('ann@x.test'),
    () => panel.customers.link({ accountId: '701' }),
    () => panel.payers.list(customer),
    () => panel.money.balance(customer),
    () => panel.money.payments({ since: '2024-01-01' }),
    () => panel.money.paymentMethods(customer),
    () => panel.money.charges(customer, '2024-01-01'),
    () => panel.money.charge('1'),
    () => panel.services.list(customer),
    () => panel.services.tariffs(customer),
    () => panel.operations.list(),
    () => panel.tickets.list(customer),
    () => panel.tickets.get(customer, '1'),
    () => panel.tickets.departments(customer),
    () => panel.documents.list(customer),
    () => panel.documents.pdf(customer, { kind: 'bill', id: '1' }),
    () => panel.events.poll(body),
    () => panel.health.selfTest(customer),
  ]
  const writes: (() => Promise<{ outcome: string }>)[] = [
    () => panel.customers.create({ email: 'ann@x.test', password: 'x', name: 'Ann', country: 'RU' }),
    () => panel.customers.changePassword(customer, 'y'),
    () => panel.payers.create(customer, { kind: 'person', name: 'Ann', person: 'Ann', countryId: '182' }),
    () => panel.money.createPayment(customer, { amount: eur, methodId: '5', key: 'p-1' }),
    () => panel.money.postCharge(customer, { amount: eur, text: 'x', key: 'k-1' }),
    () => panel.money.promise(customer, { amount: eur, days: 1, key: 'o-1' }),
    () => panel.services.open(customer, { key: 'prj-1', tariffId: '3' }),
    () => panel.services.suspend(customer, '1'),
    () => panel.tickets.create(customer, { subject: 'S', message: 'M', departmentId: '2', key: 't-1' }),
    () => panel.operations.complete({ id: '1', serviceId: '2', command: 'open' }, { result: 'ok' }),
  ]
  return { reads, writes }
}

const names = [
  'elem',
  'list',
  'slist',
  'mlist',
  'message',
  'user',
  'auth',
  'ok',
  'id',
  'p_elems',
  'error',
  '$',
  '$name',
  '$type',
  '$id',
  'amount',
  'name',
  'item_status',
]
const panelish = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.constantFrom('1', '2_start', '12,30 €', 'null', '2024-06-04'),
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 2 }),
    tie('element'),
  ),
  element: fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 5 }),
})).element

const bodies = fc.oneof(
  panelish.map((doc) => JSON.stringify({ doc })),
  fc.string(),
  fc.constantFrom('', 'long_1?billmgr', '{"doc":{"elem":[{"id":{"$":"1"}}]}}'),
)

test('whatever a panel answers, a read ends well or in a classified error, and a write in an outcome', async () => {
  await fc.assert(
    fc.asyncProperty(bodies, fc.constantFrom(200, 200, 200, 403, 502), async (body, status) => {
      const { reads, writes } = clientOf(body, status)
      for (const read of reads)
        await read().catch((error: unknown) => {
          if (!(error instanceof BillmanagerError)) throw error
        })
      for (const write of writes) expect(['confirmed', 'unconfirmed', 'refused']).toContain((await write()).outcome)
    }),
    { numRuns: 150 },
  )
})
