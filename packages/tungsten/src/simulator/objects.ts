import { checkAccess, isAdmin, linkAccess, readAccess, writeAccess } from './access.ts'
import { hooksOf } from './hooks/index.ts'
import { pformat, repr } from './python.ts'
import { checkQuota } from './quota.ts'
import { Refused } from './refusal.ts'
import { isDerived, type ResourceSchema, resourceTypeOf, schemaOf, underscored } from './schema.ts'
import type { IdPermissions, Sharing, StoredObject, StoredReference } from './store.ts'
import { wrongProperty, wrongReference } from './validation.ts'
import { fieldsOf, urlOf, viewOf } from './views.ts'
import type { Context, World } from './world.ts'

/**
 * Making, reading, changing and deleting objects, in the order of checks of the real server, so that a request with two mistakes gets the answer of the same one.
 * https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/api_server.py (`http_resource_create` … `http_resource_delete`)
 */

export type Body = Record<string, unknown>
export interface DraftReference {
  to?: string[]
  uuid?: string
  attr?: unknown
}

/** A failure inside the server: the last line of a Python traceback, or nothing at all. */
export const crash = (text = 'Internal Server Error'): Refused => new Refused(500, text)

export const unknownId = (uuid: string): Refused => new Refused(404, `Unknown id: ${uuid}`)

export function createObject(world: World, context: Context, type: string, body: Body): StoredObject {
  const schema = schemaOf(type)
  checkName(type, body)
  if (isHidden(body) && !isAdmin(context.caller)) throw new Refused(400, 'This object is not visible by users')
  const badProperty = wrongProperty(schema, body, 'CREATE')
  if (badProperty) throw new Refused(400, `Bad property in create: ${badProperty}`)
  const badReference = wrongReference(schema, body)
  if (badReference) throw new Refused(400, `Bad reference in create: ${badReference}`)
  const hooks = hooksOf(type)
  hooks.beforeNaming?.(body)

  const fqName = body.fq_name as string[]
  checkZookeeper(world)
  const existing = world.store.uuidOf(type, fqName)
  if (existing) throw new Refused(409, `${pformat(fqName)} already exists with uuid: ${existing}`)
  checkParentType(schema, body)
  const id_perms = newIdPermissions(world, body)
  const perms2 = newSharing(world, context, type, schema, body)
  body.id_perms = id_perms
  body.perms2 = perms2
  body.display_name ??= fqName.at(-1)
  const wantedUuid = checkWantedUuid(world, body.uuid)

  if (body.parent_type === 'config-root') delete body.parent_type
  let parent: StoredObject | undefined
  if (body.parent_type !== undefined) {
    const parentType = resourceTypeOf(body.parent_type)
    if (!parentType) throw new Refused(404, `Resource type '${body.parent_type}' not found`)
    parent = world.store.byName(parentType, fqName.slice(0, -1))
    if (!parent) throw new Refused(400, `Parent ${pformat(fqName.slice(0, -1))} type ${parentType} does not exist`)
    checkAccess(context.caller, world.aaaMode, parent, parentType === 'fabric' ? linkAccess : writeAccess)
    if (context.caller) {
      id_perms.permissions.owner = context.caller.user
      id_perms.permissions.group = context.caller.roles[0] ?? id_perms.permissions.group
    }
    body.parent_uuid = parent.uuid
  }
  checkReferences(world, context, schema, body, () => `Unknown reference in resource create ${repr(body)}.`)

  const uuid = wantedUuid ?? world.store.newUuid()
  body.uuid = uuid
  const undo = hooks.beforeCreate?.(world, context, body, parent)
  try {
    checkQuota(world, type, body, parent)
  } catch (error) {
    undo?.()
    throw error
  }
  const object = world.store.insert({
    uuid,
    type,
    fq_name: [...(body.fq_name as string[])],
    ...(parent ? { parent_type: parent.type, parent_uuid: parent.uuid } : {}),
    properties: propertiesOf(schema, body),
    references: referencesOf(world, schema, body),
    id_perms,
    perms2: body.perms2 as Sharing,
  })
  hooks.afterCreate?.(world, context, object, body)
  return object
}

/** What a successful create answers. */
export function createdView(context: Context, object: StoredObject): Body {
  const { type, uuid, fq_name, parent_type, parent_uuid } = object
  return {
    [type]: {
      name: fq_name.at(-1),
      fq_name,
      uuid,
      href: urlOf(context, type, uuid),
      ...(parent_type && parent_uuid ? { parent_type, parent_uuid, parent_href: urlOf(context, parent_type, parent_uuid) } : {}),
    },
  }
}

