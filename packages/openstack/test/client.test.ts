import { Bug, type Layer, UpstreamError } from '@straylight/kit'
import { describe, expect, test } from 'vitest'
import { orAbsent } from '../src/index.ts'
import { queryText } from '../src/service.ts'
import { ScriptedCloud } from './scripted-cloud.ts'

const flavor = { id: '1', name: 'small', vcpus: 1, ram: 192, disk: 1 }
const scope = { projectId: 'p' }
const paths = (script: ScriptedCloud) => script.calls.map(({ method, path, query }) => `${method} ${path}${query}`)

describe('tokens', () => {
  test('nothing is sent before something is asked', async () => {
    const script = new ScriptedCloud(() => undefined)
    script.open().as(scope).compute.servers.list()
    expect(script.calls).toEqual([])
  })

  test('one login serves a scope, and every scope has its own', async () => {
    const script = new ScriptedCloud(({ path }) => (path === '/v2.1/flavors/1' ? { body: { flavor } } : undefined))
    const cloud = script.open()
    await cloud.as(scope).compute.flavors.get('1')
    await cloud.as({ projectId: 'p' }).compute.flavors.get('1')
    expect(script.logins).toBe(1)
    await cloud.as({ projectId: 'q' }).compute.flavors.get('1')
    expect(script.logins).toBe(2)
  })

  test('who needs the same token at the same time waits for the same login', async () => {
    const script = new ScriptedCloud(({ path }) => (path === '/v2.1/flavors/1' ? { body: { flavor } } : undefined))
    const { compute } = script.open().as(scope)
    await Promise.all(Array.from({ length: 20 }, () => compute.flavors.get('1')))
    expect(script.logins).toBe(1)
    expect(paths(script).filter((call) => call === 'GET /v2.1/')).toHaveLength(1)
  })

  test('a token is renewed five minutes before it ends, a short one when a tenth is left', async () => {
    for (const [lifeMs, keptMs] of [
      [8 * 3_600_000, 8 * 3_600_000 - 300_000],
      [60_000, 54_000],
    ] as const) {
      const script = new ScriptedCloud(() => undefined)
      script.tokenLifeMs = lifeMs
      const scoped = script.open().as(scope)
      const first = await scoped.token()
      script.clock.advance(keptMs - 1)
      expect(await scoped.token()).toBe(first)
      script.clock.advance(1)
      expect((await scoped.token()).value).toBe('token-2')
    }
  })

  test('a failed login is not kept', async () => {
    let isDown = true
    const script = new ScriptedCloud(({ path }) =>
      isDown && path === '/v3/auth/tokens' ? { status: 503, body: 'down' } : undefined,
    )
    const scoped = script.open().as(scope)
    await expect(scoped.token()).rejects.toMatchObject({ kind: 'unavailable', code: 'keystone.unavailable', retryable: true })
    isDown = false
    expect((await scoped.token()).value).toBe('token-1')
  })

  test('a refused token is renewed once, and the call sent again with the same body', async () => {
    const script = new ScriptedCloud(({ path, headers, json }) =>
      path === '/v2.1/flavors'
        ? headers?.['x-auth-token'] === 'token-1'
          ? { status: 401, body: {} }
          : { body: json }
        : undefined,
    )
    const made = await script
      .open()
      .as(scope)
      .compute.flavors.create({ id: '1', name: 'small', vcpus: 1, ramMib: 192, diskGib: 1 })
    expect(made.name).toBe('small')
    expect(script.logins).toBe(2)
  })

  test('two calls that are refused at once bring one login', async () => {
    const script = new ScriptedCloud(({ path, headers }) =>
      path === '/v2.1/flavors/1' ? (headers?.['x-auth-token'] === 'token-1' ? { status: 401 } : { body: { flavor } }) : undefined,
    )
    const { compute } = script.open().as(scope)
    await Promise.all([compute.flavors.get('1'), compute.flavors.get('1')])
    expect(script.logins).toBe(2)
  })

  test('a call that is refused late takes the token that another has brought meanwhile', async () => {
    const script = new ScriptedCloud(({ path, headers }) =>
      path.startsWith('/v2.1/flavors/')
        ? headers?.['x-auth-token'] === 'token-1'
          ? { status: 401 }
          : { body: { flavor } }
        : undefined,
    )
    let letGo = () => {}
    const gate = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const slowly: Layer = (next) => async (request) => {
      const response = await next(request)
      if (request.url.endsWith('/flavors/late') && response.status === 401) await gate
      return response
    }
    const { compute } = script.open({ layers: [slowly] }).as(scope)
    const late = compute.flavors.get('late')
    await compute.flavors.get('early')
    letGo()
    await late
    expect(script.logins).toBe(2)
  })

  test('a token that is refused again is not kept, and the error says that another try may help', async () => {
    let refusals = 2
    const script = new ScriptedCloud(({ path }) =>
      path === '/v2.1/flavors/1' ? (refusals-- > 0 ? { status: 401 } : { body: { flavor } }) : undefined,
    )
    const { compute } = script.open().as(scope)
    await expect(compute.flavors.get('1')).rejects.toMatchObject({
      kind: 'unauthenticated',
      code: 'nova.unauthenticated',
      retryable: true,
    })
    await compute.flavors.get('1')
    expect(script.logins).toBe(3)
  })

  test('image data that has flowed away cannot be sent again', async () => {
    const script = new ScriptedCloud(({ path }) => (path === '/v2/images/i/file' ? { status: 401 } : undefined))
    async function* chunks() {
      yield new Uint8Array(8)
    }
    const { images } = script.open().as(scope)
    await expect(images.upload('i', chunks())).rejects.toMatchObject({ kind: 'unauthenticated' })
    expect(script.logins).toBe(1)
    await expect(images.upload('i', new Uint8Array(8))).rejects.toMatchObject({ kind: 'unauthenticated' })
    expect(script.logins).toBe(2)
  })

  test.each([
    [{ projectId: 'p' }, { project: { id: 'p' } }],
    [{ projectName: 'x', domain: 'd' }, { project: { name: 'x', domain: { name: 'd' } } }],
    [{ domainId: 'd' }, { domain: { id: 'd' } }],
    [{ domain: 'd' }, { domain: { name: 'd' } }],
    [{ system: 'all' }, { system: { all: true } }],
  ] as const)("the scope %j is asked for in Keystone's words", async (wanted, asked) => {
    const script = new ScriptedCloud(() => undefined)
    await script.open().as(wanted).token()
    expect(script.calls[0]?.json).toMatchObject({ auth: { scope: asked } })
  })

  test('an application credential brings its scope with it', async () => {
    const script = new ScriptedCloud(() => undefined)
    const cloud = script.open({ credentials: { applicationCredentialId: 'a', secret: 's' } })
    await cloud.as({ projectId: 'own' }).token()
    expect(script.calls[0]?.json).toEqual({
      auth: { identity: { methods: ['application_credential'], application_credential: { id: 'a', secret: 's' } } },
    })
    await expect(cloud.as({ projectId: 'q' }).token()).rejects.toMatchObject({ kind: 'forbidden', code: 'keystone.other_scope' })
  })

  test('a user may be named by id', async () => {
    const script = new ScriptedCloud(() => undefined)
    await script
      .open({ credentials: { userId: 'u', password: 's' } })
      .as(scope)
      .token()
    expect(script.calls[0]?.json).toMatchObject({ auth: { identity: { password: { user: { id: 'u', password: 's' } } } } })
  })

  test("somebody's token is exchanged for one of the scope", async () => {
    const script = new ScriptedCloud(() => undefined)
    await script
      .open({ credentials: { token: 'theirs' } })
      .as(scope)
      .token()
    expect(script.calls[0]?.json).toEqual({
      auth: { identity: { methods: ['token'], token: { id: 'theirs' } }, scope: { project: { id: 'p' } } },
    })
  })

  test.each([
    ['no token in the header', { status: 201, body: {} }, 'X-Subject-Token is missing'],
    ['no JSON', { status: 201, headers: { 'x-subject-token': 't' }, body: '<html>' }, 'is not JSON'],
    ['no token in the body', { status: 201, headers: { 'x-subject-token': 't' }, body: {} }, 'answer.token is not an object'],
  ])('a login with %s is garbled', async (_, answer, words) => {
    const script = new ScriptedCloud(() => answer)
    await expect(script.open().as(scope).token()).rejects.toMatchObject({
      kind: 'garbled',
      message: expect.stringContaining(words),
    })
  })
})

