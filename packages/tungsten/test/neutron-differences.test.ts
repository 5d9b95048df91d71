import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AdjustableClock } from '@straylight/kit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MemoryKeystone, type NeutronAnswer, neutronDifferences, startNeutronFront } from '../src/simulator/index.ts'
import { type Sample, samplesOf } from './replay.ts'

/** Answers of a real Neutron without Tungsten. */
const recorded = samplesOf('ml2-neutron')
const sample = (number: number): Sample => {
  const found = recorded.find((one) => one.number === number)
  if (!found) throw new Error(`no sample ${number}`)
  return found
}

const { tf, opensdn } = { tf: neutronDifferences({ generation: 'tf' }), opensdn: neutronDifferences({ generation: 'opensdn' }) }
type Differences = typeof tf

const call = (method: string, path: string, body?: unknown) => {
  const [plain = '', query = ''] = path.split('?')
  return { method, path: plain, query: new URLSearchParams(query), ...(body === undefined ? {} : { body }) }
}
const refusal = (differences: Differences, method: string, path: string, body?: unknown): NeutronAnswer => {
  const outcome = differences.request(call(method, path, body))
  if (!('answer' in outcome)) throw new Error('it was passed on')
  return outcome.answer
}
const passedOn = (differences: Differences, method: string, path: string, body?: unknown) => {
  const outcome = differences.request(call(method, path, body))
  if ('answer' in outcome) throw new Error(`it was answered with ${outcome.answer.status}`)
  return outcome.call
}
const message = ({ body }: NeutronAnswer) => (body as { NeutronError: { message: string } }).NeutronError.message
const seenBy = (differences: Differences, number: number) => {
  const { request, response } = sample(number)
  return differences.response(call(request.method, request.path, request.body), { status: response.status, body: response.body })
    .body as Record<string, Record<string, unknown>>
}

