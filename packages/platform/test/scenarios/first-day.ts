import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { ApiError, type Client, createClient, routes, type Task } from '@straylight/api'
import { parseMicros } from '@straylight/kit'

export interface FirstDay {
  /** Of the service, without `/v2`. */
  url: string
  /** Told as the story goes on. */
  tell(line: string): void
  /** How long a task may take, milliseconds. */
  patienceMs: number
  imageName?: string
  /** Lets time go by where the clock is ours; otherwise the story waits as people do. */
  passTime?: () => Promise<void>
}

/**
 * A customer's first day, through the API alone: signs up, pays, orders a server, sees it run and cost money, reads its console log,
 * stops, starts and deletes it, and finds the bill exact. The same story is told of the simulated cloud and of a real one.
 * @throws AssertionError at the first thing that is not as promised.
 */
export async function firstDay({ url, tell, patienceMs, imageName, passTime }: FirstDay): Promise<{ secondsToActive: number }> {
  const email = `first-day-${randomUUID().slice(0, 8)}@example.com`
  const stranger = createClient({ baseUrl: url })
  const { data: account } = await stranger(routes.accountSignUp, {
    body: { email, password: 'copper lantern on the pier', name: 'First Day', language: 'en' },
  })
  const call: Client = createClient({ baseUrl: url, token: account.result.token })
  const params = { project_id: account.result.project_id }
  tell(`signed up as ${email}`)

  const images = (await call(routes.imagesList, { params })).data.result
  const image = images.find(({ name }) => name === imageName) ?? images[0]
  assert(image, 'there is an image')
  const { data: key } = await call(routes.keypairsGenerate, { params, body: { name: 'laptop' } })
  const body = {
    name: 'web-01',
    image: image.id,
    flavor: { vcpus: 1, ram: Math.max(1, image.min_ram) },
    storages: [{ size: image.min_disk, bootable: true }, { size: 1 }],
    addresses: [{}],
    keypairs: [key.result.id],
  }
  const price = (await call(routes.serversPrice, { params, body })).data.result
  await assert.rejects(
    call(routes.serversCreate, { params, body }),
    (error) => error instanceof ApiError && error.status === 402,
    'without money an order is refused with 402',
  )
  assert.equal((await call(routes.serversList, { params })).data.count, 0, 'a refused order leaves nothing')

  await call(routes.billingTopUp, { body: { amount: '50.00', method: 'demo' }, idempotencyKey: randomUUID() })
  tell(`topped up 50.00; the server costs ${price.hour} an hour`)

  const idempotencyKey = randomUUID()
  const ordered = performance.now()
  const order = await call(routes.serversCreate, { params, body, idempotencyKey })
  const again = await call(routes.serversCreate, { params, body, idempotencyKey })
  assert.equal(again.data.result.id, order.data.result.id, 'the same order twice is one order')
  const id = order.data.result.id
  const held = (await call(routes.billingBalance)).data.result.held
  assert.equal(micros(held), micros(price.hour) * 24n, 'one day is held')

  const created = await finished(order.taskId)
  const secondsToActive = (performance.now() - ordered) / 1000
  assert.equal(created.state, 'done', created.reason ?? '')
  const server = (await call(routes.serversDetail, { params: { id } })).data.result
  assert.equal(server.status, 'ACTIVE')
  assert.equal(server.disk_data.length, 2)
  assert.equal(server.price.hour, price.hour, 'it costs what was said')
  assert(server.ip.length >= 2, 'it has its public and its private address')
  tell(`ACTIVE after ${secondsToActive.toFixed(1)} s at ${server.ip[0]}, in ${created.steps} steps`)
  assert.equal((await call(routes.billingBalance)).data.result.held, '0.00', 'the hold has ended')

  await until(
    'the console log',
    async () => (await call(routes.serversConsoleLog, { params: { id }, query: { lines: 50 } })).data.result.text.length > 20,
  )
  const console = (await call(routes.serversConsole, { params: { id } })).data.console
  assert(URL.canParse(console.url), 'the console has an address')

  const before = (await call(routes.billingBalance)).data.result
  await until(
    'money to run',
    async () => micros((await call(routes.billingBalance)).data.result.available) < micros(before.available),
  )
  tell('money runs by the second')

  await act(routes.serversReboot, 'ACTIVE')
  await act(routes.serversStop, 'STOPPED')
  const stopped = (await call(routes.serversDetail, { params: { id } })).data.result
  assert(micros(stopped.price.hour) < micros(price.hour), 'a stopped server costs less')
  await act(routes.serversStart, 'ACTIVE')
  tell('rebooted, stopped and started')

  const deletion = await call(routes.serversDelete, { params: { id }, body: { delete_volumes: 'all', delete_addresses: 'all' } })
  assert.equal(
    (await call(routes.billingBalance)).data.result.burn.hour,
    '0.00',
    'a deleted server costs nothing from the order on',
  )
  assert.equal((await finished(deletion.taskId)).state, 'done')
  await assert.rejects(
    call(routes.serversDetail, { params: { id } }),
    (error) => error instanceof ApiError && error.status === 404,
  )
  for (const route of [routes.serversList, routes.volumesList, routes.addressesList])
    assert.equal((await call(route, { params })).data.count, 0, 'nothing is left')

  const charges = (await call(routes.billingCharges)).data.result.reduce((sum, charge) => sum + micros(charge.amount), 0n)
  const balance = (await call(routes.billingBalance)).data.result
  assert.equal(micros('50.00') - charges, micros(balance.posted) - micros(balance.accrued), 'the bill is exact')
  assert(charges > 0n, 'something was charged')
  tell(`deleted; the bill is exact: ${balance.posted} of 50.00 is left`)
  return { secondsToActive }

  async function act(
    route: typeof routes.serversStop | typeof routes.serversStart | typeof routes.serversReboot,
    status: string,
  ): Promise<void> {
    const task = await finished((await call(route, { params: { id } })).taskId)
    assert.equal(task.state, 'done', `${route.name}: ${task.reason}`)
    assert.equal((await call(routes.serversDetail, { params: { id } })).data.result.status, status)
  }

  async function finished(taskId: string | undefined): Promise<Task> {
    assert(taskId, 'an order answers the id of its task')
    let task: Task | undefined
    await until('a task to end', async () => {
      task = (await call(routes.tasksDetail, { params: { id: taskId } })).data.result
      return task.finished_at !== null
    })
    assert(task)
    return task
  }

  async function until(what: string, happens: () => Promise<boolean>): Promise<void> {
    const started = performance.now()
    while (!(await happens())) {
      if (performance.now() - started > patienceMs) throw new Error(`waited ${patienceMs / 1000} s for ${what}`)
      if (passTime) await passTime()
      else await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

const micros = (text: string): bigint => {
  const value = parseMicros(text)
  assert(value !== undefined, `${text} is a sum`)
  return value
}
