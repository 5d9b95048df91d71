import { type Route, route } from '../router.ts'
import { type Call, asObject, asText } from '../call.ts'
import { hexId } from '../ids.ts'
import type { Row } from '../table.ts'
import type { World } from '../world.ts'
import { collection, forbidden, matching, notFound, requireAdmin, selfLink } from './answers.ts'
import { userOr404, userView } from './users.ts'

export interface Group extends Row {
  name: string
  domainId: string
  description: string
  userIds: string[]
}

export const routes: Route[] = [
  route('GET', '/v3/users/:user/groups', listGroupsOfUser),
  route('GET', '/v3/groups', listGroups),
  route('POST', '/v3/groups', createGroup),
  route('GET', '/v3/groups/:group', (call) => ({ status: 200, body: { group: groupView(call.world, groupOr404(call)) } })),
  route('DELETE', '/v3/groups/:group', deleteGroup),
  route('GET', '/v3/groups/:group/users', listUsersOfGroup),
  route('PUT', '/v3/groups/:group/users/:user', (call) => member(call, true)),
  route('DELETE', '/v3/groups/:group/users/:user', (call) => member(call, false)),
  route('GET', '/v3/groups/:group/users/:user', checkMember),
]

const groupView = (world: World, group: Group) => ({
  id: group.id,
  name: group.name,
  domain_id: group.domainId,
  description: group.description,
  links: selfLink(world, `groups/${group.id}`),
})

function groupOr404(call: Call): Group {
  const group = call.world.groups.get(call.params.group ?? '')
  if (!group) throw notFound('group', call.params.group ?? '')
  return group
}

function listGroups(call: Call) {
  requireAdmin(call, 'list_groups')
  const groups = matching(call.world.groups.all(), call.query, { name: (each) => each.name, domain_id: (each) => each.domainId })
  return collection(
    call,
    'groups',
    groups.map((each) => groupView(call.world, each)),
  )
}

function createGroup(call: Call) {
  requireAdmin(call, 'create_group')
  const wanted = asObject(call.body.group)
  const group = call.world.groups.insert({
    id: hexId(),
    name: asText(wanted.name) ?? '',
    domainId: asText(wanted.domain_id) ?? call.who.userDomainId,
    description: asText(wanted.description) ?? '',
    userIds: [],
  })
  return { status: 201, body: { group: groupView(call.world, group) } }
}

function deleteGroup(call: Call) {
  requireAdmin(call, 'delete_group')
  const group = groupOr404(call)
  call.world.groups.remove(group.id)
  for (const each of call.world.assignments.where('actorId', group.id)) call.world.assignments.remove(each.id)
  return { status: 204 }
}

function listUsersOfGroup(call: Call) {
  requireAdmin(call, 'list_users_in_group')
  const users = groupOr404(call).userIds.flatMap((id) => call.world.users.get(id) ?? [])
  return collection(
    call,
    'users',
    users.map((each) => userView(call.world, each)),
  )
}

function listGroupsOfUser(call: Call) {
  if (!call.who.isAdmin && call.who.userId !== call.params.user) throw forbidden('list_groups_for_user')
  const groups = call.world.groups.all().filter((each) => each.userIds.includes(call.params.user ?? ''))
  return collection(
    call,
    'groups',
    groups.map((each) => groupView(call.world, each)),
  )
}

function member(call: Call, belongs: boolean) {
  requireAdmin(call, belongs ? 'add_user_to_group' : 'remove_user_from_group')
  const group = groupOr404(call)
  const user = userOr404(call.world, call.params.user)
  const others = group.userIds.filter((id) => id !== user.id)
  call.world.groups.update(group.id, { userIds: belongs ? [...others, user.id] : others })
  return { status: 204 }
}

function checkMember(call: Call) {
  requireAdmin(call, 'check_user_in_group')
  if (!groupOr404(call).userIds.includes(call.params.user ?? '')) throw notFound('user', call.params.user ?? '')
  return { status: 204 }
}