export interface ReadQuery {
  fields: string[] | undefined
  excludeBackReferences: boolean
  excludeChildren: boolean
  excludeHrefs: boolean
  /** `id_perms.last_modified` that the client has. */
  known: string | undefined
}

/** The object as JSON, or nothing when the client has it as it is. */
export function readObject(
  world: World,
  context: Context,
  type: string,
  uuid: string,
  query: ReadQuery,
): { view: Body; lastModified: string } | undefined {
  const object = world.store.get(uuid)
  if (!object) throw unknownId(uuid)
  if (object.type !== type) throw new Refused(404, `No ${type} object found for id ${uuid}`)
  checkAccess(context.caller, world.aaaMode, object, readAccess)
  const lastModified = object.id_perms.last_modified
  if (query.known === lastModified) return undefined
  const { own, all } = fieldsOf(type)
  const schema = schemaOf(type)
  const fields = query.fields
    ? [...query.fields.filter((field) => all.has(field)), 'id_perms', 'perms2']
    : [
        ...own,
        ...(query.excludeBackReferences ? [] : Object.keys(schema.back_refs)),
        ...(query.excludeChildren ? [] : Object.keys(schema.children)),
      ]
  if (!object.id_perms.user_visible && !isAdmin(context.caller))
    throw new Refused(404, `This object is not visible by users: ${uuid}`)
  const view = viewOf(world, context, object, fields, !query.excludeHrefs)
  const href = query.excludeHrefs ? {} : { href: urlOf(context, type, uuid) }
  return { view: { [type]: { ...view, name: object.fq_name.at(-1), ...href } }, lastModified }
}

/** Changes an object by PUT; false when there was nothing to change. */
export function updateObject(world: World, context: Context, type: string, uuid: string, json: unknown): boolean {
  if (json === undefined || json === null || Object.keys(json as object).length === 0) return false
  const body = (json as Body)[type] as Body | undefined
  if (body === undefined) throw crash()
  if (body === null || Object.keys(body).length === 0) return false
  if (body.perms2 && !('owner' in (body.perms2 as object))) throw new Refused(400, 'owner in perms2 must be present')
  const object = world.store.get(uuid)
  if (!object || object.type !== type) throw unknownId(uuid)
  applyChanges(world, context, object, body, 'http_put')
  return true
}

/** The common part of every change: checks, hooks, and the write. `source` is named in refusals. */
export function applyChanges(
  world: World,
  context: Context,
  object: StoredObject,
  body: Body,
  source: 'http_put' | 'ref-update',
  onlyReference?: string,
): void {
  const schema = schemaOf(object.type)
  checkZookeeper(world)
  if (!object.id_perms.user_visible && !isAdmin(context.caller))
    throw new Refused(404, `This object is not visible by users: ${object.uuid}`)
  const badProperty = wrongProperty(schema, body, 'UPDATE')
  if (badProperty) throw new Refused(400, `Bad property in ${source}: ${badProperty}`)
  const badReference = wrongReference(schema, body)
  if (badReference) throw new Refused(400, `Bad reference in ${source}: ${badReference}`)
  checkAccess(context.caller, world.aaaMode, object, writeAccess)
  if (onlyReference === undefined)
    checkReferences(
      world,
      context,
      schema,
      body,
      () => `Unknown reference in resource update ${underscored(object.type)} ${repr(body)}.`,
    )
  else {
    const target = world.store.get(onlyReference)
    if (target) checkAccess(context.caller, world.aaaMode, target, linkAccess)
  }
  const hooks = hooksOf(object.type)
  hooks.beforeUpdate?.(world, context, object, body)
  world.store.change(object.uuid, (stored) => {
    Object.assign(stored.properties, propertiesOf(schema, body))
    for (const name of Object.keys(schema.props)) if (body[name] === null) delete stored.properties[name]
    Object.assign(stored.references, referencesOf(world, schema, body))
    const wanted = body.id_perms as Partial<IdPermissions> | undefined
    if (wanted?.enable !== undefined) stored.id_perms.enable = wanted.enable
    if (wanted?.description !== undefined) stored.id_perms.description = wanted.description
    if (body.perms2) stored.perms2 = { ...stored.perms2, ...(body.perms2 as Sharing) }
  })
  hooks.afterUpdate?.(world, context, object)
}

