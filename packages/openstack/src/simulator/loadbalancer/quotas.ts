import { asNumber, asObject, type Call, Refusal } from '../call.ts'
import type { Route } from '../router.ts'
import type { World } from '../world.ts'
import { balancerRoutes } from './answers.ts'

const defaults = { load_balancer: -1, listener: -1, pool: -1, member: -1, health_monitor: -1, l7policy: -1, l7rule: -1 }

export const routes: Route[] = [
  ...balancerRoutes('GET', '/quotas/defaults', () => ({ status: 200, body: { quota: spelled(defaults) } })),
  ...balancerRoutes('GET', '/quotas/:project', show),
  ...balancerRoutes('GET', '/quotas/:project/default', () => ({ status: 200, body: { quota: spelled(defaults) } })),
  ...balancerRoutes('PUT', '/quotas/:project', update),
  ...balancerRoutes('DELETE', '/quotas/:project', (call) => {
    requireAdmin(call)
    call.world.quotas.remove(idOf(call.params.project ?? ''))
    return { status: 204 }
  }),
]

const idOf = (projectId: string): string => `load-balancer/${projectId}`
const limitsOf = (world: World, projectId: string) => ({ ...defaults, ...world.quotas.get(idOf(projectId))?.limits })

/** Both ways of writing that Octavia has had. */
const spelled = (limits: typeof defaults) => ({
  ...limits,
  loadbalancer: limits.load_balancer,
  healthmonitor: limits.health_monitor,
})

function requireAdmin(call: Call): void {
  if (!call.who.isAdmin) throw new Refusal(403, 'Policy does not allow this request to be performed.')
}

function show(call: Call) {
  const projectId = call.params.project ?? ''
  if (projectId !== call.who.projectId) requireAdmin(call)
  return { status: 200, body: { quota: spelled(limitsOf(call.world, projectId)) } }
}

function update(call: Call) {
  requireAdmin(call)
  const projectId = call.params.project ?? ''
  const id = idOf(projectId)
  const limits: Record<string, number> = { ...call.world.quotas.get(id)?.limits }
  for (const [key, value] of Object.entries(asObject(call.body.quota))) {
    const name = { loadbalancer: 'load_balancer', healthmonitor: 'health_monitor' }[key] ?? key
    if (name in defaults) limits[name] = asNumber(value) ?? -1
  }
  if (call.world.quotas.has(id)) call.world.quotas.update(id, { limits })
  else call.world.quotas.insert({ id, limits })
  return { status: 202, body: { quota: spelled(limitsOf(call.world, projectId)) } }
}

/** @throws Refusal 403 when the project may have no more balancers. */
export function spendBalancer(world: World, projectId: string): void {
  const limit = limitsOf(world, projectId).load_balancer
  if (limit >= 0 && world.loadBalancers.where('projectId', projectId).length >= limit)
    throw new Refusal(403, 'Quota has been met for resources: LoadBalancer')
}
