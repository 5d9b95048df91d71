import type { SimRequest, SimResponse } from '@straylight/kit/simulator'
import { type AaaMode, accessLetters, checkRules, isAdmin, roleFlags } from './access.ts'
import {
  allocateAddresses,
  changeOwner,
  changeSharing,
  countAddresses,
  freeAddresses,
  idToName,
  keepNote,
  nameToId,
  readCollection,
  relaxReference,
  setTags,
  typeOrRefuse,
  updateCollection,
  updateReference,
} from './actions.ts'
import type { Authentication } from './authentication.ts'
import { allowDefaults } from './bootstrap.ts'
import { listObjects, listRequestOfBody, listRequestOfQuery } from './lists.ts'
import { type Body, crash, createdView, createObject, deleteObject, readObject, updateObject } from './objects.ts'
import { emptyAnswer, jsonAnswer, Refused, refusal, unauthenticated } from './refusal.ts'
import { inEarnestOrNot, undoAfterRehearsal } from './rehearsal.ts'
import { resourceTypes } from './schema.ts'
import { urlOf } from './views.ts'
import type { Context, World } from './world.ts'

/** The config API over HTTP: who calls, what is called, and how the answer is written. */
export class ConfigService {
  readonly world: World
  readonly authentication: Authentication

  constructor(world: World, authentication: Authentication) {
    this.world = world
    this.authentication = authentication
  }

  async handle(
    request: SimRequest,
    more?: (context: Context, request: SimRequest) => Promise<SimResponse | undefined>,
  ): Promise<SimResponse> {
    const admitted = await this.admit(request)
    if ('status' in admitted) return admitted
    try {
      await this.world.projects?.poll(this.world.clock.now().getTime())
      const found = await inEarnestOrNot(
        request,
        async () => (await more?.(admitted, request)) ?? (await this.#route(admitted, request)),
      )
      return found ?? refusal(404, `Not found: '${request.path}'`)
    } catch (error) {
      return answerTo(error)
    }
  }

  /** The caller, or the answer that turns it away. */
  async admit(request: Pick<SimRequest, 'method' | 'path' | 'headers' | 'body'>): Promise<Context | SimResponse> {
    let who: Awaited<ReturnType<Authentication['authenticate']>>
    try {
      who = await this.authentication.authenticate(request.path, request.headers['x-auth-token'])
    } catch {
      // keystonemiddleware cannot reach Keystone.
      return { status: 503, headers: { 'content-type': 'text/plain' }, body: 'Keystone server is unavailable' }
    }
    if (who === 'unauthenticated') return unauthenticated(this.authentication.keystoneUrl)
    if (who === 'not an admin') return { status: 403, headers: { 'content-type': 'text/plain' }, body: '403 Permission Denied' }
    const context: Context = { caller: who.caller, base: `http://${request.headers.host ?? '127.0.0.1:8082'}` }
    try {
      if (who.caller && this.world.aaaMode === 'rbac')
        checkRules(this.world.store, who.caller, request.method, request.path, parsed(request.body))
    } catch (error) {
      return answerTo(error)
    }
    return context
  }

  async #route(context: Context, request: SimRequest): Promise<SimResponse | undefined> {
    const { world } = this
    const { method, path } = request
    const action = actions[path]
    if (action) {
      if (!action.methods.includes(method)) return refusal(405, 'Method not allowed.')
      return action.run(this, context, request)
    }
    const [, first = '', id, verb, ...rest] = path.split('/').map(decodeURIComponent)
    if (rest.length > 0) return undefined
    if (id === undefined) {
      const type = first.endsWith('s') ? first.slice(0, -1) : ''
      if (!resourceTypes.has(type)) return undefined
      if (method === 'GET') return jsonAnswer(listObjects(world, context, type, listRequestOfQuery(request.query)))
      if (method === 'POST') return jsonAnswer(this.#create(context, type, bodyOf(request)))
      return refusal(405, 'Method not allowed.')
    }
    if (!resourceTypes.has(first)) return undefined
    if (verb !== undefined) {
      if (first !== 'virtual-network' || !(verb in addressActions)) return undefined
      if (method !== 'POST') return refusal(405, 'Method not allowed.')
      const answer = addressActions[verb]?.(world, id, bodyOf(request))
      return answer === undefined ? emptyAnswer : jsonAnswer(answer)
    }
    switch (method) {
      case 'GET':
        return this.#read(context, first, id, request)
      case 'PUT':
        return this.#update(context, first, id, request)
      case 'DELETE':
        deleteObject(world, context, first, id)
        return emptyAnswer
      default:
        return refusal(405, 'Method not allowed.')
    }
  }

  #create(context: Context, type: string, json: Body): Body {
    const body = json[type] as Body | undefined
    if (!body || typeof body !== 'object') throw crash()
    return createdView(context, createObject(this.world, context, type, body))
  }