export function deleteObject(world: World, context: Context, type: string, uuid: string): void {
  const object = world.store.get(uuid)
  if (!object) throw new Refused(404, `ID ${uuid} does not exist`)
  if (object.type !== type) throw new Refused(404, `No ${type} object found for id ${uuid}`)
  const hooks = hooksOf(type)
  hooks.beforeDeleteChecks?.(world, context, object)
  if (!object.id_perms.user_visible && !isAdmin(context.caller))
    throw new Refused(404, `This object is not visible by users: ${uuid}`)
  if (world.zookeeperAway) throw new Refused(503, 'Not connected to zookeeper. Not able to perform requested action')
  const parent = object.parent_uuid ? world.store.get(object.parent_uuid) : undefined
  if (parent) checkAccess(context.caller, world.aaaMode, object, writeAccess, object.perms2.owner)
  refuseWhileUsed(world, context, object)
  hooks.beforeDelete?.(world, context, object)
  deleteDefaultChildren(world, context, object)
  for (const referrer of object.relaxed ?? []) forgetReferences(world, referrer, uuid)
  world.store.remove(uuid)
  hooks.afterDelete?.(world, context, object)
}

function forgetReferences(world: World, from: string, to: string): void {
  world.store.change(from, (stored) => {
    for (const [field, references] of Object.entries(stored.references))
      stored.references[field] = references.filter((one) => one.uuid !== to)
  })
}

/** Kinds of children that the system makes with their parent, called `default-<type>`, and takes with it. */
const generatedChildren = ['project', 'virtual-network', 'network-ipam']

function deleteDefaultChildren(world: World, context: Context, object: StoredObject): void {
  for (const type of generatedChildren) {
    const child = world.store.byName(type, [...object.fq_name, `default-${type}`])
    if (child && child.parent_uuid === object.uuid) deleteObject(world, context, type, child.uuid)
  }
}

/** Children first, then referrers; of each only one kind is named, and which one is not determined. */
function refuseWhileUsed(world: World, context: Context, object: StoredObject): void {
  const schema = schemaOf(object.type)
  const urls = (objects: StoredObject[]) => repr(objects.map((one) => urlOf(context, one.type, one.uuid)))
  const children = Object.entries(schema.children)
    .filter(([field]) => !isDerived(field))
    .map(([, type]) => world.store.children(object.uuid, type).filter((child) => child.fq_name.at(-1) !== `default-${type}`))
    .filter((kind) => kind.length > 0)
  if (children.length > 0) throw new Refused(409, `Delete when children still present: ${urls(world.store.pick(children))}`)
  const referrers = Object.values(schema.back_refs)
    .map((type) => world.store.referrers(object.uuid, type).filter((referrer) => !object.relaxed?.includes(referrer.uuid)))
    .filter((kind) => kind.length > 0)
  if (referrers.length > 0) throw new Refused(409, `Delete when resource still referred: ${urls(world.store.pick(referrers))}`)
}

function checkName(type: string, body: Body): void {
  const fqName = body.fq_name
  if (fqName === undefined || fqName === null || (Array.isArray(fqName) && fqName.length === 0))
    throw new Refused(400, 'Bad Request, no fq_name in POST body')
  if (!Array.isArray(fqName)) throw crash()
  const name = String(fqName.at(-1))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML forbids
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(name))
    throw new Refused(400, 'Bad Request, name has illegal xml characters')
  if (type !== 'route-target' && name.includes(':')) throw new Refused(400, "Bad Request, name has one of invalid chars {':'}")
}

export function checkZookeeper(world: World): void {
  if (world.zookeeperAway) throw new Refused(503, 'No connection to zookeeper.')
}

function checkParentType(schema: ResourceSchema, body: Body): void {
  const { parents } = schema
  if (parents.length === 0) return
  const fqName = body.fq_name as string[]
  let parentType = body.parent_type as string | undefined
  if (parentType) {
    if (!parents.includes(parentType))
      throw new Refused(400, `Invalid parent type: ${parentType}. Allowed types: ${repr(parents)}`)
  } else if (parents.length > 1 && !parents.includes('config-root'))
    throw new Refused(400, `Missing parent type: None. Allowed types: ${repr(parents)}`)
  else if (parents.length === 1) parentType = parents[0]
  if (parentType === undefined || parentType === 'config-root') {
    if (fqName.length !== 1) throw new Refused(400, `Invalid fq-name of an object with no parent: ${repr(fqName)}`)
  } else if (fqName.length < 2)
    throw new Refused(400, `Invalid fq-name for object with parent_type ${parentType}: ${repr(fqName)}`)
}

