import { type Clock, type Send, UpstreamError } from '@straylight/kit'
import { fields, garbled } from './decode.ts'
import { classify, requestIdOf } from './errors.ts'

/** Whose things a token may touch. Domains are meant by name unless an id is given. */
export type Scope =
  | { projectId: string }
  | { projectName: string; domain: string }
  | { domainId: string }
  | { domain: string }
  | { system: 'all' }

export type Credentials =
  | { username: string; password: string; userDomain: string }
  | { userId: string; password: string }
  /** A token that somebody else was given, to act in a scope of the same user. It cannot be renewed beyond its own end. */
  | { token: string }
  /** Made for one project and bound to it: only that scope can be had. */
  | { applicationCredentialId: string; secret: string }

export interface Endpoint {
  url: string
  interface: string
  region: string
}

export interface Token {
  value: string
  issuedAt: Date
  expiresAt: Date
  user: { id: string; name: string; domainId: string }
  project: { id: string; name: string; domainId: string } | undefined
  roles: string[]
  /** Service type (`compute`, `volumev3`, …) to its endpoints. */
  catalogue: Map<string, Endpoint[]>
}

/** Reads the answer to `POST /v3/auth/tokens`; the token itself is in the header `X-Subject-Token`. */
export function fromKeystone(value: string, raw: unknown): Token {
  const token = fields('keystone', 'answer', raw).child('token')
  const user = token.child('user')
  const project = token.maybeChild('project')
  const catalogue = new Map<string, Endpoint[]>()
  for (const entry of token.maybeList('catalog', (item) => fields('keystone', 'catalog entry', item)))
    catalogue.set(entry.text('type'), entry.list('endpoints', endpointFromKeystone))
  return {
    value,
    issuedAt: token.date('issued_at'),
    expiresAt: token.date('expires_at'),
    user: { id: user.text('id'), name: user.text('name'), domainId: user.child('domain').text('id') },
    project: project && { id: project.text('id'), name: project.text('name'), domainId: project.child('domain').text('id') },
    roles: token.maybeList('roles', (item) => fields('keystone', 'role', item).text('name')),
    catalogue,
  }
}

function endpointFromKeystone(raw: unknown): Endpoint {
  const endpoint = fields('keystone', 'endpoint', raw)
  return {
    url: endpoint.text('url'),
    interface: endpoint.text('interface'),
    region: endpoint.maybeText('region') ?? endpoint.text('region_id'),
  }
}

interface Held {
  token: Token
  /** On our clock: a token is renewed once less than a tenth of its life, at most five minutes, is left. */
  renewAtMs: number
}

const mostRemainingMs = 300_000
/** A token with its catalogue takes some 10 kB; with more scopes than this the one renewed longest ago is asked for again when needed. */
const mostHeld = 2000

/**
 * Tokens, one per scope, asked for when first needed and renewed before they end. Callers who need the same one at the same time share one
 * request. Lives are measured on our clock from the moment of the answer, so that a difference between the clocks does no harm.
 */
export class Sessions {
  readonly #send: Send
  readonly #clock: Clock
  readonly #url: string
  readonly #credentials: Credentials
  readonly #held = new Map<string, Held>()
  readonly #asking = new Map<string, Promise<Token>>()

  /** `authUrl` is Keystone's root with or without `/v3`. */
  constructor(options: { authUrl: string; credentials: Credentials; clock: Clock; send: Send }) {
    this.#send = options.send
    this.#clock = options.clock
    this.#url = identityUrl(options.authUrl)
    this.#credentials = options.credentials
  }

