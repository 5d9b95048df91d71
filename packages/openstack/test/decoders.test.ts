import { readFileSync } from 'node:fs'
import { UpstreamError } from '@straylight/kit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromNova as serverFromNova } from '../src/compute/servers.ts'
import { Fields } from '../src/decode.ts'
import { fromNeutron as ruleFromNeutron } from '../src/network/security-group-rules.ts'
import { fromCinder as volumeFromCinder } from '../src/volumes/volumes.ts'
import { type DecoderCase, decoderCases } from './decoders.ts'

/** What a decoder is given: the recorded thing itself, or each thing of a recorded list. */
function samplesOf({ sample }: DecoderCase): unknown[] {
  if ('raw' in sample) return [sample.raw]
  const text = readFileSync(new URL(`./samples/answers/${sample.file}.json`, import.meta.url), 'utf8')
  const { body } = (JSON.parse(text) as { response: { body: Record<string, unknown> } }).response
  const found = sample.key === undefined ? body : body[sample.key]
  expect(found).toBeDefined()
  return Array.isArray(found) ? found : [found]
}

/** The same with one member, at whatever depth, replaced. */
function bend(value: unknown, at: number[], put: unknown): unknown {
  const [first, ...rest] = at
  if (first === undefined || typeof value !== 'object' || value === null) return put
  const keys = Object.keys(value)
  if (keys.length === 0) return put
  const key = keys[first % keys.length] as string
  const bent = bend((value as Record<string, unknown>)[key], rest, put)
  return Array.isArray(value) ? value.map((item, index) => (String(index) === key ? bent : item)) : { ...value, [key]: bent }
}

