import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createClient, routes } from '@straylight/api'
import { systemClock } from '@straylight/kit'
import { createOpenstack } from '@straylight/openstack'
import { firstDay } from '../packages/platform/test/scenarios/first-day.ts'
import { root, runNode } from './steps.ts'

/**
 * `npm run test:openstack`: the customer's first day on a real OpenStack, then the contract suite of the client, then five creates of ours
 * beside five of Nova's own. `PARTS=day,creates,contract` chooses some of these. The cloud is the lab beside the project (`OPENSTACK_LAB` names its folder), or the one that OPENSTACK_AUTH_URL names.
 */
const say = (line: string) => process.stdout.write(`${line}\n`)
const lab = resolve(root, process.env.OPENSTACK_LAB ?? '../shared/openstack-lab')
const cloud = {
  OPENSTACK_AUTH_URL: process.env.OPENSTACK_AUTH_URL ?? 'http://127.0.0.1:5000/v3',
  OPENSTACK_USERNAME: process.env.OPENSTACK_USERNAME ?? 'portal',
  OPENSTACK_PASSWORD: process.env.OPENSTACK_PASSWORD ?? 'lab',
  OPENSTACK_CUSTOMERS_DOMAIN: process.env.OPENSTACK_CUSTOMERS_DOMAIN ?? 'customers',
  AMQP_URL: process.env.AMQP_URL ?? 'amqp://portal:lab@127.0.0.1:5672/',
}
const creates = Number(process.env.CREATES ?? 5)
const parts = (process.env.PARTS ?? 'day,creates,contract').split(',')

if (!process.env.OPENSTACK_AUTH_URL) {
  if (!existsSync(join(lab, 'up')))
    throw new Error(`There is no lab at ${lab}. Set OPENSTACK_LAB to its folder, or OPENSTACK_AUTH_URL to a cloud.`)
  say(`Bringing the lab up (${lab}) …`)
  const up = spawnSync(join(lab, 'up'), { stdio: ['ignore', 'ignore', 'inherit'] })
  if (up.status !== 0) throw new Error('The lab did not come up.')
}

const data = mkdtempSync(join(tmpdir(), 'straylight-openstack-'))
const platform = await startPlatform()
try {
  const { url, operator } = JSON.parse(readFileSync(join(data, 'run.json'), 'utf8')) as {
    url: string
    operator: { email: string; password: string }
  }
  if (parts.includes('day')) {
    say('\n── The first day ──')
    await firstDay({ url, tell: (line) => say(`  ${line}`), patienceMs: 180_000, imageName: 'tiny-linux' })
  }
  if (parts.includes('creates')) {
    say('\n── POST to ACTIVE, ours beside raw Nova, in turn ──')
    await compareCreates(url)
  }
  const systems = await createClient({ baseUrl: url, token: await tokenOf(url, operator) })(routes.operatorSystems)
  say('\n── The neighbours, as the platform saw them ──')
  for (const { system, calls, errors, p50_ms, p95_ms } of systems.data.result)
    say(`  ${system.padEnd(10)} ${calls} calls, ${errors} errors, p50 ${p50_ms} ms, p95 ${p95_ms} ms`)
} finally {
  platform.kill('SIGTERM')
  await new Promise((done) => platform.once('exit', done))
  rmSync(data, { recursive: true, force: true })
}

if (parts.includes('contract')) {
  say('\n── The contract suite against the real cloud ──')
  const holds = await runNode('vitest/vitest.mjs', ['run', '--project', 'rest', 'packages/openstack/test/contract.test.ts'], {
    OPENSTACK_URL: cloud.OPENSTACK_AUTH_URL,
    OPENSTACK_USERNAME: cloud.OPENSTACK_USERNAME,
    OPENSTACK_PASSWORD: cloud.OPENSTACK_PASSWORD,
    OPENSTACK_CUSTOMERS_DOMAIN: cloud.OPENSTACK_CUSTOMERS_DOMAIN,
    OPENSTACK_AMQP_URL: cloud.AMQP_URL,
  })
  process.exitCode = holds ? 0 : 1
}

