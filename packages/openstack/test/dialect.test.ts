import { describe, expect, test } from 'vitest'
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
  const script = new ScriptedCloud(({ method, path, json }) => {
    if (isDown) return { status: 503, body: 'down' }
    if (path === '/v2.0/extensions') return extensions(aliases)
    if (path === '/v2.0/routers/r' && method === 'GET') return { body: { router } }
    if (path.startsWith('/v2.0/routers')) return { body: { router: { ...router, ...(json as { router: object }).router } } }
    if (path.startsWith('/v2.0/networks'))
      return { body: { network: { id: 'n', status: 'ACTIVE', project_id: 'p', ...(json as { network: object }).network } } }
    return undefined
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
      ['POST', { network: { name: '____' } }],
      ['PUT', { network: { name: 'сеть' } }],
    ])
    await network.networks.create({ name: 'plain name' })
    expect(sent()).toHaveLength(3)
  })
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
