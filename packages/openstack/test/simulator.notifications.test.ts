import { readdirSync, readFileSync } from 'node:fs'
import { AdjustableClock } from '@straylight/kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Envelope, type OpenstackSimulator, startOpenstackSimulator } from '../src/simulator/index.ts'

interface Recorded {
  exchange: string
  routing_key: string
  message: Record<string, unknown> & { event_type: string; payload: unknown }
}

const folder = new URL('samples/notifications/', import.meta.url)
const recorded = readdirSync(folder).map((name): Recorded => JSON.parse(readFileSync(new URL(name, folder), 'utf8')))
const nameOf = (exchange: string, routingKey: string, type: string): string => `${exchange} ${routingKey} ${type}`

const clock = new AdjustableClock('still', new Date('2026-11-22T05:48:48Z'))
let sim: OpenstackSimulator
const heard = new Map<string, Envelope>()

beforeAll(async () => {
  sim = await startOpenstackSimulator({ clock, pace: 'manual' })
  sim.onNotification((envelope) => {
    const name = nameOf(envelope.exchange, envelope.routingKey, envelope.message.event_type)
    if (!heard.has(name)) heard.set(name, envelope)
  })
  await live(sim)
})
afterAll(() => sim.close())

type Body = Record<string, Record<string, unknown>>

