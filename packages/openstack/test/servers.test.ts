import { describe, expect, test } from 'vitest'
import { toNova } from '../src/compute/new-server.ts'
import { pythonDict } from '../src/volumes/volumes.ts'
import { HurriedClock } from './contract/hurried-clock.ts'
import { ScriptedCloud } from './scripted-cloud.ts'

const server = (changes: Record<string, unknown>) => ({
  id: 's',
  name: 'x',
  status: 'ACTIVE',
  tenant_id: 'p',
  user_id: 'u',
  flavor: {},
  created: '2026-11-22T05:49:01Z',
  updated: '2026-11-22T05:49:01Z',
  ...changes,
})

describe('an order for a server', () => {
  const order = { name: 'x', flavorId: '1' }

  test('without networks asks for none, which Nova wants said', () => {
    expect(toNova(order)).toEqual({ server: { name: 'x', flavorRef: '1', networks: 'none' } })
    expect(toNova({ ...order, networks: 'auto' })).toMatchObject({ server: { networks: 'auto' } })
  })

  test('keeps the order of ports and networks', () => {
    expect(toNova({ ...order, ports: ['a', 'b'], networks: [{ networkId: 'n', fixedIp: '10.0.0.9' }] })).toMatchObject({
      server: { networks: [{ port: 'a' }, { port: 'b' }, { uuid: 'n', fixed_ip: '10.0.0.9' }] },
    })
  })

  test('boots from a volume, from one that is made of an image, or of a snapshot', () => {
    const root = { boot_index: 0, destination_type: 'volume' }
    const mapping = (bootVolume: NonNullable<Parameters<typeof toNova>[0]['bootVolume']>) =>
      (toNova({ ...order, bootVolume }).server as { block_device_mapping_v2: unknown[] }).block_device_mapping_v2
    expect(mapping({ volumeId: 'v', deleteOnTermination: true })).toEqual([
      { ...root, source_type: 'volume', uuid: 'v', delete_on_termination: true },
    ])
    expect(mapping({ imageId: 'i', sizeGib: 5, volumeType: 'fast' })).toEqual([
      { ...root, source_type: 'image', uuid: 'i', volume_size: 5, volume_type: 'fast', delete_on_termination: false },
    ])
    expect(mapping({ snapshotId: 's' })).toEqual([{ ...root, source_type: 'snapshot', uuid: 's', delete_on_termination: false }])
  })

  test('with further volumes names the disk of its image too', () => {
    expect(toNova({ ...order, imageId: 'i', volumes: [{ volumeId: 'v' }] })).toMatchObject({
      server: {
        imageRef: 'i',
        block_device_mapping_v2: [
          { boot_index: 0, source_type: 'image', destination_type: 'local', uuid: 'i' },
          { boot_index: -1, source_type: 'volume', uuid: 'v', delete_on_termination: false },
        ],
      },
    })
  })

  test('encodes what the guest will read, and hints at its group', () => {
    expect(toNova({ ...order, userData: '#!/bin/sh\n', serverGroupId: 'g', securityGroups: ['web'] })).toMatchObject({
      server: { user_data: 'IyEvYmluL3NoCg==', security_groups: [{ name: 'web' }] },
      'os:scheduler_hints': { group: 'g' },
    })
  })
})

describe('looking for a server', () => {
  test("quotes a name for Nova's regular expression, and believes nothing but an exact match", async () => {
    const script = new ScriptedCloud(({ path }) =>
      path === '/v2.1/servers/detail'
        ? { body: { servers: [server({ id: 'a', name: 'web.1 (x)' }), server({ id: 'b', name: 'webx1 (x)' })] } }
        : undefined,
    )
    const found = await script.open().as({ projectId: 'p' }).compute.servers.list({ name: 'web.1 (x)' }).all()
    expect(found.map(({ id }) => id)).toEqual(['a'])
    expect(new URLSearchParams(script.calls.at(-1)?.query).get('name')).toBe('^web\\.1 \\(x\\)$')
  })

  test('finds the oldest of several, and none that is deleted', async () => {
    const script = new ScriptedCloud(({ path }) =>
      path === '/v2.1/servers/detail'
        ? {
            body: {
              servers: [
                server({ id: 'c', created: '2026-11-22T05:49:02Z' }),
                server({ id: 'd' }),
                server({ id: 'b' }),
                server({ id: 'a', created: '2026-11-22T05:49:03Z' }),
                server({ id: '0', created: '2026-11-22T05:49:00Z', status: 'DELETED' }),
              ],
            },
          }
        : undefined,
    )
    expect(await script.open().as({ projectId: 'p' }).compute.servers.find({ name: 'x' })).toMatchObject({ id: 'b' })
  })

  test('quotes metadata for Cinder, which reads the filter as Python', () => {
    expect(pythonDict({ a: `it's`, b: 'back\\slash\nline\r' })).toBe(`{'a': 'it\\'s', 'b': 'back\\\\slash\\nline\\r'}`)
  })
})

describe('waiting for a server', () => {
  const waiting = (answers: Record<string, unknown>[]) => {
    let looked = 0
    const script = new ScriptedCloud(({ path }) =>
      path === '/v2.1/servers/s'
        ? { body: { server: server(answers[Math.min(looked++, answers.length - 1)] ?? {}) } }
        : undefined,
    )
    return { servers: script.open({ clock: new HurriedClock() }).as({ projectId: 'p' }).compute.servers, looked: () => looked }
  }

  test('goes on until it is there and no task is left', async () => {
    const { servers, looked } = waiting([{ status: 'BUILD' }, { 'OS-EXT-STS:task_state': 'spawning' }, {}])
    expect(await servers.waitForStatus('s', 'ACTIVE')).toMatchObject({ status: 'ACTIVE' })
    expect(looked()).toBe(3)
  })

  test('ends with its fault when it fails', async () => {
    const fault = { code: 500, message: 'No valid host was found. ', created: '2026-11-22T05:49:01Z' }
    const { servers } = waiting([{ status: 'BUILD' }, { status: 'ERROR', fault }])
    await expect(servers.waitForStatus('s', 'ACTIVE')).rejects.toMatchObject({
      kind: 'failed',
      code: 'nova.server_error',
      message: 'server s is in ERROR: No valid host was found. ',
    })
  })

  test('gives up in time', async () => {
    const { servers, looked } = waiting([{ status: 'BUILD' }])
    await expect(servers.waitForStatus('s', 'ACTIVE', { timeoutMs: 5000, everyMs: 1000 })).rejects.toMatchObject({
      kind: 'timeout',
      code: 'nova.wait_timeout',
      retryable: true,
      effect: 'none',
    })
    expect(looked()).toBe(6)
  })

  test('for its end goes on until it cannot be read any more', async () => {
    let looked = 0
    const script = new ScriptedCloud(({ path }) => {
      if (path !== '/v2.1/servers/s') return undefined
      return ++looked < 3 ? { body: { server: server({ status: 'DELETED' }) } } : { status: 404 }
    })
    await script.open({ clock: new HurriedClock() }).as({ projectId: 'p' }).compute.servers.waitUntilGone('s')
    expect(looked).toBe(3)
  })
})
