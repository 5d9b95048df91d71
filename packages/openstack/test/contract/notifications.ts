import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { Inbox } from '../../src/notifications/inbox.ts'
import { type ReceivedNotification, type SubscribeOptions, type Subscription, subscribe } from '../../src/notifications/index.ts'
import { must, type World } from './target.ts'

/** A way to the broker that can be cut. */
async function cuttableWay(to: URL): Promise<{ url: string; cut(): void; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(to.port || 5672), to.hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = new URL(to)
  url.hostname = '127.0.0.1'
  url.port = String(typeof address === 'object' && address ? address.port : 0)
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        cut()
      }),
  }
}

/** Ways to hear what a cloud tells: a broker, or the simulator itself. */
export interface Hearing {
  received: ReceivedNotification[]
  counts: Subscription['counts']
  close(): Promise<void>
}

export function notificationsContract(world: () => World, amqpUrl: string | undefined): void {
  describe('notifications', () => {
    async function listen(options: Partial<SubscribeOptions> = {}): Promise<Hearing> {
      const received: ReceivedNotification[] = []
      const inbox = { onNotification: (notification: ReceivedNotification) => void received.push(notification) }
      if (amqpUrl === undefined) {
        const { counts, close } = must(world().target.hear)(new Inbox(inbox))
        return { received, counts, close }
      }
      const subscription = subscribe({
        url: amqpUrl,
        queuePrefix: `portal-${world().prefix}`,
        ...inbox,
        firstRetryMs: 50,
        mostRetryMs: 200,
        ...options,
      })
      world().later(() => subscription.close())
      await subscription.ready
      return { received, counts: subscription.counts, close: () => subscription.close() }
    }

    test('what happens to a volume, a network and a project is told within seconds, once', async () => {
      const { received, counts, close } = await listen()
      const customer = await world().customer()
      const volume = await customer.own.volumes.create({ name: 'told', sizeGib: 1, metadata: { portal_id: 'told' } })
      const network = await customer.own.network.networks.create({ name: 'told' })
      await customer.own.volumes.waitForStatus(volume.id, 'available')
      await customer.own.volumes.remove(volume.id)
      await customer.own.network.networks.remove(network.id)
      const told = (type: string, id: string) =>
        world().soon(async () => {
          await customer.own.volumes.list().all()
          return received.find((one) => one.type === type && one.subject.id === id && one.phase === 'finished')
        })
      expect(await told('project.create', customer.projectId)).toMatchObject({ service: 'keystone' })
      expect(await told('volume.create', volume.id)).toMatchObject({
        service: 'cinder',
        projectId: customer.projectId,
        name: 'told',
      })
      expect(await told('network.create', network.id)).toMatchObject({ service: 'neutron', projectId: customer.projectId })
      expect(await told('volume.delete', volume.id)).toMatchObject({ state: { status: 'deleted' } })
      expect(await told('network.delete', network.id)).toBeDefined()
      expect(new Set(received.map(({ messageId, subject }) => `${messageId} ${subject.id}`)).size).toBe(received.length)
      expect(counts.garbled).toBe(0)
      await close()
    })

    if (amqpUrl === undefined) return

    test('a lost connection comes back by itself, and what was told meanwhile is not lost', async () => {
      const way = await cuttableWay(new URL(amqpUrl))
      const connections: boolean[] = []
      const { received, close } = await listen({
        url: way.url,
        onConnection: (isConnected) => void connections.push(isConnected),
      })
      way.cut()
      const customer = await world().customer()
      const network = await customer.own.network.networks.create({ name: 'meanwhile' })
      await customer.own.network.networks.remove(network.id)
      await world().soon(async () => received.find(({ type, subject }) => type === 'network.delete' && subject.id === network.id))
      expect(must(received.find(({ type, subject }) => type === 'network.create' && subject.id === network.id))).toBeDefined()
      expect(connections).toEqual([true, false, true])
      await close()
      await way.close()
    })
  })
}