describe('every decoder', () => {
  test.each(decoderCases)('reads what was recorded: $name', (decoder) => {
    const samples = samplesOf(decoder)
    expect(samples.length).toBeGreaterThan(0)
    for (const sample of samples) expect(decoder.decode(sample)).toMatchObject({})
  })

  test.each(decoderCases)('throws nothing but a classified error, whatever it is given: $name', (decoder) => {
    const bent = fc
      .tuple(
        fc.constantFrom(...samplesOf(decoder)),
        fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 5 }),
        fc.jsonValue(),
      )
      .map(([sample, at, put]) => bend(sample, at, put))
    fc.assert(
      fc.property(fc.oneof({ weight: 1, arbitrary: fc.jsonValue() }, { weight: 4, arbitrary: bent }), (raw) => {
        try {
          decoder.decode(raw)
        } catch (error) {
          expect(error).toBeInstanceOf(UpstreamError)
          expect(error).toMatchObject({ kind: 'garbled', retryable: false, code: expect.stringMatching(/^[a-z]+\.garbled$/) })
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('what was recorded', () => {
  const first = (name: string): unknown => {
    const found = decoderCases.find((one) => one.name === name) as DecoderCase
    return found.decode(samplesOf(found)[0])
  }

  test('a server in our words', () => {
    expect(first('server')).toEqual({
      id: '85900fd0-87d8-42a4-88ff-0f9a0d51a60b',
      name: 'vm-1',
      description: '',
      status: 'ACTIVE',
      taskState: undefined,
      vmState: 'active',
      powerState: 'running',
      projectId: 'ffcb2af00c6a4e6f90be1d6a3f6c384c',
      userId: '6d6af66fa4504bd7ba7566d3b6da120f',
      metadata: { portal_service: '1001' },
      tags: [],
      flavor: { id: undefined, name: 't1.tiny', vcpus: 1, ramMib: 192, diskGib: 1, extraSpecs: {} },
      imageId: undefined,
      keyName: 'k1',
      addresses: { lan: [{ address: '10.30.0.152', version: 4, kind: 'fixed', mac: 'fa:16:3e:a1:19:b2' }] },
      volumes: [{ id: '0c212919-de6b-433f-bce2-cbd5b929a270', deleteOnTermination: true }],
      securityGroups: ['web'],
      serverGroupIds: [],
      hostId: '16e2fda2fcdf4047274cd1e8d07fab8f88616242a64785ccb404d638',
      host: undefined,
      availabilityZone: 'nova',
      hasConfigDrive: false,
      isLocked: false,
      lockedReason: undefined,
      fault: undefined,
      createdAt: new Date('2026-11-22T05:49:01Z'),
      updatedAt: new Date('2026-11-22T05:49:17Z'),
      launchedAt: new Date('2026-11-22T05:49:17Z'),
      terminatedAt: undefined,
    })
  })

  test('a volume in our words, its times in UTC', () => {
    expect(first('volume')).toMatchObject({
      status: 'in-use',
      sizeGib: 2,
      volumeType: 'fast',
      isBootable: false,
      attachments: [{ serverId: '85900fd0-87d8-42a4-88ff-0f9a0d51a60b', device: '/dev/vdb' }],
      createdAt: new Date('2026-11-22T05:49:20Z'),
    })
  })

  test('a token says where the services are', () => {
    const token = first('token') as { catalogue: Map<string, { url: string }[]>; roles: string[] }
    expect(token.roles.sort()).toEqual(['member', 'reader'])
    expect(token.catalogue.get('compute')?.[0]?.url).toBe('http://127.0.0.1:8774/v2.1')
  })

  test('a hypervisor does not say any more what it has, since 2.88', () => {
    expect(first('hypervisor')).toMatchObject({ state: 'up', status: 'enabled', capacity: undefined })
  })
})

describe('oddities', () => {
  const server = {
    id: 's',
    name: 'n',
    status: 'BUILD',
    tenant_id: 'p',
    user_id: 'u',
    flavor: {},
    created: '2026-11-22T05:49:01Z',
    updated: '2026-11-22T05:49:01Z',
  }

  test('a server that is only asked for has little to tell', () => {
    expect(serverFromNova(server)).toMatchObject({
      status: 'BUILD',
      addresses: {},
      volumes: [],
      powerState: undefined,
      host: undefined,
    })
  })

  test('a power state that nobody knows is unknown', () => {
    expect(serverFromNova({ ...server, 'OS-EXT-STS:power_state': 99 }).powerState).toBeUndefined()
  })

  test('a config drive is told by a string', () => {
    expect(serverFromNova({ ...server, config_drive: 'True' }).hasConfigDrive).toBe(true)
    expect(serverFromNova({ ...server, config_drive: '' }).hasConfigDrive).toBe(false)
    expect(() => serverFromNova({ ...server, config_drive: 'maybe' })).toThrow('config_drive is not a boolean')
  })

  test('a size that is a string of digits is a number', () => {
    const volume = { id: 'v', status: 'available', size: '5', created_at: '2026-11-22T05:49:20.000000' }
    expect(volumeFromCinder(volume).sizeGib).toBe(5)
    expect(() => volumeFromCinder({ ...volume, size: '' })).toThrow('volume.size is not a number')
    expect(() => volumeFromCinder({ ...volume, size: 'large' })).toThrow('volume.size is not a number')
  })

  test('names of objects in JavaScript mean nothing in a rule', () => {
    const rule = ruleFromNeutron({
      id: 'r',
      security_group_id: 'g',
      direction: 'ingress',
      ethertype: 'IPv4',
      protocol: 'constructor',
    })
    expect(rule.protocol).toBe('constructor')
  })

  test('an error names the member that could not be read', () => {
    expect(() => new Fields('nova', 'server', { flavor: { ram: [] } }).child('flavor').number('ram')).toThrow(
      'an answer of nova cannot be read: server.flavor.ram is not a number',
    )
    expect(() => new Fields('nova', 'server', { tags: [1] }).texts('tags')).toThrow('server.tags is not a list of strings')
    expect(() => new Fields('nova', 'server', { at: 'soon' }).date('at')).toThrow('server.at is not a time')
    expect(() => new Fields('nova', 'server', null)).toThrow('server is not an object')
  })
})
