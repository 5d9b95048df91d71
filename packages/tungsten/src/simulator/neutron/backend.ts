import type { SimRequest, SimResponse } from '@straylight/kit/simulator'
import { jsonAnswer, textType } from '../refusal.ts'
import type { Context, World } from '../world.ts'
import { failureOf } from './failure.ts'
import { createFloatingIp, deleteFloatingIp, listFloatingIps, readFloatingIp, updateFloatingIp } from './floating-ips.ts'
import { createNetwork, deleteNetwork, listNetworks, readNetwork, updateNetwork } from './networks.ts'
import { createPort, deletePort, listPorts, readPort, updatePort } from './ports.ts'
import { addInterface, createRouter, deleteRouter, listRouters, readRouter, removeInterface, updateRouter } from './routers.ts'
import {
  createGroup,
  createRule,
  deleteGroup,
  deleteRule,
  listGroups,
  listRules,
  readGroup,
  readRule,
  updateGroup,
} from './security-groups.ts'
import { type Filters, type Resource, type Session, withoutDashes } from './session.ts'
import { createSubnet, deleteSubnet, listSubnets, readSubnet, updateSubnet } from './subnets.ts'
import { setTags, tagNames, withoutTagFilters } from './tags.ts'

interface Handlers {
  create?(session: Session, wish: Resource): Resource | Promise<Resource>
  read?(session: Session, id: unknown): Resource
  update?(session: Session, id: unknown, wish: Resource): Resource
  delete?(session: Session, id: unknown): void
  list(session: Session, filters: Filters): Resource[] | Promise<Resource[]>
}

const resources: Record<string, Handlers> = {
  network: { create: createNetwork, read: readNetwork, update: updateNetwork, delete: deleteNetwork, list: listNetworks },
  subnet: { create: createSubnet, read: readSubnet, update: updateSubnet, delete: deleteSubnet, list: listSubnets },
  port: { create: createPort, read: readPort, update: updatePort, delete: deletePort, list: listPorts },
  floatingip: {
    create: createFloatingIp,
    read: readFloatingIp,
    update: updateFloatingIp,
    delete: deleteFloatingIp,
    list: listFloatingIps,
  },
  router: { create: createRouter, read: readRouter, update: updateRouter, delete: deleteRouter, list: listRouters },
  security_group: { create: createGroup, read: readGroup, update: updateGroup, delete: deleteGroup, list: listGroups },
  security_group_rule: { create: createRule, read: readRule, delete: deleteRule, list: listRules },
}

interface Call {
  context: { operation?: string; is_admin?: boolean; tenant?: string; tenant_id?: string }
  data: { id?: unknown; resource?: Resource; filters?: Filters | null; fields?: unknown }
}

/**
 * `/neutron/<resource>`: what the Neutron plugin calls. Everything is a POST; every failure is a 400 that names a Neutron exception; an unknown operation is a 200 with nothing.
 *
 * @returns nothing when the path is none of these
 */
export async function neutronBackend(world: World, context: Context, request: SimRequest): Promise<SimResponse | undefined> {
  const kind = /^\/neutron\/([a-z_]+)$/.exec(request.path)?.[1]
  if (kind === undefined || !(kind in resources || kind === 'tags')) return undefined
  if (request.method !== 'POST') return { status: 405, headers: textType, body: 'Method not allowed.' }
  const call = readCall(request.body)
  if (typeof call === 'string') return { status: 400, headers: textType, body: `Unable to parse request data${call}` }
  const tenantId = withoutDashes(String(call.context.tenant_id ?? call.context.tenant ?? ''))
  const session: Session = { world, context, isAdmin: call.context.is_admin === true, tenantId }
  try {
    const answer = kind === 'tags' ? tags(session, call) : await run(session, resources[kind] as Handlers, call)
    if (answer === undefined) return { status: 200, headers: textType, body: '' }
    // Lists are written as text by the server itself and keep its default type.
    return Array.isArray(answer) ? { status: 200, headers: textType, body: JSON.stringify(answer) } : jsonAnswer(answer)
  } catch (error) {
    const failure = failureOf(error)
    if (!failure) throw error
    return { status: 400, headers: textType, body: JSON.stringify({ exception: failure.exception, ...failure.details }) }
  }
}

/** The call, or what is wrong with it. */
function readCall(body: Buffer): Call | string {
  let call: Partial<Call> | undefined
  try {
    call = JSON.parse(body.toString('utf8')) as Partial<Call>
  } catch {
    return ': Invalid JSON'
  }
  if (!call?.context) return ": 'context'"
  const { tenant, tenant_id } = call.context
  if (tenant && tenant_id && tenant !== tenant_id) return ''
  if (!call.data) return ": 'data'"
  return call as Call
}

async function run(session: Session, handlers: Handlers, { context, data }: Call): Promise<Resource | Resource[] | undefined> {
  const filters = filtersOf(data.filters)
  const wish = data.resource ?? {}
  switch (context.operation) {
    case 'CREATE':
      return handlers.create?.(session, wish)
    case 'READ':
      return handlers.read?.(session, data.id)
    case 'UPDATE':
      return handlers.update?.(session, data.id, wish)
    case 'DELETE':
      handlers.delete?.(session, data.id)
      return undefined
    case 'READALL': {
      const everything = () => handlers.list({ ...session, isAdmin: true }, {})
      return handlers.list(session, filtersOf(await withoutTagFilters(session.world.generation, data.filters ?? {}, everything)))
    }
    case 'READCOUNT':
      return { count: await count(session, handlers, filters) }
    case 'ADDINTERFACE':
      return addInterface(session, data.id, wish)
    case 'DELINTERFACE':
      return removeInterface(session, data.id, wish)
    default:
      return undefined
  }
}

/** A count by tenant compares an id without dashes with ids that have them: it is always 0. */
async function count(session: Session, handlers: Handlers, filters: Filters): Promise<number> {
  const names = Object.keys(filters)
  if (names.length === 1 && names[0] === 'tenant_id') return 0
  return (await handlers.list(session, filters)).length
}

/** Filters come as lists, some as single values. */
const filtersOf = (filters: Record<string, unknown> | null | undefined): Filters =>
  Object.fromEntries(
    Object.entries(filters ?? {}).map(([name, value]) => [name, Array.isArray(value) || name === 'fixed_ips' ? value : [value]]),
  ) as Filters

function tags(session: Session, { context, data }: Call): Resource[] | undefined {
  const inner = (data.resource?.resource ?? data.resource ?? data.filters ?? {}) as {
    parent_id?: string
    tags?: string[]
    tag?: string
  }
  const id = String(inner.parent_id ?? '')
  switch (context.operation) {
    case 'CREATE':
      return setTags(session, id, inner.tags ?? []) as unknown as Resource[]
    case 'READALL':
      return tagNames(session, id) as unknown as Resource[]
    case 'DELETE':
      setTags(
        session,
        id,
        tagNames(session, id).filter((name) => name !== inner.tag),
      )
      return undefined
    case 'DELETEALL':
      setTags(session, id, [])
      return undefined
    default:
      return undefined
  }
}