describe('a call on its way to a Neutron that has no Tungsten', () => {
  test('finds the extensions of Tungsten and no others', () => {
    const { extensions } = refusal(tf, 'GET', '/v2.0/extensions').body as { extensions: { alias: string }[] }
    const aliases = extensions.map(({ alias }) => alias)
    expect(aliases).toHaveLength(26)
    expect(aliases).toContain('contrail')
    expect(aliases).not.toContain('extraroute')
    expect(refusal(tf, 'GET', '/v2.0/extensions/contrail').status).toBe(200)
    expect(refusal(tf, 'GET', '/v2.0/extensions/qos').status).toBe(404)
  })

  test.each(['agents', 'availability_zones', 'qos/policies', 'rbac-policies', 'address-scopes', 'metering/metering-labels'])(
    'finds no %s',
    (collection) => {
      expect(refusal(tf, 'GET', `/v2.0/${collection}`).status).toBe(404)
    },
  )

  test('finds no pools of subnets: an error on TF, nothing on OpenSDN', () => {
    expect(refusal(tf, 'GET', '/v2.0/subnetpools').status).toBe(501)
    expect(refusal(opensdn, 'GET', '/v2.0/subnetpools')).toEqual({ status: 200, body: { subnetpools: [] } })
  })

  test('removes the gateway of a router on TF when the change does not name it', () => {
    const change = { router: { name: 'other' } }
    expect(passedOn(tf, 'PUT', '/v2.0/routers/r', change).body).toEqual({ router: { name: 'other', external_gateway_info: {} } })
    expect(passedOn(opensdn, 'PUT', '/v2.0/routers/r', change).body).toEqual(change)
    const keeping = { router: { name: 'other', external_gateway_info: { network_id: 'n' } } }
    expect(passedOn(tf, 'PUT', '/v2.0/routers/r', keeping).body).toEqual(keeping)
  })

  test('clears a gateway with null on TF, and only with an empty object on OpenSDN', () => {
    const nothing = { router: { external_gateway_info: null } }
    expect(passedOn(tf, 'PUT', '/v2.0/routers/r', nothing).body).toEqual({ router: { external_gateway_info: {} } })
    expect(passedOn(opensdn, 'PUT', '/v2.0/routers/r', nothing).body).toEqual({ router: {} })
    expect(passedOn(opensdn, 'PUT', '/v2.0/routers/r', { router: { external_gateway_info: {} } }).body).toEqual({
      router: { external_gateway_info: {} },
    })
  })

  test('may not have static routes or a QoS policy', () => {
    expect(message(refusal(tf, 'PUT', '/v2.0/routers/r', { router: { routes: [] } }))).toBe("Unrecognized attribute(s) 'routes'")
    expect(message(refusal(tf, 'PUT', '/v2.0/ports/p', { port: { qos_policy_id: null } }))).toBe(
      "Unrecognized attribute(s) 'qos_policy_id'",
    )
  })

  test('may not move the gateway of a subnet, and its pools on OpenSDN only', () => {
    const pools = { subnet: { allocation_pools: [{ start: '10.0.0.5', end: '10.0.0.9' }] } }
    expect(refusal(tf, 'PUT', '/v2.0/subnets/s', { subnet: { gateway_ip: '10.0.0.9' } }).status).toBe(400)
    expect(refusal(opensdn, 'PUT', '/v2.0/subnets/s', { subnet: { gateway_ip: '10.0.0.9' } }).status).toBe(400)
    expect(message(refusal(tf, 'PUT', '/v2.0/subnets/s', pools))).toBe(
      'Bad subnet request: update of allocation_pools is not allowed.',
    )
    expect(passedOn(opensdn, 'PUT', '/v2.0/subnets/s', pools).body).toEqual(pools)
  })

  test('may not name a new address of a port; by its subnet it gets one on OpenSDN and nothing on TF', () => {
    const address = { port: { fixed_ips: [{ ip_address: '10.0.0.9' }] } }
    const subnet = { port: { fixed_ips: [{ subnet_id: 's' }] } }
    expect(message(refusal(tf, 'PUT', '/v2.0/ports/p', address))).toBe('Bad port request: Fixed ip cannot be updated on a port.')
    expect(passedOn(tf, 'PUT', '/v2.0/ports/p', subnet).body).toEqual({ port: {} })
    expect(refusal(opensdn, 'PUT', '/v2.0/ports/p', address).status).toBe(400)
    expect(passedOn(opensdn, 'PUT', '/v2.0/ports/p', subnet).body).toEqual(subnet)
  })

  test('needs an ASCII name without colons to make something, and any name to change it', () => {
    expect(message(refusal(tf, 'POST', '/v2.0/networks', { network: { name: 'сеть' } }))).toBe(
      'Bad network request: Non-ascii symbols are not allowed.',
    )
    expect(message(refusal(tf, 'POST', '/v2.0/networks', { network: { name: 'a:b' } }))).toBe(
      "Bad virtual_network request: Bad Request, name has one of invalid chars {':'}.",
    )
    expect(passedOn(tf, 'PUT', '/v2.0/networks/n', { network: { name: 'сеть' } }).body).toEqual({ network: { name: 'сеть' } })
    expect(passedOn(tf, 'PUT', '/v2.0/ports/p', { port: { name: '' } }).body).toEqual({ port: {} })
  })

  test('loses the subnet of a floating IP and the filters that Tungsten ignores', () => {
    const wish = { floatingip: { floating_network_id: 'n', subnet_id: 's' } }
    expect(passedOn(tf, 'POST', '/v2.0/floatingips', wish).body).toEqual({ floatingip: { floating_network_id: 'n' } })
    const { query } = passedOn(tf, 'GET', '/v2.0/networks?status=DOWN&name=a&limit=5&colour=red')
    expect(query.toString()).toBe('name=a&limit=5')
  })

  test('cannot read tags', () => {
    expect(refusal(tf, 'GET', '/v2.0/networks/n/tags').status).toBe(500)
    expect(passedOn(tf, 'PUT', '/v2.0/networks/n/tags', { tags: ['a'] }).body).toEqual({ tags: ['a'] })
  })
})

