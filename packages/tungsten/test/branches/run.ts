import { test } from 'node:test'
import { AnalyticsApi } from '../../src/analytics/api.ts'
import { decodeNode, readNodes } from '../../src/analytics/nodes.ts'
import {
  decodeReading,
  type InterfaceReading,
  meterTraffic,
  readTraffic,
  type TrafficState,
} from '../../src/analytics/traffic.ts'
import { asksForNothing, countIds, listParameters, queryString } from '../../src/config/list.ts'
import { EventStreamReader } from '../../src/config/server-sent-events.ts'
import { asObject, list, parseJson, structure, text, whole, word, yesNo } from '../../src/decode.ts'
import { classify, garbled } from '../../src/errors.ts'
import { dashed, dashless } from '../../src/ids.ts'
import { errorCases } from '../errors-cases.ts'
import { nodeCases } from '../nodes-cases.ts'

// Run by branches.test.ts under Node's own coverage: every case once. What they must give is asserted elsewhere.
const quietly = (run: () => unknown) => {
  try {
    run()
  } catch {
    // refusals are cases too
  }
}

test('every case runs', async () => {
  for (const { method = 'POST', path = '/things', status, headers, body } of errorCases)
    classify({ method, path, status, body, ...(headers ? { headers } : {}) })
  classify({ method: 'GET', path: '/', status: 500, body: 'x'.repeat(500) })
  garbled('here', 'expected JSON')

  const id = '5d2f0b9e-6f7a-4c2b-9f3e-000000000001'
  for (const one of [id, dashless(id), '../project']) quietly(() => dashed(one))

  for (const value of ['a', '12', 12, Number.NaN, true, null, [], {}, { a: 1, b: null }, ['a', 1]])
    for (const decode of [text, whole, yesNo, word('a'), list(text), asObject, structure({ a: text, b: text, c: text })])
      quietly(() => decode(value, 'here'))
  for (const body of ['{}', '{']) quietly(() => parseJson(body, 'here'))

  const everything = {
    parentIds: [id],
    parentName: ['a'],
    parentType: 'project',
    referringTo: [id],
    uuids: [id],
    names: [['a']],
    shared: true,
  }
  for (const query of [
    {},
    everything,
    { filters: { display_name: ['a', 'b'] } },
    { filters: { display_name: 'a,b' } },
    { filters: { display_name: 'a==b' } },
  ])
    quietly(() => queryString(listParameters<'project'>(query)))
  for (const query of [{}, everything, { uuids: [] }]) {
    asksForNothing(query)
    countIds(query)
  }

  const reading = (sentBytes: number, vrouter: string | undefined, floating: number[] = []): InterfaceReading => {
    const counters = { sentBytes, sentPackets: 0, receivedBytes: 0, receivedPackets: 0 }
    const through = floating.map((bytes) => ({ address: 'a', network: 'n', counters: { ...counters, sentBytes: bytes } }))
    return { interfaceId: 'port', name: 'a:b:port', machineId: undefined, vrouter, total: counters, floating: through }
  }
  const steps = [
    [],
    [reading(1, 'a')],
    [reading(5, 'a', [1])],
    [reading(5, 'a', [2])],
    [reading(5, undefined)],
    [],
    [],
    [reading(3, 'a')],
    [reading(9, 'b', [1])],
  ]
  let state: TrafficState | undefined
  for (const [index, readings] of steps.entries()) state = meterTraffic(state, readings, index * 4 * 24 * 3_600_000).state
  const counted = { in_bytes: 1, in_pkts: null, out_bytes: 2 }
  const about = { uuid: 'port', vm_uuid: 'vm' }
  const uves = [
    {},
    { VMIStats: { raw_if_stats: counted, vm_uuid: 'vm', fip_agg_stats: [{ ip_address: 'a' }, { virtual_network: 'b' }] } },
    {
      UveVMInterfaceAgent: { uuid: 'port' },
      VMIStats: {
        raw_if_stats: counted,
        vm_uuid: 'vm',
        fip_agg_stats: [{ ip_address: 'a' }, { ip_address: 'a', virtual_network: 'n' }, {}],
      },
    },
    { UveVMInterfaceAgent: { ...about, if_stats: counted } },
    { UveVMInterfaceAgent: { ...about, deleted: true }, VMIStats: { raw_if_stats: {} } },
    { UveVMInterfaceAgent: about, VMIStats: { raw_if_stats: {}, deleted: true } },
    { UveVMInterfaceAgent: about, VMIStats: { raw_if_stats: {} } },
    { UveVMInterfaceAgent: { uuid: 'port' }, VMIStats: { raw_if_stats: { in_bytes: 1, in_pkts: 1, out_bytes: 1, out_pkts: 1 } } },
  ]
  for (const uve of uves) decodeReading('a:b:c', uve)
  const interfaces = uves.map((value, index) => ({ name: `a:b:${index}`, value }))
  const machines = [
    { name: 'vm', value: { UveVirtualMachineAgent: { vrouter: 'compute-1' } } },
    { name: 'other', value: {} },
  ]
  const send = async ({ url }: { url: string }) => {
    const value = url.includes('virtual-machine-interface') ? interfaces : machines
    return { status: 200, headers: {}, body: Buffer.from(JSON.stringify({ value })) }
  }
  const stream = 'event: update\ndata: a\r\ndata:b\rdata\n: ping\nid: 1\n\n\nevent: none\n\ndata: held\r'
  const reader = new EventStreamReader()
  for (const chunk of [stream.slice(0, 9), stream.slice(9), '\n', '\r', 'x', '']) reader.push(Buffer.from(chunk))

  for (const { role = 'vrouter', uve } of nodeCases) decodeNode(role, 'compute-1', uve)
  const expected = [
    { role: 'vrouter' as const, host: 'vm' },
    { role: 'vrouter' as const, host: 'away' },
  ]
  await readNodes(new AnalyticsApi({ url: 'http://analytics', token: async () => 't', send }), expected)
  await readTraffic(new AnalyticsApi({ url: 'http://analytics', token: async () => 't', send }))
})