  async #read(context: Context, type: string, id: string, request: SimRequest): Promise<SimResponse> {
    if (type === 'project') await this.world.projects?.onRead(id)
    const { query } = request
    const read = readObject(this.world, context, type, id, {
      fields: query.get('fields')?.split(','),
      excludeBackReferences: query.has('exclude_back_refs'),
      excludeChildren: query.has('exclude_children'),
      excludeHrefs: query.has('exclude_hrefs'),
      known: request.headers['if-none-match']?.replaceAll('"', ''),
    })
    return read ? jsonAnswer(read.view, { etag: `"${read.lastModified}"` }) : { status: 304 }
  }

  #update(context: Context, type: string, id: string, request: SimRequest): SimResponse {
    const changed = updateObject(this.world, context, type, id, parsed(request.body))
    return changed ? jsonAnswer({ [type]: { uuid: id, href: urlOf(context, type, id) } }) : emptyAnswer
  }

  async tokenView(request: SimRequest): Promise<Record<string, unknown> | undefined> {
    const token = request.headers['x-auth-token'] ?? request.headers['x-user-token']
    const valid = await this.authentication.validate(token)
    if (!valid) return undefined
    const project = {
      ...(valid.body.project as object),
      domain: { id: this.authentication.callerOf(valid).domainId, name: valid.project.domainName },
    }
    return { token: { ...valid.body, project, version: 'v3', auth_token: token } }
  }
}

const addressActions: Record<string, (world: World, networkId: string, body: Body) => Body | undefined> = {
  'ip-alloc': allocateAddresses,
  'ip-free': (world, networkId, body) => {
    freeAddresses(world, networkId, body)
    return undefined
  },
  'subnet-ip-count': countAddresses,
}

interface Action {
  methods: string[]
  run(service: ConfigService, context: Context, request: SimRequest): SimResponse | Promise<SimResponse>
}

/** A POST whose body goes in and whose result comes out; nothing is the empty answer. */
const post = (run: (world: World, context: Context, body: Body) => Body | undefined | Promise<Body | undefined>): Action => ({
  methods: ['POST'],
  async run({ world }, context, request) {
    const body = bodyOf(request)
    const answer = await run(world, context, body)
    return answer === undefined ? emptyAnswer : jsonAnswer(answer)
  },
})

const actions: Record<string, Action> = {
  '/': { methods: ['GET'], run: (_service, context) => jsonAnswer(homepage(context)) },
  '/fqname-to-id': post(nameToId),
  '/id-to-fqname': post(idToName),
  '/ref-update': post(updateReference),
  '/ref-relax-for-delete': post((world, _context, body) => relaxReference(world, body)),
  '/prop-collection-update': post((world, context, body) => {
    updateCollection(world, context, body)
    return undefined
  }),
  '/prop-collection-get': {
    methods: ['GET'],
    run: ({ world }, context, request) => jsonAnswer(readCollection(world, context, request.query)),
  },
  '/list-bulk-collection': post((world, context, body) =>
    listObjects(world, context, typeOrRefuse(body.type), listRequestOfBody(body)),
  ),
  '/useragent-kv': post((world, _context, body) => keepNote(world, body)),
  '/chown': post(changeOwner),
  '/chmod': post(changeSharing),
  '/set-tag': post(setTags),
  '/obj-perms': { methods: ['GET'], run: objectPermissions },
  '/aaa-mode': { methods: ['GET', 'PUT'], run: aaaMode },
}

