import { asObject, asText, type Call, type JsonObject, Refusal } from '../call.ts'
import { auditEvent } from '../notifications/identity.ts'
import { type Route, openRoute, route } from '../router.ts'
import { microseconds } from '../times.ts'
import { digest, type World } from '../world.ts'
import { catalogFor } from './catalog.ts'
import type { Project } from './projects.ts'
import type { Domain } from './domains.ts'
import { effectiveRoles } from './roles.ts'
import { clientsFault, forbidden, unauthenticated } from './answers.ts'
import {
  auditId,
  authenticate,
  open,
  resolve,
  type Scope,
  seal,
  type TokenClaims,
  tokenLifetimeMs,
  wholeSeconds,
  type Who,
} from './tokens.ts'
import { passwordDigest, type User } from './users.ts'

export const routes: Route[] = [
  openRoute('POST', '/v3/auth/tokens', issue),
  route('GET', '/v3/auth/tokens', validate),
  route('DELETE', '/v3/auth/tokens', takeBack),
]

const refused = (world: World): Refusal =>
  new Refusal(401, unauthenticated, { headers: { 'WWW-Authenticate': `Keystone uri="${world.url}/identity/v3"` } })

interface Proof {
  user: User
  methods: string[]
  /** Of the token that was shown: the new one ends when it ends. */
  parent?: TokenClaims
  applicationCredential?: { id: string; projectId: string }
}

function issue(call: Call) {
  const { world } = call
  const auth = call.body.auth
  if (auth === undefined) throw new Refusal(400, `Expecting to find auth in request body. ${clientsFault()}`)
  const request = asObject(auth)
  const proof = prove(call, asObject(request.identity))
  const scope = scopeOf(world, request.scope, proof)
  const now = wholeSeconds(world.nowMs)
  const own = auditId()
  const claims: TokenClaims = {
    userId: proof.user.id,
    methods: [...new Set([...(proof.parent?.methods ?? []), ...proof.methods])],
    scope,
    issuedMs: now,
    expiresMs: proof.parent?.expiresMs ?? now + tokenLifetimeMs,
    auditIds: proof.parent ? [own, proof.parent.auditIds.at(-1) ?? own] : [own],
    ...(proof.applicationCredential ? { applicationCredentialId: proof.applicationCredential.id } : {}),
  }
  // A password may change in this very second: what it proves now counts from now.
  if (proof.user.tokensValidFromMs !== null && claims.issuedMs < proof.user.tokensValidFromMs)
    claims.issuedMs = proof.user.tokensValidFromMs
  const who = resolve(world, claims)
  if (!who) throw refused(world)
  const withCatalog = !call.query.has('nocatalog')
  return { status: 201, headers: { 'X-Subject-Token': seal(world, claims) }, body: { token: tokenView(world, who, withCatalog) } }
}

function prove(call: Call, identity: JsonObject): Proof {
  const { world } = call
  const methods = Array.isArray(identity.methods) ? identity.methods.map(String) : []
  if (methods.length === 0) throw new Refusal(400, `Expecting to find identity in auth. ${clientsFault()}`)
  if (methods.includes('token')) {
    const parent = open(world, asText(asObject(identity.token).id))
    const who = parent && resolve(world, parent)
    if (!parent || !who) throw refused(world)
    return { user: world.users.get(who.userId) as User, methods: ['token'], parent }
  }
  if (methods.includes('password')) {
    const wanted = asObject(asObject(identity.password).user)
    const user = findUser(world, wanted)
    if (
      !user?.enabled ||
      user.passwordDigest === null ||
      user.passwordDigest !== passwordDigest(user.id, asText(wanted.password) ?? '')
    ) {
      if (user) auditEvent(call, 'authenticate', 'authenticate', 'failure', { userId: user.id, userName: user.name })
      throw refused(world)
    }
    return { user, methods: ['password'] }
  }
  if (methods.includes('application_credential')) {
    const wanted = asObject(identity.application_credential)
    const owner = wanted.user === undefined ? undefined : findUser(world, asObject(wanted.user))
    const found = world.applicationCredentials.find((each) =>
      wanted.id === undefined ? each.name === wanted.name && each.userId === owner?.id : each.id === wanted.id,
    )
    const user = found && world.users.get(found.userId)
    // Which one does not exist is told, though not whether a secret is right.
    if (!found) throw new Refusal(404, `Could not find Application Credential: ${String(wanted.id ?? wanted.name)}.`)
    if (!user?.enabled || found.secretDigest !== digest(asText(wanted.secret) ?? '')) throw refused(world)
    return { user, methods: ['application_credential'], applicationCredential: { id: found.id, projectId: found.projectId } }
  }
  throw refused(world)
}

