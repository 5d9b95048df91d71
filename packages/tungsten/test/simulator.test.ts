import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AdjustableClock, UpstreamError } from '@straylight/kit'
import { afterEach, describe, expect, test } from 'vitest'
import { addSubnet, changes, connectTungsten, readNodes, readTraffic } from '../src/index.ts'
import {
  MemoryKeystone,
  startTungstenSimulator,
  type TungstenSimulator,
  type TungstenSimulatorOptions,
} from '../src/simulator/index.ts'

const running: TungstenSimulator[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()))
})

const admin = 'c'.repeat(32)
const customer = 'a'.repeat(32)
const customerId = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa'

async function start(options: Partial<TungstenSimulatorOptions> = {}) {
  const clock = new AdjustableClock('still', new Date('2026-11-22T05:35:14Z'))
  const simulator = await startTungstenSimulator({ clock, ...options })
  running.push(simulator)
  const tungsten = connectTungsten({ configUrl: simulator.url, analyticsUrl: simulator.analyticsUrl, token: async () => 'any' })
  return { clock, simulator, ...tungsten }
}

/** With a Keystone, and clients for the tokens of several people. */
async function startWithKeystone(options: Partial<TungstenSimulatorOptions> = {}) {
  const clock = new AdjustableClock('still', new Date('2026-11-22T05:35:14Z'))
  const keystone = new MemoryKeystone(clock)
  keystone.addProject({ id: admin, name: 'admin' })
  keystone.addProject({ id: customer, name: 'customer' })
  const simulator = await startTungstenSimulator({ clock, keystone, ...options })
  running.push(simulator)
  const as = (token: string) =>
    connectTungsten({ configUrl: simulator.url, analyticsUrl: simulator.analyticsUrl, token: async () => token })
  return { clock, keystone, simulator, as, root: as(keystone.issue('root', admin, ['admin'])) }
}

const plug = async ({ config }: Awaited<ReturnType<typeof start>>, name = 'one') => {
  const { uuid: machine } = await config.create('virtual-machine', { fq_name: [`vm-${name}`] })
  const project = ['default-domain', 'default-project']
  const { uuid } = await config.create('virtual-machine-interface', {
    fq_name: [...project, `port-${name}`],
    parent_type: 'project',
    virtual_network_refs: [{ to: ['default-domain', 'default-project', 'ip-fabric'] }],
    virtual_machine_refs: [{ to: [`vm-${name}`], uuid: machine }],
  })
  return { port: uuid, machine }
}

