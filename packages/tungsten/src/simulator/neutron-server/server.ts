import { collections } from '../neutron/collections.ts'
import type { Clock, Send } from '@straylight/kit'
import type { SimRequest, SimResponse } from '@straylight/kit/simulator'
import type { KeystoneDirectory } from '../keystone.ts'
import type { Filters, Resource } from '../neutron/session.ts'
import { unauthenticated } from '../refusal.ts'
import { inEarnestOrNot } from '../rehearsal.ts'
import type { Generation } from '../world.ts'
import { forbiddenAttributes, prepared, visible } from './attributes.ts'
import { extensionsAnswer } from './extensions.ts'
import { links, listQuery, page, picked, sorted } from './lists.ts'
import { type Caller, Plugin } from './plugin.ts'
import type { SignIn } from './plugin-session.ts'
import { Quotas } from './quotas.ts'
import { answerToError, badRequest, Collapsed, failed, forbidden, hidden, invalidInput, json, NeutronError } from './refusals.ts'

export interface NeutronServerOptions {
  clock: Clock
  /** Of the config API, real or simulated. */
  tungstenUrl: string
  generation: Generation
  /** Who validates the callers' tokens. Without one everybody is an administrator of the project that the header `X-Project-Id` names. */
  keystone?: KeystoneDirectory | undefined
  /** Signs the plugin's own account in. */
  signIn?: SignIn | undefined
  send: Send
}

/** `global_physnet_mtu` of neutron.conf. */
const greatestMtu = 1500

/**
 * Neutron as it is with the plugin of Tungsten: it checks bodies, policies and lists by itself, keeps nothing, and has no more than the plugin's 26 extensions.
 * Only trunks are there without content.
 */
export class NeutronServer {
  readonly #options: NeutronServerOptions
  readonly #plugin: Plugin
  readonly #quotas: Quotas

  constructor(options: NeutronServerOptions) {
    this.#options = options
    this.#plugin = new Plugin(options)
    this.#quotas = new Quotas(this.#plugin, options.generation)
  }

  /** A new process: the plugin signs in again when it has to. */
  restart(): void {
    this.#plugin.restart()
  }

  async handle(request: SimRequest): Promise<SimResponse> {
    try {
      return await inEarnestOrNot(request, () => this.#answer(request))
    } catch (error) {
      return answerToError(error, request.headers.accept)
    }
  }

  async #answer(request: SimRequest): Promise<SimResponse> {
    const base = `http://${request.headers.host ?? '127.0.0.1:9696'}`
    if (request.path === '/') {
      const self = [{ rel: 'self', href: `${base}/v2.0/` }]
      return json(200, { versions: [{ id: 'v2.0', status: 'CURRENT', links: self }] })
    }
    const caller = await this.#caller(request)
    if (!caller) return unauthenticated(this.#options.keystone?.url ?? '')
    const [, version, first = '', id, action, ...rest] = request.path.replace(/\/$/, '').split('/').map(decodeURIComponent)
    if (version !== 'v2.0' || rest.length > 1) throw hidden()
    const collection = first.replace(/\.json$/, '')
    if (collection === 'extensions') return extensionsAnswer(id)
    if (collection === 'quotas') return this.#quotas.answer(caller, request.method, id, action, () => bodyOf(request))
    if (collection === 'subnetpools') return this.#subnetpools(request)
    if (collection === 'trunks' && request.method === 'GET' && id === undefined) return json(200, { trunks: [] })
    const kind = collections[collection]
    if (!kind) throw hidden()
    if (action === 'tags') return this.#tags(caller, request, String(id), rest[0])
    if (action !== undefined) return this.#routerAction(caller, request, kind, String(id), action)
    if (id === undefined) return this.#collection(caller, request, kind, collection, base)
    return this.#item(caller, request, kind, id)
  }

  async #caller(request: SimRequest): Promise<Caller | undefined> {
    const { keystone } = this.#options
    if (!keystone) return { projectId: request.headers['x-project-id'] ?? '', userId: 'noauth', roles: ['admin'], isAdmin: true }
    const token = request.headers['x-auth-token']
    const valid = token && (await keystone.token(token))
    if (!valid) return undefined
    const isAdmin = valid.roles.some((role) => role.toLowerCase() === 'admin')
    return { projectId: valid.project.id, userId: valid.userId, roles: valid.roles, isAdmin }
  }

