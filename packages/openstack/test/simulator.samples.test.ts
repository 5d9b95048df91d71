import { readdirSync, readFileSync } from 'node:fs'
import { AdjustableClock } from '@straylight/kit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OpenstackSimulator, startOpenstackSimulator } from '../src/simulator/index.ts'

/** One exchange with a real cloud (OpenStack Zed), as it was recorded. */
interface Sample {
  request: { method: string; url: string; headers: Record<string, string>; body: unknown }
  response: { status: number; headers: Record<string, string>; body: unknown }
}

const folder = new URL('samples/api/', import.meta.url)
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort()
const read = (name: string): Sample => JSON.parse(readFileSync(new URL(name, folder), 'utf8'))

/** Who did it: the tokens are struck out. Where nobody is named it was the customer. */
const portals = new Set([
  '02',
  '03',
  '04',
  '05',
  '06',
  '14',
  '15',
  '16',
  '17',
  '18',
  '19',
  '20',
  '33',
  '66',
  '67',
  '68',
  '69',
  '70',
  '91',
  '92',
  '93',
])

/** Where each service of the recorded cloud is in the simulator. */
const ports: [string, string][] = [
  ['http://127.0.0.1:5000', '/identity'],
  ['http://127.0.0.1:8774', '/compute'],
  ['http://127.0.0.1:8776', '/volume'],
  ['http://127.0.0.1:9292', '/image'],
  ['http://127.0.0.1:9696', '/network'],
  ['http://127.0.0.1:8778', '/placement'],
  ['http://127.0.0.1:6080', '/console'],
]

const idPattern = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b/g

const clock = new AdjustableClock('still', new Date('2026-11-22T05:48:48Z'))
let sim: OpenstackSimulator
let portal: string
let customer: string
/** Ids of the recorded cloud and what they are here. */
const ids = new Map<string, string>()
const here = (text: string): string => text.replace(idPattern, (id) => ids.get(id) ?? id)

beforeAll(async () => {
  sim = await startOpenstackSimulator({ clock, pace: 'manual' })
})
afterAll(() => sim.close())