describe('faults', () => {
  test('hit the one of both APIs that they name, as often as they say', async () => {
    const { simulator, config, analytics } = await start()
    simulator.faults.add({ match: { service: 'analytics' }, effect: 'status', status: 503, times: 1 })
    expect(await config.count('project')).toBeGreaterThan(0)
    await expect(analytics.types()).rejects.toMatchObject({ code: 'tungsten.unavailable', retryable: true })
    expect((await analytics.types()).length).toBeGreaterThan(0)
    expect(simulator.journal().map(({ service, status }) => `${service} ${status}`)).toEqual([
      'config 200',
      'analytics 503',
      'analytics 200',
    ])
  })

  test('name what is called, whatever its path', async () => {
    const { simulator, config } = await start()
    simulator.faults.add({ match: { func: 'create virtual-machine' }, effect: 'wsrep' })
    await expect(config.create('virtual-machine', { fq_name: ['vm'] })).rejects.toMatchObject({
      code: 'tungsten.database_not_ready',
    })
    await expect(config.list('virtual-machine')).resolves.toEqual([])
  })

  test('let a change have its effect and lose the answer', async () => {
    const { simulator, config } = await start()
    simulator.faults.add({ match: { method: 'POST' }, effect: 'drop-after', times: 1 })
    await expect(config.create('virtual-machine', { fq_name: ['vm'] })).rejects.toMatchObject({
      kind: 'unreachable',
      effect: 'unknown',
    })
    expect(await config.idOf('virtual-machine', ['vm'])).toEqual(expect.any(String))
  })

  test('say that a change was made when it was not', async () => {
    const { simulator, config } = await start()
    simulator.faults.add({ match: { func: 'create virtual-machine' }, effect: 'silent-ok', times: 1 })
    const { uuid } = await config.create('virtual-machine', { fq_name: ['vm'] })
    await expect(config.read('virtual-machine', uuid)).rejects.toMatchObject({ code: 'tungsten.not_found' })
  })

  test('say of every kind of change that it was made when nothing was changed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tungsten-silent-'))
    const dataFile = join(folder, 'state.jsonl')
    const { simulator, config } = await start({ dataFile })
    const project = ['default-domain', 'default-project']
    const [network, group] = await Promise.all([
      config.create('virtual-network', { fq_name: [...project, 'net'], parent_type: 'project' }),
      config.create('security-group', { fq_name: [...project, 'group'], parent_type: 'project' }),
    ])
    const { subnet_uuid } = await addSubnet(config, network.uuid, { subnet: { ip_prefix: '10.0.0.0', ip_prefix_len: 24 } })
    const { uuid: port } = await config.create('virtual-machine-interface', {
      fq_name: [...project, 'port'],
      parent_type: 'project',
      virtual_network_refs: [{ to: [...project, 'net'] }],
    })
    await config.create('tag', { fq_name: ['tier=front'], tag_type_name: 'tier', tag_value: 'front' } as never)
    const references = { type: 'virtual-machine-interface', uuid: port, 'ref-type': 'security-group', 'ref-uuid': group.uuid }
    const orders: [method: string, path: string, body?: object][] = [
      ['POST', '/virtual-machines', { 'virtual-machine': { fq_name: ['vm'] } }],
      ['POST', '/ref-update', { ...references, operation: 'ADD', 'ref-fq-name': [...project, 'group'] }],
      ['POST', `/virtual-network/${network.uuid}/ip-alloc`, { subnet: subnet_uuid, count: 1 }],
      ['POST', '/chown', { uuid: port, owner: '5d2f0b9e-6f7a-4c2b-9f3e-000000000001' }],
      ['POST', '/chmod', { uuid: port, global_access: 7 }],
      ['POST', '/set-tag', { obj_type: 'virtual_machine_interface', obj_uuid: port, tier: { value: 'front', is_global: true } }],
      ['POST', '/useragent-kv', { operation: 'STORE', key: 'k', value: 'v' }],
      ['PUT', '/aaa-mode', { 'aaa-mode': 'rbac' }],
      ['PUT', `/virtual-machine-interface/${port}`, { 'virtual-machine-interface': { display_name: 'other' } }],
      ['DELETE', `/virtual-machine-interface/${port}`],
      ['DELETE', `/virtual-network/${network.uuid}`],
    ]
    const call = async (method: string, path: string, body?: object) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${simulator.url}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
      return { status: answer.status, text: await answer.text() }
    }
    const everything = async () => ({
      kept: readFileSync(dataFile, 'utf8'),
      ports: await config.listDetails('virtual-machine-interface'),
      networks: await config.listDetails('virtual-network'),
      machines: await config.count('virtual-machine'),
      aaaMode: (await call('GET', '/aaa-mode')).text,
      note: (await call('POST', '/useragent-kv', { operation: 'RETRIEVE', key: 'k' })).status,
      address: await config.countAddresses(network.uuid, [String(subnet_uuid)]),
    })
    const before = await everything()
    for (const [method, path, body] of orders.slice(0, -1)) {
      simulator.faults.add({ match: { method, path: `^${path}$` }, effect: 'silent-ok', times: 1 })
      expect([path, (await call(method, path, body)).status]).toEqual([path, 200])
      expect({ path, ...(await everything()) }).toEqual({ path, ...before })
    }
    // what would be refused is refused
    simulator.faults.add({ match: { method: 'DELETE' }, effect: 'silent-ok', times: 1 })
    expect((await call('DELETE', `/virtual-network/${network.uuid}`)).status).toBe(409)
    for (const [method, path, body] of orders.slice(1, -3))
      expect([path, (await call(method, path, body)).status]).toEqual([path, 200])
    expect(readFileSync(dataFile, 'utf8')).not.toBe(before.kept)
    rmSync(folder, { recursive: true })
  })

  test('answer a page of the load balancer', async () => {
    const { simulator, config } = await start()
    simulator.faults.add({ match: {}, effect: 'html', times: 1 })
    await expect(config.list('project')).rejects.toMatchObject({ kind: 'unavailable', effect: 'none', retryable: true })
  })

  test('refuse changes, not reads, while ZooKeeper is away', async () => {
    const { simulator, config } = await start()
    simulator.setZookeeperAway(true)
    await expect(config.create('virtual-machine', { fq_name: ['vm'] })).rejects.toMatchObject({ status: 503, effect: 'none' })
    expect(await config.count('project')).toBeGreaterThan(0)
    simulator.setZookeeperAway(false)
    await config.create('virtual-machine', { fq_name: ['vm'] })
  })

  test('and switches are seen and set over HTTP, as the page does it', async () => {
    const { simulator, config } = await start()
    const switches = `${simulator.url}/_sim/switches`
    const set = async (body: unknown) => (await fetch(switches, { method: 'PUT', body: JSON.stringify(body) })).status
    expect(await (await fetch(switches)).json()).toEqual({ queryEngine: true, zookeeperAway: false })
    expect(await set({ queryEngine: true, zookeeperAway: true })).toBe(204)
    expect(await (await fetch(switches)).json()).toMatchObject({ zookeeperAway: true })
    await expect(config.create('virtual-machine', { fq_name: ['vm'] })).rejects.toMatchObject({ status: 503 })
    for (const nonsense of [{ zookeeperAway: 'no' }, { zookeper: true }]) expect(await set(nonsense)).toBe(400)
  })

  test('cut the change feed after its beginning', async () => {
    const { simulator, clock, config } = await start()
    simulator.faults.add({ match: { path: '^/watch$' }, effect: 'drop-after', times: 1 })
    const feed = changes(config, { types: ['project'], clock })
    expect(await feed.next()).toMatchObject({ value: { kind: 'everything', type: 'project' } })
    await expect(feed.next()).rejects.toMatchObject({ code: 'tungsten.feed_lost' })
    await expect
      .poll(async () => ((await (await fetch(`${simulator.url}/_sim/state`)).json()) as { watching: number }).watching)
      .toBe(0)
  })

  test('are ordered over HTTP too', async () => {
    const { simulator, analytics } = await start()
    const order = (path: string, body: unknown) =>
      fetch(`${simulator.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
    expect((await order('/_sim/switches', { queryEngine: false })).status).toBe(204)
    await expect(analytics.tables()).rejects.toMatchObject({ code: 'tungsten.no_query_engine' })
    expect((await order('/_sim/faults', { match: { service: 'analytics' }, effect: 'status', status: 500 })).status).toBe(201)
    await expect(analytics.types()).rejects.toMatchObject({ code: 'tungsten.server_error' })
    expect((await order('/_sim/reset', {})).status).toBe(204)
    expect(await analytics.tables()).toContain('StatTable.VMIStats.raw_if_stats')
    const state = (await (await fetch(`${simulator.url}/_sim/state`)).json()) as {
      generation: string
      objects: Record<string, number>
    }
    expect(state).toMatchObject({ generation: 'tf', objects: { 'global-system-config': 1 } })
  })
})

describe('a reset', () => {
  test('gives back the same installation, with the same ids', async () => {
    const { simulator, config } = await start()
    const before = await config.list('virtual-network')
    await config.create('virtual-machine', { fq_name: ['vm'] })
    simulator.reset()
    expect(await config.list('virtual-machine')).toEqual([])
    expect(await config.list('virtual-network')).toEqual(before)
    expect(simulator.journal().length).toBe(2)
  })
})

describe('tokens', () => {
  test('of nobody and of a customer are turned away', async () => {
    const { keystone, as } = await startWithKeystone()
    await expect(as('nonsense').config.list('project')).rejects.toMatchObject({ kind: 'unauthenticated', effect: 'none' })
    const alice = as(keystone.issue('alice', customer, ['member']))
    await expect(alice.config.list('project')).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(alice.analytics.types()).rejects.toMatchObject({ kind: 'forbidden' })
  })

  test('that were revoked go on working for five minutes, or until the server restarts', async () => {
    const { clock, keystone, simulator, root } = await startWithKeystone()
    await root.config.list('project')
    keystone.revokeTokensOf('root')
    clock.advance(4 * 60_000)
    await root.config.list('project')
    clock.advance(60_000)
    await expect(root.config.list('project')).rejects.toMatchObject({ kind: 'unauthenticated' })
    const again = await startWithKeystone()
    await again.root.config.list('project')
    again.keystone.revokeTokensOf('root')
    again.simulator.restart()
    await expect(again.root.config.list('project')).rejects.toMatchObject({ kind: 'unauthenticated' })
    expect(simulator.journal().at(-1)?.status).toBe(401)
  })

  test('are asked for again by the client when they have ended, once', async () => {
    const { keystone, simulator } = await startWithKeystone()
    const tokens = ['gone', keystone.issue('root', admin, ['admin'])]
    let asked = 0
    const { config } = connectTungsten({
      configUrl: simulator.url,
      analyticsUrl: simulator.analyticsUrl,
      token: async () => tokens[Math.min(asked++, 1)] ?? '',
    })
    expect(await config.count('project')).toBeGreaterThan(0)
    expect(asked).toBe(2)
    expect(simulator.journal().map(({ status }) => status)).toEqual([401, 200])
  })
})

describe('projects', () => {
  test('appear when somebody reads them, if Keystone has them', async () => {
    const { root } = await startWithKeystone()
    expect((await root.config.list('project')).map(({ uuid }) => uuid)).not.toContain(customerId)
    expect(await root.config.read('project', customerId)).toMatchObject({ fq_name: ['default-domain', 'customer'] })
    await expect(root.config.read('project', 'dddddddd-dddd-4ddd-8ddd-dddddddddddd')).rejects.toMatchObject({ kind: 'not_found' })
  })

  test('appear when somebody asks for their name', async () => {
    const { root } = await startWithKeystone()
    expect(await root.config.idOf('project', ['default-domain', 'customer'])).toBe(customerId)
  })

  test('vanish within a minute after Keystone has lost them, when they are empty', async () => {
    const { clock, keystone, root } = await startWithKeystone()
    await root.config.read('project', customerId)
    await root.config.list('project')
    keystone.removeProject(customer)
    clock.advance(61_000)
    expect((await root.config.list('project')).map(({ uuid }) => uuid)).not.toContain(customerId)
  })

  test('that are not empty stay for ever: they are not tried again before a restart', async () => {
    const { clock, keystone, simulator, root } = await startWithKeystone()
    await root.config.read('project', customerId)
    const { uuid } = await root.config.create('virtual-network', {
      fq_name: ['default-domain', 'customer', 'net'],
      parent_type: 'project',
    })
    await root.config.list('project')
    keystone.removeProject(customer)
    clock.advance(61_000)
    await root.config.list('project')
    await root.config.delete('virtual-network', uuid)
    clock.advance(600_000)
    expect((await root.config.list('project')).map((project) => project.uuid)).toContain(customerId)
    simulator.restart()
    expect((await root.config.list('project')).map((project) => project.uuid)).not.toContain(customerId)
  })

  test('are named with a suffix when an orphan has their name', async () => {
    const { keystone, root } = await startWithKeystone()
    await root.config.read('project', customerId)
    await root.config.create('virtual-network', { fq_name: ['default-domain', 'customer', 'net'], parent_type: 'project' })
    keystone.removeProject(customer)
    keystone.addProject({ id: 'd'.repeat(32), name: 'customer' })
    const { fq_name, display_name } = await root.config.read('project', 'd'.repeat(32))
    expect(fq_name.at(-1)).toMatch(/^customer-[0-9a-f-]{36}$/)
    expect(display_name).toBe('customer')
  })

  test('are destroyed by a read of their id without dashes, which the client never sends', async () => {
    const { keystone, simulator, root } = await startWithKeystone()
    await root.config.read('project', customer)
    const raw = await fetch(`${simulator.url}/project/${customer}`, {
      headers: { 'x-auth-token': keystone.issue('root', admin, ['admin']) },
    })
    expect(raw.status).toBe(404)
    expect((await root.config.list('project')).map(({ uuid }) => uuid)).not.toContain(customerId)
  })
})

describe('traffic', () => {
  test('is counted for plugged interfaces, for each floating IP, and as the guest sees it', async () => {
    const started = await start({ traffic: 'still' })
    const { port } = await plug(started)
    started.simulator.traffic.carry(port, { in_bytes: 100, in_pkts: 1, out_bytes: 300, out_pkts: 3 })
    const [reading] = await readTraffic(started.analytics)
    expect(reading).toMatchObject({
      interfaceId: port,
      total: { sentBytes: 100, sentPackets: 1, receivedBytes: 300, receivedPackets: 3 },
      vrouter: expect.stringMatching(/^compute-[12]$/),
      floating: [],
    })
  })

  test('flows by itself, and never backwards, until the interface is plugged elsewhere', async () => {
    const started = await start()
    const { port } = await plug(started)
    let before = 0
    for (let minute = 0; minute < 60; minute++) {
      started.clock.advance(60_000)
      const [reading] = await readTraffic(started.analytics)
      expect(reading?.total.sentBytes).toBeGreaterThan(before)
      before = reading?.total.sentBytes ?? 0
    }
    started.simulator.traffic.restart(port, 'compute-2')
    started.clock.advance(60_000)
    const [reading] = await readTraffic(started.analytics)
    expect(reading).toMatchObject({ vrouter: 'compute-2' })
    expect(reading?.total.sentBytes).toBeLessThan(before)
  })

  test('is gone with its interface', async () => {
    const started = await start()
    const { port } = await plug(started)
    expect(await readTraffic(started.analytics)).toHaveLength(1)
    await started.config.delete('virtual-machine-interface', port)
    expect(await readTraffic(started.analytics)).toEqual([])
  })

  test('is found by name and by struct', async () => {
    const started = await start()
    await plug(started, 'one')
    await plug(started, 'two')
    const found = await started.analytics.uves('virtual-machine-interface', {
      names: ['*port-one'],
      structs: ['UveVMInterfaceAgent:uuid'],
    })
    expect(found.map(({ name }) => name)).toEqual(['default-domain:default-project:port-one'])
    expect(Object.keys(found[0]?.value ?? {})).toEqual(['UveVMInterfaceAgent'])
    expect(Object.keys(found[0]?.value.UveVMInterfaceAgent ?? {})).toEqual(['uuid'])
  })
})

describe('nodes', () => {
  test('are healthy until they are given trouble', async () => {
    const { simulator, analytics } = await start()
    expect((await readNodes(analytics)).every(({ healthy }) => healthy)).toBe(true)
    simulator.trouble({ role: 'vrouter', host: 'compute-1', broken: { 'contrail-vrouter-agent': 'XMPP' } })
    simulator.trouble({ role: 'control-node', host: 'controller-1', processes: { 'contrail-control': 'PROCESS_STATE_EXITED' } })
    simulator.trouble({ role: 'vrouter', host: 'compute-2', silent: true })
    const expected = [{ role: 'vrouter' as const, host: 'compute-2' }]
    const sick = (await readNodes(analytics, expected)).filter(({ healthy }) => !healthy)
    expect(sick.map(({ host, problems }) => [host, problems[0]])).toEqual([
      ['compute-1', expect.stringContaining('contrail-vrouter-agent is Non-Functional')],
      ['controller-1', 'contrail-control is PROCESS_STATE_EXITED'],
      ['compute-2', 'reports nothing'],
    ])
    simulator.trouble({ role: 'vrouter', host: 'compute-1' })
    expect((await readNodes(analytics)).find(({ host }) => host === 'compute-1')?.healthy).toBe(true)
  })
})

describe('the change feed', () => {
  const follow = async (options: { silenceMs?: number } = {}) => {
    const started = await start()
    const ending = new AbortController()
    const types = ['virtual-machine'] as const
    const feed = changes(started.config, { types, clock: started.clock, signal: ending.signal, ...options })
    expect((await feed.next()).value).toMatchObject({ kind: 'everything', objects: [] })
    return { ...started, feed, ending }
  }

  test('is lost, and says so, when the server restarts', async () => {
    const { simulator, feed } = await follow()
    simulator.restart()
    await expect(feed.next()).rejects.toMatchObject({ code: 'tungsten.feed_lost', retryable: true, effect: 'none' })
  })

  test('is lost when it is silent for longer than it may be', async () => {
    const { clock, feed } = await follow({ silenceMs: 30_000 })
    const waiting = feed.next().catch((error: unknown) => error)
    await new Promise((resolve) => setTimeout(resolve, 50))
    clock.advance(31_000)
    expect(await waiting).toBeInstanceOf(UpstreamError)
  })

  test('ends without an error when the caller ends it', async () => {
    const { feed, ending } = await follow()
    const waiting = feed.next()
    ending.abort()
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  test('tells only the fields that were asked for', async () => {
    const { config, clock } = await start()
    const ending = new AbortController()
    const types = ['virtual-machine'] as const
    const feed = changes(config, { types, fields: { 'virtual-machine': ['display_name'] }, clock, signal: ending.signal })
    await feed.next()
    await config.create('virtual-machine', { fq_name: ['vm'], display_name: 'web' })
    const { value } = await feed.next()
    expect(value).toMatchObject({ kind: 'created', object: { display_name: 'web' } })
    expect(value).not.toHaveProperty('object.perms2')
    ending.abort()
  })
})
