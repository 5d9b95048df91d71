import { assert, type Clock, type HttpRequest, type HttpResponse, restated, type Send, UpstreamError } from '@straylight/kit'
import { Fields, garbled } from './decode.ts'
import { classify, requestIdOf, type ServiceName } from './errors.ts'
import { Listing } from './listing.ts'
import type { Scope, Sessions, Token } from './session.ts'
import { agree, formatVersion, fromVersionDocument, type VersionRange } from './versions.ts'

export type QueryValue = string | number | boolean | Date | string[] | undefined
export type Query = Record<string, QueryValue>

export interface CallOptions {
  query?: Query
  headers?: Record<string, string>
  timeoutMs?: number
  /** The lowest and highest microversion with which this call means what its caller thinks. */
  atLeast?: string
  atMost?: string
}

export interface Answer {
  status: number
  headers: Record<string, string>
  /** Parsed JSON; `undefined` when the body is empty. */
  json: unknown
  requestId: string | undefined
}

interface ServiceTraits {
  /** Types under which it is found in the catalogue, best first. https://service-types.openstack.org/ */
  types: string[]
  /** Put after an endpoint that does not end in a version already. */
  path: string
  /** The name in the header `OpenStack-API-Version`, and what is spoken. */
  microversions?: { name: string; ours: VersionRange }
}

const traits: Record<ServiceName, ServiceTraits> = {
  keystone: { types: ['identity'], path: '/v3' },
  nova: {
    types: ['compute'],
    path: '/v2.1',
    microversions: { name: 'compute', ours: { min: { major: 2, minor: 79 }, max: { major: 2, minor: 93 } } },
  },
  cinder: {
    types: ['block-storage', 'volumev3', 'block-store', 'volume'],
    path: '/v3',
    microversions: { name: 'volume', ours: { min: { major: 3, minor: 59 }, max: { major: 3, minor: 70 } } },
  },
  glance: { types: ['image'], path: '/v2' },
  neutron: { types: ['network'], path: '/v2.0' },
  octavia: { types: ['load-balancer'], path: '/v2' },
  placement: {
    types: ['placement'],
    path: '',
    microversions: { name: 'placement', ours: { min: { major: 1, minor: 28 }, max: { major: 1, minor: 39 } } },
  },
}

/** What all services of one cloud share, over all scopes. */
export interface Connection {
  send: Send
  clock: Clock
  sessions: Sessions
  identityUrl: string
  region: string | undefined
  /** Which of a service's endpoints: `public`, `internal`, `admin`. */
  interface: string
  /** Root of a service by its name, instead of what the catalogue says. */
  endpoints: Partial<Record<ServiceName, string>>
  /** What was learnt about the services, asked once for all scopes: versions by root URL, and Neutron's extensions. */
  discovered: {
    versions: Map<string, Promise<VersionRange>>
    extensions: Promise<ReadonlySet<string>> | undefined
  }
}

/** Calls of one service with the token of one scope. Every failure is an `UpstreamError`. */
export class Service {
  readonly name: ServiceName
  readonly clock: Clock
  readonly #connection: Connection
  readonly #scope: Scope

  constructor(name: ServiceName, connection: Connection, scope: Scope) {
    this.name = name
    this.clock = connection.clock
    this.#connection = connection
    this.#scope = scope
  }

  /** The scope's token and, for a project scope, the project in it. */
  token(): Promise<Token> {
    return this.#connection.sessions.token(this.#scope)
  }

  get = (path: string, options?: CallOptions): Promise<Answer> => this.call('GET', path, undefined, options)
  post = (path: string, json?: unknown, options?: CallOptions): Promise<Answer> => this.call('POST', path, json, options)
  put = (path: string, json?: unknown, options?: CallOptions): Promise<Answer> => this.call('PUT', path, json, options)
  patch = (path: string, json?: unknown, options?: CallOptions): Promise<Answer> => this.call('PATCH', path, json, options)
  delete = (path: string, options?: CallOptions): Promise<Answer> => this.call('DELETE', path, undefined, options)

  /** Sends `json` as the body and reads the answer as JSON. */
  async call(method: string, path: string, json: unknown, options: CallOptions = {}): Promise<Answer> {
    const headers = json === undefined ? options.headers : { 'content-type': 'application/json', ...options.headers }
    const body = json === undefined ? undefined : JSON.stringify(json)
    const { request, response } = await this.exchange(method, path, {
      ...options,
      ...(headers ? { headers } : {}),
      ...(body ? { body } : {}),
    })
    return this.#answer(request, response)
  }

