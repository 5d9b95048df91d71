import { type Send, UpstreamError } from '@straylight/kit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  AnalyticsApi,
  changeOf,
  ConfigApi,
  decodeNode,
  decodeReading,
  decodeResource,
  decodeUve,
  EventStreamReader,
  readNodes,
  readTraffic,
  type ResourceType,
  resourceShapes,
} from '../src/index.ts'
import { samplesOf } from './replay.ts'

const types = Object.keys(resourceShapes) as ResourceType[]

/** Every whole object that the real servers have shown, by type. */
const recorded = new Map<string, unknown[]>()
for (const name of ['tf-config', 'opensdn-config', 'opensdn-config-advanced', 'tf-rbac'])
  for (const { response } of samplesOf(name))
    for (const [key, value] of Object.entries((response.body as Record<string, unknown> | undefined) ?? {})) {
      const items = Array.isArray(value) ? value : [value]
      const type = Array.isArray(value) ? key.replace(/s$/, '') : key
      for (const item of items) {
        const object = ((item as Record<string, unknown> | null)?.[type] ?? item) as { fq_name?: unknown; uuid?: unknown } | null
        if (object?.fq_name && object.uuid) recorded.set(type, [...(recorded.get(type) ?? []), object])
      }
    }

const uuid = '5d2f0b9e-6f7a-4c2b-9f3e-000000000001'
const examples: Record<string, unknown> = {
  interface: {
    UveVMInterfaceAgent: {
      uuid,
      vm_uuid: uuid,
      deleted: false,
      if_stats: { in_bytes: 1, in_pkts: 1, out_bytes: 2, out_pkts: 2 },
    },
    VMIStats: {
      vm_uuid: uuid,
      raw_if_stats: { in_bytes: 10, in_pkts: 1, out_bytes: 20, out_pkts: 2 },
      fip_agg_stats: [
        { virtual_network: 'a:b:c', ip_address: '203.0.113.3', in_bytes: 1, in_pkts: 1, out_bytes: 1, out_pkts: 1 },
      ],
    },
  },
  node: {
    NodeStatus: {
      process_status: [
        {
          module_id: 'contrail-vrouter-agent',
          state: 'Functional',
          connection_infos: [{ type: 'XMPP', status: 'Up', server_addrs: ['a'] }],
        },
      ],
      process_info: [{ process_name: 'agent', process_state: 'PROCESS_STATE_RUNNING', core_file_list: [] }],
    },
    VrouterAgent: {
      build_info: '{"build-info":[{"build-version":"21.4"}]}',
      tunnel_type: 'MPLSoUDP',
      virtual_machine_list: [uuid],
    },
  },
}

/** The same with one member, at whatever depth, replaced. */
function bend(value: unknown, at: readonly number[], put: unknown): unknown {
  const [first, ...rest] = at
  if (first === undefined || typeof value !== 'object' || value === null) return put
  const keys = Object.keys(value)
  if (keys.length === 0) return put
  const key = keys[first % keys.length] as string
  const bent = bend((value as Record<string, unknown>)[key], rest, put)
  return Array.isArray(value) ? value.map((item, index) => (String(index) === key ? bent : item)) : { ...value, [key]: bent }
}

const bentOf = (...samples: readonly unknown[]) =>
  fc.oneof(
    { weight: 1, arbitrary: fc.jsonValue() },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom(...samples), fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 6 }), fc.jsonValue())
        .map(([sample, at, put]) => bend(sample, at, put)),
    },
  )

const garbledOnly = (error: unknown) => {
  expect(error).toBeInstanceOf(UpstreamError)
  expect(error).toMatchObject({ service: 'tungsten', kind: 'garbled', code: 'tungsten.garbled', retryable: false })
}

function throwsOnlyGarbled(arbitrary: fc.Arbitrary<unknown>, decode: (raw: unknown) => unknown, numRuns = 300): void {
  fc.assert(
    fc.property(arbitrary, (raw) => {
      try {
        decode(raw)
      } catch (error) {
        garbledOnly(error)
      }
    }),
    { numRuns },
  )
}

