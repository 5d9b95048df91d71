import { accessLetters, checkAccess, readAccess } from './access.ts'
import { subnetsOf } from './address-book.ts'
import { applyChanges, type Body, checkZookeeper, crash, unknownId } from './objects.ts'
import { pformat, plain, repr } from './python.ts'
import { Refused } from './refusal.ts'
import { resourceTypeOf, schemaOf, structureOf, underscored } from './schema.ts'
import type { Sharing, StoredObject } from './store.ts'
import { wrongElement } from './validation.ts'
import type { Context, World } from './world.ts'

/** The calls that are no create, read, update or delete of one object. */

export function typeOrRefuse(name: unknown): string {
  const type = resourceTypeOf(name)
  if (!type) throw new Refused(404, `Resource type '${plain(name ?? null)}' not found`)
  return type
}

export async function nameToId(world: World, context: Context, body: Body): Promise<Body> {
  const type = typeOrRefuse(body.type)
  const fqName = body.fq_name as string[] | undefined
  if (!Array.isArray(fqName)) throw crash()
  let uuid = world.store.uuidOf(type, fqName)
  if (uuid === undefined && type === 'project') {
    await world.projects?.onName(fqName)
    uuid = world.store.uuidOf(type, fqName)
  }
  const object = uuid === undefined ? undefined : world.store.get(uuid)
  if (!object) throw new Refused(404, `Name ${pformat(fqName)} not found`)
  checkAccess(context.caller, world.aaaMode, object, readAccess)
  return { uuid }
}

export function idToName(world: World, context: Context, body: Body): Body {
  if (!('uuid' in body)) throw crash()
  const object = world.store.get(String(body.uuid))
  if (!object) throw new Refused(404, `UUID ${body.uuid} not found`)
  checkAccess(context.caller, world.aaaMode, object, readAccess)
  return { fq_name: object.fq_name, type: object.type }
}

export function updateReference(world: World, context: Context, body: Body): Body {
  const type = typeOrRefuse(body.type)
  const targetType = typeOrRefuse(body['ref-type'])
  const { uuid } = body
  const operation = body.operation
  if (uuid === undefined || uuid === null || operation === undefined || operation === null)
    throw new Refused(
      400,
      `Bad Request: type/uuid/ref-type/operation is null: ${type}, ${plain(uuid ?? null)}, ${targetType}, ${plain(operation ?? null)}.`,
    )
  const wanted = String(operation).toUpperCase()
  if (wanted !== 'ADD' && wanted !== 'DELETE') throw new Refused(400, `Bad Request: operation should be add or delete: ${wanted}`)
  const targetName = body['ref-fq-name'] as string[] | undefined | null
  let targetId = body['ref-uuid'] as string | undefined | null
  if (!targetId && !targetName) throw new Refused(400, 'Bad Request: ref-uuid or ref-fq-name must be specified')
  if (!targetId) {
    targetId = world.store.uuidOf(targetType, targetName ?? [])
    if (!targetId) throw new Refused(404, `Name ${pformat(targetName ?? [])} not found`)
  } else if (wanted === 'ADD' && !world.store.get(targetId)) throw unknownId(targetId)
  const object = world.store.get(String(uuid))
  if (!object || object.type !== type) throw unknownId(String(uuid))

  const field = `${underscored(targetType)}_refs`
  const present = object.references[field] ?? []
  const attr = body.attr ?? null
  const references =
    wanted === 'DELETE'
      ? present.filter((reference) => reference.uuid !== targetId)
      : present.some((reference) => reference.uuid === targetId)
        ? present.map((reference) => (reference.uuid === targetId ? { ...reference, attr } : reference))
        : [...present, { uuid: targetId, attr }]
  const asWritten = references.map((reference) => ({ ...reference, to: world.store.get(reference.uuid)?.fq_name ?? [] }))
  applyChanges(world, context, object, { [field]: asWritten }, 'ref-update', targetId)
  return { uuid }
}

/** A delete no longer stops at this referrer. */
export function relaxReference(world: World, body: Body): Body {
  const { uuid, 'ref-uuid': target } = body
  if (!uuid || !target)
    throw new Refused(
      400,
      `Bad Request: Both uuid and ref-uuid should be specified: ${plain(uuid ?? null)}, ${plain(target ?? null)}.`,
    )
  if (!world.store.get(String(uuid))) throw new Refused(404, `uuid ${uuid} not found`)
  world.store.change(String(target), (stored) => {
    stored.relaxed = [...(stored.relaxed ?? []), String(uuid)]
  })
  return { uuid }
}

interface CollectionStep {
  field?: string
  operation?: string
  value?: unknown
  position?: unknown
}

