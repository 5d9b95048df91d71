import { readdirSync, readFileSync } from 'node:fs'
import { UpstreamError } from '@straylight/kit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeNotification, type Notification, type ReceivedNotification } from '../src/notifications/index.ts'
import { Inbox } from '../src/notifications/inbox.ts'
import { notificationCases } from './notifications-cases.ts'

const folder = new URL('./samples/notifications/', import.meta.url)

interface Sample {
  exchange: string
  envelope: Record<string, string>
  message: Record<string, unknown>
}

const sample = (name: string): Sample => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Sample
const onTheWire = ({ envelope, message }: Sample): Buffer =>
  Buffer.from(JSON.stringify({ ...envelope, 'oslo.message': JSON.stringify(message) }))
const decodeSample = (name: string): Notification => {
  const recorded = sample(name)
  const notifications = decodeNotification(onTheWire(recorded), recorded.exchange)
  expect(notifications).toHaveLength(1)
  return notifications[0] as Notification
}

const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ''))
const project = 'ffcb2af00c6a4e6f90be1d6a3f6c384c'
const server = '85900fd0-87d8-42a4-88ff-0f9a0d51a60b'

describe('the recorded notifications', () => {
  test('are all there', () => expect(names).toHaveLength(139))

  test.each(names)('%s says what happened to what', (name) => {
    const recorded = sample(name)
    const notification = decodeSample(name)
    expect(notification.eventType).toBe(recorded.message.event_type)
    expect(notification.messageId).toBe(recorded.message.message_id)
    expect(notification.service).toBe(recorded.exchange)
    expect(notification.at.toISOString().slice(0, 19)).toBe(String(recorded.message.timestamp).slice(0, 19).replace(' ', 'T'))
    expect(notification.type).toMatch(/^[a-z_]+\.[a-z_]+$/)
    const unnamed = ['other', 'role_assignment'].includes(notification.subject.kind)
    const unborn = notification.phase === 'started' && notification.type.endsWith('.create')
    if (!unnamed && !unborn) expect(notification.subject.id).toBeTruthy()
    const ofNobody = ['flavor', 'keypair', 'volume_type', 'service', 'user', 'other'].includes(notification.subject.kind)
    const terse = notification.service === 'neutron' && notification.phase === 'started'
    if (!ofNobody && !terse) expect(notification.projectId).toMatch(/^[0-9a-f]{32}$/)
  })

  test('are told in our words', () => {
    const told = Object.fromEntries(
      names.map((name) => [name, decodeSample(name)] as const).map(([name, { type, phase }]) => [name, `${type} ${phase}`]),
    )
    expect(told).toMatchObject({
      'compute.instance.create.start': 'server.create started',
      'compute.instance.create.end': 'server.create finished',
      'versioned-instance.create.end': 'server.create finished',
      'compute.instance.power_off.end': 'server.stop finished',
      'versioned-instance.power_on.end': 'server.start finished',
      'compute.instance.update': 'server.update finished',
      'compute.instance.finish_resize.end': 'server.resize_finish finished',
      'versioned-instance.resize_finish.end': 'server.resize_finish finished',
      'compute.instance.resize.prep.start': 'server.resize_prepare started',
      'versioned-instance.resize_prep.start': 'server.resize_prepare started',
      'compute.instance.resize.confirm.end': 'server.resize_confirm finished',
      'compute.instance.rebuild.scheduled': 'server.rebuild_schedule finished',
      'compute.instance.volume.attach': 'server.volume_attach finished',
      'versioned-instance.volume_attach.start': 'server.volume_attach started',
      'scheduler.select_destinations.start': 'server.schedule started',
      'volume.resize.end': 'volume.extend finished',
      'volume_type.create': 'volume_type.create finished',
      'snapshot.delete.end': 'snapshot.delete finished',
      'image.activate': 'image.activate finished',
      'router.interface.create': 'router.interface_create finished',
      'floatingip.create.end': 'floating_ip.create finished',
      'security_group_rule.create.start': 'security_group_rule.create started',
      'keypair.import.end': 'keypair.create finished',
      'identity.project.created': 'project.create finished',
      'identity.user.deleted': 'user.delete finished',
      'identity.role_assignment.created': 'role_assignment.create finished',
      'identity.authenticate': 'user.authenticate failed',
      quiesce_instance: 'server.quiesce_instance failed',
      'versioned-compute.exception': 'other.compute_exception failed',
    })
  })

  test('a server carries our id and its state, in the old form and in the new', () => {
    for (const name of ['compute.instance.create.end', 'versioned-instance.create.end'])
      expect(decodeSample(name)).toMatchObject({
        subject: { kind: 'server', id: server },
        projectId: project,
        name: 'vm-1',
        metadata: { portal_service: '1001' },
        state: { vmState: 'active' },
        fault: undefined,
      })
    expect(decodeSample('compute.instance.update').state).toEqual({ vmState: 'building', taskState: 'scheduling' })
    expect(decodeSample('compute.instance.delete.end').state).toEqual({ vmState: 'deleted' })
  })

  test('a thing belongs to its project, also when an admin acted', () => {
    expect(decodeSample('volume.delete.end').projectId).toBe(project)
    expect(decodeSample('router.interface.delete')).toMatchObject({ projectId: project, subject: { kind: 'router' } })
    expect(decodeSample('port.delete.start').projectId).toBeUndefined()
    expect(decodeSample('identity.project.created')).toMatchObject({
      subject: { kind: 'project', id: project },
      projectId: project,
    })
  })

  test('what else it concerns is told', () => {
    expect(decodeSample('compute.instance.volume.attach').related).toEqual([
      { kind: 'volume', id: 'f4ab33d5-e9f8-4aa6-a584-8971918a60d4' },
    ])
    expect(decodeSample('volume.attach.end').related).toEqual([{ kind: 'server', id: server }])
    expect(decodeSample('port.update.end').related).toContainEqual({ kind: 'server', id: server })
    expect(decodeSample('snapshot.create.end').related).toEqual([{ kind: 'volume', id: 'f4ab33d5-e9f8-4aa6-a584-8971918a60d4' }])
    expect(decodeSample('floatingip.create.end').related).toContainEqual({
      kind: 'port',
      id: '9064b1d0-9050-42c2-8dec-bd162662898a',
    })
    expect(decodeSample('security_group_rule.create.end').related).toEqual([
      { kind: 'security_group', id: '41f61024-08ed-4aec-9e72-c9b024f2e794' },
    ])
    expect(decodeSample('identity.role_assignment.created').related).toEqual([
      { kind: 'project', id: project },
      { kind: 'user', id: '6d6af66fa4504bd7ba7566d3b6da120f' },
    ])
  })

  test('an error says why, and for which server when it knows', () => {
    expect(decodeSample('quiesce_instance')).toMatchObject({
      phase: 'failed',
      subject: { kind: 'server', id: server },
      projectId: project,
      fault: expect.stringContaining('QEMU guest agent is not enabled'),
    })
    expect(decodeSample('versioned-compute.exception')).toMatchObject({
      phase: 'failed',
      fault: 'QEMU guest agent is not enabled',
    })
  })
})