describe('an answer of a Neutron that has no Tungsten', () => {
  test('shows a network without what Tungsten does not know, without an MTU, and without times when it is new', () => {
    const { network } = seenBy(tf, 22)
    expect(Object.keys(network ?? {}).sort()).toEqual(
      [
        'admin_state_up',
        'created_at',
        'description',
        'fq_name',
        'id',
        'mtu',
        'name',
        'port_security_enabled',
        'project_id',
        'router:external',
        'shared',
        'status',
        'subnets',
        'tenant_id',
        'updated_at',
      ].sort(),
    )
    expect(network).toMatchObject({ mtu: 0, created_at: null, updated_at: null })
    const named = neutronDifferences({ generation: 'tf', projectName: () => 'customer-a' })
    expect(seenBy(named, 22).network?.fq_name).toEqual(['default-domain', 'customer-a', 'lan'])
  })

  test('shows a subnet without description and revision, with the router advertisements gone', () => {
    const { subnet } = seenBy(tf, 23)
    for (const name of ['description', 'revision_number', 'service_types', 'subnetpool_id'])
      expect(subnet).not.toHaveProperty(name)
    expect(subnet).toMatchObject({ cidr: '10.30.0.0/24', tags: [], ipv6_ra_mode: null })
  })

  test('shows a router without the address that it has outside', () => {
    const { router } = seenBy(tf, 24)
    expect(router?.external_gateway_info).toEqual({ network_id: 'fd305154-220f-4c78-9c90-81efd9a55cdd', enable_snat: true })
    expect(router).not.toHaveProperty('routes')
    expect(Object.keys(seenBy(tf, 25)).sort()).toEqual(['id', 'port_id', 'subnet_id', 'tenant_id'])
  })

  test('spells out the rules of security groups', () => {
    const rules = seenBy(tf, 26).security_group?.security_group_rules as Record<string, unknown>[]
    expect(
      rules.map(({ ethertype, protocol, port_range_min, port_range_max, remote_ip_prefix }) => [
        ethertype,
        protocol,
        port_range_min,
        port_range_max,
        remote_ip_prefix,
      ]),
    ).toEqual([
      ['IPv4', 'any', 0, 65_535, '0.0.0.0/0'],
      ['IPv6', 'any', 0, 65_535, '::/0'],
    ])
    const groups = seenBy(tf, 51).security_groups as unknown as {
      name: string
      security_group_rules: Record<string, unknown>[]
    }[]
    const inner = groups
      .find(({ name }) => name === 'default')
      ?.security_group_rules.find(({ direction }) => direction === 'ingress')
    expect(inner).toMatchObject({ remote_ip_prefix: null, remote_group_id: expect.any(String), protocol: 'any' })
    expect(seenBy(tf, 27).security_group_rule).toMatchObject({ protocol: 'tcp', port_range_min: 22, port_range_max: 22 })
    expect(seenBy(tf, 27).security_group_rule).not.toHaveProperty('normalized_cidr')
  })

  test('calls a floating IP active as soon as it has a port', () => {
    expect(sample(49).response.body).toMatchObject({ floatingip: { status: 'DOWN' } })
    expect(seenBy(tf, 49).floatingip).toMatchObject({ status: 'ACTIVE', description: 'vm-1' })
    expect(seenBy(tf, 49).floatingip).not.toHaveProperty('port_details')
  })

  test('shows no ports of gateways, DHCP and floating IPs', () => {
    const [port] = (sample(48).response.body as { ports: Record<string, unknown>[] }).ports
    const ports = ['compute:nova', 'network:dhcp', 'network:router_gateway', 'network:floatingip'].map((device_owner) => ({
      ...port,
      device_owner,
    }))
    const { body } = tf.response(call('GET', '/v2.0/ports'), { status: 200, body: { ports } })
    expect((body as { ports: { device_owner: string }[] }).ports.map(({ device_owner }) => device_owner)).toEqual([
      'compute:nova',
    ])
    expect(tf.response(call('GET', '/v2.0/ports/x'), { status: 200, body: { port: ports[1] } }).status).toBe(404)
  })

  test('calls a port active as soon as it has a device', () => {
    const shown = (device_id: string) =>
      (
        tf.response(call('GET', '/v2.0/ports/p'), { status: 200, body: { port: { id: 'p', device_id, status: 'BUILD' } } })
          .body as { port: { status: string } }
      ).port.status
    expect([shown(''), shown('vm')]).toEqual(['DOWN', 'ACTIVE'])
  })

  test('counts nothing in quotas on TF', () => {
    const body = { quota: { network: { limit: 100, used: 7, reserved: 0 }, rbac_policy: { limit: 10, used: 0, reserved: 0 } } }
    const details = (differences: Differences) =>
      (
        differences.response(call('GET', '/v2.0/quotas/p/details.json'), { status: 200, body }).body as {
          quota: Record<string, { used: number }>
        }
      ).quota
    expect(details(tf).network?.used).toBe(0)
    expect(details(opensdn).network?.used).toBe(7)
    expect(details(tf)).not.toHaveProperty('rbac_policy')
    expect(details(tf)).toHaveProperty('nat_instance')
  })

  test('passes a refusal on as it is', () => {
    expect(seenBy(tf, 28)).toEqual(sample(28).response.body)
  })
})

