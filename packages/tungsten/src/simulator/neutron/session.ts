import { dashed } from '../../ids.ts'
import { applyChanges, type Body, createObject, deleteObject } from '../objects.ts'
import { Refused } from '../refusal.ts'
import { underscored } from '../schema.ts'
import type { StoredObject } from '../store.ts'
import type { Context, World } from '../world.ts'
import { NeutronFailure } from './failure.ts'

/** One call of the plugin: for whom, and whether as an administrator. */
export interface Session {
  world: World
  context: Context
  isAdmin: boolean
  /** Without dashes. */
  tenantId: string
}

export type Filters = Record<string, unknown[]>
export type Resource = Record<string, unknown>

/** What Neutron calls the types of the API. */
const neutronNames: Record<string, string> = {
  'virtual-network': 'network',
  'virtual-machine-interface': 'port',
  'floating-ip': 'floatingip',
  'logical-router': 'router',
  'security-group': 'security_group',
}

export const withoutDashes = (id: string): string => id.replaceAll('-', '')

/** The project that a resource is to be made in; reading it makes it, if Keystone has it. */
export async function projectOf(session: Session, tenantId: unknown): Promise<StoredObject> {
  const id = dashed(String(tenantId))
  await session.world.projects?.onRead(id)
  const project = session.world.store.get(id)
  if (project?.type !== 'project') throw missing('project', id)
  return project
}

/** Reading something that is not there, as the plugin's own client words it. */
export const missing = (type: string, id: string, fields?: readonly string[]): Refused => {
  const query = fields ? `{'fields': '${fields.join(',')}', 'exclude_hrefs': True}` : `{'exclude_hrefs': True}`
  return new Refused(404, `Unknown id: Error: oper 2 url /${type}/${id} body ${query} response Unknown id: ${id}`)
}

export function find(session: Session, type: string, id: unknown): StoredObject | undefined {
  const object = session.world.store.get(String(id))
  return object?.type === type ? object : undefined
}

/**
 * Makes an object under its name, or under its name and uuid when the name is taken: Neutron allows the same name twice.
 * https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/vnc_openstack/vnc_openstack/neutron_plugin_db.py (`_resource_create`)
 */
export function createNamed(session: Session, type: string, body: Body): StoredObject {
  const { world, context } = session
  const attempt = (draft: Body) => createObject(world, context, type, structuredClone(draft))
  try {
    try {
      return attempt(body)
    } catch (error) {
      if (!isTaken(error)) throw error
      const uuid = String(body.uuid ?? world.store.newUuid())
      try {
        return attempt(renamed(body, uuid))
      } catch (again) {
        if (!isTaken(again)) throw again
        return attempt(renamed(body, world.store.newUuid()))
      }
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (error.status === 400) throw new NeutronFailure('BadRequest', { resource: underscored(type), msg: error.message })
    if (error.status === 412)
      throw new NeutronFailure('OverQuota', { overs: [neutronNames[type] ?? underscored(type)], msg: error.message })
    throw error
  }
}

const isTaken = (error: unknown): boolean => error instanceof Refused && error.status === 409

function renamed(body: Body, uuid: string): Body {
  const fqName = body.fq_name as string[]
  const name = fqName.at(-1)
  return { ...body, uuid, display_name: body.display_name ?? name, fq_name: [...fqName.slice(0, -1), `${name}-${uuid}`] }
}

export const change = (session: Session, object: StoredObject, body: Body): void =>
  applyChanges(session.world, session.context, object, body, 'http_put')
export const remove = (session: Session, object: StoredObject): void =>
  deleteObject(session.world, session.context, object.type, object.uuid)

export const nameOf = (object: StoredObject): string => String(object.properties.display_name || object.fq_name.at(-1))

/** Times, and a description when there is one; a change shows the time of the change before it. */
export function timesOf(object: StoredObject, updatedAt = object.id_perms.last_modified): Resource {
  return { created_at: object.id_perms.created, updated_at: updatedAt }
}

export const descriptionOf = (object: StoredObject): Resource =>
  object.id_perms.description === null ? {} : { description: object.id_perms.description }

export function tagsOf(session: Session, object: StoredObject): Resource {
  const names = (object.references.tag_refs ?? []).flatMap(({ uuid }) => {
    const [kind, value] = session.world.store.get(uuid)?.fq_name.at(-1)?.split('=') ?? []
    return kind === 'neutron_tag' && value !== undefined ? [value] : []
  })
  return names.length > 0 ? { tags: names } : {}
}

/** Whether a value is among those that a filter names; a filter that is not there lets everything pass. */
export function passes(filters: Filters, name: string, value: unknown): boolean {
  const wanted = filters[name]
  if (!Array.isArray(wanted)) return true
  return wanted.some((one) =>
    name === 'tenant_id' ? withoutDashes(String(one)) === withoutDashes(String(value)) : one === value,
  )
}

/** Dashed ids of the projects that a list is about; nothing for all. */
export function projectIds(session: Session, filters: Filters): string[] | undefined {
  if (!session.isAdmin) return [dashed(session.tenantId)]
  const wanted = [...(filters.tenant_id ?? []), ...(filters.project_id ?? [])].flatMap((id) => {
    try {
      return [dashed(String(id))]
    } catch {
      return []
    }
  })
  return wanted.length > 0 ? [...new Set(wanted)] : undefined
}
