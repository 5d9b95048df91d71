/**
 * What the client itself costs: CPU time per call, without the network. `node run.mjs packages/billmanager/bench/client.ts`
 * Each call is taken through all of it: proof, form, normaliser, classification, and the reading of every row.
 */
import { type HttpResponse, systemClock } from '@straylight/kit'
import { createBillmanager } from '../src/index.ts'

const limitMs = 0.3
const calls = Number(process.env.BENCH_CALLS ?? 5000)

const answer = (doc: unknown): HttpResponse => ({ status: 200, headers: {}, body: Buffer.from(JSON.stringify({ doc })) })
const charge = (index: number) => ({
  id: { $: String(5000 + index) },
  locale_name: { $: `Cloud project 2024-06-04T10 #u:7f3a-${index}  ` },
  realdate: { $: '2024-06-04' },
  amount: { $: '0.10 EUR' },
  taxamount: { $: '0.02 EUR' },
  item: { $: '310598' },
})
const answers: Record<string, HttpResponse> = {
  whoami: answer({ user: { $id: '2', $email: 'straylight@panel.test' } }),
  expense: answer({ elem: Array.from({ length: 24 }, (_, index) => charge(index)), p_elems: { $: '24' } }),
  'expense.edit': answer({ ok: {}, id: { $: '5001' } }),
  refused: answer({ error: { $type: 'value', $object: 'amount', param: { $name: 'value', $: '-1' }, msg: { $: 'no' } } }),
}

const panel = createBillmanager({
  url: 'http://127.0.0.1',
  credentials: { kind: 'authinfo', username: 'straylight', password: 'secret' },
  clock: systemClock(),
  send: async ({ body }) => answers[/func=([\w.]+)/.exec(String(body))?.[1] ?? ''] ?? answer({}),
})
const customer = { accountId: '701', userId: '42', login: 'ann@x.test', subaccountId: '1701' }

const measured: Record<string, () => Promise<unknown>> = {
  'a short answer': () => panel.health.ping(),
  'a form sent': () => panel.panel.call('expense.edit', { subaccount: '1701', amount: '0.1048', name: 'x #u:1', sok: 'ok' }),
  'a refusal': () => panel.panel.call('refused').catch(() => undefined),
  'a day of charges, 24 rows': () => panel.money.charges(customer),
}

let isSlow = false
for (const [name, call] of Object.entries(measured)) {
  for (let warm = 0; warm < calls / 10; warm++) await call()
  const before = process.cpuUsage()
  for (let done = 0; done < calls; done++) await call()
  const { user, system } = process.cpuUsage(before)
  const ms = (user + system) / 1000 / calls
  isSlow ||= ms >= limitMs
  process.stdout.write(`${name.padEnd(28)} ${ms.toFixed(4)} ms of CPU per call\n`)
}
process.stdout.write(`limit ${limitMs} ms: ${isSlow ? 'missed' : 'kept'}\n`)
process.exitCode = isSlow ? 1 : 0