describe('decoding', () => {
  test.each(notificationCases)('$says', ({ body, exchange, told }) => {
    const decode = () => decodeNotification(body, exchange)
    if (told === 'garbled') expect(decode).toThrow(expect.objectContaining({ kind: 'garbled', code: 'notifications.garbled' }))
    else expect(decode()).toMatchObject(told)
  })

  test('nothing makes it throw anything else', () => {
    const event = fc.oneof(fc.string(), fc.constantFrom(...names.map((name) => String(sample(name).message.event_type))))
    const bent = fc.constantFrom(...names).chain((name) =>
      fc.record({ name: fc.constant(name), key: fc.nat(), value: fc.jsonValue() }).map(({ key, value }) => {
        const recorded = sample(name)
        const payload = { ...(recorded.message.payload as Record<string, unknown>) }
        const keys = Object.keys(payload)
        payload[keys[key % keys.length] ?? 'id'] = value
        return { ...recorded.message, payload }
      }),
    )
    const made = fc.record(
      {
        message_id: fc.jsonValue(),
        event_type: event,
        timestamp: fc.oneof(fc.constant('2026-11-22 05:49:10'), fc.string()),
        payload: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          made.map((one) => JSON.stringify(one)),
          bent.map((one) => JSON.stringify(one)),
        ),
        (body) => {
          try {
            for (const notification of decodeNotification(body)) expect(notification.at.getTime()).not.toBeNaN()
          } catch (error) {
            expect(error).toBeInstanceOf(UpstreamError)
            expect((error as UpstreamError).kind).toBe('garbled')
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('the inbox', () => {
  const wire = (name: string) => onTheWire(sample(name))

  test('gives each message on once, however often it comes', async () => {
    const received: ReceivedNotification[] = []
    const inbox = new Inbox({ onNotification: (one) => void received.push(one) })
    for (let time = 0; time < 3; time++) expect(await inbox.take(wire('compute.instance.create.end'), 'nova')).toBe('done')
    expect(received).toHaveLength(1)
    expect(inbox.counts).toEqual({ received: 1, repeated: 2, late: 0, garbled: 0 })
  })

  test('says of a message that it is late when a newer one about the same thing was there before', async () => {
    const received: ReceivedNotification[] = []
    const inbox = new Inbox({ onNotification: (one) => void received.push(one) })
    await inbox.take(wire('compute.instance.power_off.end'), 'nova')
    await inbox.take(wire('compute.instance.create.end'), 'nova')
    await inbox.take(wire('volume.create.end'), 'cinder')
    await inbox.take(wire('compute.instance.power_on.end'), 'nova')
    expect(received.map(({ type, isLate }) => `${type} ${isLate}`)).toEqual([
      'server.stop false',
      'server.create true',
      'volume.create false',
      'server.start false',
    ])
  })

  test('puts a message back once when it could not be dealt with, then gives it up', async () => {
    const troubles: unknown[] = []
    const inbox = new Inbox({
      onNotification: () => Promise.reject(new Error('no database')),
      onTrouble: (error) => void troubles.push(error),
    })
    expect(await inbox.take(wire('volume.create.end'), 'cinder')).toBe('again')
    expect(await inbox.take(wire('volume.create.end'), 'cinder')).toBe('given up')
    expect(troubles).toHaveLength(2)
    expect(inbox.counts.received).toBe(0)
  })

  test('goes on after a message that nobody can read', async () => {
    const troubles: unknown[] = []
    const received: ReceivedNotification[] = []
    const inbox = new Inbox({ onNotification: (one) => void received.push(one), onTrouble: (error) => void troubles.push(error) })
    expect(await inbox.take(Buffer.from('…'), 'nova')).toBe('given up')
    expect(await inbox.take(wire('volume.create.end'), 'cinder')).toBe('done')
    expect(troubles).toMatchObject([{ code: 'notifications.garbled' }])
    expect(inbox.counts).toEqual({ received: 1, repeated: 0, late: 0, garbled: 1 })
  })

  test('remembers only so many', async () => {
    const inbox = new Inbox({ onNotification: () => {}, remembered: 2 })
    for (const name of ['volume.create.end', 'volume.delete.end', 'image.create', 'volume.create.end'])
      await inbox.take(wire(name), undefined)
    expect(inbox.counts).toMatchObject({ received: 4, repeated: 0 })
  })
})
