/**
 * How much CPU the client adds to a call, with answers that are there at once, so that nothing but the client is measured:
 *
 *   node bench/client.ts
 *
 * Fails when a call takes more than 0.3 ms.
 */
import { readFileSync } from 'node:fs'
import { type HttpResponse, type Send, systemClock } from '@straylight/kit'
import { createOpenstack, withRetry } from '../src/index.ts'

const mostMs = 0.3
const answers = new URL('../test/samples/answers/', import.meta.url)
const recorded = (name: string): unknown =>
  (JSON.parse(readFileSync(new URL(`${name}.json`, answers), 'utf8')) as { response: { body: unknown } }).response.body
const answer = (body: unknown, headers: Record<string, string> = {}, status = 200): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json', 'x-openstack-request-id': 'req-1', ...headers },
  body: Buffer.from(JSON.stringify(body)),
})

const login = recorded('08-keystone-POST-auth-tokens-customer') as { token: { expires_at: string; issued_at: string } }
login.token.issued_at = new Date().toISOString()
login.token.expires_at = new Date(Date.now() + 8 * 3_600_000).toISOString()
const versions = answer({ version: { version: '2.93', min_version: '2.1' } })
const oneServer = recorded('31-nova-GET-server')
const servers = answer({ servers: Array.from({ length: 100 }, () => (oneServer as { server: unknown }).server) })
const server = answer(oneServer)
const action = { ...answer({}, {}, 202), body: Buffer.alloc(0) }
const ports = answer(recorded('48-neutron-GET-ports-of-server'))

const send: Send = async ({ url, method }) => {
  if (url.endsWith('/auth/tokens')) return answer(login, { 'x-subject-token': 'token' }, 201)
  if (url.endsWith('/v2.1/')) return versions
  if (method === 'POST') return action
  if (url.includes('/servers/detail')) return servers
  if (url.includes('/ports')) return ports
  return server
}

const clock = systemClock()
const cloud = createOpenstack({
  authUrl: 'http://keystone/v3',
  credentials: { username: 'portal', password: 'secret', userDomain: 'Default' },
  clock,
  send,
  layers: [withRetry({ clock })],
})
const { token } = login as unknown as { token: { project: { id: string } } }
const scope = { projectId: token.project.id }

async function measure(what: string, times: number, call: () => Promise<unknown>): Promise<number> {
  for (let time = 0; time < times / 10; time++) await call()
  const before = process.cpuUsage()
  for (let time = 0; time < times; time++) await call()
  const { user, system } = process.cpuUsage(before)
  const ms = (user + system) / 1000 / times
  process.stdout.write(`${what.padEnd(42)} ${ms.toFixed(4)} ms of CPU per call\n`)
  return ms
}

const { compute, network } = cloud.as(scope)
const figures = [
  await measure('read a server', 10_000, () => compute.servers.get('85900fd0-87d8-42a4-88ff-0f9a0d51a60b')),
  await measure('stop a server', 10_000, () => compute.servers.stop('85900fd0-87d8-42a4-88ff-0f9a0d51a60b')),
  await measure('list the ports of a server', 10_000, () => network.ports.list({ deviceId: 'x' }).all()),
  await measure('read a server in a scope just opened', 10_000, () => cloud.as(scope).compute.servers.get('x')),
]
const list = await measure('list 100 servers with detail', 500, () => compute.servers.list().all())
process.stdout.write(`${'the same, per server'.padEnd(42)} ${(list / 100).toFixed(4)} ms\n`)
process.exitCode = Math.max(...figures) < mostMs ? 0 : 1
