/**
 * How much CPU the client adds to a call, with answers that are there at once, so that nothing but the client is measured:
 *
 *   node bench/client.ts
 *
 * Fails when a call takes more than 0.3 ms.
 */
import { readFileSync } from 'node:fs'
import type { HttpResponse, Send } from '@straylight/kit'
import { AnalyticsApi, ConfigApi, meterTraffic, readTraffic, type TrafficState } from '../src/index.ts'

const mostMs = 0.3
const interfaces = 1000

interface Recorded {
  name: string
  response: { body: Record<string, unknown> }
}
const recorded = readFileSync(new URL('../test/samples/tf-config.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded)
const whole = recorded.find(
  ({ response }) => (response.body?.['virtual-network'] as { network_ipam_refs?: [] } | undefined)?.network_ipam_refs,
)
const network = whole?.response.body['virtual-network'] as { uuid: string; fq_name: string[] }
const answer = (body: unknown): HttpResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(body)),
})

const uuid = (number: number): string => `5d2f0b9e-6f7a-4c2b-9f3e-${String(number).padStart(12, '0')}`
const counts = { in_bytes: 123_456_789, in_pkts: 123_456, out_bytes: 987_654_321, out_pkts: 987_654 }
const uves = answer({
  value: Array.from({ length: interfaces }, (_, number) => ({
    name: `default-domain:customer-${number}:port-${number}`,
    value: {
      UveVMInterfaceAgent: { uuid: uuid(number), vm_uuid: uuid(number) },
      VMIStats: { raw_if_stats: counts, fip_agg_stats: [] },
    },
  })),
})
const machines = answer({
  value: Array.from({ length: interfaces }, (_, number) => ({
    name: uuid(number),
    value: { UveVirtualMachineAgent: { vrouter: 'compute-1' } },
  })),
})
const row = answer({ 'virtual-network': network })
const hundred = answer({ 'virtual-networks': Array.from({ length: 100 }, () => ({ 'virtual-network': network })) })
const made = answer({ 'virtual-network': { uuid: network.uuid, fq_name: network.fq_name } })

const send: Send = async ({ url, method }) => {
  if (url.includes('/uves/virtual-machine-interface')) return uves
  if (url.includes('/uves/virtual-machine')) return machines
  if (method === 'POST') return made
  return url.includes('/virtual-networks') ? hundred : row
}
const token = async () => 'token'
const config = new ConfigApi({ url: 'http://config:8082', token, send })
const analytics = new AnalyticsApi({ url: 'http://analytics:8081', token, send })

async function measure(what: string, times: number, call: () => Promise<unknown>): Promise<number> {
  for (let time = 0; time < times / 10; time++) await call()
  const before = process.cpuUsage()
  for (let time = 0; time < times; time++) await call()
  const { user, system } = process.cpuUsage(before)
  const ms = (user + system) / 1000 / times
  process.stdout.write(`${what.padEnd(46)} ${ms.toFixed(4)} ms of CPU per call\n`)
  return ms
}

const figures = [
  await measure('read a network', 10_000, () => config.read('virtual-network', network.uuid)),
  await measure('make a network', 10_000, () =>
    config.create('virtual-network', { fq_name: network.fq_name, parent_type: 'project' }),
  ),
  await measure('change a network', 10_000, () => config.update('virtual-network', network.uuid, { is_shared: true })),
  await measure('add a reference', 10_000, () =>
    config.addReference('virtual-network', network.uuid, { type: 'network-policy', uuid: network.uuid }),
  ),
]
const list = await measure('list 100 networks with detail', 500, () => config.listDetails('virtual-network'))
process.stdout.write(`${'the same, per network'.padEnd(46)} ${(list / 100).toFixed(4)} ms\n`)
let state: TrafficState | undefined
let nowMs = 0
const minute = await measure(`meter the traffic of ${interfaces} interfaces`, 100, async () => {
  nowMs += 60_000
  state = meterTraffic(state, await readTraffic(analytics), nowMs).state
})
process.stdout.write(`${'the same, per interface'.padEnd(46)} ${(minute / interfaces).toFixed(4)} ms\n`)
process.exitCode = Math.max(...figures) < mostMs ? 0 : 1
