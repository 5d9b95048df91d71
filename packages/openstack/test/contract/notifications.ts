import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
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

export function notificationsContract(world: () => World, amqpUrl: string | undefined): void {
  if (amqpUrl === undefined) return
  describe('notifications', () => {
    const url = new URL(amqpUrl)

    async function listen(
      options: Partial<SubscribeOptions> = {},
    ): Promise<{ received: ReceivedNotification[]; subscription: Subscription }> {
      const received: ReceivedNotification[] = []
      const subscription = subscribe({
        url: url.href,
        queuePrefix: `portal-${world().prefix}`,
        onNotification: (notification) => void received.push(notification),
        firstRetryMs: 50,
        mostRetryMs: 200,
        ...options,
      })
      world().later(() => subscription.close())
      await subscription.ready
      return { received, subscription }
    }

    test('what happens to a volume, a network and a project is told within seconds, once', async () => {
      const { received, subscription } = await listen()
      const customer = await world().customer()
      const volume = await customer.own.volumes.create({ name: 'told', sizeGib: 1, metadata: { portal_id: 'told' } })
      const network = await customer.own.network.networks.create({ name: 'told' })
      await customer.own.volumes.waitForStatus(volume.id, 'available')
      await customer.own.volumes.remove(volume.id)
      await customer.own.network.networks.remove(network.id)
      const told = (type: string, id: string) =>
        world().soon(async () => received.find((one) => one.type === type && one.subject.id === id && one.phase === 'finished'))
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
      expect(subscription.counts.garbled).toBe(0)
      await subscription.close()
    })

    test('a lost connection comes back by itself, and what was told meanwhile is not lost', async () => {
      const way = await cuttableWay(url)
      const connections: boolean[] = []
      const { received, subscription } = await listen({
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
      expect(subscription.isConnected).toBe(true)
      await subscription.close()
      await way.close()
    })
  })
}
