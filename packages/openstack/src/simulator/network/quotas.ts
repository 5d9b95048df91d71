import { asNumber, asObject, type Call } from '../call.ts'
import { type Route, route } from '../router.ts'
import type { World } from '../world.ts'
import { badRequest, disallowed, inConflict } from './answers.ts'

const defaults = {
  network: 100,
  subnet: 100,
  subnetpool: -1,
  port: 500,
  router: 10,
  floatingip: 50,
  rbac_policy: 10,
  security_group: 10,
  security_group_rule: 100,
}
export type NetworkQuota = keyof typeof defaults

export const routes: Route[] = [
  route('GET', '/v2.0/quotas', listQuotas),
  route('GET', '/v2.0/quotas/:project', (call) => ({ status: 200, body: { quota: limitsOf(call.world, readable(call)) } })),
  route('GET', '/v2.0/quotas/:project/default', (call) => {
    readable(call)
    return { status: 200, body: { quota: defaults } }
  }),
  ...['details.json', 'details'].map((last) => route('GET', `/v2.0/quotas/:project/${last}`, details)),
  route('PUT', '/v2.0/quotas/:project', update),
  route('DELETE', '/v2.0/quotas/:project', (call) => {
    if (!call.who.isAdmin) throw disallowed('rule:delete_quota')
    call.world.quotas.remove(idOf(call.params.project ?? ''))
    return { status: 204 }
  }),
]

const idOf = (projectId: string): string => `network/${projectId}`

/** A project reads its own quota, an administrator every one. Clients write `quotas/<project>.json` too. */
function readable(call: Call): string {
  const projectId = (call.params.project ?? '').replace(/\.json$/, '')
  if (!call.who.isAdmin && projectId !== call.who.projectId) throw disallowed('rule:get_quota')
  return projectId
}

const limitsOf = (world: World, projectId: string): Record<NetworkQuota, number> => ({
  ...defaults,
  ...world.quotas.get(idOf(projectId))?.limits,
})

function used(world: World, projectId: string, resource: NetworkQuota): number {
  switch (resource) {
    case 'network':
      return world.networks.where('projectId', projectId).length
    case 'subnet':
      return world.subnets.where('projectId', projectId).length
    case 'port':
      return world.ports.where('projectId', projectId).length
    case 'router':
      return world.routers.where('projectId', projectId).length
    case 'floatingip':
      return world.floatingIps.where('projectId', projectId).length
    case 'security_group':
      return world.securityGroups.where('projectId', projectId).length
    case 'security_group_rule':
      return world.securityGroups
        .where('projectId', projectId)
        .reduce((sum, group) => sum + world.securityGroupRules.where('groupId', group.id).length, 0)
    default:
      return 0
  }
}

/** @throws Refusal 409 OverQuota when the project may have no more of it. */
export function spend(call: { world: World }, projectId: string, resource: NetworkQuota): void {
  const limit = limitsOf(call.world, projectId)[resource]
  if (limit >= 0 && used(call.world, projectId, resource) >= limit)
    throw inConflict('OverQuota', `Quota exceeded for resources: ['${resource}'].`)
}

function listQuotas(call: Call) {
  if (!call.who.isAdmin) throw disallowed('rule:get_quota')
  const rows = call.world.quotas.all().filter((row) => row.id.startsWith('network/'))
  return {
    status: 200,
    body: {
      quotas: rows.map((row) => {
        const projectId = row.id.slice('network/'.length)
        return { ...limitsOf(call.world, projectId), project_id: projectId, tenant_id: projectId }
      }),
    },
  }
}

function details(call: Call) {
  const projectId = readable(call)
  const limits = limitsOf(call.world, projectId)
  const rows = Object.entries(limits).map(([name, limit]) => [
    name,
    { limit, used: used(call.world, projectId, name as NetworkQuota), reserved: 0 },
  ])
  return { status: 200, body: { quota: Object.fromEntries(rows) } }
}

function update(call: Call) {
  if (!call.who.isAdmin) throw disallowed('rule:update_quota')
  const projectId = call.params.project ?? ''
  const asked = asObject(call.body.quota)
  const limits: Record<string, number> = { ...call.world.quotas.get(idOf(projectId))?.limits }
  for (const [name, value] of Object.entries(asked)) {
    if (name === 'tenant_id' || name === 'project_id' || name === 'force' || name === 'check_limit') continue
    const number = asNumber(value)
    if (!(name in defaults)) throw badRequest('HTTPBadRequest', `Unrecognized attribute(s) '${name}'`)
    if (number === undefined || !Number.isInteger(number))
      throw badRequest('HTTPBadRequest', `Invalid input for ${name}. Reason: '${String(value)}' is not an integer.`)
    limits[name] = number
  }
  const id = idOf(projectId)
  if (call.world.quotas.has(id)) call.world.quotas.update(id, { limits })
  else call.world.quotas.insert({ id, limits })
  return { status: 200, body: { quota: limitsOf(call.world, projectId) } }
}
