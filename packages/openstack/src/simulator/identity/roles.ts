import { asObject, asText, type Call, Refusal } from '../call.ts'
import { hexId } from '../ids.ts'
import { type Route, route } from '../router.ts'
import type { Row } from '../table.ts'
import type { World } from '../world.ts'
import { auditEvent } from '../notifications/identity.ts'
import { projectOr404 } from './projects.ts'
import { collection, forbidden, matching, notFound, requireAdmin, selfLink } from './answers.ts'
import { userOr404 } from './users.ts'

export interface Role extends Row {
  name: string
  description: string | null
  immutable: boolean
}

/** A role of a user or group on a project, a domain or the system. */
export interface Assignment extends Row {
  roleId: string
  actor: 'user' | 'group'
  actorId: string
  target: 'project' | 'domain' | 'system'
  targetId: string
}

/** Who has the first also has the second. */
const implied: Record<string, string> = { admin: 'member', member: 'reader' }

export const routes: Route[] = [
  route('GET', '/v3/roles', listRoles),
  route('POST', '/v3/roles', createRole),
  route('GET', '/v3/roles/:role', (call) => ({
    status: 200,
    body: { role: roleView(call.world, roleOr404(call, call.params.role)) },
  })),
  route('DELETE', '/v3/roles/:role', deleteRole),
  route('GET', '/v3/role_assignments', listAssignments),
  ...(['projects', 'domains'] as const).flatMap((targets) =>
    (['users', 'groups'] as const).flatMap((actors) => {
      const place = `/v3/${targets}/:target/${actors}/:actor/roles`
      const target = targets === 'projects' ? 'project' : 'domain'
      const actor = actors === 'users' ? 'user' : 'group'
      return [
        route('GET', place, (call) => listGrants(call, actor, target)),
        route('PUT', `${place}/:role`, (call) => grant(call, actor, target)),
        route('GET', `${place}/:role`, (call) => checkGrant(call, actor, target)),
        route('DELETE', `${place}/:role`, (call) => revoke(call, actor, target)),
      ]
    }),
  ),
]

export function roleOr404(call: Call, id: string | undefined): Role {
  const role = call.world.roles.get(id ?? '')
  if (!role) throw notFound('role', id ?? '')
  return role
}

/** Roles of a user on a target: given, through groups, and implied by these. */
export function effectiveRoles(world: World, userId: string, targetId: string): Role[] {
  const names = new Set<string>()
  const actors = [
    userId,
    ...world.groups
      .all()
      .filter((group) => group.userIds.includes(userId))
      .map((group) => group.id),
  ]
  for (const actorId of actors)
    for (const assignment of world.assignments.where('actorId', actorId))
      if (assignment.targetId === targetId) {
        let name = world.roles.get(assignment.roleId)?.name
        while (name !== undefined) {
          names.add(name)
          name = implied[name]
        }
      }
  return world.roles.all().filter((role) => names.has(role.name))
}

export function assign(
  world: World,
  roleId: string,
  actor: Assignment['actor'],
  actorId: string,
  target: Assignment['target'],
  targetId: string,
): void {
  const id = `${roleId}/${actorId}/${targetId}`
  if (!world.assignments.has(id)) world.assignments.insert({ id, roleId, actor, actorId, target, targetId })
}

export function roleView(world: World, role: Role) {
  return {
    id: role.id,
    name: role.name,
    domain_id: null,
    description: role.description,
    options: role.immutable ? { immutable: true } : {},
    links: selfLink(world, `roles/${role.id}`),
  }
}

function listRoles(call: Call) {
  requireAdmin(call, 'list_roles')
  const roles = matching(call.world.roles.all(), call.query, { name: (role) => role.name })
  return collection(
    call,
    'roles',
    roles.map((role) => roleView(call.world, role)),
  )
}

function createRole(call: Call) {
  requireAdmin(call, 'create_role')
  const wanted = asObject(call.body.role)
  const name = asText(wanted.name)
  if (!name) throw new Refusal(400, "'name' is a required property")
  if (call.world.roles.where('name', name).length > 0)
    throw new Refusal(409, `Conflict occurred attempting to store role - Duplicate entry found with name ${name}.`)
  const role = call.world.roles.insert({ id: hexId(), name, description: asText(wanted.description) ?? null, immutable: false })
  return { status: 201, body: { role: roleView(call.world, role) } }
}

function deleteRole(call: Call) {
  requireAdmin(call, 'delete_role')
  const role = roleOr404(call, call.params.role)
  if (role.immutable)
    throw new Refusal(403, `Cannot delete immutable resource role: ${role.id}. Set resource option "immutable" to false first.`)
  call.world.roles.remove(role.id)
  for (const assignment of call.world.assignments.all())
    if (assignment.roleId === role.id) call.world.assignments.remove(assignment.id)
  return { status: 204 }
}

function parties(call: Call, actor: Assignment['actor'], target: 'project' | 'domain') {
  const { world, params } = call
  const targetId = params.target ?? ''
  if (target === 'project') projectOr404(world, targetId)
  else if (!world.domains.has(targetId)) throw notFound('domain', targetId)
  const actorId = params.actor ?? ''
  if (actor === 'user') userOr404(world, actorId)
  else if (!world.groups.has(actorId)) throw notFound('group', actorId)
  return { actorId, targetId }
}

