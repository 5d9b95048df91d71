import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Client, createClient, routes } from '@straylight/api'
import { afterEach, expect, test } from 'vitest'
import { firstDay } from '../packages/platform/test/scenarios/first-day.ts'

/** `npm start` as a person meets it: ended, killed, started again, and in the way of something. */
const root = fileURLToPath(new URL('../', import.meta.url))
const folders: string[] = []
const children: ChildProcess[] = []

afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null && child.pid) process.kill(-child.pid, 'SIGTERM')
  await pause(200)
  for (const folder of folders.splice(0)) {
    await endPostgresIn(folder)
    rmSync(folder, { recursive: true, force: true })
  }
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'straylight-start-'))
  chmodSync(folder, 0o755)
  folders.push(folder)
  return folder
}

interface Run {
  url: string
  customer: { email: string; password: string }
  operator: { email: string; password: string }
  pids: { platform: number; postgres: number; launcher: number }
}

/** In a process group of its own, as a shell starts it, so that Ctrl-C can be sent to the group. */
function start(folder: string, env: NodeJS.ProcessEnv = {}): { child: ChildProcess; said: () => string } {
  const child = spawn(process.execPath, [join(root, 'run.mjs'), 'packages/platform/src/main.ts'], {
    cwd: root,
    env: { ...process.env, STRAYLIGHT_DATA: folder, STRAYLIGHT_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  children.push(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return { child, said: () => said }
}

async function ready(folder: string, child: ChildProcess, said: () => string): Promise<Run> {
  for (let waitedMs = 0; waitedMs < 150_000; waitedMs += 50) {
    const file = join(folder, 'run.json')
    if (existsSync(file)) {
      const run = JSON.parse(readFileSync(file, 'utf8')) as Run
      if (run.pids.launcher === child.pid) return run
    }
    if (child.exitCode !== null) break
    await pause(50)
  }
  throw new Error(`it did not become ready:\n${said()}`)
}

const exited = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve))

function isAlive(pid: number): boolean {
  // A zombie that nobody has waited for is dead.
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function endPostgresIn(folder: string): Promise<void> {
  const file = join(folder, 'postgres', 'postmaster.pid')
  if (!existsSync(file)) return
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
  if (isAlive(pid)) process.kill(pid, 'SIGQUIT')
  for (let waitedMs = 0; waitedMs < 5000 && isAlive(pid); waitedMs += 50) await pause(50)
}

async function signIn(run: Run): Promise<Client> {
  const { data } = await createClient({ baseUrl: run.url })(routes.accountSignIn, { body: run.customer })
  return createClient({ baseUrl: run.url, token: data.result.token })
}

test('Ctrl-C leaves no process behind, and the next start finds everything again', { timeout: 240_000 }, async () => {
  const folder = newFolder()
  const first = start(folder)
  const run = await ready(folder, first.child, first.said)
  const before = await signIn(run)
  const projects = (await before(routes.projectsList)).data.result
  const servers = (await before(routes.serversList, { params: { project_id: projects[0]?.id ?? '' } })).data.result
  expect(servers.length).toBeGreaterThan(2)
  process.kill(-(first.child.pid ?? 0), 'SIGINT')
  await exited(first.child)
  expect(Object.values(run.pids).filter(isAlive)).toEqual([])
  expect(existsSync(join(folder, 'run.json'))).toBe(false)

  const second = start(folder)
  const again = await ready(folder, second.child, second.said)
  expect(again.customer).toEqual(run.customer)
  const after = await signIn(again)
  expect(
    (await after(routes.serversList, { params: { project_id: projects[0]?.id ?? '' } })).data.result.map(({ id }) => id),
  ).toEqual(servers.map(({ id }) => id))
})

test('an interrupt that reaches the launcher alone ends everything, too', { timeout: 240_000 }, async () => {
  const folder = newFolder()
  const { child, said } = start(folder)
  const run = await ready(folder, child, said)
  child.kill('SIGINT')
  await exited(child)
  expect(Object.values(run.pids).filter(isAlive)).toEqual([])
})

test('kill -9 of everything, in the middle of an order: the next start carries on with every task', {
  timeout: 300_000,
}, async () => {
  const folder = newFolder()
  const first = start(folder)
  let run = await ready(folder, first.child, first.said)
  let call = await signIn(run)
  const params = { project_id: (await call(routes.projectsList)).data.result[0]?.id ?? '' }
  const image = (await call(routes.imagesList, { params })).data.result[0]
  const order = await call(routes.serversCreate, {
    params,
    body: {
      name: 'survivor',
      image: image?.id ?? '',
      flavor: { vcpus: 1, ram: 2 },
      storages: [{ size: 20, bootable: true }],
      addresses: [{}],
    },
  })
  const victims: (keyof Run['pids'])[][] = [['platform'], ['launcher'], ['platform', 'postgres', 'launcher']]
  for (const names of victims) {
    await pause(700)
    for (const name of names) process.kill(run.pids[name], 'SIGKILL')
    for (let waitedMs = 0; waitedMs < 60_000 && isAlive(run.pids.platform); waitedMs += 50) await pause(50)
    expect(isAlive(run.pids.platform), 'the platform ends when its launcher is gone').toBe(false)
    const next = start(folder)
    run = await ready(folder, next.child, next.said)
  }
  call = await signIn(run)
  await expect
    .poll(async () => (await call(routes.serversDetail, { params: { id: order.data.result.id } })).data.result.status, {
      timeout: 90_000,
      interval: 250,
    })
    .toBe('ACTIVE')
  const task = (await call(routes.tasksDetail, { params: { id: order.taskId ?? '' } })).data.result
  expect(task.state).toBe('done')
  expect(new Set(task.history.map(({ step }) => step)).size, 'no finished step was repeated').toBe(task.history.length)
})

test('logs hold no secret, even the talkative ones', { timeout: 240_000 }, async () => {
  const folder = newFolder()
  const { child, said } = start(folder, { STRAYLIGHT_LOG: 'debug' })
  const run = await ready(folder, child, said)
  const tokens: string[] = []
  const { fetch: honest } = globalThis
  const spy: typeof fetch = async (input, init) => {
    const answer = await honest(input, init)
    const text = await answer.clone().text()
    for (const [token] of text.matchAll(/sl[st]_[\w-]{20,}/g)) tokens.push(token)
    return answer
  }
  globalThis.fetch = spy
  try {
    await firstDay({ url: run.url, tell: () => {}, patienceMs: 120_000 })
  } finally {
    globalThis.fetch = honest
  }
  process.kill(-(child.pid ?? 0), 'SIGINT')
  await exited(child)
  expect(tokens.length).toBeGreaterThan(0)
  const logs = said().replace(/^ {2}(Customer|Operator) .*$/gm, '') // the demo logins are printed for people, once
  const files = readdirSync(folder).filter((name) => name.endsWith('.log'))
  const all = logs + files.map((name) => readFileSync(join(folder, name), 'utf8')).join('')
  for (const secret of [
    ...tokens,
    'copper lantern on the pier',
    'BEGIN OPENSSH PRIVATE KEY',
    readFileSync(join(folder, 'secret.key'), 'utf8').trim(),
  ])
    expect(all.includes(secret)).toBe(false)
})

test('with a cloud of its own it prints no password, makes no money of nothing, and does not move time', {
  timeout: 240_000,
}, async () => {
  const folder = newFolder()
  // The discard port: nobody listens, and a cloud that is away is no reason not to start.
  const { child, said } = start(folder, { OPENSTACK_AUTH_URL: 'http://127.0.0.1:9/v3', OPENSTACK_PASSWORD: 'not used' })
  const run = await ready(folder, child, said)
  await expect.poll(said).toContain('Ctrl-C ends it')
  expect(said()).toContain(`the password is in ${join(folder, 'logins.json')}`)
  expect(said()).not.toContain(run.operator.password)
  const client = createClient({ baseUrl: run.url })
  const { data } = await client(routes.accountSignUp, {
    body: { email: 'first@example.com', password: 'copper lantern on the pier', name: 'First', language: 'en' },
  })
  const customer = createClient({ baseUrl: run.url, token: data.result.token })
  await expect(customer(routes.billingTopUp, { body: { amount: '10.00', method: 'demo' } })).rejects.toMatchObject({
    problem: { error_code: 'top_up.method_not_offered' },
  })
  const { token } = (await client(routes.accountSignIn, { body: run.operator })).data.result
  const operator = createClient({ baseUrl: run.url, token })
  await expect(operator(routes.demoAdvance, { body: { seconds: 60 } })).rejects.toMatchObject({
    problem: { error_code: 'demo.not_simulated' },
  })
})

test('a busy port is one clear sentence', { timeout: 240_000 }, async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const { child, said } = start(newFolder(), { STRAYLIGHT_PORT: String(port) })
  await exited(child)
  server.close()
  expect(child.exitCode).toBe(1)
  expect(said()).toContain(`Port ${port} is in use.`)
  expect(said(), 'no stack of calls').not.toMatch(/^\s+at /m)
})

test('a folder that cannot be written is one clear sentence', { timeout: 60_000 }, async () => {
  const folder = join(newFolder(), 'file')
  spawnSync('touch', [folder])
  const { child, said } = start(folder)
  await exited(child)
  expect(child.exitCode).toBe(1)
  expect(said()).toContain(`The data folder ${folder} cannot be written`)
  expect(said(), 'no stack of calls').not.toMatch(/^\s+at |"stack"/m)
})

test('a second start on the same folder is refused with the address of the first', { timeout: 240_000 }, async () => {
  const folder = newFolder()
  const first = start(folder)
  const run = await ready(folder, first.child, first.said)
  const second = start(folder)
  await exited(second.child)
  expect(second.child.exitCode).toBe(1)
  expect(second.said()).toContain(`at ${run.url}`)
  expect((await fetch(`${run.url}/healthz`)).status).toBe(200)
})

test('of two starts at once one is refused, and takes nothing away from the other', { timeout: 240_000 }, async () => {
  const folder = newFolder()
  const both = [start(folder), start(folder)]
  await Promise.race(both.map(({ child }) => exited(child)))
  const [refused, other] = both[0]?.child.exitCode === null ? [both[1], both[0]] : both
  expect(refused?.child.exitCode).toBe(1)
  expect(refused?.said()).toMatch(/Straylight (is being started|runs already) with this data folder/)
  expect(refused?.said(), 'no stack of calls').not.toMatch(/^\s+at /m)
  if (!other) throw new Error('both are gone')
  const run = await ready(folder, other.child, other.said)
  expect(Object.values(run.pids).every(isAlive)).toBe(true)
  expect((await fetch(`${run.url}/readyz`)).status).toBe(200)
})

test('kill -9 of PostgreSQL alone: it is started again, and everything goes on', { timeout: 240_000 }, async () => {
  const folder = newFolder()
  const { child, said } = start(folder)
  const run = await ready(folder, child, said)
  const call = await signIn(run)
  process.kill(run.pids.postgres, 'SIGKILL')
  await expect.poll(async () => (await fetch(`${run.url}/readyz`)).status, { timeout: 10_000, interval: 20 }).toBe(503)
  await expect.poll(async () => (await fetch(`${run.url}/readyz`)).status, { timeout: 60_000, interval: 100 }).toBe(200)
  expect((await call(routes.projectsList)).data.count).toBeGreaterThan(0)
  const { pids } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Run
  expect(pids.postgres).not.toBe(run.pids.postgres)
  process.kill(-(child.pid ?? 0), 'SIGINT')
  await exited(child)
  expect(Object.values(pids).filter(isAlive)).toEqual([])
})

test('a setting that cannot be is named', { timeout: 60_000 }, async () => {
  const folder = newFolder()
  mkdirSync(folder, { recursive: true })
  const { child, said } = start(folder, { STRAYLIGHT_PORT: 'eighty' })
  await exited(child)
  expect(child.exitCode).toBe(1)
  expect(said()).toContain('STRAYLIGHT_PORT must be a whole number')
  expect(said(), 'no stack of calls').not.toMatch(/^\s+at /m)
})