function findUser(world: World, wanted: JsonObject): User | undefined {
  const id = asText(wanted.id)
  if (id !== undefined) return world.users.get(id)
  const domain = findDomain(world, wanted.domain)
  return world.users.where('name', asText(wanted.name) ?? '').find((each) => each.domainId === domain?.id)
}

function findDomain(world: World, wanted: unknown): Domain | undefined {
  const { id, name } = asObject(wanted)
  return id === undefined ? world.domains.where('name', asText(name) ?? '')[0] : world.domains.get(String(id))
}

function findProject(world: World, wanted: JsonObject): Project | undefined {
  const id = asText(wanted.id)
  if (id !== undefined) return world.projects.get(id)
  const domain = findDomain(world, wanted.domain)
  return world.projects.where('name', asText(wanted.name) ?? '').find((each) => each.domainId === domain?.id)
}

/** The scope that is asked for; without one, the user's default project. No role there is 401, as if it did not exist. */
function scopeOf(world: World, wanted: unknown, proof: Proof): Scope {
  if (proof.applicationCredential) return { project: proof.applicationCredential.projectId }
  if (wanted === 'unscoped') return undefined
  if (wanted === undefined) {
    const project = world.projects.get(proof.user.defaultProjectId ?? '')
    const usable = !proof.parent && project?.enabled && effectiveRoles(world, proof.user.id, project.id).length > 0
    return usable ? { project: project.id } : undefined
  }
  const scope = asObject(wanted)
  if (scope.unscoped !== undefined) return undefined
  if (scope.system !== undefined) return { system: true }
  if (scope.project !== undefined) {
    const project = findProject(world, asObject(scope.project))
    if (!project?.enabled) throw refused(world)
    return { project: project.id }
  }
  const domain = findDomain(world, scope.domain)
  if (!domain?.enabled) throw refused(world)
  return { domain: domain.id }
}

export function tokenView(world: World, who: Who, withCatalog: boolean) {
  const { claims } = who
  const domain = (id: string) => ({ id, name: world.domains.get(id)?.name ?? '' })
  const project = world.projects.get(who.projectId)
  const credential = world.applicationCredentials.get(claims.applicationCredentialId ?? '')
  return {
    methods: claims.methods,
    user: { domain: domain(who.userDomainId), id: who.userId, name: who.userName, password_expires_at: null },
    audit_ids: claims.auditIds,
    expires_at: microseconds(claims.expiresMs),
    issued_at: microseconds(claims.issuedMs),
    ...(project ? { project: { domain: domain(project.domainId), id: project.id, name: project.name }, is_domain: false } : {}),
    ...(who.domainId === undefined ? {} : { domain: domain(who.domainId) }),
    ...(claims.scope && 'system' in claims.scope ? { system: { all: true } } : {}),
    ...(claims.scope
      ? {
          roles: who.roles.map(({ id, name }) => ({ id, name })),
          ...(withCatalog ? { catalog: catalogFor(world, who.projectId) } : {}),
        }
      : {}),
    ...(credential
      ? { application_credential: { id: credential.id, name: credential.name, restricted: !credential.unrestricted } }
      : {}),
  }
}

/** The token that the request is about: one's own always, another's for administrators and services. */
function subject(call: Call, policy: string): { claims: TokenClaims; who: Who; token: string } {
  const token = call.headers['x-subject-token'] ?? ''
  const claims = open(call.world, token)
  if (!claims) throw new Refusal(404, 'Could not recognize Fernet token')
  const who = authenticate(call.world, token)
  if (!who) throw new Refusal(404, `Could not find token: ${token}.`)
  if (!call.who.isAdmin && claims.userId !== call.who.userId) throw forbidden(policy)
  return { claims, who, token }
}

function validate(call: Call) {
  const { who, token } = subject(call, 'validate_token')
  return {
    status: 200,
    headers: { 'X-Subject-Token': token },
    body: { token: tokenView(call.world, who, !call.query.has('nocatalog')) },
  }
}

function takeBack(call: Call) {
  const { claims } = subject(call, 'revoke_token')
  const id = claims.auditIds[0] ?? ''
  if (!call.world.revocations.has(id)) call.world.revocations.insert({ id, atMs: call.world.nowMs })
  return { status: 204 }
}
