import { type Clock, compose, type Layer, type Send, undiciSend } from '@straylight/kit'
import { Compute } from './compute/index.ts'
import type { ServiceName } from './errors.ts'
import { Identity } from './identity/index.ts'
import { ImageStore } from './images/index.ts'
import type { Dialect } from './network/dialect.ts'
import { NetworkService } from './network/index.ts'
import { type Connection, Service } from './service.ts'
import { type Credentials, identityUrl, type Scope, Sessions, type Token } from './session.ts'
import { Volumes } from './volumes/index.ts'

export interface OpenstackOptions {
  /** Keystone's URL, with or without `/v3`. */
  authUrl: string
  credentials: Credentials
  clock: Clock
  /** How a call is sent; by undici when absent. */
  send?: Send | undefined
  /** Put around `send`, the first innermost: gates per service, `withRetry`, reports. */
  layers?: Layer[] | undefined
  /** The first region of the catalogue when absent. */
  region?: string | undefined
  /** Which endpoints of the catalogue. `public` when absent. */
  interface?: 'public' | 'internal' | 'admin' | undefined
  /** Root URLs that replace the catalogue's, for a cloud that is seen from elsewhere. */
  endpoints?: Partial<Record<ServiceName, string>> | undefined
  /** The scope of `cloud.admin`. Project `admin` of domain `Default` when absent. */
  adminProject?: Scope | undefined
}

/** One cloud. It makes no call before something is asked of it. */
export interface Openstack {
  /** Its services as seen with the rights in one scope; the same object for the same scope. */
  as(scope: Scope): ScopedCloud
  readonly admin: ScopedCloud
}

export class ScopedCloud {
  readonly scope: Scope
  readonly #connection: Connection
  readonly identity: Identity
  readonly compute: Compute
  readonly volumes: Volumes
  readonly images: ImageStore
  readonly network: NetworkService

  constructor(connection: Connection & { dialect: { dialect?: Promise<Dialect> } }, scope: Scope) {
    this.scope = scope
    this.#connection = connection
    const service = (name: ServiceName) => new Service(name, connection, scope)
    this.identity = new Identity(service('keystone'))
    this.compute = new Compute(service('nova'))
    this.volumes = new Volumes(service('cinder'))
    this.images = new ImageStore(service('glance'))
    this.network = new NetworkService(service('neutron'), connection.dialect)
  }

  /** The token of this scope: the cached one, or a new one when there is none or it is about to end. */
  token(): Promise<Token> {
    return this.#connection.sessions.token(this.scope)
  }

  /** Whether the catalogue has the service, so that what needs it can be hidden. */
  offers(service: ServiceName): Promise<boolean> {
    return new Service(service, this.#connection, this.scope).isOffered()
  }
}

export function createOpenstack(options: OpenstackOptions): Openstack {
  const { authUrl, credentials, clock, adminProject = { projectName: 'admin', domain: 'Default' } } = options
  const send = compose(options.send ?? undiciSend(), ...(options.layers ?? []))
  const connection = {
    send,
    clock,
    sessions: new Sessions({ authUrl, credentials, clock, send }),
    identityUrl: identityUrl(authUrl),
    region: options.region,
    interface: options.interface ?? 'public',
    endpoints: options.endpoints ?? {},
    versions: new Map(),
    dialect: {},
  }
  const scopes = new Map<string, ScopedCloud>()
  const as = (scope: Scope): ScopedCloud => {
    const key = JSON.stringify(scope)
    let scoped = scopes.get(key)
    if (!scoped) {
      scoped = new ScopedCloud(connection, scope)
      scopes.set(key, scoped)
    }
    return scoped
  }
  return {
    as,
    get admin() {
      return as(adminProject)
    },
  }
}
