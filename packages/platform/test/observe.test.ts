import { routes } from '@straylight/api'
import type { Layer } from '@straylight/kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorld, type Person, type World } from './world.ts'

let world: World
let customer: Person
let beforeChangesAreRead: (() => Promise<void>) | undefined
const layer: Layer = (next) => async (request) => {
  const answer = await next(request)
  if (beforeChangesAreRead && /\/servers\/detail\?/.test(request.url)) {
    const act = beforeChangesAreRead
    beforeChangesAreRead = undefined
    await act?.()
  }
  return answer
}
beforeAll(async () => {
  world = await createWorld({ layers: [layer] })
  customer = await world.person('observed')
  await customer.topUp('1000')
  await world.runTasks()
})
afterAll(() => world.close())

/** A server that runs, and the cloud as its project sees it: what is done there is done behind our back. */
async function running() {
  const { id } = await customer.createServer()
  await world.runTasks()
  await world.app.observer.poll()
  const row = await world.db.selectFrom('server').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const project = await world.db.selectFrom('project').selectAll().where('id', '=', row.project_id).executeTakeFirstOrThrow()
  return { id, novaId: row.nova_id ?? '', servers: world.app.cloud.of(project).compute.servers }
}
const removed = async (id: string) => {
  await customer.call(routes.serversDelete, { params: { id }, body: { delete_volumes: 'all', delete_addresses: 'all' } })
  await world.runTasks()
}
const aboutServer = (id: string) => ({ subject: { kind: 'server', id } })

describe('asked from time to time', () => {
  test('a guest that shuts itself down is seen stopped and costs less; one that is started by hand costs again', async () => {
    const { id, novaId, servers } = await running()
    const hour = (await customer.server(id)).price.hour
    await servers.stop(novaId)
    world.clock.advance(120_000)
    await world.app.observer.poll()
    const stopped = await customer.server(id)
    expect(stopped.status).toBe('STOPPED')
    expect(Number(stopped.price.hour)).toBeLessThan(Number(hour))
    await servers.start(novaId)
    world.clock.advance(120_000)
    await world.app.observer.poll()
    expect(await customer.server(id)).toMatchObject({ status: 'ACTIVE', price: { hour } })
    await servers.remove(novaId)
    world.clock.advance(120_000)
    await world.app.observer.poll()
    expect(await customer.server(id)).toMatchObject({ status: 'ERROR', reason: expect.stringContaining('not there') })
    await removed(id)
  })
})

