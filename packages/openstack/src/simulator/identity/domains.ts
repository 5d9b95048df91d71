import { type Route, route } from '../router.ts'
import { type Call, Refusal, asFlag, asObject, asText } from '../call.ts'
import { hexId } from '../ids.ts'
import type { Row } from '../table.ts'
import type { World } from '../world.ts'
import { collection, matching, notFound, requireAdmin, selfLink } from './answers.ts'
import { nameOf } from './projects.ts'
import { effectiveRoles } from './roles.ts'

export interface Domain extends Row {
  name: string
  description: string
  enabled: boolean
}

export const routes: Route[] = [
  route('GET', '/v3/domains', listDomains),
  route('POST', '/v3/domains', createDomain),
  route('GET', '/v3/domains/:domain', showDomain),
  route('PATCH', '/v3/domains/:domain', updateDomain),
  route('DELETE', '/v3/domains/:domain', deleteDomain),
  route('GET', '/v3/auth/domains', (call) =>
    collection(
      call,
      'domains',
      reachableDomains(call).map((each) => domainView(call.world, each)),
    ),
  ),
]

export const domainView = (world: World, domain: Domain) => ({
  id: domain.id,
  name: domain.name,
  description: domain.description,
  enabled: domain.enabled,
  tags: [],
  options: {},
  links: selfLink(world, `domains/${domain.id}`),
})

function domainOr404(call: Call): Domain {
  const domain = call.world.domains.get(call.params.domain ?? '')
  if (!domain) throw notFound('domain', call.params.domain ?? '')
  return domain
}

function listDomains(call: Call) {
  requireAdmin(call, 'list_domains')
  const domains = matching(call.world.domains.all(), call.query, { name: (each) => each.name, enabled: (each) => each.enabled })
  domains.sort((a, b) => a.id.localeCompare(b.id))
  return collection(
    call,
    'domains',
    domains.map((each) => domainView(call.world, each)),
  )
}

function showDomain(call: Call) {
  requireAdmin(call, 'get_domain', call.who.userDomainId === call.params.domain)
  return { status: 200, body: { domain: domainView(call.world, domainOr404(call)) } }
}

function createDomain(call: Call) {
  requireAdmin(call, 'create_domain')
  const wanted = asObject(call.body.domain)
  const name = nameOf(wanted)
  if (call.world.domains.where('name', name).length > 0)
    throw new Refusal(
      409,
      'Conflict occurred attempting to store project - it is not permitted to have two projects acting as domains with the same name: ' +
        name +
        '.',
    )
  const domain = call.world.domains.insert({
    id: hexId(),
    name,
    description: asText(wanted.description) ?? '',
    enabled: asFlag(wanted.enabled) ?? true,
  })
  return { status: 201, body: { domain: domainView(call.world, domain) } }
}

function updateDomain(call: Call) {
  requireAdmin(call, 'update_domain')
  const wanted = asObject(call.body.domain)
  const before = domainOr404(call)
  const domain = call.world.domains.update(before.id, {
    name: asText(wanted.name) ?? before.name,
    description: asText(wanted.description) ?? before.description,
    enabled: asFlag(wanted.enabled) ?? before.enabled,
  })
  return { status: 200, body: { domain: domainView(call.world, domain) } }
}

function deleteDomain(call: Call) {
  requireAdmin(call, 'delete_domain')
  const domain = domainOr404(call)
  if (domain.enabled)
    throw new Refusal(
      403,
      'You are not authorized to perform the requested action: Cannot delete a domain that is enabled, please disable it first.',
    )
  const { world } = call
  for (const project of world.projects.where('domainId', domain.id)) world.projects.remove(project.id)
  for (const user of world.users.where('domainId', domain.id)) world.users.remove(user.id)
  world.domains.remove(domain.id)
  return { status: 204 }
}

function reachableDomains(call: Call): Domain[] {
  return call.world.domains
    .all()
    .filter((each) => each.enabled && effectiveRoles(call.world, call.who.userId, each.id).length > 0)
}