  async token(scope: Scope): Promise<Token> {
    const key = JSON.stringify(scope)
    const held = this.#held.get(key)
    if (held && this.#clock.now().getTime() < held.renewAtMs) return held.token
    return await this.#ask(key, scope)
  }

  /** For after a 401: forgets `refused` and gets another, unless somebody else has already done so. */
  async renew(scope: Scope, refused: Token): Promise<Token> {
    const key = JSON.stringify(scope)
    const held = this.#held.get(key)
    if (held && held.token.value !== refused.value) return held.token
    this.#held.delete(key)
    return await this.#ask(key, scope)
  }

  /** So that the next call asks for another. */
  forget(scope: Scope, refused: Token): void {
    const key = JSON.stringify(scope)
    if (this.#held.get(key)?.token.value === refused.value) this.#held.delete(key)
  }

  #ask(key: string, scope: Scope): Promise<Token> {
    const underWay = this.#asking.get(key)
    if (underWay) return underWay
    const asked = this.#request(scope)
      .then((token) => {
        const lifeMs = Math.max(0, token.expiresAt.getTime() - token.issuedAt.getTime())
        this.#held.delete(key)
        if (this.#held.size >= mostHeld) this.#held.delete(this.#held.keys().next().value as string)
        this.#held.set(key, { token, renewAtMs: this.#clock.now().getTime() + lifeMs - Math.min(mostRemainingMs, lifeMs / 10) })
        return token
      })
      .finally(() => this.#asking.delete(key))
    this.#asking.set(key, asked)
    return asked
  }

  async #request(scope: Scope): Promise<Token> {
    const body = JSON.stringify({ auth: { identity: identityOf(this.#credentials), ...scopeOf(this.#credentials, scope) } })
    const request = {
      service: 'keystone',
      method: 'POST',
      url: `${this.#url}/auth/tokens`,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body,
    }
    const response = await this.#send(request)
    if (response.status !== 201) throw classify('keystone', request, response)
    const value = response.headers['x-subject-token']
    if (!value) throw garbled('keystone', 'X-Subject-Token is missing')
    let json: unknown
    try {
      json = JSON.parse(response.body.toString('utf8'))
    } catch {
      throw garbled('keystone', 'the token document is not JSON', { retryable: true })
    }
    const token = fromKeystone(value, json)
    const requestId = requestIdOf(response)
    if ('projectId' in scope && token.project?.id !== scope.projectId)
      throw new UpstreamError({
        service: 'keystone',
        kind: 'forbidden',
        code: 'keystone.other_scope',
        message: `the credentials give project ${token.project?.id ?? 'none'}, not ${scope.projectId}`,
        retryable: false,
        effect: 'none',
        status: response.status,
        ...(requestId === undefined ? {} : { requestId }),
      })
    return token
  }
}

export const identityUrl = (authUrl: string): string => {
  const trimmed = authUrl.replace(/\/+$/, '')
  return trimmed.endsWith('/v3') ? trimmed : `${trimmed}/v3`
}

function identityOf(credentials: Credentials): unknown {
  if ('applicationCredentialId' in credentials)
    return {
      methods: ['application_credential'],
      application_credential: { id: credentials.applicationCredentialId, secret: credentials.secret },
    }
  if ('token' in credentials) return { methods: ['token'], token: { id: credentials.token } }
  const { password } = credentials
  const user =
    'userId' in credentials
      ? { id: credentials.userId, password }
      : { name: credentials.username, domain: { name: credentials.userDomain }, password }
  return { methods: ['password'], password: { user } }
}

function scopeOf(credentials: Credentials, scope: Scope): { scope?: unknown } {
  // an application credential carries its scope, and Keystone refuses one that is named beside it
  // https://docs.openstack.org/api-ref/identity/v3/#authenticating-with-an-application-credential
  if ('applicationCredentialId' in credentials) return {}
  if ('projectId' in scope) return { scope: { project: { id: scope.projectId } } }
  if ('projectName' in scope) return { scope: { project: { name: scope.projectName, domain: { name: scope.domain } } } }
  if ('domainId' in scope) return { scope: { domain: { id: scope.domainId } } }
  if ('domain' in scope) return { scope: { domain: { name: scope.domain } } }
  return { scope: { system: { all: true } } }
}
