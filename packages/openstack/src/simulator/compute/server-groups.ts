import { asArray, asObject, asText, type Call, type JsonObject } from '../call.ts'
import { uuid } from '../ids.ts'
import type { Route } from '../router.ts'
import type { Row } from '../table.ts'
import { spendServerGroup } from './quotas.ts'
import { bad, computeRoute, invalidField, missing } from './answers.ts'

export interface ServerGroup extends Row {
  name: string
  policy: string
  rules: JsonObject
  projectId: string
  userId: string
}

const policies = ['anti-affinity', 'affinity', 'soft-anti-affinity', 'soft-affinity']

export const routes: Route[] = [
  computeRoute('GET', '/os-server-groups', list),
  computeRoute('POST', '/os-server-groups', create),
  computeRoute('GET', '/os-server-groups/:id', (call) => ({ status: 200, body: { server_group: view(call, groupOr404(call)) } })),
  computeRoute('DELETE', '/os-server-groups/:id', remove),
]

function view(call: Call, group: ServerGroup): JsonObject {
  const members = call.world.servers
    .where('projectId', group.projectId)
    .filter((server) => server.serverGroupId === group.id && !server.deleted)
    .map((server) => server.id)
  return {
    id: group.id,
    name: group.name,
    ...(call.version >= 64 ? { policy: group.policy, rules: group.rules } : { policies: [group.policy], metadata: {} }),
    members,
    ...(call.version >= 13 ? { project_id: group.projectId, user_id: group.userId } : {}),
  }
}

function groupOr404(call: Call): ServerGroup {
  const id = call.params.id ?? ''
  const group = call.world.serverGroups.get(id)
  if (!group || !(call.who.isAdmin || group.projectId === call.who.projectId))
    throw missing(`Instance group ${id} could not be found.`)
  return group
}

function list(call: Call) {
  const all = call.who.isAdmin && call.query.has('all_projects')
  const groups = all ? call.world.serverGroups.all() : call.world.serverGroups.where('projectId', call.who.projectId)
  const offset = Number(call.query.get('offset') ?? 0)
  const limit = Number(call.query.get('limit') ?? 1000)
  return { status: 200, body: { server_groups: groups.slice(offset, offset + limit).map((group) => view(call, group)) } }
}

function create(call: Call) {
  const { world, who, version } = call
  const wanted = asObject(call.body.server_group)
  const name = asText(wanted.name)
  if (!name) throw invalidField('server_group', wanted, "'name' is a required property")
  const policy = version >= 64 ? asText(wanted.policy) : asText(asArray(wanted.policies)[0])
  if (policy === undefined)
    throw invalidField('server_group', wanted, `'${version >= 64 ? 'policy' : 'policies'}' is a required property`)
  const allowed = version >= 15 ? policies : policies.slice(0, 2)
  if (!allowed.includes(policy))
    throw invalidField(
      version >= 64 ? 'policy' : '0',
      policy,
      `'${policy}' is not one of [${allowed.map((each) => `'${each}'`).join(', ')}]`,
    )
  const rules = asObject(wanted.rules)
  if (Object.keys(rules).length > 0 && policy !== 'anti-affinity') throw bad('Only anti-affinity policy supports rules.')
  spendServerGroup(world, who.projectId)
  const group = world.serverGroups.insert({ id: uuid(), name, policy, rules, projectId: who.projectId, userId: who.userId })
  return { status: 200, body: { server_group: view(call, group) } }
}

function remove(call: Call) {
  call.world.serverGroups.remove(groupOr404(call).id)
  return { status: 204 }
}
