/**
 * From nothing to a printed bill, against the simulated panel: `node run.mjs packages/billmanager/examples/first-charge.ts`.
 * With BILLMANAGER_URL, BILLMANAGER_USERNAME and BILLMANAGER_PASSWORD it runs against a real one that exists for trials.
 */
import { formatMicros, money, systemClock } from '@straylight/kit'
import { createBillmanager, type Outcome } from '../src/index.ts'
import { startBillmanagerSimulator } from '../src/simulator/index.ts'

const clock = systemClock()
const { BILLMANAGER_URL: url, BILLMANAGER_USERNAME: username = '', BILLMANAGER_PASSWORD: password = '' } = process.env
const simulator = url ? undefined : await startBillmanagerSimulator({ clock })
const panel = createBillmanager({
  url: url ?? simulator?.url ?? '',
  credentials: { kind: 'session', ...(simulator?.credentials ?? { username, password }) },
  clock,
})

/** A write is believed when its effect was seen; all else ends this example. */
function confirmed<T>(outcome: Outcome<T>): T {
  if (outcome.outcome === 'confirmed') return outcome.value
  throw new Error(`${outcome.outcome} (${outcome.code}): ${outcome.message}`)
}
const say = (text: string): boolean => process.stdout.write(`${text}\n`)

const email = `ann-${Date.now()}@example.test`
const ann = confirmed(await panel.customers.create({ email, password: 'correct horse', name: 'Ann', country: 'RU' }))
confirmed(await panel.payers.create(ann, { kind: 'person', name: 'Ann', person: 'Ann', countryId: '182' }))
say(`account ${ann.accountId}, user ${ann.userId}, purse ${ann.subaccountId}`)

const currency = ann.currency ?? 'EUR'
const [card] = await panel.money.paymentMethods(ann)
const started = confirmed(
  await panel.money.createPayment(ann, { amount: money(10_000_000n, currency), methodId: card?.id ?? '', key: 'top-up-1' }),
)
say(`pay at ${started.redirectUrl}`)
confirmed(await panel.money.settlePayment(ann, started.payment.id, 'gateway-1'))

const charge = { amount: money(104_800n, currency), text: 'Cloud project, one hour', key: `hour-${Date.now()}` }
const first = await panel.money.postCharge(ann, charge)
const again = await panel.money.postCharge(ann, charge)
say(`charge ${confirmed(first).id}; the same order again finds charge ${confirmed(again).id}`)

const { real, available } = await panel.money.balance(ann)
say(`balance ${formatMicros(real.micros)} ${currency}, to spend ${available ? formatMicros(available.micros) : 'without limit'}`)
const bill = await panel.documents.pdf(ann, { kind: 'bill', id: started.payment.id })
say(`bill: ${bill.length} bytes of PDF`)

await panel.close()
await simulator?.close()