describe('a decoder', () => {
  test('there are recorded objects of the types that matter', () => {
    for (const type of [
      'project',
      'virtual-network',
      'virtual-machine-interface',
      'instance-ip',
      'floating-ip',
      'security-group',
      'logical-router',
    ])
      expect([type, recorded.get(type)?.length ?? 0]).toEqual([type, expect.toSatisfy((count: number) => count > 0)])
  })

  test.each(types)('reads every recorded %s, and keeps what it does not know', (type) => {
    for (const sample of recorded.get(type) ?? []) {
      const read = decodeResource(type, sample, type) as Record<string, unknown>
      const { id_perms, ...rest } = sample as Record<string, unknown>
      expect(read).toMatchObject(rest)
      if (id_perms) expect(read.id_perms).not.toHaveProperty('uuid')
    }
  })

  test.each(types)('of a %s throws nothing but a classified error, whatever it is given', (type) => {
    const samples = recorded.get(type) ?? [{ uuid, fq_name: ['a', 'b'], parent_type: 'project' }]
    throwsOnlyGarbled(bentOf(...samples), (raw) => decodeResource(type, raw, type), 200)
  })

  test('of operational state throws nothing but a classified error', () => {
    throwsOnlyGarbled(bentOf(examples.interface), (raw) => decodeReading('a:b:c', decodeUve(raw, 'uve')), 1000)
    throwsOnlyGarbled(bentOf(examples.node), (raw) => decodeNode('vrouter', 'compute-1', decodeUve(raw, 'uve')), 1000)
  })

  test('of the change feed throws nothing but a classified error', () => {
    const names = fc.constantFrom('init', 'create', 'update', 'delete', 'else', '')
    const network = { 'virtual-network': recorded.get('virtual-network')?.[0] }
    const data = fc.oneof(
      bentOf(network, { 'virtual-networks': [network] }).map((value) => JSON.stringify(value)),
      fc.string(),
    )
    fc.assert(
      fc.property(names, data, (name, text) => {
        try {
          changeOf(['virtual-network', 'project'], { name, data: text })
        } catch (error) {
          garbledOnly(error)
        }
      }),
      { numRuns: 1000 },
    )
    expect(() => changeOf(['project'], { name: 'stop', data: '{}' })).toThrow(
      expect.objectContaining({ code: 'tungsten.feed_lost' }),
    )
  })
})

describe('the reader of an event stream', () => {
  test('joins letters that were cut in two', () => {
    const reader = new EventStreamReader()
    const events = [...Buffer.from('event: update\ndata: сеть\n\n')].flatMap((byte) => reader.push(Uint8Array.of(byte)))
    expect(events).toEqual([{ name: 'update', data: 'сеть' }])
  })

  test('takes a beginning of 20 MB in chunks of 16 kB in a second', () => {
    const reader = new EventStreamReader()
    const chunk = Buffer.alloc(16_384, 'x')
    const started = performance.now()
    reader.push(Buffer.from('event: init\ndata: '))
    for (let count = 0; count < 1_280; count++) expect(reader.push(chunk)).toEqual([])
    const [event] = reader.push(Buffer.from('\n\n'))
    expect(event?.data.length).toBe(1_280 * 16_384)
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('never throws and finds the same events however the bytes are cut', () => {
    const line = fc.oneof(
      fc.constantFrom('event: update', 'data: {"a": 1}', 'data: ж', ': ping', '', '', 'event:create', 'data', 'id: 1', 'retry'),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat({ max: 20 })), (lines, end, cuts) => {
        const bytes = Buffer.from(lines.map((one) => one.replace(/[\r\n]/g, '') + end).join(''))
        const whole = new EventStreamReader()
        const expected = [...whole.push(bytes), ...whole.push(Buffer.from('x'))]
        const reader = new EventStreamReader()
        const found = []
        let at = 0
        for (const cut of cuts) {
          found.push(...reader.push(bytes.subarray(at, at + cut)))
          at += cut
        }
        found.push(...reader.push(bytes.subarray(at)), ...reader.push(Buffer.from('x')))
        expect(found).toEqual(expected)
      }),
    )
  })
})

