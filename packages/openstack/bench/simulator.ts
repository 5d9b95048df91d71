/**
 * How fast the simulator lists servers and how much memory many of them take:
 *
 *   node bench/simulator.ts
 *
 * Servers are made through Nova's API as customers make them, each with a port and an address. The simulator runs in a process of its own,
 * whose resident memory and CPU are told; times are a client's, over loopback, until the last byte. Fails when a limit is passed:
 * the time by the simulator's own CPU, so that a busy machine does not decide.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { AdjustableClock } from '@straylight/kit'
import { startOpenstackSimulator } from '../src/simulator/index.ts'

const mostListMs = 50
const mostMb = 300

type Answer = { url: string } | { rssMb: number; cpuMs: number }

/** The process that is measured. */
async function serve(): Promise<void> {
  const sim = await startOpenstackSimulator({ clock: new AdjustableClock('still'), pace: 'manual', hosts: 20 })
  process.on('message', (wish) => {
    if (wish === 'finish') sim.timeline.finishAll()
    const { user, system } = process.cpuUsage()
    process.send?.({ rssMb: process.memoryUsage().rss / 1e6, cpuMs: (user + system) / 1000 })
  })
  process.send?.({ url: sim.url })
}

const heard = (child: ChildProcess): Promise<Answer> =>
  new Promise((resolve) => child.once('message', (answer) => resolve(answer as Answer)))

async function measure(): Promise<void> {
  const child = fork(new URL(import.meta.url), ['serve'])
  const first = await heard(child)
  const url = 'url' in first ? first.url : ''
  async function ask(wish: 'finish' | 'figures'): Promise<{ rssMb: number; cpuMs: number }> {
    const answer = heard(child)
    child.send(wish)
    return (await answer) as { rssMb: number; cpuMs: number }
  }

  const headers: Record<string, string> = { 'content-type': 'application/json', 'openstack-api-version': 'compute 2.92' }
  async function call(method: string, path: string, body?: unknown): Promise<Record<string, { id: string }>> {
    const response = await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    headers['x-auth-token'] ??= response.headers.get('x-subject-token') ?? ''
    return text === '' ? {} : JSON.parse(text)
  }

  const identity = { methods: ['password'], password: { user: { name: 'portal', password: 'lab', domain: { name: 'Default' } } } }
  const scope = { project: { name: 'admin', domain: { name: 'Default' } } }
  const { token } = await call('POST', '/identity/v3/auth/tokens', { auth: { identity, scope } })
  const project = (token as unknown as { project: { id: string } }).project.id
  await call('PUT', `/compute/v2.1/os-quota-sets/${project}`, { quota_set: { instances: -1, cores: -1, ram: -1 } })
  const lan = (await call('POST', '/network/v2.0/networks', { network: { name: 'lan' } })).network?.id
  await call('POST', '/network/v2.0/subnets', { subnet: { network_id: lan, ip_version: 4, cidr: '10.0.0.0/16' } })
  const images = (await call('GET', '/image/v2/images?name=tiny-linux')) as unknown as { images: { id: string }[] }

  /** Makes servers, ten at a time. */
  async function add(count: number): Promise<void> {
    const server = {
      name: 'many',
      flavorRef: '1',
      imageRef: images.images[0]?.id,
      networks: [{ uuid: lan }],
      metadata: { portal_id: '0193a5c0-0000-7000-8000-000000000000' },
      min_count: 10,
      max_count: 10,
    }
    for (let made = 0; made < count; made += 10) {
      await call('POST', '/compute/v2.1/servers', { server })
      await ask('finish')
    }
  }

  /** A page of 1,000 servers, the median of 21 after three to warm up. */
  async function list(): Promise<{ ms: number; cpuMs: number; kb: number }> {
    const runs: { ms: number; cpuMs: number; kb: number }[] = []
    for (let run = 0; run < 24; run++) {
      const { cpuMs: before } = await ask('figures')
      const started = performance.now()
      const response = await fetch(`${url}/compute/v2.1/servers/detail?limit=1000`, { headers })
      const bytes = (await response.arrayBuffer()).byteLength
      const ms = performance.now() - started
      runs.push({ ms, cpuMs: (await ask('figures')).cpuMs - before, kb: bytes / 1000 })
    }
    const median = (read: (run: (typeof runs)[number]) => number) =>
      runs
        .slice(3)
        .map(read)
        .sort((a, b) => a - b)[10] ?? 0
    return { ms: median((run) => run.ms), cpuMs: median((run) => run.cpuMs), kb: median((run) => run.kb) }
  }

  const empty = await ask('figures')
  await add(1_000)
  const thousand = await list()
  const before = await ask('figures')
  await add(9_000)
  const full = await ask('figures')
  const page = await list()
  child.kill()

  const told = ({ ms, cpuMs, kb }: typeof page) =>
    `${ms.toFixed(1)} ms, of which ${cpuMs.toFixed(1)} ms CPU of the simulator, ${Math.round(kb)} kB`
  console.log(`1,000 servers with detail: ${told(thousand)} (at most ${mostListMs} ms)`)
  console.log(
    `10,000 servers: ${Math.round(full.rssMb)} MB resident, ${Math.round(empty.rssMb)} MB without any (at most ${mostMb} MB)`,
  )
  console.log(`10,000 servers: a page of 1,000 in ${told(page)}`)
  console.log(`each server made costs ${((full.cpuMs - before.cpuMs) / 9_000).toFixed(2)} ms CPU`)
  if (thousand.cpuMs > mostListMs || full.rssMb > mostMb) process.exitCode = 1
}

if (process.argv[2] === 'serve') await serve()
else await measure()
