import {
  anything,
  asObject,
  type Decoded,
  type Decoder,
  type Fields,
  list,
  type Structure,
  structure,
  text,
  whole,
  yesNo,
} from '../../decode.ts'

/**
 * How a resource type is described: once, as data. The decoder that checks answers and the TypeScript types of what is read and written
 * both come from it. Names are those of the wire: `Links` of children and of objects that refer to this one arrive only when asked for by name,
 * or by a plain read. Fields of the schema that are not described here pass through unread, so that nothing is lost when a structure is written back.
 */
export interface ResourceShape<P extends Fields = Fields, R extends Fields = Fields, L extends string = string> {
  /** Types of a parent, as `parent_type` takes them; `config-root` means that the object has none. */
  parents: readonly string[]
  /** Properties: simple values and structures. */
  properties: P
  /** References: the field and the decoder of its `attr`. */
  references: R
  /** Children and back references that we read. */
  links: readonly L[]
}

export const describe = <const P extends Fields, const R extends Fields, const L extends string>(
  shape: ResourceShape<P, R, L>,
): ResourceShape<P, R, L> => shape

/** `attr` of a reference that carries nothing. */
export const plain: Decoder<unknown> = anything

/** A child, or one that refers to this object. */
export interface Link {
  to: string[]
  uuid: string
  href?: string | null
  attr?: unknown
}

export interface Reference<A> extends Link {
  attr?: A | null
}

/** A reference to write. `to` is required: the server reads it without looking whether it is there; with a uuid the uuid decides. */
export interface ReferenceDraft<A> {
  to: readonly string[]
  uuid?: string
  attr?: A | null
}

const permissions = structure({ owner: text, owner_access: whole, group: text, group_access: whole, other_access: whole })

/** `uuid_mslong` and `uuid_lslong` exceed 2^53 and would come back wrong, so they are dropped when an object is read. */
const idPermissionsKept = structure({
  permissions,
  enable: yesNo,
  created: text,
  last_modified: text,
  description: text,
  user_visible: yesNo,
  creator: text,
})
const idPermissions: Decoder<Decoded<typeof idPermissionsKept>> = (value, at) => {
  const { uuid: _unsigned64, ...kept } = asObject(value, at)
  return idPermissionsKept(kept, at)
}

const sharing = structure({
  owner: text,
  owner_access: whole,
  global_access: whole,
  share: list(structure({ tenant: text, tenant_access: whole })),
})

export const keyValuePairs = structure({ key_value_pair: list(structure({ key: text, value: text })) })

const common = {
  name: text,
  href: text,
  display_name: text,
  parent_type: text,
  parent_uuid: text,
  parent_href: text,
  id_perms: idPermissions,
  perms2: sharing,
  annotations: keyValuePairs,
} satisfies Fields

/** What every object has. Times are UTC without a zone, with microseconds: `2026-11-22T05:27:38.202121`. */
export type Identity = { uuid: string; fq_name: string[] } & Structure<typeof common>

export type Properties<S> = S extends ResourceShape<infer P, Fields, string> ? Structure<P> : never
export type References<S> =
  S extends ResourceShape<Fields, infer R, string> ? { [K in keyof R]?: Reference<Decoded<R[K]>>[] } : never
export type Links<S> = S extends ResourceShape<Fields, Fields, infer L> ? { [K in L]?: Link[] } : never
export type ObjectOf<S> = Identity & Properties<S> & References<S> & Links<S>

/** What can be written. `parent_type` may be left out when the type has one kind of parent. */
export type DraftOf<S> = {
  fq_name: readonly string[]
  parent_type?: string
  uuid?: string
  display_name?: string
} & ChangesOf<S>
export type ChangesOf<S> = {
  display_name?: string
  annotations?: Decoded<typeof keyValuePairs> | null
  id_perms?: { enable?: boolean; description?: string | null }
  perms2?: Decoded<typeof sharing> & { owner: string }
} & Properties<S> &
  (S extends ResourceShape<Fields, infer R, string> ? { [K in keyof R]?: readonly ReferenceDraft<Decoded<R[K]>>[] } : never)

export const link: Decoder<Link> = (value, at) => {
  const read = asObject(value, at)
  return { ...read, to: list(text)(read.to, `${at}.to`), uuid: text(read.uuid, `${at}.uuid`) }
}

const referenceOf =
  (attr: Decoder<unknown>): Decoder<Reference<unknown>> =>
  (value, at) => {
    const read = link(value, at)
    return read.attr === undefined || read.attr === null ? read : { ...read, attr: attr(read.attr, `${at}.attr`) }
  }

/** The decoder of whole or partial objects of a type: `uuid` and `fq_name` must be there, the rest is checked where it is present. */
export function decoderOf<S extends ResourceShape>(shape: S): Decoder<ObjectOf<S>> {
  const references = Object.entries(shape.references).map(([name, attr]) => [name, list(referenceOf(attr))] as const)
  const links = shape.links.map((name) => [name, list(link)] as const)
  const fields = structure({ ...common, ...shape.properties, ...Object.fromEntries([...references, ...links]) })
  return (value, at) => {
    const read = fields(value, at) as Record<string, unknown>
    text(read.uuid, `${at}.uuid`)
    list(text)(read.fq_name, `${at}.fq_name`)
    return read as ObjectOf<S>
  }
}
