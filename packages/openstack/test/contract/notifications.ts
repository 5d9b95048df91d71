import { describe, expect, test } from 'vitest'
import { type ReceivedNotification, type SubscribeOptions, subscribe } from '../../src/notifications/index.ts'
import { cuttableWay } from '../amqp/cuttable-way.ts'
import { must, type World } from './target.ts'

/** Where a broker is known at which the cloud tells what happens. */
export function notificationsContract(world: () => World, amqpUrl: string | undefined): void {
  describe.skipIf(amqpUrl === undefined)('notifications', () => {
    async function listen(options: Partial<SubscribeOptions> = {}) {
      const received: ReceivedNotification[] = []
      const subscription = subscribe({
        url: amqpUrl ?? '',
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

    /** The broker takes its time, whatever the cloud's clock says. */
    async function heard(received: ReceivedNotification[], type: string, id: string): Promise<ReceivedNotification> {
      const find = () => received.find((one) => one.type === type && one.subject.id === id && one.phase === 'finished')
      await expect
        .poll(async () => find() ?? void (await world().target.clock.sleep(1000)), { timeout: 60_000, interval: 20 })
        .toBeDefined()
      return must(find())
    }

    test('what happens to a volume, a network and a project is told within seconds, once', async () => {
      const { received, subscription } = await listen()
      const customer = await world().customer()
      const volume = await customer.own.volumes.create({ name: 'told', sizeGib: 1, metadata: { portal_id: 'told' } })
      const network = await customer.own.network.networks.create({ name: 'told' })
      await customer.own.volumes.waitForStatus(volume.id, 'available')
      await customer.own.volumes.remove(volume.id)
      await customer.own.network.networks.remove(network.id)
      expect(await heard(received, 'project.create', customer.projectId)).toMatchObject({ service: 'keystone' })
      expect(await heard(received, 'volume.create', volume.id)).toMatchObject({
        service: 'cinder',
        projectId: customer.projectId,
        name: 'told',
      })
      expect(await heard(received, 'network.create', network.id)).toMatchObject({
        service: 'neutron',
        projectId: customer.projectId,
      })
      expect(await heard(received, 'volume.delete', volume.id)).toMatchObject({ state: { status: 'deleted' } })
      expect(await heard(received, 'network.delete', network.id)).toBeDefined()
      expect(new Set(received.map(({ messageId, subject }) => `${messageId} ${subject.id}`)).size).toBe(received.length)
      expect(subscription.counts.garbled).toBe(0)
      await subscription.close()
    })

    test('a lost connection comes back by itself, and what was told meanwhile is not lost', async () => {
      const way = await cuttableWay(new URL(amqpUrl ?? ''))
      const connections: boolean[] = []
      const { received, subscription } = await listen({
        url: way.url,
        onConnection: (isConnected) => void connections.push(isConnected),
      })
      way.cut()
      const customer = await world().customer()
      const network = await customer.own.network.networks.create({ name: 'meanwhile' })
      await customer.own.network.networks.remove(network.id)
      await heard(received, 'network.create', network.id)
      await heard(received, 'network.delete', network.id)
      expect(connections).toEqual([true, false, true])
      await subscription.close()
      await way.close()
    })
  })
}