export function updateCollection(world: World, context: Context, body: Body): void {
  if (!body.uuid) throw new Refused(400, 'Error: prop_collection_update needs obj_uuid')
  const object = world.store.get(String(body.uuid))
  if (!object) throw new Refused(404, `Object Not Found: ${body.uuid}`)
  const schema = schemaOf(object.type)
  const steps = (body.updates ?? []) as CollectionStep[]
  for (const step of steps) {
    const field = step.field ?? ''
    const isList = schema.list_props.includes(field)
    if (!isList && !schema.map_props.includes(field)) throw new Refused(400, `${field} neither "ListProperty" nor "MapProperty"`)
    const operation = String(step.operation ?? '').toLowerCase()
    const wrong = wrongElement(schema.props[field] ?? '', step.value)
    if (wrong) throw new Refused(400, wrong)
    if (!(isList ? ['add', 'modify', 'delete'] : ['set', 'delete']).includes(operation))
      throw new Refused(400, `Unsupported operation ${operation} in request ${JSON.stringify(step)}`)
  }
  checkZookeeper(world)
  checkAccess(context.caller, world.aaaMode, object, 2)
  world.store.change(object.uuid, (stored) => {
    for (const step of steps) applyStep(stored, schema.props[step.field ?? ''] ?? '', step)
  })
}

/** A collection is a structure with one list; a map finds its elements by their first field, a list by their place. */
function applyStep(object: StoredObject, type: string, step: CollectionStep): void {
  const field = step.field as string
  const wrapper = Object.keys(structureOf(type) ?? {})[0] ?? 'items'
  const before = ((object.properties[field] as Record<string, unknown[]> | undefined)?.[wrapper] ?? []) as Record<
    string,
    unknown
  >[]
  const isMap = schemaOf(object.type).map_props.includes(field)
  const operation = String(step.operation).toLowerCase()
  const position = String(step.position)
  const at = isMap
    ? before.findIndex((element) => String(Object.values(element)[0]) === position)
    : /^\d+$/.test(position)
      ? Number(position)
      : before.length
  const after = [...before]
  if (operation === 'delete') {
    if (at >= 0 && at < after.length) after.splice(at, 1)
  } else if (operation === 'modify' || (isMap && at >= 0)) after[at] = step.value as Record<string, unknown>
  else after.push(step.value as Record<string, unknown>)
  if (after.length > 0) object.properties[field] = { [wrapper]: after }
  else delete object.properties[field]
}

export function readCollection(world: World, context: Context, query: URLSearchParams): Body {
  const uuid = query.get('uuid')
  if (uuid === null) throw new Refused(400, 'Object uuid needed for property collection get')
  const fields = query.get('fields')?.split(',')
  if (!fields) throw new Refused(400, 'Object fields needed for property collection get')
  const object = world.store.get(uuid)
  if (!object) throw new Refused(404, `Object Not Found: ${uuid}`)
  const schema = schemaOf(object.type)
  const read: Body = {}
  for (const field of fields) {
    const isMap = schema.map_props.includes(field)
    if (!isMap && !schema.list_props.includes(field)) throw new Refused(400, `${field} neither "ListProperty" nor "MapProperty"`)
    const elements =
      Object.values((object.properties[field] as Record<string, Record<string, unknown>[]> | undefined) ?? {})[0] ?? []
    read[field] = elements
      .map((element, index): [unknown, string] => [element, isMap ? String(Object.values(element)[0]) : String(index)])
      .filter(([, position]) => !query.has('position') || query.get('position') === position)
  }
  checkAccess(context.caller, world.aaaMode, object, readAccess)
  return read
}

function networkOr404(world: World, uuid: string): StoredObject {
  const network = world.store.get(uuid)
  if (!network) throw new Refused(404, `Virtual Network ${uuid} not found!`)
  return network
}

export function allocateAddresses(world: World, networkId: string, body: Body): Body {
  const network = networkOr404(world, networkId)
  const version = body.family ? (body.family === 'v6' ? 6 : 4) : undefined
  const subnetId = body.subnet ? String(body.subnet) : undefined
  if (subnetId !== undefined && !subnetsOf(network).some((subnet) => subnet.subnet_uuid === subnetId))
    throw new Refused(500, `Virtual-Network(${repr(network.fq_name)}) has invalid subnet(${subnetId})`)
  const count = Number(body.count ?? 1)
  return { ip_addr: Array.from({ length: count }, () => world.addresses.allocate(network, { subnetId, version }, 409).address) }
}

export function freeAddresses(world: World, networkId: string, body: Body): void {
  const network = networkOr404(world, networkId)
  for (const address of (body.ip_addr ?? []) as string[]) world.addresses.free(network.uuid, address)
}

export function countAddresses(world: World, networkId: string, body: Body): Body {
  const network = networkOr404(world, networkId)
  const counts = ((body.subnet_list ?? []) as string[]).map((id) => {
    const subnet = subnetsOf(network).find((one) => one.subnet_uuid === id)
    return subnet ? world.addresses.count(network.uuid, subnet) : 0
  })
  return { ip_count_list: counts }
}

const uuidForm = /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i
const isUuid = (value: unknown): boolean => uuidForm.test(String(value))
const isAccess = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 7