describe('a whole call', () => {
  const network = { 'virtual-network': recorded.get('virtual-network')?.[0] }
  const answers = bentOf(
    network,
    { 'virtual-networks': [recorded.get('virtual-network')?.[0]] },
    { 'virtual-networks': [network], marker: null },
    { 'virtual-networks': { count: 5 } },
    { uuid, type: 'project', fq_name: ['a'] },
    { ip_addr: ['10.0.0.3'] },
    { ip_count_list: [1] },
    { annotations: [[{ key: 'a', value: 'b' }, 'a']] },
    { 'aaa-mode': 'rbac' },
    { value: [{ name: 'a', value: examples.interface }] },
    [{ name: 'tables', href: 'x' }],
  )
  const body = fc.oneof(
    answers.map((value) => JSON.stringify(value)),
    fc.string(),
  )
  const status = fc.oneof(
    { weight: 4, arbitrary: fc.constant(200) },
    { weight: 1, arbitrary: fc.integer({ min: 300, max: 599 }) },
  )

  const config = (send: Send) => new ConfigApi({ url: 'http://config', token: async () => 't', send })
  const analytics = (send: Send) => new AnalyticsApi({ url: 'http://analytics', token: async () => 't', send })
  const calls: Record<string, (send: Send) => Promise<unknown>> = {
    read: (send) => config(send).read('virtual-network', uuid),
    readIfChanged: (send) => config(send).readIfChanged('virtual-network', uuid, '2026-11-22T05:27:38.202121'),
    list: (send) => config(send).list('virtual-network', { parentIds: [uuid] }, ['is_shared']),
    listDetails: (send) => config(send).listDetails('virtual-network'),
    count: (send) => config(send).count('virtual-network'),
    firstPage: (send) => config(send).pages('virtual-network').next(),
    create: (send) => config(send).create('virtual-network', { fq_name: ['a', 'b', 'c'], parent_type: 'project' }),
    update: (send) => config(send).update('virtual-network', uuid, { is_shared: true }),
    delete: (send) => config(send).delete('virtual-network', uuid),
    addReference: (send) => config(send).addReference('virtual-network', uuid, { type: 'network-policy', uuid }),
    idOf: (send) => config(send).idOf('project', ['default-domain', 'a']),
    nameOf: (send) => config(send).nameOf(uuid),
    propertyCollection: (send) => config(send).propertyCollection(uuid, ['annotations']),
    allocateAddresses: (send) => config(send).allocateAddresses(uuid),
    countAddresses: (send) => config(send).countAddresses(uuid, [uuid]),
    aaaMode: (send) => config(send).aaaMode(),
    types: (send) => analytics(send).types(),
    uve: (send) => analytics(send).uve('virtual-network', 'a:b:c'),
    uves: (send) => analytics(send).uves('virtual-network'),
    tables: (send) => analytics(send).tables(),
    query: (send) => analytics(send).query({ table: 'T', from: 'now-1h', to: 'now', select: ['a'] }),
    readTraffic: (send) => readTraffic(analytics(send)),
    readNodes: (send) => readNodes(analytics(send)),
  }

  test.each(Object.keys(calls))('%s gives its result or a classified error, whatever the server answers', async (name) => {
    await fc.assert(
      fc.asyncProperty(status, body, async (code, text) => {
        try {
          await calls[name]?.(async () => ({ status: code, headers: {}, body: Buffer.from(text) }))
        } catch (error) {
          expect(error).toBeInstanceOf(UpstreamError)
          expect((error as UpstreamError).code).toMatch(/^tungsten\./)
        }
      }),
      { numRuns: 200 },
    )
  })
})