describe('told by a notification', () => {
  test('a guest that shut itself down is seen stopped at once, without waiting for the next question', async () => {
    const { id, novaId, servers } = await running()
    await servers.stop(novaId)
    world.clock.advance(120_000)
    await world.app.observer.hear(aboutServer(novaId))
    expect((await customer.server(id)).status).toBe('STOPPED')
    await removed(id)
  })

  test('a message that comes twice, or late, changes nothing: Nova is asked what is true', async () => {
    const { id, novaId, servers } = await running()
    await servers.stop(novaId)
    world.clock.advance(120_000)
    await world.app.observer.hear(aboutServer(novaId))
    const { updated_at: seenAt } = await world.db
      .selectFrom('server')
      .select('updated_at')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    world.clock.advance(60_000)
    for (let again = 0; again < 3; again++) await world.app.observer.hear(aboutServer(novaId))
    const after = await world.db
      .selectFrom('server')
      .select(['status', 'updated_at'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    expect(after).toEqual({ status: 'STOPPED', updated_at: seenAt })
    await removed(id)
  })

  test('a task that waits for a volume goes on at once when the volume is spoken of by our id', async () => {
    const { id, taskId } = await customer.createServer()
    const isWaiting = async () =>
      (await world.db.selectFrom('task').select(['state', 'step']).where('id', '=', taskId).executeTakeFirstOrThrow()).state ===
      'waiting'
    await world.runTasks({ until: isWaiting })
    const volume = await world.db.selectFrom('volume').select('id').where('server_id', '=', id).executeTakeFirstOrThrow()
    await world.app.observer.hear({ subject: { kind: 'volume', id: 'de305d54-75b4-431b-adb2-eb6b9e546014' }, name: volume.id })
    expect(await isWaiting()).toBe(false)
    await world.runTasks()
    expect((await customer.server(id)).status).toBe('ACTIVE')
    await removed(id)
  })

  test('what happens while a task has the server in hand is left to the task, and looked at again when it is over', async () => {
    const { id, novaId, servers } = await running()
    const isMarked = async () =>
      (await world.db.selectFrom('server').select('recheck').where('id', '=', id).executeTakeFirstOrThrow()).recheck
    const { taskId } = await customer.call(routes.serversStop, { params: { id } })
    await servers.stop(novaId)
    world.clock.advance(120_000)
    await world.app.observer.poll()
    expect((await customer.server(id)).status).toBe('STOPPING')
    expect(await isMarked()).toBe(true)
    await world.runTasks()
    expect((await customer.task(taskId ?? '')).state).toBe('done')
    // Long after the change has left the window of the question for what is new.
    await servers.start(novaId)
    world.clock.advance(3_600_000)
    await world.db.updateTable('observed').set({ up_to: world.clock.now() }).execute()
    await world.app.observer.poll()
    expect((await customer.server(id)).status).toBe('ACTIVE')
    expect(await isMarked()).toBe(false)
    await removed(id)
  })

  test('things that are not ours are passed over without a question to the cloud', async () => {
    world.openstack.clearJournal()
    await world.app.observer.hear(aboutServer('de305d54-75b4-431b-adb2-eb6b9e546014'))
    await world.app.observer.hear({ subject: { kind: 'port', id: 'de305d54-75b4-431b-adb2-eb6b9e546014' }, name: 'not an id' })
    await world.app.observer.hear({ subject: { kind: 'image', id: undefined } as never })
    expect(world.openstack.journal()).toEqual([])
  })
})

describe('swept from time to time', () => {
  test('a server that vanished while a task had it in hand is not charged for ever', async () => {
    const { id, novaId, servers } = await running()
    await customer.call(routes.serversStop, { params: { id } })
    await servers.remove(novaId)
    world.clock.advance(120_000)
    await world.app.observer.poll()
    await world.runTasks()
    // Its disappearance has left the window of the question for what is new.
    world.clock.advance(3_600_000)
    await world.db.updateTable('observed').set({ up_to: world.clock.now() }).execute()
    await world.app.observer.poll()
    expect(await customer.server(id)).toMatchObject({ status: 'ERROR', reason: expect.stringContaining('not there') })
    const meters = await world.db
      .selectFrom('meter')
      .select('sku')
      .where('resource_id', '=', id)
      .where('closed_at', 'is', null)
      .execute()
    expect(meters).toEqual([])
    await removed(id)
  })

  test('what every question for changes has missed is found', async () => {
    const { id, novaId, servers } = await running()
    await servers.stop(novaId)
    world.clock.advance(3_600_000)
    await world.db.updateTable('observed').set({ up_to: world.clock.now() }).execute()
    await world.app.observer.poll()
    expect((await customer.server(id)).status).toBe('ACTIVE')
    expect(await world.app.observer.sweep()).toBe(0)
    expect((await customer.server(id)).status).toBe('STOPPED')
    await removed(id)
  })

  test('a server that the cloud has and that was deleted here calls an operator, once', async () => {
    const { id, novaId } = await running()
    await world.db.updateTable('server').set({ deleted_at: world.clock.now() }).where('id', '=', id).execute()
    expect(await world.app.observer.sweep()).toBe(1)
    expect(await world.app.observer.sweep()).toBe(1)
    const calls = await world.db.selectFrom('incident').select('summary').where('kind', '=', 'cloud.stray').execute()
    expect(calls).toEqual([{ summary: expect.stringContaining(novaId) }])
    await world.db.updateTable('server').set({ deleted_at: null }).where('id', '=', id).execute()
    await removed(id)
  })
})

test('what Nova said before a stop of ours ended does not undo it', async () => {
  const { id } = await running()
  // Nova has answered what changed; before the answer is taken in, the customer's stop is carried out.
  beforeChangesAreRead = async () => {
    world.clock.advance(1_000)
    await customer.call(routes.serversStop, { params: { id } })
    await world.runTasks()
  }
  await world.app.observer.poll()
  expect(beforeChangesAreRead).toBeUndefined()
  expect((await customer.server(id)).status).toBe('STOPPED')
  await removed(id)
})
