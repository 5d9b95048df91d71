import { AdjustableClock } from '@straylight/kit'
import { afterEach, describe, expect, test } from 'vitest'
import {
  MemoryKeystone,
  startTungstenSimulator,
  type TungstenSimulator,
  type TungstenSimulatorOptions,
} from '../src/simulator/index.ts'

const project = { alice: 'a'.repeat(32), bob: 'b'.repeat(32), admin: 'c'.repeat(32) }
type Who = keyof typeof project
type Json = Record<string, never>

const running: TungstenSimulator[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()))
})

async function start(generation: 'tf' | 'opensdn' = 'tf', more: Partial<TungstenSimulatorOptions> = {}) {
  const clock = new AdjustableClock('still', new Date('2026-11-22T05:35:14Z'))
  const keystone = new MemoryKeystone(clock)
  for (const [name, id] of Object.entries(project)) keystone.addProject({ id, name })
  const tokens: Record<Who, string> = {
    alice: keystone.issue('alice', project.alice, ['member']),
    bob: keystone.issue('bob', project.bob, ['member']),
    admin: keystone.issue('root', project.admin, ['admin']),
  }
  const simulator = await startTungstenSimulator({ clock, keystone, generation, computes: [], ...more })
  running.push(simulator)
  const call = async (who: Who | undefined, method: string, path: string, body?: unknown) => {
    const response = await fetch(`${simulator.neutronUrl}/v2.0/${path}`, {
      method,
      headers: { accept: 'application/json', ...(who ? { 'x-auth-token': tokens[who] } : {}) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = (text === '' ? undefined : JSON.parse(text)) as Json
    const error = (json as unknown as { NeutronError?: { type: string; message: string } } | undefined)?.NeutronError
    return { status: response.status, json, error: error && `${error.type}: ${error.message}` }
  }
  /** Makes something and gives it back. */
  const make = async (who: Who, path: string, kind: string, resource: object) => {
    const answer = await call(who, 'POST', path, { [kind]: resource })
    expect([answer.status, answer.error]).toEqual([201, undefined])
    return answer.json[kind] as unknown as Record<string, never> & { id: string }
  }
  return { clock, keystone, simulator, call, make }
}

describe.each(['tf', 'opensdn'] as const)('Neutron with the plugin of %s', (generation) => {
  test('names its 26 extensions', async () => {
    const { call } = await start(generation)
    const { extensions } = (await call('alice', 'GET', 'extensions')).json as unknown as { extensions: { alias: string }[] }
    expect(extensions.map(({ alias }) => alias)).toHaveLength(26)
    expect((await call('alice', 'GET', 'extensions/qos')).status).toBe(404)
  })

  test('asks for a token', async () => {
    const { call } = await start(generation)
    expect((await call(undefined, 'GET', 'networks')).status).toBe(401)
  })

  test('takes a name that is not ASCII from a change only', async () => {
    const { call, make } = await start(generation)
    expect((await call('alice', 'POST', 'networks', { network: { name: 'сеть' } })).status).toBe(400)
    const { id } = await make('alice', 'networks', 'network', { name: 'net' })
    expect((await call('alice', 'PUT', `networks/${id}`, { network: { name: 'сеть' } })).json).toMatchObject({
      network: { name: 'сеть' },
    })
  })

  test('says by a silent fault that it has done what it has not, in the answer of what it would have done', async () => {
    const { simulator, call, make } = await start(generation)
    const { id } = await make('alice', 'networks', 'network', { name: 'net' })
    const subnet = await make('alice', 'subnets', 'subnet', { network_id: id, ip_version: 4, cidr: '10.0.0.0/24' })
    const router = await make('alice', 'routers', 'router', { name: 'gate' })
    const quota = `quotas/${project.alice}`
    const things = ['networks', 'subnets', 'routers', 'ports', quota, `quotas/${project.alice}/details`]
    const everything = () => Promise.all(things.map(async (path) => (await call('admin', 'GET', path)).json))
    const before = await everything()
    const silently = async (...order: Parameters<typeof call>) => {
      simulator.faults.add({ match: { service: 'neutron', method: order[1] }, effect: 'silent-ok', times: 1 })
      const answer = await call(...order)
      expect(await everything()).toEqual(before)
      return answer
    }
    const port = await silently('alice', 'POST', 'ports', { port: { network_id: id } })
    expect(port).toMatchObject({ status: 201, json: { port: { id: expect.any(String), fixed_ips: [{ subnet_id: subnet.id }] } } })
    expect(await silently('alice', 'PUT', `networks/${id}`, { network: { name: 'other' } })).toMatchObject({
      status: 200,
      json: { network: { id, name: 'other' } },
    })
    const plugged = await silently('alice', 'PUT', `routers/${router.id}/add_router_interface`, { subnet_id: subnet.id })
    expect(plugged).toMatchObject({ status: 200, json: { subnet_id: subnet.id } })
    expect(await silently('admin', 'PUT', quota, { quota: { network: 3 } })).toMatchObject({
      status: 200,
      json: { quota: { network: 3 } },
    })
    expect((await silently('alice', 'DELETE', `networks/${id}`)).status).toBe(204)
    expect((await call('admin', 'PUT', quota, { quota: { network: 3 } })).status).toBe(200)
    expect((await call('alice', 'DELETE', `networks/${id}`)).status).toBe(204)
    expect(await everything()).not.toEqual(before)
  })

  test('never moves the gateway of a subnet', async () => {
    const { call, make } = await start(generation)
    const { id } = await make('alice', 'networks', 'network', { name: 'net' })
    const subnet = await make('alice', 'subnets', 'subnet', { network_id: id, ip_version: 4, cidr: '10.0.0.0/24' })
    const moved = await call('alice', 'PUT', `subnets/${subnet.id}`, { subnet: { gateway_ip: '10.0.0.9' } })
    expect([moved.status, moved.error]).toEqual([400, 'BadRequest: Bad subnet request: update of gateway is not supported.'])
  })

  test('refuses an MTU that is greater than that of the physical network', async () => {
    const { call, make } = await start(generation)
    const { id } = await make('alice', 'networks', 'network', { name: 'net' })
    const { status, error } = await call('alice', 'PUT', `networks/${id}`, { network: { mtu: 9000 } })
    expect([status, error]).toEqual([
      400,
      'InvalidInput: Invalid input for operation: Requested MTU is too big, maximum is 1500.',
    ])
  })

  test('never changes the addresses of a port', async () => {
    const { call, make } = await start(generation)
    const { id } = await make('alice', 'networks', 'network', { name: 'net' })
    await make('alice', 'subnets', 'subnet', { network_id: id, ip_version: 4, cidr: '10.0.0.0/24' })
    const port = await make('alice', 'ports', 'port', { network_id: id })
    const { status, error } = await call('alice', 'PUT', `ports/${port.id}`, {
      port: { fixed_ips: [{ ip_address: '10.0.0.99' }] },
    })
    expect([status, error]).toEqual([400, 'BadRequest: Bad port request: Fixed ip cannot be updated on a port.'])
  })

  test('gives floating IPs of the first pool, whatever subnet is asked for, and lets them outlive their port', async () => {
    const { call, make } = await start(generation)
    const outside = await make('admin', 'networks', 'network', { name: 'public', 'router:external': true })
    await make('admin', 'subnets', 'subnet', { network_id: outside.id, ip_version: 4, cidr: '203.0.113.0/28' })
    const second = await make('admin', 'subnets', 'subnet', { network_id: outside.id, ip_version: 4, cidr: '198.51.100.0/28' })
    const { id } = await make('alice', 'networks', 'network', { name: 'net' })
    await make('alice', 'subnets', 'subnet', { network_id: id, ip_version: 4, cidr: '10.0.0.0/24' })
    const port = await make('alice', 'ports', 'port', { network_id: id })
    const floating = await make('alice', 'floatingips', 'floatingip', {
      floating_network_id: outside.id,
      subnet_id: second.id,
      port_id: port.id,
    })
    expect(floating).toMatchObject({ floating_ip_address: '203.0.113.3', status: 'ACTIVE', port_id: port.id })
    expect((await call('alice', 'DELETE', `ports/${port.id}`)).status).toBe(204)
    expect((await call('alice', 'GET', `floatingips/${floating.id}`)).json).toMatchObject({
      floatingip: { status: 'DOWN', port_id: null },
    })
  })

  test('makes several things one after the other, and none when one is refused', async () => {
    const { call } = await start(generation)
    const names = async () =>
      ((await call('alice', 'GET', 'networks')).json as unknown as { networks: { name: string }[] }).networks.map(
        ({ name }) => name,
      )
    const both = await call('alice', 'POST', 'networks', { networks: [{ name: 'one' }, { name: 'two' }] })
    expect(both.status).toBe(201)
    expect((await call('alice', 'POST', 'networks', { networks: [{ name: 'three' }, { name: 'a:b' }] })).status).toBe(400)
    expect(await names()).toEqual(['one', 'two'])
  })

  test('keeps the default security group', async () => {
    const { call } = await start(generation)
    const { security_groups: groups } = (await call('alice', 'GET', 'security-groups')).json as unknown as {
      security_groups: { id: string }[]
    }
    const { status, error } = await call('alice', 'DELETE', `security-groups/${groups[0]?.id}`)
    expect([status, error]).toEqual([
      409,
      'SecurityGroupCannotRemoveDefault: Insufficient rights for removing default security group.',
    ])
  })

  test('filters by tags that cannot be read', async () => {
    const { call, make } = await start(generation)
    const { id } = await make('alice', 'networks', 'network', { name: 'net' })
    await make('alice', 'networks', 'network', { name: 'other' })
    expect((await call('alice', 'PUT', `networks/${id}/tags`, { tags: ['red', 'blue'] })).json).toEqual(['red', 'blue'])
    const { status, error } = await call('alice', 'GET', `networks/${id}/tags`)
    expect([status, error]).toEqual([
      500,
      'HTTPInternalServerError: Request Failed: internal server error while processing your request.',
    ])
    expect((await call('alice', 'GET', 'networks?tags=red')).json).toMatchObject({ networks: [{ id, tags: ['red', 'blue'] }] })
    expect((await call('alice', 'DELETE', `networks/${id}/tags/red`)).status).toBe(204)
    expect((await call('alice', 'GET', `networks/${id}`)).json).toMatchObject({ network: { tags: ['blue'] } })
  })

  test('lets only administrators make external networks and see how ports are bound', async () => {
    const { call, make } = await start(generation)
    const refused = await call('alice', 'POST', 'networks', { network: { name: 'x', 'router:external': true } })
    expect([refused.status, refused.error]).toEqual([
      403,
      'PolicyNotAuthorized: (rule:create_network and rule:create_network:router:external) is disallowed by policy',
    ])
    const { id } = await make('alice', 'networks', 'network', { name: 'net' })
    const port = await make('alice', 'ports', 'port', { network_id: id })
    expect(port).not.toHaveProperty('binding:host_id')
    expect((await call('admin', 'GET', `ports/${port.id}`)).json).toMatchObject({ port: { 'binding:vif_type': 'unbound' } })
  })

  test('hides what belongs to somebody else, except in the body of a 404', async () => {
    const { call, make } = await start(generation)
    const { id } = await make('alice', 'networks', 'network', { name: 'secret' })
    expect((await call('bob', 'GET', 'networks')).json).toEqual({ networks: [] })
    const peeped = await call('bob', 'GET', `networks/${id}`)
    // The config API refuses the plugin nothing, as the plugin's account is an administrator.
    expect(peeped).toMatchObject({ status: 404, json: { network: { name: 'secret' } } })
    for (const [method, body] of [['DELETE'], ['PUT', { network: { name: 'mine' } }]] as const)
      expect((await call('bob', method, `networks/${id}`, body)).status).toBe(404)
    expect((await call('bob', 'POST', 'ports', { port: { network_id: id } })).status).toBe(404)
  })

  test('walks pages from a marker in both directions', async () => {
    const { call } = await start(generation)
    await call('alice', 'POST', 'networks', { networks: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name })) })
    type Page = { networks: { name: string }[]; networks_links?: { rel: string; href: string }[] }
    const seen: string[] = []
    let path: string | undefined = 'networks?limit=2&sort_key=name&sort_dir=asc&fields=name&fields=id'
    while (path) {
      const { networks, networks_links: links }: Page = (await call('alice', 'GET', path)).json as unknown as Page
      seen.push(...networks.map(({ name }) => name))
      path = links?.find(({ rel }) => rel === 'next')?.href.split('/v2.0/')[1]
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect((await call('alice', 'GET', 'networks?limit=many')).status).toBe(400)
  })

  test('keeps the quotas of projects in the config API', async () => {
    const { call } = await start(generation)
    expect((await call('alice', 'PUT', `quotas/${project.alice}`, { quota: { network: 5 } })).status).toBe(403)
    expect((await call('admin', 'PUT', `quotas/${project.alice}`, { quota: { network: 1 } })).json).toMatchObject({
      quota: { network: 1 },
    })
    expect((await call('alice', 'POST', 'networks', { network: { name: 'one' } })).status).toBe(201)
    const over = await call('alice', 'POST', 'networks', { network: { name: 'two' } })
    expect([over.status, over.error]).toEqual([409, "OverQuota: Quota exceeded for resources: ['network']."])
    const details = (await call('alice', 'GET', `quotas/${project.alice}/details.json`)).json
    expect(details).toMatchObject({ quota: { network: { limit: 1, used: generation === 'tf' ? 0 : 1 } } })
    expect((await call('admin', 'GET', 'quotas')).json).toEqual({ quotas: [{ network: 1, tenant_id: project.alice }] })
    expect((await call('admin', 'DELETE', `quotas/${project.alice}`)).status).toBe(204)
    expect((await call('alice', 'POST', 'networks', { network: { name: 'two' } })).status).toBe(201)
  })
})

describe('What the generations do otherwise', () => {
  const prepare = async (generation: 'tf' | 'opensdn') => {
    const { call, make } = await start(generation)
    const { id: network } = await make('alice', 'networks', 'network', { name: 'net' })
    const subnet = await make('alice', 'subnets', 'subnet', { network_id: network, ip_version: 4, cidr: '10.0.0.0/24' })
    const group = await make('alice', 'security-groups', 'security_group', { name: 'web' })
    const port = await make('alice', 'ports', 'port', { network_id: network, security_groups: [group.id] })
    return { call, make, network, subnet, group, port }
  }

  test('a port gets another address by its subnet on OpenSDN; on TF the wish is ignored', async () => {
    const addresses = async (generation: 'tf' | 'opensdn') => {
      const { call, subnet, port } = await prepare(generation)
      const wish = { port: { fixed_ips: [...(port.fixed_ips as unknown as object[]), { subnet_id: subnet.id }] } }
      const { status, json } = await call('alice', 'PUT', `ports/${port.id}`, wish)
      expect(status).toBe(200)
      return (json as unknown as { port: { fixed_ips: { ip_address: string }[] } }).port.fixed_ips.map((one) => one.ip_address)
    }
    expect(await addresses('tf')).toEqual(['10.0.0.3'])
    expect((await addresses('opensdn')).sort()).toEqual(['10.0.0.3', '10.0.0.4'])
  })

  test('a security group on a port cannot be deleted on TF; OpenSDN takes it off', async () => {
    const tf = await prepare('tf')
    expect((await tf.call('alice', 'DELETE', `security-groups/${tf.group.id}`)).error).toMatch(/^SecurityGroupInUse/)
    const opensdn = await prepare('opensdn')
    expect((await opensdn.call('alice', 'DELETE', `security-groups/${opensdn.group.id}`)).status).toBe(204)
    expect((await opensdn.call('alice', 'GET', `ports/${opensdn.port.id}`)).json).toMatchObject({ port: { security_groups: [] } })
  })

  test('ICMP without type and code has ports on TF and none on OpenSDN; a type without a code breaks TF', async () => {
    const rule = async (generation: 'tf' | 'opensdn', more: object = {}) => {
      const { call, group } = await prepare(generation)
      const wish = { security_group_id: group.id, direction: 'ingress', protocol: 'icmp', ...more }
      return call('alice', 'POST', 'security-group-rules', { security_group_rule: wish })
    }
    expect((await rule('tf')).json).toMatchObject({ security_group_rule: { port_range_min: 0, port_range_max: 65_535 } })
    expect((await rule('opensdn')).json).toMatchObject({ security_group_rule: { port_range_min: null, port_range_max: null } })
    expect((await rule('tf', { port_range_min: 8 })).status).toBe(500)
    expect((await rule('opensdn', { port_range_min: 8 })).json).toMatchObject({
      security_group_rule: { port_range_min: 8, port_range_max: null },
    })
  })

  test('what has no tag is found by the tags that it has not on OpenSDN only', async () => {
    const found = async (generation: 'tf' | 'opensdn') => {
      const { call, make, network } = await prepare(generation)
      const { id } = await make('alice', 'networks', 'network', { name: 'tagged' })
      await call('alice', 'PUT', `networks/${id}/tags`, { tags: ['red'] })
      const { networks } = (await call('alice', 'GET', 'networks?not-tags=blue')).json as unknown as {
        networks: { id: string }[]
      }
      return { tagged: networks.some((one) => one.id === id), untagged: networks.some((one) => one.id === network) }
    }
    expect(await found('tf')).toEqual({ tagged: true, untagged: false })
    expect(await found('opensdn')).toEqual({ tagged: true, untagged: true })
  })
})

describe('The gateway of a router', () => {
  const prepare = async (generation: 'tf' | 'opensdn') => {
    const { call, make } = await start(generation)
    const outside = await make('admin', 'networks', 'network', { name: 'public', 'router:external': true })
    await make('admin', 'subnets', 'subnet', { network_id: outside.id, ip_version: 4, cidr: '203.0.113.0/28' })
    const gateway = { external_gateway_info: { network_id: outside.id } }
    const router = await make('alice', 'routers', 'router', { name: 'r', ...gateway })
    const change = async (wish: object) => {
      const { json } = await call('alice', 'PUT', `routers/${router.id}`, { router: wish })
      return (json as unknown as { router: { external_gateway_info: unknown } }).router.external_gateway_info
    }
    return { change, gateway }
  }

  test('is lost on TF with any change that does not name it', async () => {
    const { change, gateway } = await prepare('tf')
    expect(await change({ name: 'other', ...gateway })).not.toBeNull()
    expect(await change({ name: 'other' })).toBeNull()
  })

  test('stays on OpenSDN until it is taken away with an empty object', async () => {
    const { change } = await prepare('opensdn')
    expect(await change({ name: 'other' })).not.toBeNull()
    expect(await change({ external_gateway_info: null })).not.toBeNull()
    expect(await change({ external_gateway_info: {} })).toBeNull()
  })
})

describe('The account of the plugin', () => {
  test('breaks every call of everybody when its tokens are revoked, from when the API server forgets them until Neutron restarts', async () => {
    const { clock, keystone, simulator, call } = await start()
    expect((await call('alice', 'GET', 'networks')).status).toBe(200)
    keystone.revokeTokensOf('neutron')
    expect((await call('alice', 'GET', 'networks')).status).toBe(200)
    clock.advance(5 * 60_000)
    const calls = [
      ['GET', 'networks'],
      ['GET', 'ports'],
      ['POST', 'networks', { network: { name: 'x' } }],
    ] as const
    for (const [method, path, body] of calls)
      expect(await call('alice', method, path, body)).toMatchObject({ status: 500, json: { title: 'Internal Server Error' } })
    // The API server alone does not help; it is Neutron that sends the same token again.
    simulator.restart()
    expect((await call('alice', 'GET', 'networks')).status).toBe(500)
    simulator.restartNeutron()
    expect((await call('alice', 'GET', 'networks')).status).toBe(200)
  })

  test('signs in again by itself only when its token is about to end', async () => {
    const { clock, keystone, simulator, call } = await start()
    await call('admin', 'GET', 'networks')
    keystone.revokeTokensOf('neutron')
    simulator.restart()
    clock.advance(59 * 60_000)
    expect((await call('admin', 'GET', 'networks')).status).toBe(500)
    clock.advance(40_000)
    expect((await call('admin', 'GET', 'networks')).status).toBe(200)
  })
})

describe('What the config API says to the plugin', () => {
  test('comes out as a 500 when the plugin does not know it', async () => {
    const { simulator, call } = await start()
    simulator.faults.add({ match: { service: 'config' }, effect: 'status', status: 503, times: 1 })
    expect((await call('alice', 'GET', 'networks')).status).toBe(500)
    expect((await call('alice', 'GET', 'networks')).status).toBe(200)
  })

  test('comes out as a 500 when there is no connection', async () => {
    const { simulator, call } = await start()
    await call('alice', 'GET', 'networks')
    simulator.faults.add({ match: { service: 'config' }, effect: 'drop-before' })
    expect((await call('alice', 'GET', 'networks')).status).toBe(500)
  })

  test('gives two networks of one name different names of its own', async () => {
    const { make } = await start()
    const one = await make('alice', 'networks', 'network', { name: 'net' })
    const two = await make('alice', 'networks', 'network', { name: 'net' })
    expect(two.fq_name).toEqual(['default-domain', 'alice', `net-${two.id}`])
    expect(one.fq_name).toEqual(['default-domain', 'alice', 'net'])
  })
})
