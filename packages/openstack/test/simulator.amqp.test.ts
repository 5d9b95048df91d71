import { env } from 'node:process'
import { AdjustableClock } from '@straylight/kit'
import { expect, test } from 'vitest'
import { createOpenstack } from '../src/index.ts'
import { type ReceivedNotification, subscribe } from '../src/notifications/index.ts'
import { startOpenstackSimulator } from '../src/simulator/index.ts'

const url = env.OPENSTACK_SIMULATOR_AMQP_URL
const name = 'what happens in the simulator is heard from a broker, in order'

/** Needs a RabbitMQ that may be written to: not the one of a cloud that others listen to. */
if (url === undefined)
  test(`${name}: not asked for, OPENSTACK_SIMULATOR_AMQP_URL names no broker`, () => expect(url).toBeUndefined())
else
  test(name, async () => {
    const clock = new AdjustableClock('flowing')
    const received: ReceivedNotification[] = []
    const sim = await startOpenstackSimulator({ clock, speed: 0.05, amqpUrl: url })
    const subscription = subscribe({ url, queuePrefix: 'portal-simulator', onNotification: (one) => void received.push(one) })
    await subscription.ready
    const { authUrl, credentials, adminProject } = sim
    const cloud = createOpenstack({ authUrl, credentials, clock }).as({ projectName: adminProject, domain: 'Default' })
    const image = await cloud.images.find({ name: 'tiny-linux' })
    const { id } = await cloud.compute.servers.create({
      name: 'heard',
      flavorId: '1',
      imageId: image?.id ?? '',
      networks: 'none',
    })
    await cloud.compute.servers.waitForStatus(id, 'ACTIVE')
    await cloud.compute.servers.remove(id)
    await cloud.compute.servers.waitUntilGone(id)
    await expect
      .poll(() => received.map(({ type, phase }) => `${type} ${phase}`), { timeout: 10_000 })
      .toContain('server.delete finished')
    const told = received.filter(({ subject }) => subject.id === id).map(({ type, phase }) => `${type} ${phase}`)
    expect(told.indexOf('server.create finished')).toBeGreaterThan(told.indexOf('server.create started'))
    expect(told.indexOf('server.delete finished')).toBeGreaterThan(told.indexOf('server.create finished'))
    await subscription.close()
    await sim.close()
  })