  async #collection(caller: Caller, request: SimRequest, kind: string, collection: string, base: string): Promise<SimResponse> {
    const plural = `${kind}s`
    if (request.method === 'POST') return this.#create(caller, kind, bodyOf(request))
    if (request.method !== 'GET') throw new NeutronError(405, 'HTTPMethodNotAllowed', 'Method Not Allowed')
    const query = listQuery(kind, request.query)
    const found = await this.#list(caller, kind, query.filters)
    const shown = page(sorted(found, query), query)
    const around = links(`${base}/v2.0/${collection}`, request.query, shown, query)
    const items = shown.map((item) => picked(visible(kind, item, caller.isAdmin), query.fields))
    return json(200, { [plural]: items, ...(around.length > 0 ? { [`${plural}_links`]: around } : {}) })
  }

  async #list(caller: Caller, kind: string, filters: Filters): Promise<Resource[]> {
    const answer = await this.#plugin.operate(caller, kind, 'READALL', { filters, fields: [] })
    if (!Array.isArray(answer)) throw new Collapsed('no list')
    return (answer as Resource[]).map(withProject).filter((item) => maySee(caller, kind, item))
  }

  async #create(caller: Caller, kind: string, body: unknown): Promise<SimResponse> {
    const plural = `${kind}s`
    const many = (body as Record<string, unknown>)[plural]
    if (many === undefined) return json(201, { [kind]: await this.#createOne(caller, kind, wishIn(body, kind)) })
    if (!Array.isArray(many) || many.length === 0) throw badRequest('Resources required')
    // One after the other; when one fails, those before it are deleted again.
    const made: Resource[] = []
    try {
      for (const item of many)
        made.push(await this.#createOne(caller, kind, wishIn(kind in item ? item : { [kind]: item }, kind)))
    } catch (error) {
      for (const { id } of made.reverse()) await this.#plugin.operate(caller, kind, 'DELETE', { id, filters: null, fields: null })
      throw error
    }
    return json(201, { [plural]: made })
  }

  async #createOne(caller: Caller, kind: string, wish: Resource): Promise<Resource> {
    const resource = prepared(kind, wish, caller, true)
    this.#checkPolicy(caller, 'create', kind, wish)
    if (!caller.isAdmin && (kind === 'port' || kind === 'subnet')) await this.#checkNetwork(caller, resource.network_id)
    checkMtu(kind, resource)
    return this.#operate(caller, kind, 'CREATE', { resource: forBackend(kind, resource) })
  }

  /** Nobody but its owner learns that a network is there, unless it is shared. */
  async #checkNetwork(caller: Caller, id: unknown): Promise<void> {
    const network = (await this.#plugin.operate(caller, 'network', 'READ', { id, filters: null, fields: null })) as Resource
    if (network.shared !== true && network.tenant_id !== caller.projectId) throw hidden()
  }

  #checkPolicy(caller: Caller, verb: 'create' | 'update', kind: string, wish: Resource): void {
    if (caller.isAdmin) return
    const guarded = forbiddenAttributes(kind, wish)
    if (guarded.length > 0) throw forbidden([`${verb}_${kind}`, ...guarded.map((name) => `${verb}_${kind}:${name}`)])
  }

  async #item(caller: Caller, request: SimRequest, kind: string, id: string): Promise<SimResponse> {
    if (!['GET', 'PUT', 'DELETE'].includes(request.method))
      throw new NeutronError(405, 'HTTPMethodNotAllowed', 'Method Not Allowed')
    const item = withProject(await this.#read(caller, kind, id))
    if (request.method === 'GET') {
      // The check comes after the answer was written: only its status changes, and whoever asked sees everything.
      if (!maySee(caller, kind, item)) return json(404, { [kind]: item })
      return json(200, { [kind]: picked(visible(kind, item, caller.isAdmin), request.query.getAll('fields')) })
    }
    const wish = request.method === 'PUT' ? wishIn(bodyOf(request), kind) : {}
    const resource = request.method === 'PUT' ? prepared(kind, wish, caller, false) : {}
    if (!maySee(caller, kind, item)) throw hidden()
    const verb = request.method === 'PUT' ? 'update' : 'delete'
    if (!caller.isAdmin && item.tenant_id !== caller.projectId) throw forbidden([`${verb}_${kind}`])
    if (verb === 'delete') {
      await this.#plugin.operate(caller, kind, 'DELETE', { id, filters: null, fields: null })
      return { status: 204 }
    }
    this.#checkPolicy(caller, 'update', kind, wish)
    checkMtu(kind, resource)
    return json(200, { [kind]: await this.#operate(caller, kind, 'UPDATE', { id, resource }) })
  }

  async #read(caller: Caller, kind: string, id: string): Promise<Resource> {
    const item = await this.#plugin.operate(caller, kind, 'READ', { id, filters: null, fields: null })
    if (!item || typeof item !== 'object') throw new Collapsed('no resource')
    return item as Resource
  }

  /** A change, and what the caller is shown of its result. */
  async #operate(caller: Caller, kind: string, operation: string, data: Record<string, unknown>): Promise<Resource> {
    const answer = await this.#plugin.operate(caller, kind, operation, { ...data, filters: null, fields: null })
    if (!answer || typeof answer !== 'object') throw new Collapsed('no resource')
    return visible(kind, withProject(answer as Resource), caller.isAdmin)
  }

  async #routerAction(caller: Caller, request: SimRequest, kind: string, id: string, action: string): Promise<SimResponse> {
    const operation = { add_router_interface: 'ADDINTERFACE', remove_router_interface: 'DELINTERFACE' }[action]
    if (kind !== 'router' || !operation) throw hidden()
    if (request.method !== 'PUT') throw new NeutronError(405, 'HTTPMethodNotAllowed', 'Method Not Allowed')
    const resource = (request.body.length === 0 ? {} : bodyOf(request)) as Resource
    const badRouter = (message: string) => new NeutronError(400, 'BadRequest', `Bad router request: ${message}.`)
    if (Object.keys(resource).length === 0) throw badRouter('Either subnet_id or port_id must be specified')
    if ('port_id' in resource && 'subnet_id' in resource) throw badRouter('Cannot specify both subnet-id and port-id')
    return json(200, await this.#plugin.operate(caller, 'router', operation, { id, resource, filters: null, fields: null }))
  }

  /** Setting works and lists can be filtered by tags, but reading them calls the plugin's list with an argument too few. */
  async #tags(caller: Caller, request: SimRequest, parent: string, tag: string | undefined): Promise<SimResponse> {
    const set = async (tags: readonly string[]) => {
      const resource = { resource: { parent_id: parent, tags } }
      return this.#plugin.operate(caller, 'tags', 'CREATE', { resource, filters: null, fields: null })
    }
    const remove = (operation: string) =>
      this.#plugin.operate(caller, 'tags', operation, { resource: { parent_id: parent, ...(tag === undefined ? {} : { tag }) } })
    switch (request.method) {
      case 'PUT': {
        if (tag !== undefined) return json(201, ((await set([tag])) as string[])[0])
        const { tags = [] } = bodyOf(request) as { tags?: string[] }
        return json(200, tags.length > 0 ? await set(tags) : ((await remove('DELETEALL')) ?? null))
      }
      case 'DELETE':
        await remove(tag === undefined ? 'DELETEALL' : 'DELETE')
        return { status: 204 }
      default:
        // What a single tag's read gets from the backend is never looked at.
        if (tag !== undefined) return { status: 204 }
        throw failed()
    }
  }

  /** TF's plugin has no method for it; OpenSDN's has one that returns nothing. */
  #subnetpools({ method }: SimRequest): SimResponse {
    if (this.#options.generation === 'opensdn' && method === 'GET') return json(200, { subnetpools: [] })
    return json(501, { NotImplementedError: { type: 'NotImplementedError', message: '', detail: '' } })
  }
}

