import { createObject } from '../objects.ts'
import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import type { Generation } from '../world.ts'
import { change, type Resource, type Session, tagsOf } from './session.ts'
import { locateSubnet, setSubnetTags, subnetTags } from './subnets.ts'

/** Tags of Neutron resources are tags of the type `neutron_tag`; those of subnets, which are no objects, are notes. */
export function tagNames(session: Session, id: string): string[] {
  if (locateSubnet(session, id)) return subnetTags(session, id)
  return (tagsOf(session, objectOrFail(session, id)).tags as string[] | undefined) ?? []
}

const objectOrFail = (session: Session, id: string): StoredObject => {
  const object = session.world.store.get(id)
  if (!object) throw new Refused(404, `Unknown id: ${id}`)
  return object
}

export function setTags(session: Session, id: string, names: readonly string[]): string[] {
  if (locateSubnet(session, id)) {
    setSubnetTags(session, id, names)
    return [...names]
  }
  const { store } = session.world
  const object = objectOrFail(session, id)
  const others = (object.references.tag_refs ?? []).filter(
    ({ uuid }) => !store.get(uuid)?.fq_name.at(-1)?.startsWith('neutron_tag='),
  )
  const tags = [...others.flatMap(({ uuid }) => store.get(uuid) ?? []), ...names.map((name) => tag(session, name))]
  change(session, object, { tag_refs: tags.map(({ uuid, fq_name }) => ({ uuid, to: fq_name })) })
  return [...names]
}

const tag = (session: Session, name: string): StoredObject =>
  session.world.store.byName('tag', [`neutron_tag=${name}`]) ??
  createObject(session.world, session.context, 'tag', {
    fq_name: [`neutron_tag=${name}`],
    tag_type_name: 'neutron_tag',
    tag_value: name,
    perms2: { owner: 'cloud-admin', owner_access: 7, global_access: 5, share: [] },
  })

/**
 * Takes the filters by tags out of a list's filters and leaves the ids that pass them. TF looks only at what has a tag at all, so what has none is never found
 * by what it should not have.
 *
 * @param filters as they came: a text is cut at its commas, the texts of a list are not
 * https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/vnc_openstack/vnc_openstack/neutron_plugin_interface.py (`_filter_resources_by_tags`)
 */
export async function withoutTagFilters(
  generation: Generation,
  filters: Record<string, unknown>,
  candidates: () => Resource[] | Promise<Resource[]>,
): Promise<Record<string, unknown>> {
  const { tags, 'tags-any': anyOf, 'not-tags': not, 'not-tags-any': notAny, ...rest } = filters
  if (!tags && !anyOf && !not && !notAny) return filters
  const named = (wanted: unknown): string[] | undefined =>
    wanted === undefined ? undefined : typeof wanted === 'string' ? wanted.split(',') : (wanted as unknown[]).map(String)
  const [all, some, notAll, none] = [named(tags), named(anyOf), named(not), named(notAny)]
  const matches = (resource: Resource) => {
    const own = (resource.tags as string[] | undefined) ?? []
    const has = (one: string) => own.includes(one)
    if (!(all ?? []).every(has) || (some && !some.some(has))) return false
    if (generation === 'tf') return own.length > 0 && !(notAll ?? []).some(has) && (!none || none.some((one) => !has(one)))
    return !notAll?.every(has) && !none?.some(has)
  }
  return { ...rest, id: (await candidates()).filter(matches).map((resource) => resource.id) }
}