describe('addresses', () => {
  const ask = async (
    options: Parameters<ScriptedCloud['open']>[0],
    call: (cloud: ReturnType<ScriptedCloud['open']>) => Promise<unknown>,
  ) => {
    const urls: string[] = []
    const script = new ScriptedCloud((request) => {
      urls.push(request.url)
      return undefined
    })
    await call(script.open(options)).catch(() => undefined)
    return urls.at(-1)
  }

  test('the version is added where the catalogue leaves it out, and the project where Cinder needs it', async () => {
    expect(await ask({}, (cloud) => cloud.as(scope).images.get('i'))).toBe('http://glance:9292/v2/images/i')
    expect(await ask({}, (cloud) => cloud.as(scope).volumes.get('v'))).toBe('http://cinder:8776/v3/p/volumes/v')
    expect(await ask({}, (cloud) => cloud.as(scope).compute.servers.get('s'))).toBe('http://nova:8774/v2.1/servers/s')
  })

  test('region, interface and roots can be chosen', async () => {
    const network = (cloud: ReturnType<ScriptedCloud['open']>) => cloud.as(scope).network.networks.get('n')
    expect(await ask({}, network)).toBe('http://elsewhere:9696/v2.0/networks/n')
    expect(await ask({ region: 'RegionOne' }, network)).toBe('http://neutron:9696/v2.0/networks/n')
    expect(await ask({ region: 'RegionOne', interface: 'internal' }, network)).toBe(
      'http://neutron:9696//internal/v2.0/networks/n',
    )
    expect(await ask({ endpoints: { neutron: 'http://near/v2.0/' } }, network)).toBe('http://near/v2.0/networks/n')
    expect(await ask({ authUrl: 'http://keystone:5000/v3/' }, (cloud) => cloud.as(scope).identity.projects.get('p'))).toBe(
      'http://keystone:5000/v3/projects/p',
    )
  })

  test('a service that the catalogue does not have is an error of its own, and nothing is sent to it', async () => {
    const script = new ScriptedCloud(() => undefined)
    const scoped = script.open().as(scope)
    await expect(scoped.loadBalancers.get('x')).rejects.toMatchObject({ kind: 'not_found', code: 'octavia.not_in_catalogue' })
    await expect(script.open({ region: 'Nowhere' }).as(scope).images.get('x')).rejects.toThrow('in region Nowhere')
    expect(await scoped.offers('octavia')).toBe(false)
    expect(await scoped.offers('nova')).toBe(true)
    expect(paths(script).every((call) => call === 'POST /v3/auth/tokens')).toBe(true)
  })

  test('ids and names of any characters stay one part of the path, and none is never sent', async () => {
    const script = new ScriptedCloud(() => undefined)
    const { compute } = script.open().as(scope)
    await orAbsent(compute.keypairs.get('a/b c?d#e\u{1F511}\uD800'))
    expect(script.calls.at(-1)?.path).toBe('/v2.1/os-keypairs/a%2Fb%20c%3Fd%23e%F0%9F%94%91%EF%BF%BD')
    await expect(compute.servers.remove('')).rejects.toThrow(Bug)
    await expect(compute.servers.remove('..')).rejects.toThrow(Bug)
  })

  test('a query names what is given', () => {
    const since = new Date('2026-11-22T05:00:00Z')
    expect(queryText({ a: 1, b: undefined, c: ['x', 'y'], since, d: true })).toBe(
      '?a=1&c=x&c=y&since=2026-11-22T05%3A00%3A00.000Z&d=true',
    )
    expect(queryText({ a: undefined })).toBe('')
    expect(queryText(undefined)).toBe('')
  })
})

