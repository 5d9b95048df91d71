import { randomBytes } from 'node:crypto'
import { asArray, asFlag, asObject, asText, type Call, Refusal } from '../call.ts'
import { hexId } from '../ids.ts'
import { type Route, route } from '../router.ts'
import type { Row } from '../table.ts'
import { microseconds, parseTime } from '../times.ts'
import { digest, type World } from '../world.ts'
import { collection, forbidden, matching, notFound, selfLink } from './answers.ts'

export interface ApplicationCredential extends Row {
  name: string
  description: string | null
  userId: string
  projectId: string
  secretDigest: string
  roleIds: string[]
  expiresMs: number | null
  unrestricted: boolean | null
}

export const routes: Route[] = [
  route('GET', '/v3/users/:user/application_credentials', list),
  route('POST', '/v3/users/:user/application_credentials', create),
  route('GET', '/v3/users/:user/application_credentials/:credential', show),
  route('DELETE', '/v3/users/:user/application_credentials/:credential', remove),
]

const view = (world: World, credential: ApplicationCredential) => ({
  id: credential.id,
  name: credential.name,
  description: credential.description,
  user_id: credential.userId,
  project_id: credential.projectId,
  system: null,
  expires_at: credential.expiresMs === null ? null : microseconds(credential.expiresMs),
  unrestricted: credential.unrestricted,
  roles: credential.roleIds.flatMap((id) => {
    const role = world.roles.get(id)
    return role
      ? [
          {
            id,
            name: role.name,
            domain_id: null,
            description: role.description,
            options: role.immutable ? { immutable: true } : {},
          },
        ]
      : []
  }),
  links: selfLink(world, `application_credentials/${credential.id}`),
})

/** Only the user makes and removes his own; an administrator may look. */
function requireOwner(call: Call, policy: string, adminMay: boolean): string {
  const userId = call.params.user ?? ''
  if (call.who.userId !== userId && !(adminMay && call.who.isAdmin)) throw forbidden(policy)
  return userId
}

function credentialOr404(call: Call): ApplicationCredential {
  const credential = call.world.applicationCredentials.get(call.params.credential ?? '')
  if (!credential || credential.userId !== call.params.user)
    throw notFound('Application Credential', call.params.credential ?? '')
  return credential
}

function list(call: Call) {
  const userId = requireOwner(call, 'list_application_credentials', true)
  const mine = matching(call.world.applicationCredentials.where('userId', userId), call.query, { name: (each) => each.name })
  return collection(
    call,
    'application_credentials',
    mine.map((each) => view(call.world, each)),
  )
}

function show(call: Call) {
  requireOwner(call, 'get_application_credential', true)
  return { status: 200, body: { application_credential: view(call.world, credentialOr404(call)) } }
}

function create(call: Call) {
  const userId = requireOwner(call, 'create_application_credential', false)
  // An application credential makes no others unless it is unrestricted.
  const parent = call.world.applicationCredentials.get(call.who.claims.applicationCredentialId ?? '')
  if (parent && !parent.unrestricted)
    throw new Refusal(
      403,
      "You are not authorized to perform the requested action: Using method 'application_credential' is not allowed for managing additional application credentials.",
    )
  const { world, who } = call
  const wanted = asObject(call.body.application_credential)
  const name = asText(wanted.name)
  if (!name) throw new Refusal(400, "'name' is a required property")
  if (world.applicationCredentials.where('userId', userId).some((each) => each.name === name))
    throw new Refusal(
      409,
      `Conflict occurred attempting to store application_credential - Duplicate entry found with name ${name}.`,
    )
  const asked = asArray(wanted.roles).map(asObject)
  const roleIds =
    asked.length === 0
      ? who.roles.map((role) => role.id)
      : asked.map((each) => {
          const found = who.roles.find((role) => role.id === each.id || role.name === each.name)
          if (!found)
            throw new Refusal(
              400,
              `Invalid application credential: Could not find role assignment with role: ${String(each.id ?? each.name)}, user or group: ${userId}, project, domain, or system: ${who.projectId}.`,
            )
          return found.id
        })
  const secret = asText(wanted.secret) ?? randomBytes(64).toString('base64url')
  const expires = asText(wanted.expires_at)
  const credential = world.applicationCredentials.insert({
    id: hexId(),
    name,
    description: asText(wanted.description) ?? null,
    userId,
    projectId: who.projectId,
    secretDigest: digest(secret),
    roleIds,
    expiresMs: expires === undefined ? null : (parseTime(expires) ?? null),
    unrestricted: asFlag(wanted.unrestricted) ?? null,
  })
  const { links, ...rest } = view(world, credential)
  return { status: 201, body: { application_credential: { ...rest, secret, links } } }
}

function remove(call: Call) {
  requireOwner(call, 'delete_application_credential', true)
  call.world.applicationCredentials.remove(credentialOr404(call).id)
  return { status: 204 }
}