  /** One exchange whose body is not (only) JSON, such as image data. A refused token is renewed once, if the body can be sent again. */
  async exchange(
    method: string,
    path: string,
    options: CallOptions & { body?: NonNullable<HttpRequest['body']> } = {},
  ): Promise<{ request: HttpRequest; response: HttpResponse }> {
    const token = await this.token()
    const first = await this.#send(token, method, path, options)
    if (isSuccess(first.response)) return first
    const error = classify(this.name, first.request, first.response)
    const { body } = options
    const canRepeat = body === undefined || typeof body === 'string' || body instanceof Uint8Array
    if (error.kind !== 'unauthenticated' || !canRepeat) throw error
    const renewed = await this.#connection.sessions.renew(this.#scope, token)
    const second = await this.#send(renewed, method, path, options)
    if (isSuccess(second.response)) return second
    const again = classify(this.name, second.request, second.response)
    // Keystone's revocations count whole seconds: a token made in the very second of a password change is refused for good,
    // so it is not kept for the next call
    if (again.kind === 'unauthenticated') this.#connection.sessions.forget(this.#scope, renewed)
    throw again
  }

  async #send(token: Token, method: string, path: string, options: CallOptions & { body?: NonNullable<HttpRequest['body']> }) {
    const root = this.#root(token)
    const { microversions } = traits[this.name]
    const version = microversions && agree(this.name, microversions.ours, await this.#versions(root, token), options)
    const request: HttpRequest = {
      service: this.name,
      method,
      url: `${root}${path}${queryText(options.query)}`,
      headers: {
        accept: 'application/json',
        'x-auth-token': token.value,
        ...(microversions && version ? { 'openstack-api-version': `${microversions.name} ${formatVersion(version)}` } : {}),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: options.body }),
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    }
    return { request, response: await this.#connection.send(request) }
  }

  #answer(request: HttpRequest, response: HttpResponse): Answer {
    const requestId = requestIdOf(response)
    const answer = { status: response.status, headers: response.headers, requestId }
    if (response.body.length === 0) return { ...answer, json: undefined }
    try {
      return { ...answer, json: JSON.parse(response.body.toString('utf8')) }
    } catch {
      throw withExchange(
        garbled(
          this.name,
          `${request.method} ${new URL(request.url).pathname} answered ${response.status} with something that is not JSON`,
          { retryable: true },
        ),
        answer,
      )
    }
  }

  /** Whether the scope's catalogue has this service. */
  async isOffered(): Promise<boolean> {
    return this.#endpoint(await this.token()) !== undefined
  }

  #endpoint(token: Token): string | undefined {
    if (this.name === 'keystone') return this.#connection.endpoints.keystone ?? this.#connection.identityUrl
    const named = this.#connection.endpoints[this.name]
    if (named !== undefined) return named
    const { region } = this.#connection
    for (const type of traits[this.name].types) {
      const endpoint = token.catalogue
        .get(type)
        ?.find(
          (candidate) =>
            candidate.interface === this.#connection.interface && (region === undefined || candidate.region === region),
        )
      if (endpoint) return endpoint.url
    }
    return undefined
  }

  /** The URL before the resource's path, with the version and, for Cinder, the project. */
  #root(token: Token): string {
    const endpoint = this.#endpoint(token)
    if (endpoint === undefined)
      throw new UpstreamError({
        service: this.name,
        kind: 'not_found',
        code: `${this.name}.not_in_catalogue`,
        message: `the catalogue has no ${this.#connection.interface} endpoint of ${this.name}${this.#connection.region === undefined ? '' : ` in region ${this.#connection.region}`}`,
        retryable: false,
        effect: 'none',
      })
    const trimmed = endpoint.replace(/\/+$/, '')
    const { path } = traits[this.name]
    const versioned = path === '' || /\/v\d+(?:\.\d+)?(?:\/[^/]+)?$/.test(trimmed) ? trimmed : `${trimmed}${path}`
    // Cinder's catalogue entry may end in /v3: until 3.67 the project belongs into the path, and later it is still taken
    if (this.name === 'cinder' && /\/v3$/.test(versioned) && token.project) return `${versioned}/${token.project.id}`
    return versioned
  }

  #versions(root: string, token: Token): Promise<VersionRange> {
    const base = this.name === 'cinder' ? root.replace(/(\/v3)\/[^/]+$/, '$1') : root
    const { versions } = this.#connection.discovered
    const known = versions.get(base)
    if (known) return known
    const asked = this.#askVersions(base, token)
    versions.set(base, asked)
    asked.catch(() => versions.delete(base))
    return asked
  }

  async #askVersions(base: string, token: Token): Promise<VersionRange> {
    const request: HttpRequest = {
      service: this.name,
      method: 'GET',
      url: `${base}/`,
      headers: { accept: 'application/json', 'x-auth-token': token.value },
    }
    const response = await this.#connection.send(request)
    // Placement and some front ends answer the list of versions with 300
    if (response.status !== 200 && response.status !== 300) throw classify(this.name, request, response)
    return fromVersionDocument(this.name, this.#answer(request, response).json)
  }

  /** What the service can do beyond the basics, asked once per cloud by whoever comes first. */
  extensions(ask: () => Promise<ReadonlySet<string>>): Promise<ReadonlySet<string>> {
    const { discovered } = this.#connection
    if (discovered.extensions) return discovered.extensions
    const asked = ask()
    discovered.extensions = asked
    asked.catch(() => {
      discovered.extensions = undefined
    })
    return asked
  }

  /** Reads the one thing that an answer holds under `key`. */
  read<T>(answer: Answer, key: string, decode: (raw: unknown) => T): T {
    return this.readWhole(answer, (json) => decode(new Fields(this.name, 'answer', json).raw[key]))
  }

  readWhole<T>(answer: Answer, decode: (raw: unknown) => T): T {
    try {
      return decode(answer.json)
    } catch (error) {
      throw withExchange(error, answer)
    }
  }

  /**
   * A list that is fetched page by page. The next page is asked with the query of the link that the service gives, on our own URL: links
   * carry the host that the service thinks it has. `key` names the member with the items.
   */
  list<T>(path: string, key: string, decode: (raw: unknown) => T, options: CallOptions = {}): Listing<T> {
    return new Listing(() => this.#pages(path, key, (body) => body.list(key, decode), options))
  }

  /** The same where each page holds one thing under `key` instead of a list, as Nova's usage of one project does. */
  listOne<T>(path: string, key: string, decode: (raw: unknown) => T, options: CallOptions = {}): Listing<T> {
    return new Listing(() => this.#pages(path, key, (body) => [decode(body.raw[key])], options))
  }

  async *#pages<T>(path: string, key: string, read: (body: Fields) => T[], options: CallOptions): AsyncGenerator<T[]> {
    const seen = new Set<string>()
    let query = options.query
    for (;;) {
      const answer = await this.get(path, { ...options, ...(query ? { query } : {}) })
      const { items, next } = this.readWhole(answer, (json) => {
        const body = new Fields(this.name, 'answer', json)
        if (body.raw.truncated === true) throw truncated(this.name, path)
        return { items: read(body), next: nextQuery(this.name, body, key) }
      })
      yield items
      if (next === undefined || items.length === 0) return
      const mark = queryText(next)
      if (seen.has(mark)) throw withExchange(garbled(this.name, `the pages of ${path} go round in a circle`), answer)
      seen.add(mark)
      query = next
    }
  }
}