describe('versions', () => {
  test('are asked once for all scopes, and again after a failure', async () => {
    let isDown = true
    const script = new ScriptedCloud(({ path }) => {
      if (path === '/v2.1/' && isDown) return { status: 503, body: 'down' }
      return path === '/v2.1/flavors/1' ? { body: { flavor } } : undefined
    })
    const cloud = script.open()
    await expect(cloud.as(scope).compute.flavors.get('1')).rejects.toMatchObject({ code: 'nova.unavailable' })
    isDown = false
    await cloud.as(scope).compute.flavors.get('1')
    await cloud.as({ projectId: 'q' }).compute.flavors.get('1')
    expect(paths(script).filter((call) => call === 'GET /v2.1/')).toHaveLength(2)
    expect(script.calls.at(-1)?.headers['openstack-api-version']).toBe('compute 2.93')
  })

  test('a call that means something else in later ones is sent in an earlier', async () => {
    const script = new ScriptedCloud(({ path }) =>
      path === '/v2.1/os-hypervisors/detail' ? { body: { hypervisors: [] } } : undefined,
    )
    await script.open().admin.compute.hypervisors.list().all()
    expect(script.calls.at(-1)?.headers['openstack-api-version']).toBe('compute 2.87')
  })

  test('a cloud that is too old is told so', async () => {
    const script = new ScriptedCloud(({ path }) =>
      path === '/v2.1/' ? { body: { version: { version: '2.60', min_version: '2.1' } } } : undefined,
    )
    await expect(script.open().as(scope).compute.flavors.get('1')).rejects.toMatchObject({
      kind: 'invalid',
      code: 'nova.version_not_spoken',
      message: 'nova speaks 2.1 to 2.60, and this call needs 2.79 to 2.93',
    })
  })
})

