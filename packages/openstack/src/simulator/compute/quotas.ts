import { asNumber, asObject, type Call, Refusal } from '../call.ts'
import type { Route } from '../router.ts'
import type { World } from '../world.ts'
import { computeRoute, invalidField, policy, requireAdmin } from './answers.ts'

const defaults = {
  cores: 20,
  fixed_ips: -1,
  floating_ips: -1,
  injected_file_content_bytes: 10_240,
  injected_file_path_bytes: 255,
  injected_files: 5,
  instances: 10,
  key_pairs: 100,
  metadata_items: 128,
  ram: 51_200,
  security_group_rules: -1,
  security_groups: -1,
  server_group_members: 10,
  server_groups: 10,
}
export type ComputeQuota = keyof typeof defaults
type Limits = Record<ComputeQuota, number>

export const routes: Route[] = [
  computeRoute('GET', '/os-quota-sets/:project', (call) => {
    const id = readable(call)
    return { status: 200, body: { quota_set: { id, ...shown(call, limitsOf(call.world, id)) } } }
  }),
  computeRoute('PUT', '/os-quota-sets/:project', update),
  computeRoute('DELETE', '/os-quota-sets/:project', (call) => {
    requireAdmin(call, 'os-quota-sets:delete')
    call.world.quotas.remove(rowId(call.params.project ?? ''))
    return { status: 202 }
  }),
  computeRoute('GET', '/os-quota-sets/:project/defaults', (call) => ({
    status: 200,
    body: { quota_set: { id: call.params.project, ...shown(call, defaults) } },
  })),
  computeRoute('GET', '/os-quota-sets/:project/detail', detail),
  computeRoute('GET', '/os-quota-class-sets/:name', (call) => ({
    status: 200,
    body: { quota_class_set: { id: call.params.name, ...shown(call, defaults) } },
  })),
  computeRoute('GET', '/limits', limits),
]

const rowId = (projectId: string): string => `compute/${projectId}`

export const limitsOf = (world: World, projectId: string): Limits => ({
  ...defaults,
  ...world.quotas.get(rowId(projectId))?.limits,
})

/** What network quotas were is gone from 2.36 on, injected files from 2.57. */
function shown<T>(call: Call, rows: Record<string, T>): Record<string, T> {
  const gone = [
    ...(call.version >= 36 ? ['fixed_ips', 'floating_ips', 'security_group_rules', 'security_groups'] : []),
    ...(call.version >= 57 ? ['injected_file_content_bytes', 'injected_file_path_bytes', 'injected_files'] : []),
  ]
  return Object.fromEntries(Object.entries(rows).filter(([name]) => !gone.includes(name)))
}

function readable(call: Call): string {
  const id = call.params.project ?? ''
  if (!call.who.isAdmin && id !== call.who.projectId) throw policy('os-quota-sets:show')
  return id
}

function used(world: World, projectId: string): Partial<Limits> {
  let [instances, cores, ram] = [0, 0, 0]
  for (const { deleted, flavor } of world.servers.each('projectId', projectId)) {
    if (deleted) continue
    instances++
    cores += flavor.vcpus
    ram += flavor.ramMib
  }
  return { instances, cores, ram, server_groups: world.serverGroups.where('projectId', projectId).length }
}

const over = (message: string): Refusal => new Refusal(403, message)

/** @throws Refusal 403 naming all that is exceeded, with what is asked, used and allowed. */
export function spendServers(world: World, projectId: string, asked: { instances: number; cores: number; ram: number }): void {
  const all = limitsOf(world, projectId)
  const now = used(world, projectId)
  const names = (['cores', 'instances', 'ram'] as const).filter(
    (name) => asked[name] > 0 && all[name] >= 0 && (now[name] ?? 0) + asked[name] > all[name],
  )
  if (names.length === 0) return
  const list = (read: (name: (typeof names)[number]) => number) => names.map(read).join(', ')
  throw over(
    `Quota exceeded for ${names.join(', ')}: Requested ${list((name) => asked[name])}, but already used ${list((name) => now[name] ?? 0)} of ${list((name) => all[name])} ${names.join(', ')}`,
  )
}