async function objectPermissions(service: ConfigService, context: Context, request: SimRequest): Promise<SimResponse> {
  if (service.world.aaaMode === 'no-auth')
    return jsonAnswer({ token_info: null, is_cloud_admin_role: false, is_global_read_only_role: false, permissions: 'RWX' })
  const tokenInfo = await service.tokenView(request)
  if (!tokenInfo) throw new Refused(400, 'User token needed for validation')
  const uuid = request.query.get('uuid')
  const permissions =
    uuid === null ? {} : { permissions: accessLetters(context.caller, service.world.aaaMode, service.world.store.get(uuid)) }
  return jsonAnswer({ token_info: tokenInfo, ...roleFlags(context.caller?.roles ?? []), ...permissions })
}

function aaaMode(service: ConfigService, context: Context, request: SimRequest): SimResponse {
  if (request.method === 'PUT') {
    const mode = bodyOf(request)['aaa-mode']
    if (mode !== 'no-auth' && mode !== 'cloud-admin' && mode !== 'rbac') throw crash()
    if (!isAdmin(context.caller)) throw new Refused(403, ' Permission denied')
    const before = service.world.aaaMode
    undoAfterRehearsal(() => {
      service.world.aaaMode = before
      service.authentication.mode = before
    })
    service.world.aaaMode = mode as AaaMode
    service.authentication.mode = mode
    if (mode === 'rbac') allowDefaults(service.world)
  }
  return jsonAnswer({ 'aaa-mode': service.world.aaaMode })
}

const homepageActions: [path: string, name: string, method: string][] = [
  ['prop-collection-get', 'prop-collection-get', 'GET'],
  ['prop-collection-update', 'prop-collection-update', 'POST'],
  ['ref-update', 'ref-update', 'POST'],
  ['ref-relax-for-delete', 'ref-relax-for-delete', 'POST'],
  ['fqname-to-id', 'name-to-id', 'POST'],
  ['id-to-fqname', 'id-to-name', 'POST'],
  ['useragent-kv', 'useragent-keyvalue', 'POST'],
  ['list-bulk-collection', 'list-bulk-collection', 'POST'],
  ['obj-perms', 'obj-perms', 'GET'],
  ['chown', 'chown', 'POST'],
  ['chmod', 'chmod', 'POST'],
  ['aaa-mode', 'aaa-mode', 'PUT'],
  ['watch', 'watch', 'GET'],
  ['virtual-network/%s/ip-alloc', 'virtual-network-ip-alloc', 'POST'],
  ['virtual-network/%s/ip-free', 'virtual-network-ip-free', 'POST'],
  ['virtual-network/%s/subnet-ip-count', 'virtual-network-subnet-ip-count', 'POST'],
  ['set-tag', 'set-tag', 'POST'],
]

function homepage({ base }: Context): Body {
  const link = (rel: string, path: string, name: string, method: string | null) => ({
    link: { rel, href: `${base}/${path}`, name, method },
  })
  return {
    href: base,
    links: [
      link('documentation', 'documentation/index.html', 'documentation', 'GET'),
      link('root', 'config-root', 'config-root', null),
      ...[...resourceTypes].flatMap((type) => [
        link('collection', `${type}s`, type, null),
        link('resource-base', type, type, null),
      ]),
      ...homepageActions.map(([path, name, method]) => link('action', path, name, method)),
    ],
  }
}

/** The JSON of a body; no body is nothing, and what is no JSON breaks the server. */
function parsed(body: Buffer): Body | undefined {
  if (body.length === 0) return undefined
  try {
    return JSON.parse(body.toString('utf8')) as Body
  } catch {
    throw crash()
  }
}

export function bodyOf(request: Pick<SimRequest, 'body'>): Body {
  const body = parsed(request.body)
  if (typeof body !== 'object' || body === null) throw crash()
  return body
}

/** Whatever breaks inside is a 500, as it is there. */
export function answerTo(error: unknown): SimResponse {
  if (error instanceof Refused) return refusal(error.status, error.message)
  if (error instanceof TypeError) return refusal(500, 'Internal Server Error')
  throw error
}