function listGrants(call: Call, actor: Assignment['actor'], target: 'project' | 'domain') {
  requireAdmin(call, 'list_grants')
  const { actorId, targetId } = parties(call, actor, target)
  const given = call.world.assignments.where('actorId', actorId).filter((assignment) => assignment.targetId === targetId)
  return collection(
    call,
    'roles',
    given.map((assignment) => roleView(call.world, call.world.roles.get(assignment.roleId) as Role)),
  )
}

function grant(call: Call, actor: Assignment['actor'], target: 'project' | 'domain') {
  requireAdmin(call, 'create_grant')
  const { actorId, targetId } = parties(call, actor, target)
  const role = roleOr404(call, call.params.role)
  assign(call.world, role.id, actor, actorId, target, targetId)
  auditEvent(call, 'role_assignment.created', 'created.role_assignment', 'success', call.who, {
    [target]: targetId,
    [actor]: actorId,
    inherited_to_projects: false,
    role: role.id,
  })
  return { status: 204 }
}

function findGrant(call: Call, actor: Assignment['actor'], target: 'project' | 'domain'): Assignment {
  const { actorId, targetId } = parties(call, actor, target)
  const role = roleOr404(call, call.params.role)
  const found = call.world.assignments.get(`${role.id}/${actorId}/${targetId}`)
  if (!found)
    throw new Refusal(
      404,
      `Could not find role assignment with role: ${role.id}, user or group: ${actorId}, project, domain, or system: ${targetId}.`,
    )
  return found
}

function checkGrant(call: Call, actor: Assignment['actor'], target: 'project' | 'domain') {
  requireAdmin(call, 'check_grant')
  findGrant(call, actor, target)
  return { status: 204 }
}

function revoke(call: Call, actor: Assignment['actor'], target: 'project' | 'domain') {
  requireAdmin(call, 'revoke_grant')
  const found = findGrant(call, actor, target)
  call.world.assignments.remove(found.id)
  auditEvent(call, 'role_assignment.deleted', 'deleted.role_assignment', 'success', call.who, {
    [target]: found.targetId,
    [actor]: found.actorId,
    inherited_to_projects: false,
    role: found.roleId,
  })
  return { status: 204 }
}

function listAssignments(call: Call) {
  const { world, query } = call
  if (!call.who.isAdmin) throw forbidden('list_role_assignments')
  const named = query.has('include_names') && !['false', '0', 'False'].includes(query.get('include_names') ?? '')
  const effective = query.has('effective') && !['false', '0', 'False'].includes(query.get('effective') ?? '')
  const chosen = matching(world.assignments.all(), query, {
    'user.id': (each) => (each.actor === 'user' ? each.actorId : null),
    'group.id': (each) => (each.actor === 'group' ? each.actorId : null),
    'scope.project.id': (each) => (each.target === 'project' ? each.targetId : null),
    'scope.domain.id': (each) => (each.target === 'domain' ? each.targetId : null),
    ...(effective ? {} : { 'role.id': (each: Assignment) => each.roleId }),
  })
  const rows = chosen.flatMap((each) => {
    const direct = assignmentView(world, each, each.roleId, undefined, named)
    if (!effective) return [direct]
    const all = [direct]
    let name = implied[world.roles.get(each.roleId)?.name ?? '']
    while (name !== undefined) {
      const role = world.roles.where('name', name)[0]
      if (role) all.push(assignmentView(world, each, role.id, `prior_role/${role.id}/implies/${each.roleId}`, named))
      name = implied[name]
    }
    return all
  })
  const roleId = query.get('role.id')
  return collection(call, 'role_assignments', roleId === null ? rows : rows.filter((row) => row.role.id === roleId))
}

function assignmentView(world: World, each: Assignment, roleId: string, prior: string | undefined, named: boolean) {
  const { self } = selfLink(world, `${each.target}s/${each.targetId}/${each.actor}s/${each.actorId}/roles/${each.roleId}`)
  const role = world.roles.get(roleId)
  const domainName = (id: string | undefined) => ({ id, name: world.domains.get(id ?? '')?.name })
  const target =
    each.target === 'system'
      ? { all: true }
      : each.target === 'domain'
        ? named
          ? domainName(each.targetId)
          : { id: each.targetId }
        : named
          ? {
              id: each.targetId,
              name: world.projects.get(each.targetId)?.name,
              domain: domainName(world.projects.get(each.targetId)?.domainId),
            }
          : { id: each.targetId }
  const holder = each.actor === 'user' ? world.users.get(each.actorId) : world.groups.get(each.actorId)
  return {
    links: { assignment: self, ...(prior ? { prior_role: `${world.url}/identity/v3/${prior}` } : {}) },
    scope: { [each.target]: target },
    [each.actor]: named ? { id: each.actorId, name: holder?.name, domain: domainName(holder?.domainId) } : { id: each.actorId },
    role: named ? { id: roleId, name: role?.name } : { id: roleId },
  }
}
