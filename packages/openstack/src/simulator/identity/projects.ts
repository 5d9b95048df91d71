import { type Call, Refusal, asArray, asFlag, asObject, asText } from '../call.ts'
import { hexId } from '../ids.ts'
import { identityEvent } from '../notifications/identity.ts'
import { type Route, route } from '../router.ts'
import type { Row } from '../table.ts'
import type { World } from '../world.ts'
import { collection, forbidden, matching, notFound, requireAdmin, selfLink } from './answers.ts'
import { effectiveRoles } from './roles.ts'

export interface Project extends Row {
  name: string
  domainId: string
  parentId: string
  description: string
  enabled: boolean
  tags: string[]
}

export const routes: Route[] = [
  route('GET', '/v3/projects', listProjects),
  route('POST', '/v3/projects', createProject),
  route('GET', '/v3/projects/:project', showProject),
  route('PATCH', '/v3/projects/:project', updateProject),
  route('DELETE', '/v3/projects/:project', deleteProject),
  route('GET', '/v3/projects/:project/tags', (call) => ({
    status: 200,
    body: { tags: projectOr404(call.world, call.params.project).tags },
  })),
  route('PUT', '/v3/projects/:project/tags', setTags),
  route('GET', '/v3/auth/projects', (call) =>
    collection(
      call,
      'projects',
      reachableProjects(call).map((each) => projectView(call.world, each)),
    ),
  ),
  route('GET', '/v3/users/:user/projects', listProjectsOfUser),
]

export function projectOr404(world: World, id: string | undefined): Project {
  const project = world.projects.get(id ?? '')
  if (!project) throw notFound('project', id ?? '')
  return project
}

export const projectView = (world: World, project: Project) => ({
  id: project.id,
  name: project.name,
  domain_id: project.domainId,
  description: project.description,
  enabled: project.enabled,
  parent_id: project.parentId,
  is_domain: false,
  tags: project.tags,
  options: {},
  links: selfLink(world, `projects/${project.id}`),
})

export const nameOf = (wanted: Record<string, unknown>): string => {
  const name = asText(wanted.name)
  if (!name?.trim()) throw new Refusal(400, "'name' is a required property")
  if (name.length > 64) throw new Refusal(400, `'${name}' is too long`)
  return name
}

function listProjects(call: Call) {
  requireAdmin(call, 'list_projects')
  const { world, query } = call
  const name = query.get('name')
  const pool = name === null ? world.projects.all() : world.projects.where('name', name)
  const projects = matching(pool, query, {
    domain_id: (each) => each.domainId,
    enabled: (each) => each.enabled,
    parent_id: (each) => each.parentId,
    is_domain: () => false,
  }).filter((each) => (query.get('tags')?.split(',') ?? []).every((tag) => each.tags.includes(tag)))
  return collection(
    call,
    'projects',
    projects.map((each) => projectView(world, each)),
  )
}

function reachableProjects(call: Call): Project[] {
  return call.world.projects
    .all()
    .filter((each) => each.enabled && effectiveRoles(call.world, call.who.userId, each.id).length > 0)
}

function listProjectsOfUser(call: Call) {
  const { world, who } = call
  if (!who.isAdmin && who.userId !== call.params.user) throw forbidden('list_user_projects')
  const projects = world.projects.all().filter((each) => effectiveRoles(world, call.params.user ?? '', each.id).length > 0)
  return collection(
    call,
    'projects',
    projects.map((each) => projectView(world, each)),
  )
}

function showProject(call: Call) {
  if (!call.who.isAdmin && call.params.project !== call.who.projectId) throw forbidden('get_project')
  return { status: 200, body: { project: projectView(call.world, projectOr404(call.world, call.params.project)) } }
}

function createProject(call: Call) {
  requireAdmin(call, 'create_project')
  const { world } = call
  const wanted = asObject(call.body.project)
  const name = nameOf(wanted)
  const domainId = asText(wanted.domain_id) ?? call.who.domainId ?? call.who.userDomainId
  if (!world.domains.has(domainId)) throw notFound('domain', domainId)
  const same = world.projects.where('name', name).find((each) => each.domainId === domainId)
  const id = hexId()
  // Keystone names the id that the new project would have had, not that of the old one.
  if (same)
    throw new Refusal(
      409,
      `Conflict occurred attempting to store project - it is not permitted to have two projects with either the same name or same id in the same domain: name is ${name}, project id ${id}.`,
    )
  const project = world.projects.insert({
    id,
    name,
    domainId,
    parentId: asText(wanted.parent_id) ?? domainId,
    description: asText(wanted.description) ?? '',
    enabled: asFlag(wanted.enabled) ?? true,
    tags: asArray(wanted.tags).map(String),
  })
  identityEvent(call, 'project.created', project.id)
  return { status: 201, body: { project: projectView(world, project) } }
}

function updateProject(call: Call) {
  requireAdmin(call, 'update_project')
  const wanted = asObject(call.body.project)
  const before = projectOr404(call.world, call.params.project)
  const project = call.world.projects.update(before.id, {
    name: wanted.name === undefined ? before.name : nameOf(wanted),
    description: asText(wanted.description) ?? before.description,
    enabled: asFlag(wanted.enabled) ?? before.enabled,
    tags: wanted.tags === undefined ? before.tags : asArray(wanted.tags).map(String),
  })
  identityEvent(call, 'project.updated', project.id)
  const { options, links, ...rest } = projectView(call.world, project)
  return { status: 200, body: { project: { ...rest, extra: {}, options, links } } }
}

function deleteProject(call: Call) {
  requireAdmin(call, 'delete_project')
  const { world } = call
  const project = projectOr404(world, call.params.project)
  // Servers, volumes and networks of the project stay behind: no service tells the others.
  world.projects.remove(project.id)
  for (const each of world.assignments.where('targetId', project.id)) world.assignments.remove(each.id)
  for (const each of world.applicationCredentials.all())
    if (each.projectId === project.id) world.applicationCredentials.remove(each.id)
  identityEvent(call, 'project.deleted', project.id)
  return { status: 204 }
}

function setTags(call: Call) {
  requireAdmin(call, 'update_project_tags')
  const project = call.world.projects.update(projectOr404(call.world, call.params.project).id, {
    tags: asArray(call.body.tags).map(String),
  })
  return { status: 200, body: { tags: project.tags, links: selfLink(call.world, `projects/${project.id}/tags`) } }
}