describe('answers', () => {
  const broken = (answer: { status?: number; body?: unknown }) => {
    const headers = { 'x-openstack-request-id': 'req-1' }
    const script = new ScriptedCloud(({ path }) => (path.startsWith('/v2.1/flavors') ? { ...answer, headers } : undefined))
    return script.open().as(scope).compute.flavors
  }

  test.each([
    ['HTML', { body: '<html>a front end</html>' }, 'something that is not JSON', true],
    ['nothing', {}, 'answer is not an object', false],
    ['another thing', { body: { server: {} } }, 'flavor is not an object', false],
    ['a thing without its members', { body: { flavor: { id: '1' } } }, 'flavor.name is not a string', false],
  ])('of %s where a flavor should be are garbled, with the request id', async (_, answer, words, retryable) => {
    await expect(broken(answer).get('1')).rejects.toMatchObject({
      kind: 'garbled',
      code: 'nova.garbled',
      status: 200,
      requestId: 'req-1',
      retryable,
      message: expect.stringContaining(words),
    })
  })

  test('a list that cannot be read is garbled as well', async () => {
    await expect(
      broken({ body: { flavors: 5 } })
        .list()
        .all(),
    ).rejects.toMatchObject({ kind: 'garbled', requestId: 'req-1' })
  })

  test('what is not there may be asked for as absent; other errors go on', async () => {
    expect(await orAbsent(broken({ status: 404 }).get('1'))).toBeUndefined()
    await expect(orAbsent(broken({ status: 403 }).get('1'))).rejects.toBeInstanceOf(UpstreamError)
  })
})