export function spendKeypair(world: World, userId: string, projectId: string): void {
  const limit = limitsOf(world, projectId).key_pairs
  if (limit >= 0 && world.keypairs.where('userId', userId).length >= limit) throw over('Quota exceeded, too many key pairs.')
}

export function spendServerGroup(world: World, projectId: string): void {
  const limit = limitsOf(world, projectId).server_groups
  if (limit >= 0 && world.serverGroups.where('projectId', projectId).length >= limit)
    throw over('Quota exceeded, too many server groups.')
}

export function spendMetadata(world: World, projectId: string, items: number): void {
  const limit = limitsOf(world, projectId).metadata_items
  if (limit >= 0 && items > limit) throw over(`Maximum number of metadata items exceeds ${limit}`)
}

function update(call: Call) {
  requireAdmin(call, 'os-quota-sets:update')
  const { world } = call
  const projectId = call.params.project ?? ''
  const asked = asObject(call.body.quota_set)
  const changed: Record<string, number> = { ...world.quotas.get(rowId(projectId))?.limits }
  for (const [name, value] of Object.entries(asked)) {
    if (name === 'force' || name === 'tenant_id') continue
    if (!(name in shown(call, defaults)))
      throw invalidField('quota_set', asked, `Additional properties are not allowed ('${name}' was unexpected)`)
    const number = asNumber(value)
    if (number === undefined) throw invalidField(name, value, `'${String(value)}' does not match '^-?[0-9]+$'`)
    if (number < -1) throw invalidField(name, number, `${number} is less than the minimum of -1`)
    changed[name] = number
  }
  const id = rowId(projectId)
  if (world.quotas.has(id)) world.quotas.update(id, { limits: changed })
  else world.quotas.insert({ id, limits: changed })
  return { status: 200, body: { quota_set: shown(call, limitsOf(world, projectId)) } }
}

function detail(call: Call) {
  const id = readable(call)
  const now = used(call.world, id)
  const rows = Object.entries(limitsOf(call.world, id)).map(([name, limit]) => [
    name,
    { limit, in_use: now[name as ComputeQuota] ?? 0, reserved: 0 },
  ])
  return { status: 200, body: { quota_set: { id, ...shown(call, Object.fromEntries(rows) as Record<string, unknown>) } } }
}

function limits(call: Call) {
  const { world, who, version } = call
  const projectId = (who.isAdmin && call.query.get('tenant_id')) || who.projectId
  const all = limitsOf(world, projectId)
  const now = used(world, projectId)
  return {
    status: 200,
    body: {
      limits: {
        rate: [],
        absolute: {
          maxTotalInstances: all.instances,
          maxTotalCores: all.cores,
          maxTotalRAMSize: all.ram,
          maxServerMeta: all.metadata_items,
          ...(version < 39 ? { maxImageMeta: all.metadata_items } : {}),
          ...(version < 57 ? { maxPersonality: all.injected_files, maxPersonalitySize: all.injected_file_content_bytes } : {}),
          maxTotalKeypairs: all.key_pairs,
          maxServerGroups: all.server_groups,
          maxServerGroupMembers: all.server_group_members,
          ...(version < 36
            ? {
                maxTotalFloatingIps: all.floating_ips,
                maxSecurityGroups: all.security_groups,
                maxSecurityGroupRules: all.security_group_rules,
              }
            : {}),
          totalRAMUsed: now.ram,
          totalCoresUsed: now.cores,
          totalInstancesUsed: now.instances,
          ...(version < 36 ? { totalFloatingIpsUsed: 0, totalSecurityGroupsUsed: 0 } : {}),
          totalServerGroupsUsed: now.server_groups,
        },
      },
    },
  }
}
