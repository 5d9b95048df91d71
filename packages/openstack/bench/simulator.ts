import { AdjustableClock } from '@straylight/kit'
import { startOpenstackSimulator } from '../src/simulator/index.ts'

/**
 * How fast the simulator lists servers and how much memory many of them take: `node --expose-gc packages/openstack/bench/simulator.ts`.
 * Servers are made through Nova's API as customers make them, each with a port and an address; the calls go over loopback
 * from the same process, whose memory is what is told.
 */
const clock = new AdjustableClock('still')
const sim = await startOpenstackSimulator({ clock, pace: 'manual', hosts: 20 })
const headers: Record<string, string> = { 'content-type': 'application/json', 'openstack-api-version': 'compute 2.92' }

async function call(method: string, path: string, body?: unknown): Promise<Record<string, { id: string }>> {
  const response = await fetch(sim.url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? {} : JSON.parse(text)
}

async function signIn(): Promise<void> {
  const { username: name, password } = sim.credentials
  const identity = { methods: ['password'], password: { user: { name, password, domain: { name: 'Default' } } } }
  const scope = { project: { name: sim.adminProject, domain: { name: 'Default' } } }
  const response = await fetch(`${sim.authUrl}/auth/tokens`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ auth: { identity, scope } }),
  })
  headers['x-auth-token'] = response.headers.get('x-subject-token') ?? ''
}

const project = sim.projects().find(({ name }) => name === sim.adminProject)?.id ?? ''
await signIn()
await call('PUT', `/compute/v2.1/os-quota-sets/${project}`, { quota_set: { instances: -1, cores: -1, ram: -1 } })
await call('PUT', `/network/v2.0/quotas/${project}`, { quota: { port: -1 } })
const network = (await call('POST', '/network/v2.0/networks', { network: { name: 'lan' } })).network?.id
await call('POST', '/network/v2.0/subnets', { subnet: { network_id: network, ip_version: 4, cidr: '10.0.0.0/16' } })
const images = (await call('GET', '/image/v2/images?name=tiny-linux')) as unknown as { images: { id: string }[] }
const imageRef = images.images[0]?.id

/** Makes servers until there are `count`, a hundred at a time. */
async function fill(count: number): Promise<void> {
  for (let made = sim.servers().length; made < count; made += 100) {
    const server = { name: 'many', flavorRef: '1', imageRef, networks: [{ uuid: network }], min_count: 100, max_count: 100 }
    await call('POST', '/compute/v2.1/servers', {
      server: { ...server, metadata: { portal_id: '0193a5c0-0000-7000-8000-000000000000' } },
    })
    sim.timeline.finishAll()
  }
}

/** Milliseconds until the whole answer is there, the median of `runs`. */
async function listing(limit: number, runs: number): Promise<{ ms: number; bytes: number }> {
  const times: number[] = []
  let bytes = 0
  for (let run = 0; run < runs + 3; run++) {
    const started = performance.now()
    const response = await fetch(`${sim.url}/compute/v2.1/servers/detail?limit=${limit}`, { headers })
    bytes = (await response.arrayBuffer()).byteLength
    // The first ones warm the machine up.
    if (run >= 3) times.push(performance.now() - started)
  }
  return { ms: times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0, bytes }
}

const residentMb = () => {
  globalThis.gc?.()
  return Math.round(process.memoryUsage().rss / 1e6)
}

const empty = residentMb()
await fill(1_000)
const thousand = await listing(1_000, 21)
console.log(
  `1,000 servers with detail: ${thousand.ms.toFixed(1)} ms, ${Math.round(thousand.bytes / 1000)} kB (must stay under 50 ms)`,
)
const started = performance.now()
await fill(10_000)
const seconds = (performance.now() - started) / 1000
const page = await listing(1_000, 11)
console.log(`10,000 servers: ${residentMb()} MB resident, ${empty} MB before (must stay under 300 MB)`)
console.log(`10,000 servers: a page of 1,000 in ${page.ms.toFixed(1)} ms; 9,000 made in ${seconds.toFixed(1)} s`)
await sim.close()