const isHidden = (body: Body): boolean => (body.id_perms as Partial<IdPermissions> | null | undefined)?.user_visible === false

export function newIdPermissions(world: World, body: Body): IdPermissions {
  const wanted = (body.id_perms ?? {}) as Partial<IdPermissions>
  const now = world.store.now()
  return {
    permissions: { owner: 'cloud-admin', owner_access: 7, group: 'cloud-admin-group', group_access: 7, other_access: 7 },
    enable: wanted.enable ?? true,
    created: now,
    last_modified: now,
    description: wanted.description ?? null,
    user_visible: wanted.user_visible ?? true,
    creator: wanted.creator ?? null,
  }
}

/** An object belongs to whom its parent belongs, a project to itself, and what has neither to the caller's project. */
function newSharing(world: World, context: Context, type: string, schema: ResourceSchema, body: Body): Sharing {
  const wanted = body.perms2 as Partial<Sharing> | null | undefined
  const fqName = body.fq_name as string[]
  const owner = () => {
    if (type === 'project' && body.uuid) return String(body.uuid).replaceAll('-', '')
    if (wanted?.owner) return wanted.owner
    const callers = context.caller?.projectId || 'cloud-admin'
    if (fqName.length < 2) return callers
    const parentType = (body.parent_type as string | undefined) ?? (schema.parents.length === 1 ? schema.parents[0] : undefined)
    if (parentType === undefined)
      throw new Refused(
        400,
        `Ambiguous parent to ensure permissiosn of ${underscored(type)}, please choose one parent type: ${repr(schema.parents)}`,
      )
    if (parentType === 'domain') return callers
    const parent = world.store.byName(resourceTypeOf(parentType) ?? parentType, fqName.slice(0, -1))
    if (!parent) throw new Refused(404, `Name${pformat(fqName.slice(0, -1))} not found`)
    return parent.perms2.owner
  }
  return { owner_access: 7, global_access: 0, share: [], ...wanted, owner: owner() }
}

function checkWantedUuid(world: World, uuid: unknown): string | undefined {
  if (uuid === undefined || uuid === null || uuid === '') return undefined
  const text = String(uuid)
  const hex = text.replace(/^urn:uuid:/, '').replace(/[{}-]/g, '')
  if (!/^[0-9a-fA-F]{32}$/.test(hex)) throw crash()
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text))
    throw new Refused(400, `Invalid UUID format: ${text}`)
  const existing = world.store.get(text)
  if (existing) throw new Refused(409, `${text} already exists with fq_name: ${pformat(existing.fq_name)}`)
  return text
}

/** Finds what the references point to, by uuid or by name, and fills in both. */
function checkReferences(world: World, context: Context, schema: ResourceSchema, body: Body, unknown: () => string): void {
  for (const [field, [type]] of Object.entries(schema.refs)) {
    for (const reference of (body[field] as DraftReference[] | null | undefined) ?? []) {
      const target = reference.uuid ? world.store.get(reference.uuid) : world.store.byName(type, reference.to ?? [])
      if (!target) throw new Refused(400, unknown())
      checkAccess(context.caller, world.aaaMode, target, linkAccess)
    }
  }
}

function propertiesOf(schema: ResourceSchema, body: Body): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const name of Object.keys(schema.props))
    if (name !== 'id_perms' && name !== 'perms2' && body[name] !== undefined && body[name] !== null) kept[name] = body[name]
  return kept
}

function referencesOf(world: World, schema: ResourceSchema, body: Body): Record<string, StoredReference[]> {
  const kept: Record<string, StoredReference[]> = {}
  for (const [field, [type]] of Object.entries(schema.refs)) {
    if (!(field in body)) continue
    kept[field] = ((body[field] as DraftReference[] | null) ?? []).flatMap((reference) => {
      const uuid = reference.uuid ?? world.store.uuidOf(type, reference.to ?? [])
      return uuid === undefined ? [] : [{ uuid, attr: reference.attr ?? null }]
    })
  }
  return kept
}