/** The plugin adds the project to what the backend only calls a tenant. */
const withProject = (item: Resource): Resource =>
  'tenant_id' in item && !('project_id' in item) ? { ...item, project_id: item.tenant_id } : item

function maySee(caller: Caller, kind: string, item: Resource): boolean {
  if (caller.isAdmin || item.tenant_id === caller.projectId) return true
  if (kind === 'network') return item.shared === true || item['router:external'] === true
  return kind === 'subnet' && item.shared === true
}

function checkMtu(kind: string, { mtu }: Resource): void {
  if (kind === 'network' && Number(mtu ?? 0) > greatestMtu)
    throw invalidInput(`Requested MTU is too big, maximum is ${greatestMtu}`)
}

/** What the plugin does with a new resource: a name must be ASCII (a change of it need not), and a gateway that is not wanted is all zeros. */
function forBackend(kind: string, resource: Resource): Resource {
  if (/[^\p{ASCII}]/u.test(String(resource.name ?? '')))
    throw new NeutronError(400, 'BadRequest', `Bad ${kind} request: Non-ascii symbols are not allowed.`)
  if (kind === 'subnet' && resource.gateway_ip === null)
    return { ...resource, gateway_ip: resource.ip_version === 6 ? '::' : '0.0.0.0' }
  return resource
}

function wishIn(body: unknown, kind: string): Resource {
  const wish = (body as Record<string, unknown> | null)?.[kind]
  if (wish === undefined || wish === null) throw badRequest(`Unable to find '${kind}' in request body`)
  if (typeof wish !== 'object') throw badRequest(`Object '${kind}' contains invalid data`)
  return wish as Resource
}

function bodyOf({ body }: SimRequest): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    value = undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('Body contains invalid data')
  return value as Record<string, unknown>
}
