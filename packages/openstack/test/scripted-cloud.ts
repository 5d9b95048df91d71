import { AdjustableClock, type HttpRequest, type HttpResponse, type Send } from '@straylight/kit'
import { createOpenstack, type Openstack, type OpenstackOptions } from '../src/index.ts'

export interface ScriptedAnswer {
  status?: number
  headers?: Record<string, string>
  body?: unknown
}

type Answering = (request: HttpRequest & { json: unknown; path: string; query: URLSearchParams }) => ScriptedAnswer | undefined

/**
 * A cloud whose answers the test writes itself, for what neither the simulator nor a real one can be made to say. It sends nothing anywhere;
 * logins and version documents it answers by itself unless the test does.
 */
export class ScriptedCloud {
  readonly clock = new AdjustableClock('still', new Date('2026-11-22T10:00:00Z'))
  readonly calls: { method: string; path: string; query: string; headers: Record<string, string>; json: unknown }[] = []
  readonly #answering: Answering
  logins = 0
  tokenLifeMs = 8 * 3_600_000

  constructor(answering: Answering) {
    this.#answering = answering
  }

  open(options: Partial<OpenstackOptions> = {}): Openstack {
    return createOpenstack({
      authUrl: 'http://keystone:5000',
      credentials: { username: 'portal', password: 'secret', userDomain: 'Default' },
      clock: this.clock,
      send: this.send,
      ...options,
    })
  }

  readonly send: Send = async (request) => {
    const url = new URL(request.url)
    const json = typeof request.body === 'string' ? (JSON.parse(request.body) as unknown) : undefined
    this.calls.push({ method: request.method, path: url.pathname, query: url.search, headers: request.headers ?? {}, json })
    await Promise.resolve()
    const scripted = this.#answering({ ...request, json, path: url.pathname, query: url.searchParams })
    return encode(scripted ?? this.#usual(request.method, url, json))
  }

  #usual(method: string, url: URL, json: unknown): ScriptedAnswer {
    if (method === 'POST' && url.pathname.endsWith('/auth/tokens')) return this.#login(json)
    if (url.pathname === '/v2.1/') return { body: { version: { id: 'v2.1', version: '2.93', min_version: '2.1' } } }
    if (url.pathname === '/v3/') return { body: { versions: [{ id: 'v3.0', version: '3.70', min_version: '3.0' }] } }
    return { status: 404, body: { itemNotFound: { code: 404, message: 'not in the script' } } }
  }

  #login(json: unknown): ScriptedAnswer {
    const { scope } = (json as { auth: { scope?: { project?: { id?: string } } } }).auth
    const now = this.clock.now()
    const endpoint = (url: string, region = 'RegionOne') => [
      { interface: 'internal', region, url: `${url}/internal` },
      { interface: 'public', region, url },
    ]
    return {
      status: 201,
      headers: { 'x-subject-token': `token-${++this.logins}` },
      body: {
        token: {
          issued_at: now.toISOString(),
          expires_at: new Date(now.getTime() + this.tokenLifeMs).toISOString(),
          user: { id: 'u', name: 'portal', domain: { id: 'default', name: 'Default' } },
          project: { id: scope?.project?.id ?? 'own', name: 'p', domain: { id: 'd', name: 'D' } },
          roles: [{ id: 'r', name: 'member' }],
          catalog: [
            { type: 'compute', name: 'nova', endpoints: endpoint('http://nova:8774/v2.1') },
            { type: 'volumev3', name: 'cinder', endpoints: endpoint('http://cinder:8776/v3') },
            {
              type: 'network',
              name: 'neutron',
              endpoints: [...endpoint('http://elsewhere:9696', 'RegionTwo'), ...endpoint('http://neutron:9696/')],
            },
            { type: 'image', name: 'glance', endpoints: endpoint('http://glance:9292') },
          ],
        },
      },
    }
  }
}

function encode({ status = 200, headers = {}, body }: ScriptedAnswer): HttpResponse {
  const isText = typeof body === 'string'
  return {
    status,
    headers: { 'content-type': isText ? 'text/html' : 'application/json', ...headers },
    body: Buffer.from(body === undefined ? '' : isText ? body : JSON.stringify(body)),
  }
}