async function send(
  method: string,
  path: string,
  token: string | undefined,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const response = await fetch(sim.url + path, {
    method,
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      ...headers,
      ...(token ? { 'x-auth-token': token } : {}),
    },
    ...(body === undefined || body === null ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? null : (JSON.parse(text) as unknown) }
}

function pathOf(url: string): string {
  const [origin, prefix] = ports.find(([each]) => url.startsWith(each)) ?? ['', '']
  return here(prefix + url.slice(origin.length))
}

async function replay(name: string) {
  const { request } = read(name)
  const number = name.slice(0, 2)
  const token =
    number === '81' ? 'bad' : ['01', '07', '08', '10'].includes(number) ? undefined : portals.has(number) ? portal : customer
  const version = request.headers['OpenStack-API-Version']
  const body = request.body === null ? undefined : JSON.parse(here(JSON.stringify(request.body)))
  return await send(request.method, pathOf(request.url), token, body, version ? { 'openstack-api-version': version } : {})
}

// ---- what must be the same

/** Lists that are longer here: more images, flavors, services of the catalogue, hosts; a rule keeps no order. */
const longer = new Set([
  'images',
  'flavors',
  'catalog',
  'hypervisors',
  'services',
  'roles',
  'volumes',
  'security_groups',
  'security_group_rules',
])

type Json = unknown
const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const kind = (value: Json): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

/** Differences of shape and type between what was recorded and what came; ids are learnt on the way. */
function compare(recorded: Json, actual: Json, path: string): string[] {
  if (kind(recorded) !== kind(actual))
    return [`${path}: recorded ${kind(recorded)} ${JSON.stringify(recorded)}, came ${JSON.stringify(actual)}`]
  if (isObject(recorded) && isObject(actual)) {
    const lost = Object.keys(recorded).filter((key) => !(key in actual))
    const gained = Object.keys(actual).filter((key) => !(key in recorded))
    return [
      ...lost.map((key) => `${path}.${key} is missing`),
      ...gained.map((key) => `${path}.${key} was never recorded`),
      ...Object.keys(recorded).flatMap((key) => (key in actual ? compare(recorded[key], actual[key], `${path}.${key}`) : [])),
    ]
  }
  if (Array.isArray(recorded) && Array.isArray(actual)) {
    const name = path.slice(path.lastIndexOf('.') + 1)
    if (recorded.length !== actual.length && !longer.has(name))
      return [`${path}: recorded ${recorded.length} items, came ${actual.length}`]
    return recorded.flatMap((item, i) => compare(item, partner(item, i, actual), `${path}[${i}]`))
  }
  if (typeof recorded === 'string' && typeof actual === 'string') learn(recorded, actual)
  return []
}

/** The item that means the same: by its name, its type and direction, or its place. */
function partner(item: Json, i: number, among: Json[]): Json {
  if (!isObject(item)) return among[i]
  const keys = ['name', 'type', 'interface', 'direction', 'ethertype', 'action', 'rel', 'protocol', 'remote_ip_prefix'].filter(
    (key) => key in item,
  )
  const same = among.find((other) => isObject(other) && keys.every((key) => other[key] === item[key]))
  return (keys.length > 0 && same) || among[i]
}

function learn(recorded: string, actual: string): void {
  const theirs = recorded.match(idPattern) ?? []
  const ours = actual.match(idPattern) ?? []
  if (theirs.length !== ours.length) return
  for (const [i, id] of theirs.entries()) if (!ids.has(id)) ids.set(id, ours[i] as string)
}

/** An error's words are the same to the letter, ids aside. */
function messageOf(body: Json): string | undefined {
  if (!isObject(body)) return undefined
  const [inner] = Object.values(body)
  return isObject(inner) && typeof inner.message === 'string' ? inner.message : undefined
}

const unsteady = new Set(['content-length', 'date', 'connection'])

// ---- what was done between the recorded exchanges

const before: Record<string, () => Promise<void>> = {
  '38': () => makeVolume('cinder-only', 'dfc2b43b-711a-478a-8c36-8227bd69b3b0'),
  '44': () => makeVolume('cinder-attachments', '8a768dc0-caac-485c-9d54-a9017771bef1'),
  '91': attachElsewhere,
}

async function makeVolume(name: string, recordedId: string): Promise<void> {
  const project = ids.get('ffcb2af00c6a4e6f90be1d6a3f6c384c')
  const { body } = await send('POST', `/volume/v3/${project}/volumes`, customer, { volume: { name, size: 1 } })
  ids.set(recordedId, (body as { volume: { id: string } }).volume.id)
  sim.timeline.finishAll()
}

/** A server and a disk of the portal's own project. */
async function attachElsewhere(): Promise<void> {
  const project = ids.get('78d2c9b523654a368c7704c69847fd23')
  const image = ids.get('4a8fc868-5c97-499d-a505-98db375186a1')
  const server = { name: 'other', flavorRef: '1', imageRef: image, networks: 'none' }
  const made = await send('POST', '/compute/v2.1/servers', portal, { server }, { 'openstack-api-version': 'compute 2.92' })
  const serverId = (made.body as { server: { id: string } }).server.id
  const { body } = await send('POST', `/volume/v3/${project}/volumes`, portal, { volume: { size: 1 } })
  const volumeId = (body as { volume: { id: string } }).volume.id
  sim.timeline.finishAll()
  await send('POST', `/compute/v2.1/servers/${serverId}/os-volume_attachments`, portal, { volumeAttachment: { volumeId } })
  sim.timeline.finishAll()
  const shown = await send('GET', `/volume/v3/${project}/volumes/${volumeId}`, portal)
  const attachments = (shown.body as { volume: { attachments: { attachment_id: string }[] } }).volume.attachments
  ids.set('d749546d-257f-45a7-8f5d-3b82c144407c', serverId)
  ids.set('607b76fa-e6be-4222-b265-677212fa88d3', volumeId)
  ids.set('69ec0fbb-6c5a-4a25-a3dc-a62838871690', attachments[0]?.attachment_id ?? '')
}

test('84 exchanges are on record', () => expect(names).toHaveLength(84))

// One story in the order in which it happened: each exchange stands on those before it.
for (const name of names)
  test(`${name} goes as it went on the real cloud`, async () => {
    const number = name.slice(0, 2)
    await before[number]?.()
    const recorded = read(name).response
    const actual = await replay(name)
    if (number === '01') portal = actual.headers.get('x-subject-token') ?? ''
    if (number === '08') customer = actual.headers.get('x-subject-token') ?? ''

    expect(actual.status, JSON.stringify(actual.body)).toBe(recorded.status)
    expect(compare(recorded.body, actual.body, '')).toEqual([])
    const message = messageOf(recorded.body)
    if (message !== undefined) expect(messageOf(actual.body)).toBe(here(message))
    const headers = Object.keys(recorded.headers)
      .map((header) => header.toLowerCase())
      .filter((header) => !unsteady.has(header))
    expect(headers.filter((header) => !actual.headers.has(header))).toEqual([])

    clock.advance(1000)
    sim.timeline.finishAll()
    clock.advance(1000)
  })