// Keystone does not page: above its `list_limit` it leaves the rest out and says so. Half a list must not pass for a whole one
// https://docs.openstack.org/keystone/latest/admin/configuration.html
const truncated = (service: ServiceName, path: string): UpstreamError =>
  new UpstreamError({
    service,
    kind: 'limit',
    code: `${service}.list_truncated`,
    message: `${service} left out a part of ${path}: ask with a narrower filter`,
    retryable: false,
    effect: 'none',
  })

/** Nova, Cinder, Neutron and Octavia: `servers_links: [{rel: 'next', href}]`; Glance: `next: '/v2/images?marker=…'`; Keystone: `links: {next}`. */
function nextQuery(service: ServiceName, body: Fields, key: string): Query | undefined {
  let href: string | undefined
  if (service === 'glance') href = body.maybeText('next')
  else if (service === 'keystone') href = body.maybeChild('links')?.maybeText('next')
  else
    for (const link of body.maybeList(`${key}_links`, (raw) => new Fields(service, 'link', raw)))
      if (link.maybeText('rel') === 'next') href = link.text('href')
  if (href === undefined) return undefined
  const query: Query = {}
  const start = href.indexOf('?')
  for (const [name, value] of new URLSearchParams(start < 0 ? '' : href.slice(start + 1))) {
    const before = query[name]
    query[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [String(before)]), value]
  }
  return query
}

export function queryText(query: Query | undefined): string {
  if (!query) return ''
  const parts: string[] = []
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value])
      parts.push(
        `${encodeURIComponent(name)}=${encodeURIComponent(one instanceof Date ? one.toISOString() : String(one).toWellFormed())}`,
      )
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

/** Puts a path together from ids and names of any characters. An empty one would turn "delete this" into "delete all", so it is our bug. */
export function path(literals: TemplateStringsArray, ...values: string[]): string {
  let text = literals[0] as string
  values.forEach((value, index) => {
    assert(value !== '' && value !== '.' && value !== '..', 'an id in a path is not empty and no step up')
    text += encodeURIComponent(value.toWellFormed()) + (literals[index + 1] as string)
  })
  return text
}

const isSuccess = (response: HttpResponse): boolean => response.status >= 200 && response.status < 300

/** Gives a decoder's error the status and request id of the answer that it could not read. */
function withExchange(error: unknown, answer: Pick<Answer, 'status' | 'requestId'>): unknown {
  if (!(error instanceof UpstreamError)) return error
  const { status, requestId } = answer
  return restated(error, { status, ...(requestId === undefined ? {} : { requestId }) })
}

/** Leaves out what is `undefined`, so that a body names only what the caller gave. */
export function given<T extends Record<string, unknown>>(members: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(members)) if (value !== undefined) kept[name] = value
  return kept as { [Name in keyof T]?: Exclude<T[Name], undefined> }
}