async function startPlatform(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(root, 'run.mjs'), 'packages/platform/src/main.ts'], {
    env: { ...process.env, ...cloud, STRAYLIGHT_DATA: data, STRAYLIGHT_PORT: '0', STRAYLIGHT_DEMO_PAYMENTS: 'true' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  for (let waitedMs = 0; !existsSync(join(data, 'run.json')); waitedMs += 200) {
    if (child.exitCode !== null || waitedMs > 120_000) throw new Error('The platform did not start.')
    await new Promise((done) => setTimeout(done, 200))
  }
  return child
}

async function tokenOf(url: string, login: { email: string; password: string }): Promise<string> {
  return (await createClient({ baseUrl: url })(routes.accountSignIn, { body: login })).data.result.token
}

async function compareCreates(url: string): Promise<void> {
  const account = (
    await createClient({ baseUrl: url })(routes.accountSignUp, {
      body: {
        email: `creates-${randomUUID().slice(0, 8)}@example.com`,
        password: 'copper lantern on the pier',
        name: 'Creates',
        language: 'en',
      },
    })
  ).data.result
  const call = createClient({ baseUrl: url, token: account.token })
  const params = { project_id: account.project_id }
  await call(routes.billingTopUp, { body: { amount: '100.00', method: 'demo' } })
  const image = (await call(routes.imagesList, { params })).data.result.find(({ name }) => name === 'tiny-linux')
  if (!image) throw new Error('the cloud has no image tiny-linux')
  const body = {
    name: 'compare',
    image: image.id,
    flavor: { vcpus: 1, ram: 1 },
    storages: [{ size: 1, bootable: true }],
    addresses: [],
  }

  const openstack = createOpenstack({
    authUrl: cloud.OPENSTACK_AUTH_URL,
    credentials: { username: cloud.OPENSTACK_USERNAME, password: cloud.OPENSTACK_PASSWORD, userDomain: 'Default' },
    clock: systemClock(),
  })
  const domain = await openstack.admin.identity.domains.find({ name: cloud.OPENSTACK_CUSTOMERS_DOMAIN })
  const project = await openstack.admin.identity.projects.find({ name: account.project_id, domainId: domain?.id ?? '' })

  // The first one waits for the project's place in the cloud; it is not counted.
  await ours()
  const raw = openstack.as({
    projectId:
      project?.id ??
      (await openstack.admin.identity.projects.find({ name: account.project_id, domainId: domain?.id ?? '' }))?.id ??
      '',
  })
  const flavor = await openstack.admin.compute.flavors.find({ name: 'straylight.1.1' })
  const network = await raw.network.networks.find({ name: account.project_id })
  const rows: [number, number][] = []
  for (let n = 0; n < creates; n++) rows.push([await novas(), await ours()])
  say('  Nova, s   ours, s   overhead, s')
  for (const [theirs, mine] of rows)
    say(`  ${theirs.toFixed(1).padStart(7)} ${mine.toFixed(1).padStart(9)} ${(mine - theirs).toFixed(1).padStart(13)}`)
  const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  say(
    `  medians: Nova ${median(rows.map(([theirs]) => theirs)).toFixed(1)} s, ours ${median(rows.map(([, mine]) => mine)).toFixed(1)} s`,
  )

  /** From our POST until our API says ACTIVE. */
  async function ours(): Promise<number> {
    const started = performance.now()
    const { data: order, taskId: orderId = '' } = await call(routes.serversCreate, { params, body })
    const { id } = order.result
    let status = ''
    while (status !== 'ACTIVE') {
      const server = (await call(routes.serversDetail, { params: { id } })).data.result
      status = server.status
      if (status === 'ERROR') throw new Error(server.reason)
      await new Promise((done) => setTimeout(done, 50))
    }
    const seconds = (performance.now() - started) / 1000
    tellSteps((await call(routes.tasksDetail, { params: { id: orderId } })).data.result.history)
    const { taskId } = await call(routes.serversDelete, { params: { id }, body: { delete_volumes: 'all' } })
    while ((await call(routes.tasksDetail, { params: { id: taskId ?? '' } })).data.result.finished_at === null)
      await new Promise((done) => setTimeout(done, 200))
    return seconds
  }

  /** How long each step of an order took, in seconds. */
  function tellSteps(history: { step: string; started_at: string | null; finished_at: string | null }[]): void {
    const took = history.flatMap(({ step, started_at, finished_at }) =>
      started_at && finished_at ? `${step} ${((Date.parse(finished_at) - Date.parse(started_at)) / 1000).toFixed(2)}` : [],
    )
    say(`  ours: ${took.join(', ')}`)
  }

  /** The same server from Nova itself, which makes its port and its volume from the image; asked every 50 ms. */
  async function novas(): Promise<number> {
    const started = performance.now()
    const { id } = await raw.compute.servers.create({
      name: 'raw',
      flavorId: flavor?.id ?? '',
      bootVolume: { imageId: image?.id ?? '', sizeGib: 1, deleteOnTermination: true },
      networks: [{ networkId: network?.id ?? '' }],
    })
    let status = ''
    while (status !== 'ACTIVE') {
      status = (await raw.compute.servers.get(id)).status
      if (status === 'ERROR') throw new Error('Nova failed')
      await new Promise((done) => setTimeout(done, 50))
    }
    const seconds = (performance.now() - started) / 1000
    await raw.compute.servers.remove(id)
    await raw.compute.servers.waitUntilGone(id)
    return seconds
  }
}
