import { asArray, asObject, type Call, Refusal } from '../call.ts'
import type { SecurityGroupRule } from '../network/security-group-rules.ts'
import type { Route } from '../router.ts'
import type { World } from '../world.ts'
import { spendMetadata } from './quotas.ts'
import { actableServer, addressesOf, requireState, type Server, touchServer, visibleServer } from './server.ts'
import { metadataOf } from './servers.ts'
import { bad, computeRoute, missing } from './answers.ts'

export const routes: Route[] = [
  computeRoute('GET', '/servers/:id/metadata', (call) => ({ status: 200, body: { metadata: visibleServer(call).metadata } })),
  computeRoute('POST', '/servers/:id/metadata', (call) => setAll(call, true)),
  computeRoute('PUT', '/servers/:id/metadata', (call) => setAll(call, false)),
  computeRoute('GET', '/servers/:id/metadata/:key', (call) => ({ status: 200, body: { meta: item(call, visibleServer(call)) } })),
  computeRoute('PUT', '/servers/:id/metadata/:key', setOne),
  computeRoute('DELETE', '/servers/:id/metadata/:key', removeOne),
  computeRoute('GET', '/servers/:id/tags', (call) => ({ status: 200, body: { tags: tagged(call).tags } })),
  computeRoute('PUT', '/servers/:id/tags', setTags),
  computeRoute('DELETE', '/servers/:id/tags', (call) => {
    changeTags(call, 'delete tags', () => [])
    return { status: 204 }
  }),
  computeRoute('GET', '/servers/:id/tags/:tag', (call) => {
    if (!tagged(call).tags.includes(call.params.tag ?? ''))
      throw missing(`Server ${call.params.id} has no tag '${call.params.tag}'`)
    return { status: 204 }
  }),
  computeRoute('PUT', '/servers/:id/tags/:tag', addTag),
  computeRoute('DELETE', '/servers/:id/tags/:tag', removeTag),
  computeRoute('GET', '/servers/:id/ips', (call) => ({ status: 200, body: { addresses: plain(call) } })),
  computeRoute('GET', '/servers/:id/ips/:network', (call) => {
    const list = plain(call)[call.params.network ?? '']
    if (!list) throw missing('Instance is not a member of specified network')
    return { status: 200, body: { [call.params.network ?? '']: list } }
  }),
  computeRoute('GET', '/servers/:id/os-security-groups', securityGroups),
]

/** Metadata changes in these states only. */
const changeable = ['active', 'paused', 'suspended', 'stopped']

function changing(call: Call): Server {
  const server = actableServer(call)
  requireState(server, 'update metadata', changeable, 'any')
  return server
}

function save(call: Call, server: Server, metadata: Record<string, string>): Record<string, string> {
  spendMetadata(call.world, server.projectId, Object.keys(metadata).length)
  return touchServer(call.world, server.id, { metadata }).metadata
}

function setAll(call: Call, merge: boolean) {
  const server = changing(call)
  const asked = metadataOf(call.body.metadata)
  return { status: 200, body: { metadata: save(call, server, merge ? { ...server.metadata, ...asked } : asked) } }
}

function item(call: Call, server: Server): Record<string, string> {
  const key = call.params.key ?? ''
  const value = server.metadata[key]
  if (value === undefined) throw missing('Metadata item was not found')
  return { [key]: value }
}

function setOne(call: Call) {
  const server = changing(call)
  const meta = metadataOf(asObject(call.body.meta))
  const key = call.params.key ?? ''
  if (!(key in meta)) throw bad('Request body and URI mismatch')
  save(call, server, { ...server.metadata, ...meta })
  return { status: 200, body: { meta } }
}

function removeOne(call: Call) {
  const [key = ''] = Object.keys(item(call, visibleServer(call)))
  const server = changing(call)
  const { [key]: _gone, ...metadata } = server.metadata
  save(call, server, metadata)
  return { status: 204 }
}

/** Tags exist from 2.26 on. */
function tagged(call: Call): Server {
  if (call.version < 26)
    throw new Refusal(404, 'The resource could not be found.', { headers: { 'Content-Type': 'text/plain; charset=UTF-8' } })
  return visibleServer(call)
}

function changeTags(call: Call, action: string, change: (tags: string[]) => string[]): Server {
  const server = tagged(call)
  requireState(server, action, changeable, 'any')
  return touchServer(call.world, server.id, { tags: change(server.tags) })
}

function setTags(call: Call) {
  const tags = [...new Set(asArray(call.body.tags).map(String))]
  if (tags.length > 50) throw bad('The number of tags exceeded the per-server limit 50')
  return { status: 200, body: { tags: changeTags(call, 'update tags', () => tags).tags } }
}

function addTag(call: Call) {
  const tag = call.params.tag ?? ''
  const had = tagged(call).tags.includes(tag)
  changeTags(call, 'update tag', (tags) => (had ? tags : [...tags, tag]))
  return had ? { status: 204 } : { status: 201, headers: { Location: `${call.base}${call.path}` } }
}

function removeTag(call: Call) {
  const tag = call.params.tag ?? ''
  if (!tagged(call).tags.includes(tag)) throw missing(`Server ${call.params.id} has no tag '${tag}'`)
  changeTags(call, 'delete tag', (tags) => tags.filter((each) => each !== tag))
  return { status: 204 }
}

const plain = (call: Call) =>
  Object.fromEntries(
    Object.entries(addressesOf(call.world, visibleServer(call))).map(([name, list]) => [
      name,
      list.map(({ version, addr }) => ({ version, addr })),
    ]),
  )

function securityGroups(call: Call) {
  const { world } = call
  const server = visibleServer(call)
  const ids = new Set(world.ports.where('deviceId', server.id).flatMap((port) => port.groupIds))
  const groups = [...ids].flatMap((id) => world.securityGroups.get(id) ?? [])
  return {
    status: 200,
    body: {
      security_groups: groups.map(({ id, name, description, projectId }) => ({
        id,
        description,
        name,
        tenant_id: projectId,
        rules: world.securityGroupRules
          .where('groupId', id)
          .filter((rule) => rule.direction === 'ingress')
          .map((rule) => ruleOf(world, rule)),
      })),
    },
  }
}

/** A rule in the words that Nova had for it before Neutron; it knows of those that let in only. */
function ruleOf(world: World, rule: SecurityGroupRule) {
  const group = world.securityGroups.get(rule.remoteGroupId ?? '')
  return {
    id: rule.id,
    parent_group_id: rule.groupId,
    ip_protocol: rule.protocol,
    from_port: rule.portMin,
    to_port: rule.portMax,
    group: group ? { name: group.name, tenant_id: group.projectId } : {},
    ip_range: rule.remoteCidr === null ? {} : { cidr: rule.remoteCidr },
  }
}
