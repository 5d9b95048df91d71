import type { SimRequest, SimResponse } from '@straylight/kit/simulator'
import { isAdmin } from './access.ts'
import type { Authentication } from './authentication.ts'
import { bodyOf } from './config-service.ts'
import type { Nodes } from './nodes.ts'
import { runQuery, tables } from './query-engine.ts'
import { bottlePage, jsonAnswer, Refused } from './refusal.ts'
import type { Traffic } from './traffic.ts'
import { type Struct, type Uves, uvesOf, uveTypes } from './uves.ts'
import { mayRead } from './views.ts'
import type { Context, World } from './world.ts'

interface Filters {
  names: RegExp[] | undefined
  /** Struct → attributes; none named means all. */
  structs: Map<string, Set<string>> | undefined
}

const htmlType = { 'content-type': 'text/html; charset=UTF-8' }
const reject = (status: number, body: string): SimResponse => ({
  status,
  headers: { ...htmlType, 'www-authenticate': "Keystone uri=''" },
  body,
})

/** The analytics API over HTTP. UVEs always come in the flat form, whether `?flat` is asked for or not. */
export class AnalyticsService {
  readonly #world: World
  readonly #authentication: Authentication
  readonly #traffic: Traffic
  readonly #nodes: Nodes
  readonly #queries = new Map<string, Record<string, unknown>[]>()
  /** Without it the routes of the query engine do not exist. */
  queryEngine = true

  constructor(options: { world: World; authentication: Authentication; traffic: Traffic; nodes: Nodes }) {
    this.#world = options.world
    this.#authentication = options.authentication
    this.#traffic = options.traffic
    this.#nodes = options.nodes
  }

