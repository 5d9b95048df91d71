import { type Caller, denial, isAdmin, readAccess } from './access.ts'
import { unsigned64 } from './refusal.ts'
import { schemaOf, underscored } from './schema.ts'
import type { StoredObject } from './store.ts'
import type { Context, World } from './world.ts'

export const urlOf = (context: Context, type: string, uuid: string): string => `${context.base}/${type}/${uuid}`

/** `id_perms` as it goes out, with the uuid as two unsigned 64-bit numbers. */
export function permissionsOf(object: StoredObject): Record<string, unknown> {
  const hex = object.uuid.replaceAll('-', '')
  const { permissions, ...rest } = object.id_perms
  return {
    permissions,
    uuid: { uuid_mslong: unsigned64(BigInt(`0x${hex.slice(0, 16)}`)), uuid_lslong: unsigned64(BigInt(`0x${hex.slice(16)}`)) },
    ...rest,
  }
}

/** Every field that a type has, by kind. */
export function fieldsOf(type: string): { own: string[]; links: string[]; all: Set<string> } {
  const schema = schemaOf(type)
  const own = [...Object.keys(schema.props), ...Object.keys(schema.refs)]
  const links = [...Object.keys(schema.children), ...Object.keys(schema.back_refs)]
  return { own, links, all: new Set([...own, ...links]) }
}

/**
 * The object as JSON: identity, permissions, and of `fields` those that are set. `hrefs` also on everything that it is linked with.
 */
export function viewOf(
  world: World,
  context: Context,
  object: StoredObject,
  fields: Iterable<string>,
  hrefs: boolean,
): Record<string, unknown> {
  const { store } = world
  const schema = schemaOf(object.type)
  const view: Record<string, unknown> = { uuid: object.uuid, fq_name: object.fq_name }
  if (object.parent_type && object.parent_uuid) {
    view.parent_type = object.parent_type
    view.parent_uuid = object.parent_uuid
    if (hrefs) view.parent_href = urlOf(context, object.parent_type, object.parent_uuid)
  }
  const link = (to: StoredObject, attr?: { attr: unknown }) => ({
    to: to.fq_name,
    ...attr,
    uuid: to.uuid,
    ...(hrefs ? { href: urlOf(context, to.type, to.uuid) } : {}),
  })
  const visible = (to: StoredObject) => mayRead(world, context.caller, to)
  const put = (field: string, links: unknown[]) => {
    if (links.length > 0) view[field] = links
  }
  for (const field of new Set(fields)) {
    if (field === 'id_perms') view.id_perms = permissionsOf(object)
    else if (field === 'perms2') view.perms2 = object.perms2
    else if (object.properties[field] !== undefined) view[field] = object.properties[field]
    else if (object.references[field])
      put(
        field,
        object.references[field].flatMap(({ uuid, attr }) => {
          const to = store.get(uuid)
          return to && visible(to) ? [link(to, { attr })] : []
        }),
      )
    else if (schema.children[field])
      put(
        field,
        store
          .children(object.uuid, schema.children[field])
          .filter(visible)
          .map((to) => link(to)),
      )
    else if (schema.back_refs[field]) {
      const type = schema.back_refs[field]
      const toThis = `${underscored(object.type)}_refs`
      put(
        field,
        store
          .referrers(object.uuid, type)
          .filter(visible)
          .map((from) => link(from, { attr: from.references[toThis]?.find(({ uuid }) => uuid === object.uuid)?.attr ?? null })),
      )
    }
  }
  return view
}

export const mayRead = (world: World, caller: Caller | undefined, object: StoredObject): boolean =>
  isAdmin(caller) || (object.id_perms.user_visible && denial(caller, world.aaaMode, object, readAccess) === undefined)