describe('lists', () => {
  const page = (names: string[], next?: string) => ({
    body: {
      flavors: names.map((name) => ({ ...flavor, name })),
      ...(next === undefined ? {} : { flavors_links: [{ rel: 'next', href: next }] }),
    },
  })

  test('go on by the link of the service, on our own address', async () => {
    const script = new ScriptedCloud(({ path, query }) => {
      if (path !== '/v2.1/flavors/detail') return undefined
      return query.get('marker') === 'b'
        ? page(['c'])
        : page(['a', 'b'], 'http://inside:1/v2.1/flavors/detail?limit=2&marker=b&sort=x&sort=y')
    })
    const flavors = await script.open().as(scope).compute.flavors.list({ pageSize: 2 }).all()
    expect(flavors.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(paths(script).slice(-2)).toEqual([
      'GET /v2.1/flavors/detail?limit=2',
      'GET /v2.1/flavors/detail?limit=2&marker=b&sort=x&sort=y',
    ])
  })

  test('ask no further page than is read', async () => {
    const script = new ScriptedCloud(({ path }) => (path === '/v2.1/flavors/detail' ? page(['a'], '?marker=a') : undefined))
    const listing = script.open().as(scope).compute.flavors.list()
    expect((await listing.first())?.name).toBe('a')
    expect(await listing.filter(({ name }) => name === 'a').first(({ name }) => name === 'a')).toMatchObject({ name: 'a' })
    expect(paths(script).filter((call) => call.startsWith('GET /v2.1/flavors'))).toHaveLength(2)
  })

  test('whose pages go round in a circle are garbled', async () => {
    const script = new ScriptedCloud(({ path, query }) =>
      path === '/v2.1/flavors/detail' ? page(['a'], query.get('marker') === 'a' ? '?marker=b' : '?marker=a') : undefined,
    )
    await expect(script.open().as(scope).compute.flavors.list().all()).rejects.toMatchObject({ kind: 'garbled' })
  })

  test('end at an empty page, whatever link it has', async () => {
    const script = new ScriptedCloud(({ path }) => (path === '/v2.1/flavors/detail' ? page([], '?marker=a') : undefined))
    expect(await script.open().as(scope).compute.flavors.list().all()).toEqual([])
  })

  test("follow Glance's and Keystone's own kind of link", async () => {
    const image = {
      status: 'active',
      visibility: 'public',
      created_at: '2026-11-22T05:49:01Z',
      updated_at: '2026-11-22T05:49:01Z',
    }
    const project = { name: 'x', domain_id: 'd', enabled: true }
    const script = new ScriptedCloud(({ path, query }) => {
      const isSecond = query.get('marker') === '1'
      if (path === '/v2/images')
        return {
          body: { images: [{ ...image, id: isSecond ? '2' : '1' }], ...(isSecond ? {} : { next: '/v2/images?marker=1' }) },
        }
      if (path === '/v3/projects')
        return {
          body: {
            projects: [{ ...project, id: isSecond ? '2' : '1' }],
            links: { next: isSecond ? null : 'http://inside/v3/projects?marker=1' },
          },
        }
      return undefined
    })
    const scoped = script.open().as(scope)
    expect((await scoped.images.list().all()).map(({ id }) => id)).toEqual(['1', '2'])
    expect((await scoped.identity.projects.list().all()).map(({ id }) => id)).toEqual(['1', '2'])
  })

  test('that Keystone cut short are not passed on as whole', async () => {
    const script = new ScriptedCloud(({ path }) =>
      path === '/v3/projects' ? { body: { projects: [], links: { next: null }, truncated: true } } : undefined,
    )
    await expect(script.open().admin.identity.projects.list().all()).rejects.toMatchObject({
      kind: 'limit',
      code: 'keystone.list_truncated',
    })
  })

  test('of many ids are asked for a hundred at a time', async () => {
    const port = { status: 'ACTIVE', network_id: 'n', project_id: 'p', mac_address: 'm' }
    const asked: number[] = []
    const script = new ScriptedCloud(({ path, query }) => {
      if (path !== '/v2.0/ports') return undefined
      const ids = query.getAll('device_id')
      asked.push(ids.length)
      return { body: { ports: ids.map((id) => ({ ...port, id, device_id: id })) } }
    })
    const deviceIds = Array.from({ length: 250 }, (_, index) => `s${index}`)
    const { network } = script.open().admin
    expect((await network.ports.listOf({ deviceIds }).all()).map(({ deviceId }) => deviceId)).toEqual(deviceIds)
    expect(asked).toEqual([100, 100, 50])
    expect(await network.floatingIps.listOf({ portIds: [] }).all()).toEqual([])
  })

  test('of the usage of one project are added up', async () => {
    const usage = (id: string, hours: number) => ({
      tenant_id: 'p',
      start: '2026-11-01T00:00:00.000000',
      stop: '2026-11-02T00:00:00.000000',
      total_hours: hours,
      total_vcpus_usage: hours,
      total_memory_mb_usage: hours,
      total_local_gb_usage: hours,
      server_usages: [
        {
          instance_id: id,
          name: id,
          flavor: 'f',
          vcpus: 1,
          memory_mb: 1,
          local_gb: 1,
          started_at: '2026-11-01T00:00:00.000000',
          ended_at: null,
          state: 'active',
          hours,
        },
      ],
    })
    let isEmpty = false
    const script = new ScriptedCloud(({ path, query }) => {
      if (path !== '/v2.1/os-simple-tenant-usage/p') return undefined
      if (isEmpty) return { body: { tenant_usage: {} } }
      if (query.get('marker') === 'b') return { body: { tenant_usage: {} } }
      if (query.get('marker') === 'a')
        return { body: { tenant_usage: usage('b', 2), tenant_usage_links: [{ rel: 'next', href: '?marker=b' }] } }
      return { body: { tenant_usage: usage('a', 1), tenant_usage_links: [{ rel: 'next', href: '?marker=a' }] } }
    })
    const range = { from: new Date('2026-11-01T00:00:00Z'), until: new Date('2026-11-02T00:00:00Z') }
    const { compute } = script.open().admin
    expect(await compute.usage.get('p', range)).toMatchObject({ serverHours: 3, servers: [{ serverId: 'a' }, { serverId: 'b' }] })
    expect(script.calls.at(-3)?.query).toBe('?start=2026-11-01T00%3A00%3A00.000000&end=2026-11-02T00%3A00%3A00.000000')
    isEmpty = true
    expect(await compute.usage.get('p', range)).toBeUndefined()
  })
})
