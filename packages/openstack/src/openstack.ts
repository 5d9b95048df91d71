import { type Clock, compose, type Layer, type Send, undiciSend } from '@straylight/kit'
import { Compute } from './compute/index.ts'
import type { ServiceName } from './errors.ts'
import { Identity } from './identity/index.ts'
import { Images } from './images/index.ts'
import { LoadBalancers } from './load-balancers/index.ts'
import { NetworkService } from './network/index.ts'
import { Placement } from './placement/index.ts'
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
  /** Its services as seen with the rights in one scope. Cheap: tokens are kept per scope, not per object. */
  as(scope: Scope): ScopedCloud
  readonly admin: ScopedCloud
}

export class ScopedCloud {
  readonly scope: Scope
  readonly #connection: Connection

  constructor(connection: Connection, scope: Scope) {
    this.scope = scope
    this.#connection = connection
  }

  #service(name: ServiceName): Service {
    return new Service(name, this.#connection, this.scope)
  }

  get identity(): Identity {
    return this.#once('identity', new Identity(this.#service('keystone')))
  }

  get compute(): Compute {
    return this.#once('compute', new Compute(this.#service('nova')))
  }

  get volumes(): Volumes {
    return this.#once('volumes', new Volumes(this.#service('cinder')))
  }

  get images(): Images {
    return this.#once('images', new Images(this.#service('glance')))
  }

  get network(): NetworkService {
    return this.#once('network', new NetworkService(this.#service('neutron')))
  }

  get placement(): Placement {
    return this.#once('placement', new Placement(this.#service('placement')))
  }

  get loadBalancers(): LoadBalancers {
    return this.#once('loadBalancers', new LoadBalancers(this.#service('octavia')))
  }

  /** Most scopes are asked of one service only, so a service's parts are made when they are first wanted. */
  #once<T>(name: string, value: T): T {
    Object.defineProperty(this, name, { value, enumerable: true })
    return value
  }

  /** The token of this scope: the one that is held, or a new one when there is none or it is about to end. */
  token(): Promise<Token> {
    return this.#connection.sessions.token(this.scope)
  }

  /** Whether the catalogue has the service, so that what needs it can be hidden. */
  offers(service: ServiceName): Promise<boolean> {
    return this.#service(service).isOffered()
  }
}

export function createOpenstack(options: OpenstackOptions): Openstack {
  const { authUrl, credentials, clock, adminProject = { projectName: 'admin', domain: 'Default' } } = options
  const send = compose(options.send ?? undiciSend(), ...(options.layers ?? []))
  const connection: Connection = {
    send,
    clock,
    sessions: new Sessions({ authUrl, credentials, clock, send }),
    identityUrl: identityUrl(authUrl),
    region: options.region,
    interface: options.interface ?? 'public',
    endpoints: options.endpoints ?? {},
    discovered: { versions: new Map(), extensions: undefined },
  }
  const admin = new ScopedCloud(connection, adminProject)
  return { as: (scope) => new ScopedCloud(connection, scope), admin }
}
