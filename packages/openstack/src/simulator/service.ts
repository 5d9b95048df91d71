import type { SimRequest, SimResponse } from '@straylight/kit/simulator'
import { type Call, isObject, type JsonObject, Refusal } from './call.ts'
import { authenticate, nobody } from './identity/tokens.ts'
import { requestId } from './ids.ts'
import { type Route, Router } from './router.ts'
import type { World } from './world.ts'

export interface Microversion {
  version: number
  headers: Record<string, string>
}

/** One of the simulated services: its place, its routes, and the manners in which it answers. */
export interface ServiceDefinition {
  name: string
  /** Path under which it lives: `/compute`. */
  prefix: string
  routes: Route[]
  /** @throws Refusal when the version that is asked for does not exist. */
  negotiate?(headers: Record<string, string>): Microversion
  /** Headers of answers without a body. */
  bodiless?: Record<string, string>
  /** Headers of every answer. */
  headers(requestId: string): Record<string, string>
  error(refusal: Refusal, accept?: string): SimResponse
  unauthorized(world: World, accept?: string): SimResponse
  missingRoute(allowed: string[], accept?: string): SimResponse
  malformed: Refusal
}

/** Takes requests for one service: route, token, version, transaction, error shape. */
export class Service {
  readonly definition: ServiceDefinition
  readonly #router: Router

  constructor(definition: ServiceDefinition) {
    this.definition = definition
    this.#router = new Router(definition.routes)
  }

  handle(world: World, request: SimRequest): SimResponse {
    const { definition } = this
    const id = requestId()
    const finish = (response: SimResponse, versioned: Record<string, string> = {}): SimResponse => ({
      ...response,
      headers: {
        ...(response.body === undefined ? definition.bodiless : {}),
        ...versioned,
        ...response.headers,
        ...definition.headers(id),
      },
    })
    const { accept } = request.headers
    let agreed: Microversion = { version: 0, headers: {} }
    try {
      // A trailing slash means the same everywhere but at the root of a service.
      const path = request.path.slice(definition.prefix.length).replace(/(.)\/+$/, '$1') || '/'
      const match = this.#router.find(request.method, path)
      const token = request.headers['x-auth-token']
      if (Array.isArray(match)) {
        if (!authenticate(world, token)) return finish(definition.unauthorized(world, accept))
        return finish(definition.missingRoute(match, accept))
      }
      const who = match.route.open ? nobody : authenticate(world, token)
      if (!who) return finish(definition.unauthorized(world, accept))
      if (definition.negotiate) agreed = definition.negotiate(request.headers)
      const call: Call = {
        world,
        method: request.method,
        path,
        params: match.params,
        query: request.query,
        headers: request.headers,
        raw: request.body,
        body: parseBody(request, definition.malformed),
        who,
        version: agreed.version,
        requestId: id,
        base: world.url + definition.prefix,
      }
      const response = world.transaction(() => match.route.handle(call), request.silent && request.method !== 'GET')
      // Debian's Cinder did what it was asked to, failed to tell of it, and answered 500: the thing is there all the same.
      if (request.method !== 'GET' && world.backgroundFault(definition.name, 'notify'))
        throw new Refusal(500, 'The server has either erred or is incapable of performing the requested operation.')
      return finish(request.method === 'HEAD' ? withoutBody(response) : response, agreed.headers)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return finish(definition.error(error, accept), agreed.headers)
    }
  }
}

const jsonish = /json|^$/

function parseBody(request: SimRequest, malformed: Refusal): JsonObject {
  if (request.body.length === 0 || !jsonish.test(request.headers['content-type'] ?? '')) return {}
  // Glance's patches are arrays; they are read from the raw body.
  try {
    const body: unknown = JSON.parse(request.body.toString('utf8'))
    if (isObject(body)) return body
    if (Array.isArray(body)) return {}
  } catch {}
  throw malformed
}

const withoutBody = ({ status, headers }: SimResponse): SimResponse => ({ status, headers: headers ?? {} })

/** `OpenStack-API-Version: compute 2.92`, or the older header of a service. @returns what is asked for, `undefined` when nothing. */
export function askedVersion(headers: Record<string, string>, type: string, legacy?: string): string | undefined {
  const asked = headers['openstack-api-version']
  for (const part of (asked ?? '').split(',')) {
    const [name, version] = part.trim().split(/\s+/)
    if (name === type && version) return version
  }
  return legacy ? headers[legacy] : undefined
}
