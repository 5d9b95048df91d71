import { Refused } from './refusal.ts'
import { quotaFields, underscored } from './schema.ts'
import type { StoredObject } from './store.ts'
import type { World } from './world.ts'

/** What a project may have of a kind; -1 is no limit. */
export function limitOf(project: StoredObject | undefined, field: string): number {
  const quota = project?.properties.quota as Record<string, number | undefined> | undefined
  // A kind that the project's own quota does not name falls to the installation's defaults, which limit nothing, and not to the project's `defaults`.
  // https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/vnc_quota.py (`get_quota_limit`)
  return quota?.[field] ?? -1
}

/** Whose quota an object counts against. */
function projectOf(
  world: World,
  type: string,
  body: Record<string, unknown>,
  parent: StoredObject | undefined,
): StoredObject | undefined {
  const references = body.project_refs as { uuid?: string; to?: string[] }[] | undefined
  const first = references?.[0]
  if (first) return first.uuid ? world.store.get(first.uuid) : world.store.byName('project', first.to ?? [])
  if (parent?.type === 'project') return parent
  if ((type === 'loadbalancer-member' || type === 'floating-ip-pool') && parent?.parent_uuid)
    return world.store.get(parent.parent_uuid)
  return undefined
}

export function checkQuota(world: World, type: string, body: Record<string, unknown>, parent: StoredObject | undefined): void {
  const field = underscored(type)
  if (!quotaFields.has(field)) return
  const project = projectOf(world, type, body, parent)
  const limit = limitOf(project, field)
  if (project && limit >= 0 && countOf(world, project, type) >= limit)
    throw new Refused(412, `quota limit (${limit}) exceeded for resource ${field}`)
}

/** How many of a type count against a project. The `default` security group does, hidden objects do not. */
export function countOf(world: World, project: StoredObject, type: string): number {
  const { store } = world
  if (type === 'floating-ip' || type === 'alias-ip') return store.referrers(project.uuid, type).length
  if (type === 'floating-ip-pool')
    return sum(store.children(project.uuid, 'virtual-network').map((network) => store.children(network.uuid, type).length))
  if (type === 'loadbalancer-member')
    return sum(store.children(project.uuid, 'loadbalancer-pool').map((pool) => store.children(pool.uuid, type).length))
  return store.children(project.uuid, type).filter((child) => child.id_perms.user_visible).length
}

/** Rules of all security groups of a project. */
export const ruleCountOf = (world: World, project: StoredObject): number =>
  sum(world.store.children(project.uuid, 'security-group').map((group) => rulesOf(group).length))

export const rulesOf = (group: Pick<StoredObject, 'properties'>): Record<string, unknown>[] =>
  (group.properties.security_group_entries as { policy_rule?: Record<string, unknown>[] } | undefined)?.policy_rule ?? []

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
