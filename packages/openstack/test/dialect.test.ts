import { describe, expect, test } from 'vitest'
import type { NetworkService } from '../src/network/index.ts'
import { ScriptedCloud } from './scripted-cloud.ts'

const extensions = (aliases: string[]) => ({
  body: { extensions: aliases.map((alias) => ({ alias, name: alias, description: '' })) },
})
const router = {
  id: 'r',
  name: 'gate',
  status: 'ACTIVE',
  project_id: 'p',
  admin_state_up: true,
  external_gateway_info: { network_id: 'outside', enable_snat: true },
}

/** A Neutron with these extensions that answers each write with what was sent. */
function open(aliases: string[]) {
  let isDown = false
  let refuses = false
  const made: { collection: string; kind: string; thing: Record<string, unknown> }[] = []
  const script = new ScriptedCloud(({ method, path, json }) => {
    if (isDown || (refuses && method === 'PUT')) return { status: 503, body: 'No server is available to handle this request' }
    if (path === '/v2.0/extensions') return extensions(aliases)
    if (path === '/v2.0/routers/r' && method === 'GET') return { body: { router } }
    if (path === '/v2.0/routers/r') return { body: { router: { ...router, ...(json as { router: object }).router } } }
    if (!path.startsWith('/v2.0/')) return undefined
    const [, , collection = '', id] = path.split('/')
    const kind = collection.slice(0, -1)
    if (id !== undefined)
      return { body: { [kind]: { ...made[0]?.thing, ...(json as Record<string, object> | undefined)?.[kind] } } }
    if (method === 'GET')
      return { body: { [collection]: made.filter((one) => one.collection === collection).map(({ thing }) => thing) } }
    if (method !== 'POST') return undefined
    const usual = {
      id: 'n',
      status: 'ACTIVE',
      project_id: 'p',
      network_id: 'n',
      ip_version: 4,
      cidr: '10.0.0.0/24',
      mac_address: '02:00',
    }
    const thing = { ...usual, ...(json as Record<string, object>)[kind] }
    made.push({ collection, kind, thing })
    return { body: { [kind]: thing } }
  })
  const cloud = script.open()
  return {
    script,
    cloud,
    network: cloud.as({ projectId: 'p' }).network,
    sent: () => script.calls.filter(({ method }) => method === 'PUT' || method === 'POST').slice(1),
    fail: (now: boolean) => {
      isDown = now
    },
    refuseUpdates: () => {
      refuses = true
    },
  }
}

describe("with Neutron's own plugins", () => {
  test('a router is updated by what changes alone', async () => {
    const { network, sent } = open(['router', 'security-group'])
    await network.routers.update('r', { name: 'tor' })
    expect(sent().map(({ json }) => json)).toEqual([{ router: { name: 'tor' } }])
    expect((await network.dialect()).kind).toBe('neutron')
  })

  test('names of any characters are sent as they are', async () => {
    const { network, sent } = open(['router'])
    expect(await network.networks.create({ name: 'сеть: büro' })).toMatchObject({ name: 'сеть: büro' })
    expect(sent()).toHaveLength(1)
  })
})

describe('with the plugin of Tungsten', () => {
  const tungsten = ['router', 'contrail', 'ipam']

  test('every update of a router carries its gateway, which would be taken away otherwise', async () => {
    const { network, sent } = open(tungsten)
    await network.routers.update('r', { name: 'tor' })
    expect(sent().map(({ json }) => json)).toEqual([
      { router: { name: 'tor', external_gateway_info: { network_id: 'outside' } } },
    ])
    expect((await network.dialect()).kind).toBe('tungsten')
  })

  test('a gateway is taken away by an empty object, which all versions take', async () => {
    const { network, sent } = open(tungsten)
    await network.routers.update('r', { externalNetworkId: null })
    await network.routers.update('r', { externalNetworkId: 'other' })
    expect(sent().map(({ json }) => json)).toEqual([
      { router: { external_gateway_info: {} } },
      { router: { external_gateway_info: { network_id: 'other' } } },
    ])
  })

  test('a name that is not ASCII is set right after, since creation refuses it', async () => {
    const { network, sent } = open(tungsten)
    expect(await network.networks.create({ name: 'сеть' })).toMatchObject({ name: 'сеть' })
    expect(sent().map(({ method, json }) => [method, json])).toEqual([
      ['POST', { network: { name: expect.stringMatching(/^____ [0-9a-f]{16}$/) } }],
      ['PUT', { network: { name: 'сеть' } }],
    ])
    await network.networks.create({ name: 'plain name' })
    expect(sent()).toHaveLength(3)
  })

  const kinds: [
    string,
    (network: NetworkService) => Promise<unknown>,
    (network: NetworkService, name: string) => Promise<unknown>,
  ][] = [
    ['network', ({ networks }) => networks.create({ name: 'büro' }), ({ networks }, name) => networks.find({ name })],
    ['router', ({ routers }) => routers.create({ name: 'büro' }), ({ routers }, name) => routers.find({ name })],
    [
      'subnet',
      ({ subnets }) => subnets.create({ name: 'büro', networkId: 'n', cidr: '10.0.0.0/24' }),
      ({ subnets }, name) => subnets.find({ name }),
    ],
    ['port', ({ ports }) => ports.create({ name: 'büro', networkId: 'n' }), ({ ports }, name) => ports.find({ name })],
  ]
  test.each(kinds)(
    'a %s that was made and could not be named may be there, and is found by the name that it was to have',
    async (_kind, create, find) => {
      const { network, refuseUpdates } = open(tungsten)
      refuseUpdates()
      await expect(create(network)).rejects.toMatchObject({
        kind: 'unavailable',
        status: 503,
        effect: 'unknown',
        retryable: false,
      })
      expect(await find(network, 'büro')).toMatchObject({
        id: expect.any(String),
        name: expect.stringMatching(/^b_ro [0-9a-f]{16}$/),
      })
      expect(await find(network, 'bÜro')).toBeUndefined()
    },
  )
})

test('the extensions are asked once for all scopes, and again after a failure', async () => {
  const { cloud, network, script } = open(['router'])
  await network.dialect()
  await cloud.as({ projectId: 'q' }).network.dialect()
  expect(script.calls.filter(({ path }) => path === '/v2.0/extensions')).toHaveLength(1)
  const other = open(['contrail'])
  other.fail(true)
  await expect(other.network.dialect()).rejects.toMatchObject({ kind: 'unavailable' })
  other.fail(false)
  expect((await other.network.dialect()).kind).toBe('tungsten')
})

test('a failure inside Neutron that is no JSON is an error like others', async () => {
  const script = new ScriptedCloud(({ path }) =>
    path === '/v2.0/networks/n' ? { status: 500, body: '<html><h1>500</h1>' } : undefined,
  )
  await expect(script.open().as({ projectId: 'p' }).network.networks.get('n')).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'neutron.failed_inside',
    retryable: true,
  })
})
