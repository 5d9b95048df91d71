import { AdjustableClock } from '@straylight/kit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOpenstack, type ScopedCloud } from '../src/index.ts'
import { type OpenstackSimulator, startOpenstackSimulator } from '../src/simulator/index.ts'

/** What an operator does with several hosts: the contract asks it of no real cloud, which may have one host and customers on it. */
const clock = new AdjustableClock('still', new Date('2026-11-22T12:00:00Z'))
let sim: OpenstackSimulator
let cloud: ScopedCloud
let imageId: string

beforeAll(async () => {
  sim = await startOpenstackSimulator({ clock, pace: 'manual', hosts: 2 })
  const { authUrl, credentials } = sim
  cloud = createOpenstack({ authUrl, credentials, clock }).as({ projectName: sim.adminProject, domain: 'Default' })
  imageId = (await cloud.images.find({ name: 'tiny-linux' }))?.id ?? ''
})
afterAll(() => sim.close())

const newServer = async (name: string) => {
  const { id } = await cloud.compute.servers.create({ name, flavorId: '1', imageId, networks: 'none' })
  sim.timeline.finishAll()
  return await cloud.compute.servers.get(id)
}
const nodes = () => cloud.compute.services.list({ binary: 'nova-compute' }).all()

test('a server that runs is moved to the other host, and runs there', async () => {
  const { id, host } = await newServer('moved')
  await cloud.compute.servers.liveMigrate(id)
  expect(await cloud.compute.servers.get(id)).toMatchObject({ status: 'MIGRATING', host })
  sim.timeline.finishAll()
  const moved = await cloud.compute.servers.get(id)
  expect(moved).toMatchObject({ status: 'ACTIVE', powerState: 'running' })
  expect(moved.host).not.toBe(host)
  await cloud.compute.servers.liveMigrate(id, { host: host ?? '' })
  sim.timeline.finishAll()
  expect(await cloud.compute.servers.get(id)).toMatchObject({ status: 'ACTIVE', host })
})

test('a cold migration ends like a resize, with the same flavor', async () => {
  const { id, host, flavor } = await newServer('migrated')
  await cloud.compute.servers.migrate(id)
  sim.timeline.finishAll()
  expect(await cloud.compute.servers.get(id)).toMatchObject({ status: 'VERIFY_RESIZE', flavor })
  await cloud.compute.servers.confirmResize(id)
  sim.timeline.finishAll()
  const migrated = await cloud.compute.servers.get(id)
  expect(migrated.status).toBe('ACTIVE')
  expect(migrated.host).not.toBe(host)
})

test('a disabled host gets no new server; with none enabled there is no capacity', async () => {
  const [first, second] = await nodes()
  if (!first || !second) throw new Error('two hosts were asked for')
  expect(await cloud.compute.services.disable(first.id, 'of the test')).toMatchObject({
    isEnabled: false,
    disabledReason: 'of the test',
  })
  for (const name of ['one', 'two', 'three']) expect(await newServer(name)).toMatchObject({ status: 'ACTIVE', host: second.host })
  await cloud.compute.services.disable(second.id, 'of the test')
  expect(await newServer('four')).toMatchObject({
    status: 'ERROR',
    fault: { message: expect.stringContaining('No valid host was found.') },
  })
  for (const { id } of await nodes()) expect(await cloud.compute.services.enable(id)).toMatchObject({ isEnabled: true })
  expect(await newServer('five')).toMatchObject({ status: 'ACTIVE' })
})