  async handle(request: SimRequest): Promise<SimResponse> {
    const context = await this.#admit(request)
    if ('status' in context) return context
    try {
      return (
        this.#route(context, request) ?? {
          status: 404,
          headers: htmlType,
          body: bottlePage('404 Not Found', `Not found: '${request.path}'`),
        }
      )
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return { status: error.status, headers: htmlType, body: bottlePage(String(error.status), error.message) }
    }
  }

  async #admit(request: SimRequest): Promise<Context | SimResponse> {
    const base = `http://${request.headers.host ?? '127.0.0.1:8081'}`
    if (this.#authentication.mode === 'no-auth') return { caller: undefined, base }
    const token = await this.#authentication.validate(request.headers['x-auth-token']).catch(() => undefined)
    if (!token) return reject(401, 'Authentication required')
    const caller = this.#authentication.callerOf(token)
    if (this.#authentication.mode !== 'rbac' && !isAdmin(caller)) return reject(403, 'Operation Forbidden')
    return { caller, base }
  }

  #route(context: Context, request: SimRequest): SimResponse | undefined {
    const { base } = context
    const links = (names: Iterable<string>, path: string, suffix = '') =>
      jsonAnswer([...names].map((name) => ({ href: `${base}${path}${name}${suffix}`, name })))
    const parts = request.path.split('/').filter(Boolean).map(decodeURIComponent)
    if (parts[0] !== 'analytics') return undefined
    if (parts.length === 1) return links(['uves', 'tables', 'queries', 'alarms', 'uve-stream', 'alarm-stream'], '/analytics/')
    if (parts[1] === 'uves') return this.#uves(context, request, parts.slice(2), links)
    if (!this.queryEngine) return undefined
    if (parts[1] === 'tables') return links(tables, '/analytics/table/')
    if (parts[1] === 'query') return this.#query(context, request, parts.slice(2))
    return undefined
  }

  #uves(
    context: Context,
    request: SimRequest,
    [type, ...name]: string[],
    links: (names: Iterable<string>, path: string, suffix?: string) => SimResponse,
  ) {
    if (type === undefined)
      return links(
        Object.keys(uveTypes).map((one) => `${one}s`),
        '/analytics/uves/',
      )
    if (request.method === 'POST') return jsonAnswer({ value: this.#many(context, type, filtersOfBody(bodyOf(request))) })
    const filters = filtersOfQuery(request.query)
    if (name.length === 0) {
      const plural = type.replace(/s$/, '')
      return links(
        this.#many(context, plural, filters).map((uve) => uve.name as string),
        `/analytics/uves/${plural}/`,
        '?flat',
      )
    }
    const wanted = name.join('/')
    if (wanted.includes('*'))
      return jsonAnswer({ value: this.#many(context, type, { ...filters, names: filters.names ?? [pattern(wanted)] }) })
    if (!this.#readable(context, type, wanted)) return reject(403, 'Operation Forbidden')
    const uve = uvesOf(type, this.#world, this.#traffic, this.#nodes).get(wanted)
    return jsonAnswer(uve ? filtered(uve, filters) : {})
  }

  #many(context: Context, type: string, filters: Filters): Record<string, unknown>[] {
    const uves: Uves = uvesOf(type, this.#world, this.#traffic, this.#nodes)
    return [...uves]
      .filter(([name]) => (!filters.names || filters.names.some((one) => one.test(name))) && this.#readable(context, type, name))
      .map(([name, uve]) => ({ name, value: filtered(uve, filters) }))
      .filter(({ value }) => Object.keys(value).length > 0)
  }

  /** In `rbac` a caller sees the UVEs of the objects that the config API shows him, and no nodes. */
  #readable(context: Context, type: string, name: string): boolean {
    if (isAdmin(context.caller)) return true
    const configType = uveTypes[type]
    const object =
      configType === undefined || type === 'vrouter'
        ? undefined
        : (this.#world.store.byName(configType, name.split(':')) ??
          (configType === 'virtual-machine' ? this.#world.store.get(name) : undefined))
    return object !== undefined && mayRead(this.#world, context.caller, object)
  }

  #query(context: Context, request: SimRequest, [id, kind, chunk]: string[]): SimResponse | undefined {
    if (!isAdmin(context.caller)) return reject(403, 'Operation Forbidden')
    if (id === undefined) {
      if (request.method !== 'POST') return undefined
      const value = runQuery(this.#world, this.#traffic, bodyOf(request))
      if (request.headers['postman-expect'] !== '202-accepted') return jsonAnswer({ value })
      const queryId = this.#world.store.newUuid()
      this.#queries.set(queryId, value)
      return { ...jsonAnswer({ href: `/analytics/query/${queryId}` }), status: 202 }
    }
    const value = this.#queries.get(id)
    if (!value) return undefined
    if (kind === undefined)
      return jsonAnswer({ progress: 100, chunks: [{ href: `/analytics/query/${id}/chunk-final/0`, start_time: 0, end_time: 0 }] })
    return kind === 'chunk-final' && chunk === '0' ? jsonAnswer({ value }) : undefined
  }
}

const pattern = (text: string): RegExp => new RegExp(`^${text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`)

const filtersOfQuery = (query: URLSearchParams): Filters => ({
  names: query.get('kfilt')?.split(',').map(pattern),
  structs: structsOf(query.get('cfilt')?.split(',')),
})

const filtersOfBody = (body: Record<string, unknown>): Filters => ({
  names: Array.isArray(body.kfilt) ? body.kfilt.map((one) => pattern(String(one))) : undefined,
  structs: structsOf(Array.isArray(body.cfilt) ? body.cfilt.map(String) : undefined),
})

function structsOf(terms: string[] | undefined): Filters['structs'] {
  if (!terms) return undefined
  const structs = new Map<string, Set<string>>()
  for (const term of terms) {
    const [struct = '', attribute] = term.split(':')
    const attributes = structs.get(struct) ?? new Set()
    if (attribute !== undefined) attributes.add(attribute)
    structs.set(struct, attributes)
  }
  return structs
}

function filtered(uve: Record<string, Struct>, { structs }: Filters): Record<string, Struct> {
  if (!structs) return uve
  const kept: Record<string, Struct> = {}
  for (const [name, struct] of Object.entries(uve)) {
    const attributes = structs.get(name)
    if (!attributes) continue
    const part =
      attributes.size === 0
        ? struct
        : Object.fromEntries(Object.entries(struct).filter(([attribute]) => attributes.has(attribute)))
    if (Object.keys(part).length > 0) kept[name] = part
  }
  return kept
}
