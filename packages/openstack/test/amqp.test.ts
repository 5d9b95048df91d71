import { readFileSync } from 'node:fs'
import { AdjustableClock } from '@straylight/kit'
import { Connection } from 'rabbitmq-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createOpenstack } from '../src/index.ts'
import { type ReceivedNotification, type SubscribeOptions, subscribe } from '../src/notifications/index.ts'
import { startOpenstackSimulator } from '../src/simulator/index.ts'
import { type Broker, startBroker } from './amqp/broker.ts'
import { cuttableWay } from './amqp/cuttable-way.ts'
import { hasRabbitmq, startRabbitmq } from './amqp/rabbitmq.ts'
import { hasTool } from './tools.ts'

const exchanges = ['nova', 'cinder', 'neutron', 'glance', 'keystone']
const sample = (name: string): { routing_key: string; exchange: string; message: Record<string, unknown> } =>
  JSON.parse(readFileSync(new URL(`samples/notifications/${name}.json`, import.meta.url), 'utf8'))

/** What a subscription has heard, as `type phase`. */
const told = (received: ReceivedNotification[]): string[] => received.map(({ type, phase }) => `${type} ${phase}`)

/** The same over a broker of this folder, always, and over RabbitMQ, where it is installed. */
function notificationsOver(name: string, start: () => Promise<Broker>, isThere: boolean): void {
  describe.skipIf(!isThere)(`notifications over ${name}`, () => {
    let broker: Broker
    /** Another who is at the broker, as the services are. */
    let service: Connection
    beforeAll(async () => {
      broker = await start()
      service = new Connection({ url: broker.url })
    }, 90_000)
    afterAll(async () => {
      await service?.close()
      await broker?.close()
    })

    let queues = 0
    async function listen(options: Partial<SubscribeOptions> = {}) {
      const received: ReceivedNotification[] = []
      const queuePrefix = `portal-${++queues}`
      const subscription = subscribe({
        url: broker.url,
        queuePrefix,
        onNotification: (one) => void received.push(one),
        firstRetryMs: 50,
        mostRetryMs: 200,
        ...options,
      })
      await subscription.ready
      return { received, subscription, queue: `${queuePrefix}.notifications` }
    }

    async function publish(name: string, changes: Record<string, unknown> = {}): Promise<void> {
      const { exchange, routing_key: routingKey, message } = sample(name)
      const publisher = service.createPublisher({ confirm: true })
      const body = { 'oslo.version': '2.0', 'oslo.message': JSON.stringify({ ...message, ...changes }) }
      await publisher.send({ exchange, routingKey, contentType: 'application/json' }, body)
      await publisher.close()
    }

    test('what happens in the simulator is heard, in order', async () => {
      const clock = new AdjustableClock('flowing')
      const sim = await startOpenstackSimulator({ clock, speed: 0.05, amqpUrl: broker.url })
      const { received, subscription } = await listen()
      const { authUrl, credentials, adminProject } = sim
      const cloud = createOpenstack({ authUrl, credentials, clock }).as({ projectName: adminProject, domain: 'Default' })
      const image = await cloud.images.find({ name: 'tiny-linux' })
      const { servers } = cloud.compute
      const { id } = await servers.create({ name: 'heard', flavorId: '1', imageId: image?.id ?? '', networks: 'none' })
      await servers.waitForStatus(id, 'ACTIVE')
      await servers.remove(id)
      await servers.waitUntilGone(id)
      await expect.poll(() => told(received), { timeout: 10_000 }).toContain('server.delete finished')
      const ofServer = told(received.filter(({ subject }) => subject.id === id))
      expect(ofServer.indexOf('server.create finished')).toBeGreaterThan(ofServer.indexOf('server.create started'))
      expect(ofServer.indexOf('server.delete finished')).toBeGreaterThan(ofServer.indexOf('server.create finished'))
      await subscription.close()
      await sim.close()
    })

    test('the shared queue of the services keeps its messages, ours are our own', async () => {
      const { received, subscription } = await listen()
      await service.queueDeclare({ queue: 'notifications.info', durable: false })
      await service.queueBind({ queue: 'notifications.info', exchange: 'cinder', routingKey: 'notifications.info' })
      const other = await listen()
      await publish('volume.create.end', { message_id: 'shared' })
      await expect.poll(() => told(received)).toContain('volume.create finished')
      await expect.poll(() => told(other.received)).toContain('volume.create finished')
      expect(await service.queueDeclare({ queue: 'notifications.info', passive: true })).toMatchObject({ messageCount: 1 })
      await service.queueDelete('notifications.info')
      await subscription.close()
      await other.subscription.close()
    })

    test('what comes twice is given on once, what comes late is told to be late', async () => {
      const { received, subscription } = await listen()
      await publish('compute.instance.power_off.end', { message_id: 'newer' })
      await publish('compute.instance.power_off.end', { message_id: 'newer' })
      await publish('compute.instance.create.end', { message_id: 'older' })
      await expect.poll(() => received.length).toBe(2)
      expect(received.map(({ type, isLate }) => `${type} ${isLate}`)).toEqual(['server.stop false', 'server.create true'])
      expect(subscription.counts).toEqual({ received: 2, repeated: 1, late: 1, garbled: 0 })
      await subscription.close()
    })

    test('what could not be dealt with comes once more', async () => {
      let attempts = 0
      const { subscription, queue } = await listen({
        onNotification: () => {
          attempts++
          throw new Error('no database')
        },
      })
      await publish('volume.create.end', { message_id: 'in vain' })
      await expect.poll(() => attempts).toBe(2)
      await subscription.close()
      expect(await service.queueDeclare({ queue, passive: true })).toMatchObject({ messageCount: 0 })
    })

    test('what a lost connection brings once more has not been tried before, and is put back when it fails for the first time', async () => {
      const way = await cuttableWay(new URL(broker.url))
      let release = () => {}
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      let isHeld = false
      const connections: boolean[] = []
      let attempts = 0
      const { subscription } = await listen({
        url: way.url,
        onConnection: (isConnected) => void connections.push(isConnected),
        onNotification: async ({ messageId }) => {
          if (messageId === 'slow') {
            isHeld = true
            return held
          }
          attempts++
          if (attempts === 1) throw new Error('no database')
        },
      })
      await publish('volume.create.end', { message_id: 'slow' })
      await publish('volume.delete.end', { message_id: 'behind it' })
      await expect.poll(() => isHeld).toBe(true)
      way.cut()
      await expect.poll(() => connections).toContain(false)
      release()
      await expect.poll(() => connections, { timeout: 10_000 }).toEqual([true, false, true])
      await expect.poll(() => attempts).toBe(2)
      await subscription.close()
      await way.close()
    })

    test('a lost connection comes back by itself, and what was told meanwhile is not lost', async () => {
      const way = await cuttableWay(new URL(broker.url))
      const connections: boolean[] = []
      const { received, subscription } = await listen({
        url: way.url,
        onConnection: (isConnected) => void connections.push(isConnected),
      })
      way.cut()
      await publish('volume.create.end', { message_id: 'meanwhile' })
      await expect.poll(() => told(received), { timeout: 10_000 }).toContain('volume.create finished')
      expect(connections).toEqual([true, false, true])
      await subscription.close()
      await way.close()
    })

    test('a broker that has forgotten everything is told again what we want', async () => {
      const way = await cuttableWay(new URL(broker.url))
      const { received, subscription, queue } = await listen({ url: way.url })
      for (const exchange of exchanges) await service.exchangeDelete({ exchange })
      await service.queueDelete(queue)
      way.cut()
      await expect.poll(() => subscription.isConnected).toBe(false)
      await expect.poll(() => subscription.isConnected, { timeout: 10_000 }).toBe(true)
      await publish('volume.create.end', { message_id: 'anew' })
      await expect.poll(() => told(received)).toContain('volume.create finished')
      await subscription.close()
      await way.close()
    })
  })
}

notificationsOver('a broker of our own', startBroker, true)
notificationsOver('RabbitMQ (rabbitmq-server)', startRabbitmq, hasTool('rabbitmq', hasRabbitmq))
