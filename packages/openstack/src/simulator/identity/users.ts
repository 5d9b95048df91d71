import { type Call, Refusal, asFlag, asObject, asText } from '../call.ts'
import { hexId } from '../ids.ts'
import { identityEvent } from '../notifications/identity.ts'
import { type Route, route } from '../router.ts'
import type { Row } from '../table.ts'
import { type World, digest } from '../world.ts'
import { collection, forbidden, matching, notFound, requireAdmin, selfLink, unauthenticated } from './answers.ts'
import { wholeSeconds } from './tokens.ts'

export interface User extends Row {
  name: string
  domainId: string
  enabled: boolean
  passwordDigest: string | null
  defaultProjectId: string | null
  description: string | null
  email: string | null
  /** Tokens that were issued earlier do not count: the password changed. */
  tokensValidFromMs: number | null
}

export const routes: Route[] = [
  route('GET', '/v3/users', listUsers),
  route('POST', '/v3/users', createUser),
  route('GET', '/v3/users/:user', showUser),
  route('PATCH', '/v3/users/:user', updateUser),
  route('DELETE', '/v3/users/:user', deleteUser),
  route('POST', '/v3/users/:user/password', changePassword),
]

export const passwordDigest = (userId: string, password: string): string => digest(`${userId}:${password}`)

export function userOr404(world: World, id: string | undefined): User {
  const user = world.users.get(id ?? '')
  if (!user) throw notFound('user', id ?? '')
  return user
}

export const userView = (world: World, user: User) => ({
  ...(user.email === null ? {} : { email: user.email }),
  ...(user.description === null ? {} : { description: user.description }),
  id: user.id,
  name: user.name,
  domain_id: user.domainId,
  enabled: user.enabled,
  ...(user.defaultProjectId === null ? {} : { default_project_id: user.defaultProjectId }),
  password_expires_at: null,
  options: {},
  links: selfLink(world, `users/${user.id}`),
})

function listUsers(call: Call) {
  requireAdmin(call, 'list_users')
  const { world, query } = call
  const name = query.get('name')
  const pool = name === null ? world.users.all() : world.users.where('name', name)
  const users = matching(pool, query, { domain_id: (each) => each.domainId, enabled: (each) => each.enabled })
  return collection(
    call,
    'users',
    users.map((each) => userView(world, each)),
  )
}

function showUser(call: Call) {
  if (!call.who.isAdmin && call.who.userId !== call.params.user) throw forbidden('get_user')
  return { status: 200, body: { user: userView(call.world, userOr404(call.world, call.params.user)) } }
}

function createUser(call: Call) {
  requireAdmin(call, 'create_user')
  const { world } = call
  const wanted = asObject(call.body.user)
  const name = asText(wanted.name)
  if (!name) throw new Refusal(400, "'name' is a required property")
  const domainId = asText(wanted.domain_id) ?? call.who.domainId ?? call.who.userDomainId
  if (!world.domains.has(domainId)) throw notFound('domain', domainId)
  refuseDuplicate(world, name, domainId)
  const id = hexId()
  const password = asText(wanted.password)
  const user = world.users.insert({
    id,
    name,
    domainId,
    enabled: asFlag(wanted.enabled) ?? true,
    passwordDigest: password === undefined ? null : passwordDigest(id, password),
    defaultProjectId: asText(wanted.default_project_id) ?? null,
    description: asText(wanted.description) ?? null,
    email: asText(wanted.email) ?? null,
    tokensValidFromMs: null,
  })
  identityEvent(call, 'user.created', user.id)
  return { status: 201, body: { user: userView(world, user) } }
}

function refuseDuplicate(world: World, name: string, domainId: string): void {
  if (world.users.where('name', name).some((each) => each.domainId === domainId))
    throw new Refusal(
      409,
      `Conflict occurred attempting to store user - Duplicate entry found with name ${name} at domain ID ${domainId}.`,
    )
}

function updateUser(call: Call) {
  requireAdmin(call, 'update_user')
  const { world } = call
  const wanted = asObject(call.body.user)
  const before = userOr404(world, call.params.user)
  const name = asText(wanted.name) ?? before.name
  if (name !== before.name) refuseDuplicate(world, name, before.domainId)
  const password = asText(wanted.password)
  const user = world.users.update(before.id, {
    name,
    enabled: asFlag(wanted.enabled) ?? before.enabled,
    description: asText(wanted.description) ?? before.description,
    email: asText(wanted.email) ?? before.email,
    defaultProjectId:
      wanted.default_project_id === undefined ? before.defaultProjectId : (asText(wanted.default_project_id) ?? null),
    ...(password === undefined ? {} : newPassword(world, before.id, password)),
  })
  identityEvent(call, 'user.updated', user.id)
  return { status: 200, body: { user: userView(world, user) } }
}

/** A new password takes back every token of the user that was issued until this second. */
const newPassword = (world: World, userId: string, password: string): Partial<User> => ({
  passwordDigest: passwordDigest(userId, password),
  tokensValidFromMs: wholeSeconds(world.nowMs) + 1000,
})

function changePassword(call: Call) {
  const { world } = call
  const wanted = asObject(call.body.user)
  const user = userOr404(world, call.params.user)
  if (user.passwordDigest !== passwordDigest(user.id, asText(wanted.original_password) ?? ''))
    throw new Refusal(401, unauthenticated, { headers: { 'WWW-Authenticate': `Keystone uri="${world.url}/identity/v3"` } })
  const password = asText(wanted.password)
  if (password === undefined) throw new Refusal(400, "'password' is a required property")
  world.users.update(user.id, newPassword(world, user.id, password))
  identityEvent(call, 'user.updated', user.id)
  return { status: 204 }
}

function deleteUser(call: Call) {
  requireAdmin(call, 'delete_user')
  const { world } = call
  const user = userOr404(world, call.params.user)
  world.users.remove(user.id)
  for (const each of world.assignments.where('actorId', user.id)) world.assignments.remove(each.id)
  for (const each of world.applicationCredentials.where('userId', user.id)) world.applicationCredentials.remove(each.id)
  for (const each of world.groups.all())
    if (each.userIds.includes(user.id)) world.groups.update(each.id, { userIds: each.userIds.filter((id) => id !== user.id) })
  identityEvent(call, 'user.deleted', user.id)
  return { status: 204 }
}