describe('a server that puts the plugin in front of any Neutron', () => {
  /** Answers what was recorded, and a network of its own. */
  const upstream = createServer((request, response) => {
    request.resume()
    const path = decodeURIComponent(request.url ?? '')
    const found = [...recorded, ofItsOwn].find((one) => one.request.method === request.method && one.request.path === path)
    heard.push(`${request.method} ${path} ${request.headers['x-auth-token']}`)
    response.writeHead(found?.response.status ?? 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(found?.response.body ?? {}))
  })
  const ofItsOwn = {
    request: { method: 'GET', path: '/v2.0/networks/one' },
    response: { status: 200, body: { network: { id: 'one', name: 'net', tenant_id: 'p', status: 'ACTIVE' } } },
  }
  const heard: string[] = []
  let neutronUrl = ''
  beforeAll(async () => {
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    neutronUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  })
  afterAll(() => void upstream.close())
  beforeEach(() => {
    heard.length = 0
  })

  const start = async () => {
    const clock = new AdjustableClock('still', new Date('2026-11-22T05:35:14Z'))
    const keystone = new MemoryKeystone(clock)
    const front = await startNeutronFront({ clock, neutronUrl, keystone })
    const get = (path: string) =>
      fetch(`${front.url}${path}`, { headers: { 'x-auth-token': 'mine', accept: 'application/json' } })
    return { clock, keystone, front, get }
  }

  test('passes the call on with the token of the caller and shows the answer as Tungsten would', async () => {
    const { front, get } = await start()
    const { networks } = (await (await get('/v2.0/networks?router:external=true&status=DOWN')).json()) as {
      networks: Record<string, unknown>[]
    }
    expect(networks[0]).toMatchObject({ name: 'public', mtu: 0 })
    expect(networks[0]).not.toHaveProperty('revision_number')
    expect(heard).toEqual(['GET /v2.0/networks?router:external=true mine'])
    await front.close()
  })

  test('fails for everybody once the token of the plugin is revoked and forgotten, until it starts again', async () => {
    const { clock, keystone, front, get } = await start()
    expect((await get('/v2.0/floatingips')).status).toBe(200)
    keystone.revokeTokensOf('neutron')
    // The API server still believes the token.
    expect((await get('/v2.0/floatingips')).status).toBe(200)
    clock.advance(5 * 60_000)
    for (let attempt = 0; attempt < 3; attempt++) {
      const broken = await get('/v2.0/floatingips')
      expect(broken.status).toBe(500)
      expect(await broken.json()).toMatchObject({ title: 'Internal Server Error' })
    }
    const page = await fetch(`${front.url}/v2.0/floatingips`)
    expect(page.headers.get('content-type')).toContain('text/html')
    await page.text()
    front.restart()
    expect((await get('/v2.0/floatingips')).status).toBe(200)
    await front.close()
  })

  test('says by a silent fault that it has done what it never passed on', async () => {
    const { front } = await start()
    front.faults.add({ match: {}, effect: 'silent-ok' })
    const call = async (method: string, path: string, body?: unknown) => {
      const answer = await fetch(`${front.url}/v2.0/${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) })
      const text = await answer.text()
      return { status: answer.status, json: text === '' ? undefined : JSON.parse(text) }
    }
    const network = 'networks/one'
    expect(await call('POST', 'networks', { network: { name: 'net' } })).toMatchObject({
      status: 201,
      json: { network: { id: expect.stringMatching(/^[0-9a-f-]{36}$/), name: 'net', status: 'ACTIVE', subnets: [] } },
    })
    expect(await call('PUT', network, { network: { name: 'other' } })).toMatchObject({
      status: 200,
      json: { network: { id: network.split('/')[1], name: 'other' } },
    })
    expect((await call('DELETE', network)).status).toBe(204)
    expect((await call('DELETE', 'networks/none')).status).toBe(404)
    expect(heard.filter((one) => !one.startsWith('GET '))).toEqual([])
    await front.close()
  })

  test('can be broken and watched like any simulator', async () => {
    const { front, get } = await start()
    front.faults.add({ match: { service: 'neutron' }, effect: 'status', status: 503, times: 1 })
    expect((await get('/v2.0/floatingips')).status).toBe(503)
    expect((await get('/v2.0/floatingips')).status).toBe(200)
    expect(front.journal().map(({ status }) => status)).toEqual([503, 200])
    await front.close()
  })
})
