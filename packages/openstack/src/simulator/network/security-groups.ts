import { type Call, type JsonObject, asFlag, asText } from '../call.ts'
import { uuid } from '../ids.ts'
import { contextOf } from '../notifications/envelope.ts'
import { networkChange, networkDeletion } from '../notifications/network.ts'
import { type Route, route } from '../router.ts'
import { seconds } from '../times.ts'
import type { World } from '../world.ts'
import { type NetworkResource, collection, freshResource, inConflict, missing, tagRoutes, touched, wanted } from './answers.ts'
import { spend } from './quotas.ts'
import { insertRule, ruleInGroup } from './security-group-rules.ts'

export interface SecurityGroup extends NetworkResource {
  stateful: boolean
}

export const routes: Route[] = [
  route('GET', '/v2.0/security-groups', listGroups),
  route('POST', '/v2.0/security-groups', createGroup),
  route('GET', '/v2.0/security-groups/:id', (call) => ({
    status: 200,
    body: { security_group: groupView(call.world, ownGroup(call)) },
  })),
  route('PUT', '/v2.0/security-groups/:id', updateGroup),
  route('DELETE', '/v2.0/security-groups/:id', deleteGroup),
  ...tagRoutes('security-groups', ownGroup, (call, id, tags) => {
    call.world.securityGroups.update(id, { tags, ...touched(call, call.world.securityGroups.get(id) as SecurityGroup) })
  }),
]

export function groupView(world: World, group: SecurityGroup): JsonObject {
  return {
    id: group.id,
    name: group.name,
    stateful: group.stateful,
    tenant_id: group.projectId,
    description: group.description,
    shared: false,
    security_group_rules: world.securityGroupRules.where('groupId', group.id).map(ruleInGroup),
    tags: group.tags,
    created_at: seconds(group.createdMs),
    updated_at: seconds(group.updatedMs),
    revision_number: group.revision,
    project_id: group.projectId,
  }
}

/** Each project's own group `default`, made when it is first needed: all out, in only from its own members. */
export function defaultGroup(world: World, projectId: string): SecurityGroup {
  const existing = world.securityGroups.where('projectId', projectId).find((group) => group.name === 'default')
  if (existing) return existing
  const group = world.securityGroups.insert({
    id: uuid(),
    projectId,
    name: 'default',
    description: 'Default security group',
    tags: [],
    createdMs: world.nowMs,
    updatedMs: world.nowMs,
    revision: 1,
    stateful: true,
  })
  for (const ethertype of ['IPv4', 'IPv6'] as const) {
    insertRule(world, group, { direction: 'ingress', ethertype, remoteGroupId: group.id })
    insertRule(world, group, { direction: 'egress', ethertype })
  }
  return group
}

export function ownGroup(call: Call, id: string = call.params.id ?? ''): SecurityGroup {
  const group = call.world.securityGroups.get(id)
  if (!group || !(call.who.isAdmin || group.projectId === call.who.projectId))
    throw missing('SecurityGroupNotFound', `Security group ${id} does not exist`)
  return group
}

function listGroups(call: Call) {
  const { world, who } = call
  if (who.projectId) defaultGroup(world, who.projectId)
  const seen = who.isAdmin ? world.securityGroups.all() : world.securityGroups.where('projectId', who.projectId)
  return collection(
    call,
    'security_groups',
    seen.map((group) => groupView(world, group)),
  )
}

function createGroup(call: Call) {
  const { world, who } = call
  const asked = wanted(call, 'security_group', ['name', 'description', 'tenant_id', 'project_id', 'stateful'])
  const base = freshResource(call, asked)
  defaultGroup(world, base.projectId)
  if (base.name === 'default') throw inConflict('SecurityGroupDefaultAlreadyExists', 'Default security group already exists.')
  spend(call, base.projectId, 'security_group')
  const group = world.securityGroups.insert({ id: uuid(), ...base, revision: 1, stateful: asFlag(asked.stateful) ?? true })
  for (const ethertype of ['IPv4', 'IPv6'] as const) insertRule(world, group, { direction: 'egress', ethertype })
  networkChange(
    world,
    'security_group.create',
    'security_group',
    asked,
    () => groupView(world, group),
    contextOf(who, call.requestId),
  )
  return { status: 201, body: { security_group: groupView(world, group) } }
}

function updateGroup(call: Call) {
  const { world, who } = call
  const before = ownGroup(call)
  const asked = wanted(call, 'security_group', ['name', 'description', 'stateful'])
  if (before.name === 'default' && asked.name !== undefined && asked.name !== 'default')
    throw inConflict('SecurityGroupCannotUpdateDefault', 'Updating default security group not allowed.')
  const group = world.securityGroups.update(before.id, {
    name: asText(asked.name) ?? before.name,
    description: asText(asked.description) ?? before.description,
    ...touched(call, before),
  })
  networkChange(
    world,
    'security_group.update',
    'security_group',
    asked,
    () => groupView(world, group),
    contextOf(who, call.requestId),
  )
  return { status: 200, body: { security_group: groupView(world, group) } }
}

function deleteGroup(call: Call) {
  const { world, who } = call
  const group = ownGroup(call)
  if (group.name === 'default' && !who.isAdmin)
    throw inConflict('SecurityGroupCannotRemoveDefault', 'Insufficient rights for removing default security group.')
  if (world.ports.find((port) => port.groupIds.includes(group.id)))
    throw inConflict('SecurityGroupInUse', `Security Group ${group.id} in use.`)
  const last = groupView(world, group)
  for (const rule of world.securityGroupRules.where('groupId', group.id)) world.securityGroupRules.remove(rule.id)
  for (const rule of world.securityGroupRules.all()) if (rule.remoteGroupId === group.id) world.securityGroupRules.remove(rule.id)
  world.securityGroups.remove(group.id)
  networkDeletion(world, 'security_group.delete', 'security_group', group.id, () => last, contextOf(who, call.requestId))
  return { status: 204 }
}