/** A customer does everything that was recorded. */
async function live({ url, authUrl, timeline }: OpenstackSimulator): Promise<void> {
  let token = ''
  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Body> {
    const response = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json', 'x-auth-token': token, 'openstack-api-version': 'compute 2.91', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    clock.advance(1000)
    timeline.finishAll()
    return text.startsWith('{') ? JSON.parse(text) : {}
  }
  async function signIn(name: string, password: string, project: string, domain: string): Promise<string> {
    const auth = {
      identity: { methods: ['password'], password: { user: { name, password, domain: { name: domain } } } },
      scope: { project: { name: project, domain: { name: domain } } },
    }
    const response = await fetch(`${authUrl}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth }),
    })
    return response.headers.get('x-subject-token') ?? ''
  }
  const id = (body: Body): string => String(Object.values(body)[0]?.id)
  const admin = await signIn('portal', 'lab', 'admin', 'Default')
  token = admin
  const { domains } = (await call('GET', '/identity/v3/domains?name=customers')) as unknown as { domains: { id: string }[] }
  const { roles } = (await call('GET', '/identity/v3/roles?name=member')) as unknown as { roles: { id: string }[] }
  const domain_id = domains[0]?.id
  const project = id(await call('POST', '/identity/v3/projects', { project: { name: 'told', domain_id } }))
  const user = id(await call('POST', '/identity/v3/users', { user: { name: 'told', password: 'p', domain_id } }))
  await call('PUT', `/identity/v3/projects/${project}/users/${user}/roles/${roles[0]?.id}`)
  await signIn('told', 'wrong', 'told', 'customers')
  await call('POST', '/compute/v2.1/flavors', { flavor: { name: 'told', ram: 64, vcpus: 1, disk: 1 } })
  await call('POST', `/volume/v3/${sim.projects().find(({ name }) => name === 'admin')?.id}/types`, {
    volume_type: { name: 'told' },
  })

  token = await signIn('told', 'p', 'told', 'customers')
  const nova = '/compute/v2.1'
  const cinder = `/volume/v3/${project}`
  const image = id({
    image: (await call('POST', '/image/v2/images', { name: 'told', disk_format: 'raw', container_format: 'bare' })) as never,
  })
  await call('PUT', `/image/v2/images/${image}/file`, 'bytes', { 'content-type': 'application/octet-stream' })
  await call('PATCH', `/image/v2/images/${image}`, JSON.stringify([{ op: 'replace', path: '/name', value: 'renamed' }]), {
    'content-type': 'application/openstack-images-v2.1-json-patch',
  })
  const network = id(await call('POST', '/network/v2.0/networks', { network: { name: 'lan' } }))
  const subnet = id(
    await call('POST', '/network/v2.0/subnets', { subnet: { network_id: network, ip_version: 4, cidr: '10.30.0.0/24' } }),
  )
  const external = sim.networks().find((each) => each.external)?.id
  const gateway = { external_gateway_info: { network_id: external } }
  const router = id(await call('POST', '/network/v2.0/routers', { router: { name: 'gw', ...gateway } }))
  await call('PUT', `/network/v2.0/routers/${router}/add_router_interface`, { subnet_id: subnet })
  const group = id(await call('POST', '/network/v2.0/security-groups', { security_group: { name: 'web' } }))
  await call('POST', '/network/v2.0/security-group-rules', {
    security_group_rule: {
      security_group_id: group,
      direction: 'ingress',
      protocol: 'tcp',
      port_range_min: 22,
      port_range_max: 22,
    },
  })
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHb0nVn1VlyPSs2BKkbMf2YW5hKzEX9ULxZr8wxFmzHK k1'
  await call('POST', `${nova}/os-keypairs`, { keypair: { name: 'k1', public_key: key } })
  const server = id(
    await call('POST', `${nova}/servers`, {
      server: {
        name: 'vm-1',
        flavorRef: '1',
        networks: [{ uuid: network }],
        key_name: 'k1',
        metadata: { portal_service: '1001' },
        block_device_mapping_v2: [
          {
            boot_index: 0,
            uuid: image,
            source_type: 'image',
            destination_type: 'volume',
            volume_size: 1,
            delete_on_termination: true,
          },
        ],
      },
    }),
  )
  const act = (target: string, action: unknown) => call('POST', `${nova}/servers/${target}/action`, action)
  const port = sim.ports().find(({ deviceId }) => deviceId === server)?.id
  const floating = id(
    await call('POST', '/network/v2.0/floatingips', { floatingip: { floating_network_id: external, port_id: port } }),
  )
  const data = id(await call('POST', `${cinder}/volumes`, { volume: { name: 'data', size: 2 } }))
  await call('POST', `${nova}/servers/${server}/os-volume_attachments`, { volumeAttachment: { volumeId: data } })
  const snapshot = id(await call('POST', `${cinder}/snapshots`, { snapshot: { volume_id: data, name: 's', force: true } }))
  for (const action of [
    { 'os-stop': null },
    { 'os-start': null },
    { reboot: { type: 'HARD' } },
    { suspend: null },
    { resume: null },
    { resize: { flavorRef: '2' } },
    { confirmResize: null },
    { rebuild: { imageRef: image } },
  ])
    await act(server, action)
  await call(
    'POST',
    `${cinder}/volumes/${data}/action`,
    { 'os-extend': { new_size: 3 } },
    { 'openstack-api-version': 'volume 3.42' },
  )
  await call('DELETE', `${nova}/servers/${server}/os-volume_attachments/${data}`)
  await call('DELETE', `/network/v2.0/floatingips/${floating}`)
  await call('DELETE', `${nova}/servers/${server}`)
  await call('DELETE', `${nova}/os-keypairs/k1`)

  const mine = token
  token = admin
  const own = `/volume/v3/${sim.projects().find(({ name }) => name === 'admin')?.id}`
  await call('POST', `${own}/snapshots/${snapshot}/action`, { 'os-reset_status': { status: 'available' } })
  await call('POST', `${own}/volumes/${data}/action`, { 'os-reset_status': { status: 'available' } })
  token = mine
  await call('DELETE', `${cinder}/snapshots/${snapshot}`)
  await call('DELETE', `${cinder}/volumes/${data}`)
  await call('PUT', `/network/v2.0/routers/${router}/remove_router_interface`, { subnet_id: subnet })
  await call('DELETE', `/network/v2.0/routers/${router}`)
  const loose = id(await call('POST', '/network/v2.0/ports', { port: { network_id: network } }))
  await call('PUT', `/network/v2.0/ports/${loose}`, { port: { name: 'loose' } })
  await call('DELETE', `/network/v2.0/ports/${loose}`)
  await call('DELETE', `/network/v2.0/networks/${network}`)
  await call('DELETE', `/network/v2.0/security-groups/${group}`)
  await call('DELETE', `/image/v2/images/${image}`)
  token = admin
  await call('DELETE', `/identity/v3/users/${user}`)
  await call('DELETE', `/identity/v3/projects/${project}`)
}

/** What the simulator has no part in: a broken guest agent, Nova's own services and what its parts tell each other. */
const left = new Set([
  'nova notifications.error quiesce_instance',
  'nova versioned_notifications.error compute.exception',
  'nova versioned_notifications.info service.create',
  'nova notifications.info scheduler.select_destinations.start',
  'nova notifications.info scheduler.select_destinations.end',
  'nova versioned_notifications.info scheduler.select_destinations.start',
  'nova versioned_notifications.info scheduler.select_destinations.end',
])

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const kind = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value)

/** Keys of the record that are missing here, or of another type; what is null on either side may be anything. */
function lacking(record: unknown, actual: unknown, path: string): string[] {
  if (record === null || actual === null) return []
  if (kind(record) !== kind(actual)) return [`${path} is ${kind(actual)}, was ${kind(record)}`]
  if (isObject(record) && isObject(actual))
    return Object.keys(record).flatMap((key) =>
      key in actual ? lacking(record[key], actual[key], `${path}.${key}`) : [`${path}.${key}`],
    )
  if (Array.isArray(record) && Array.isArray(actual) && record.length > 0 && actual.length > 0)
    return lacking(record[0], actual[0], `${path}[]`)
  return []
}

/** Keys that name a thing of somebody's, not a field. */
const free = /image_meta\.|\.properties\.|\.metadata\.|extra_specs\./

describe('the simulator tells what a real cloud told', () => {
  test.each(
    recorded
      .map((record) => ({ name: nameOf(record.exchange, record.routing_key, record.message.event_type), record }))
      .filter(({ name }) => !left.has(name)),
  )('$name', ({ name, record }) => {
    const envelope = heard.get(name)
    expect(envelope, 'nothing like it was heard').toBeDefined()
    // Where Neutron starts something it only repeats what it was asked.
    const asked = record.exchange === 'neutron' && record.message.event_type.endsWith('.start')
    const lost = lacking(record.message.payload, envelope?.message.payload, '').filter((path) => !free.test(path))
    expect(lost.filter((path) => !(asked && path.split('.').length > 2))).toEqual([])
    const fields = Object.keys(record.message).filter((key) => !key.startsWith('_context_'))
    expect(fields.filter((key) => !(key in (envelope?.message ?? {})))).toEqual([])
    expect(JSON.parse(envelope?.body['oslo.message'] ?? '')).toEqual(envelope?.message)
  })
})