export function changeOwner(world: World, context: Context, body: Body): Body {
  const { uuid, owner } = body
  if (uuid === undefined || uuid === null) throw new Refused(400, 'Bad Request, no resource UUID provided to chown')
  if (owner === undefined || owner === null) throw new Refused(400, 'Bad Request, no owner UUID provided to chown')
  if (!isUuid(uuid)) throw new Refused(400, 'Bad Request, invalid resource UUID')
  if (!isUuid(owner)) throw new Refused(400, 'Bad Request, invalid owner UUID')
  const object = ownedOr403(world, context, String(uuid))
  world.store.change(object.uuid, (stored) => {
    stored.perms2.owner = String(owner)
  })
  return {}
}

export function changeSharing(world: World, context: Context, body: Body): Body {
  if (!('uuid' in body)) throw new Refused(400, "'uuid'")
  if (!isUuid(body.uuid)) throw new Refused(400, 'Bad Request, invalid object id')
  const object = ownedOr403(world, context, String(body.uuid))
  const { owner, owner_access, share, global_access } = body
  if (owner && !isUuid(owner)) throw new Refused(400, 'Bad Request, invalid owner')
  if (owner_access !== undefined && owner_access !== null && !isAccess(owner_access))
    throw new Refused(400, 'Bad Request, invalid owner_access value')
  if (share !== undefined && share !== null)
    for (const item of share as Sharing['share']) {
      const [kind, id] = item.tenant.includes(':') ? item.tenant.split(':') : ['tenant', item.tenant]
      if (!['tenant', 'domain'].includes(kind ?? '') || !isUuid(id) || !isAccess(item.tenant_access))
        throw new Refused(400, 'HTTP Status: 400 Content: Bad Request, invalid share list')
    }
  if (global_access !== undefined && global_access !== null && !isAccess(global_access))
    throw new Refused(400, 'Bad Request, invalid global_access value')
  world.store.change(object.uuid, (stored) => {
    if (owner) stored.perms2.owner = String(owner).replaceAll('-', '')
    if (typeof owner_access === 'number') stored.perms2.owner_access = owner_access
    if (share) stored.perms2.share = share as Sharing['share']
    if (typeof global_access === 'number') {
      stored.perms2.global_access = global_access
      if ('is_shared' in schemaOf(stored.type).props) stored.properties.is_shared = global_access !== 0
    }
  })
  return {}
}

function ownedOr403(world: World, context: Context, uuid: string): StoredObject {
  const object = world.store.get(uuid)
  if (!object) throw unknownId(uuid)
  checkZookeeper(world)
  if (!accessLetters(context.caller, world.aaaMode, object).includes('RW')) throw new Refused(403, ' Permission denied')
  return object
}

export function keepNote(world: World, body: Body): Body | undefined {
  const { operation, key, value } = body
  if (operation === undefined || operation === null)
    throw new Refused(400, "Error: Key/value store API needs 'operation' parameter")
  if (!('key' in body)) throw new Refused(400, "Error: Key/value store API needs 'key' parameter")
  const name = String(key)
  switch (operation) {
    case 'STORE':
      world.notes.set(name, String(value ?? ''))
      return undefined
    case 'RETRIEVE': {
      const kept = world.notes.get(name)
      if (kept === undefined) throw new Refused(404, `Unknown User-Agent key ${name}`)
      return { value: kept }
    }
    case 'DELETE':
      world.notes.delete(name)
      return undefined
    default:
      throw new Refused(404, `Invalid Operation ${operation}`)
  }
}

/** Sets and takes away tags of an object by `type=value` names: `{"obj_type", "obj_uuid", "tier": {"value": "web", "is_global": false}}`. */
export function setTags(world: World, context: Context, body: Body): Body {
  const { obj_type: typeName, obj_uuid: uuid, ...tags } = body
  if (!typeName || !uuid) throw new Refused(400, 'Object type and UUID must be specified')
  const type = typeOrRefuse(typeName)
  const object = world.store.get(String(uuid))
  if (!object || object.type !== type) throw unknownId(String(uuid))
  const scope = projectNameOf(world, object)
  let references = object.references.tag_refs ?? []
  const nameOf = (reference: { uuid: string }) => world.store.get(reference.uuid)?.fq_name.at(-1) ?? ''
  for (const [kind, wish] of Object.entries(tags)) {
    const { value, is_global: isGlobal } = (wish ?? {}) as { value?: string | null; is_global?: boolean }
    references = references.filter((reference) => !nameOf(reference).startsWith(`${kind}=`))
    if (value === undefined || value === null) continue
    const fqName = [...(isGlobal ? [] : scope), `${kind}=${value}`]
    const tag = world.store.byName('tag', fqName)
    if (!tag) throw new Refused(404, `Tag with FQName ${fqName.join(':')} not found`)
    references = [...references, { uuid: tag.uuid, attr: null }]
  }
  applyChanges(
    world,
    context,
    object,
    { tag_refs: references.map((one) => ({ ...one, to: world.store.get(one.uuid)?.fq_name ?? [] })) },
    'ref-update',
  )
  return {}
}

function projectNameOf(world: World, object: StoredObject): string[] {
  for (let at: StoredObject | undefined = object; at; at = world.store.get(at.parent_uuid ?? ''))
    if (at.type === 'project') return at.fq_name
  return []
}
