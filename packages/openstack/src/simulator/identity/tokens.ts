import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Row } from '../table.ts'
import { digest, type World } from '../world.ts'
import { effectiveRoles, type Role } from './roles.ts'

/** A token that was taken back, by its audit id. */
export interface Revocation extends Row {
  atMs: number
}

export type Scope = { project: string } | { domain: string } | { system: true } | undefined

/** What a token says. Like Fernet's, a token carries it itself, so tokens outlive a restart and cost no memory. */
export interface TokenClaims {
  userId: string
  methods: string[]
  scope: Scope
  issuedMs: number
  expiresMs: number
  auditIds: string[]
  applicationCredentialId?: string
}

/** Who calls, in which scope, with which roles. */
export interface Who {
  userId: string
  userName: string
  userDomainId: string
  projectId: string
  domainId: string | undefined
  roles: Role[]
  isAdmin: boolean
  claims: TokenClaims
}

export const tokenLifetimeMs = 8 * 3600 * 1000

export const nobody: Who = {
  userId: '',
  userName: '',
  userDomainId: '',
  projectId: '',
  domainId: undefined,
  roles: [],
  isAdmin: false,
  claims: { userId: '', methods: [], scope: undefined, issuedMs: 0, expiresMs: 0, auditIds: [] },
}

export const auditId = (): string => randomBytes(16).toString('base64url')

const key = (world: World): string => digest(`token key ${world.seed}`)
const sign = (world: World, payload: string): Buffer => createHmac('sha256', key(world)).update(payload).digest().subarray(0, 16)

/** Times in tokens are whole seconds, as Keystone's. */
export const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000

export function seal(world: World, claims: TokenClaims): string {
  const { userId, methods, scope, issuedMs, expiresMs, auditIds, applicationCredentialId } = claims
  const place = scope === undefined ? '' : 'project' in scope ? `p${scope.project}` : 'domain' in scope ? `d${scope.domain}` : 's'
  const payload = [
    userId,
    methods.join('+'),
    place,
    issuedMs / 1000,
    expiresMs / 1000,
    auditIds.join('+'),
    applicationCredentialId ?? '',
  ].join('|')
  const body = Buffer.from(payload).toString('base64url')
  return `gAAAAA${body}.${sign(world, body).toString('base64url')}`
}

/** What a token says, or undefined when we never made it. Says nothing about whether it still counts. */
export function open(world: World, token: string | undefined): TokenClaims | undefined {
  if (!token?.startsWith('gAAAAA')) return undefined
  const [body = '', signature = ''] = token.slice(6).split('.')
  const expected = sign(world, body)
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  const [userId = '', methods = '', place = '', issued = '0', expires = '0', auditIds = '', credential = ''] = Buffer.from(
    body,
    'base64url',
  )
    .toString('utf8')
    .split('|')
  const scope: Scope =
    place === ''
      ? undefined
      : place === 's'
        ? { system: true }
        : place.startsWith('p')
          ? { project: place.slice(1) }
          : { domain: place.slice(1) }
  return {
    userId,
    methods: methods.split('+'),
    scope,
    issuedMs: Number(issued) * 1000,
    expiresMs: Number(expires) * 1000,
    auditIds: auditIds.split('+'),
    ...(credential === '' ? {} : { applicationCredentialId: credential }),
  }
}

/** Who a token stands for now, or undefined when it does not count: unknown, over, taken back, its user, project or roles gone. */
export function authenticate(world: World, token: string | undefined): Who | undefined {
  const claims = open(world, token)
  return claims && resolve(world, claims)
}

export function resolve(world: World, claims: TokenClaims): Who | undefined {
  if (claims.expiresMs <= world.nowMs) return undefined
  if (claims.auditIds.some((id) => world.revocations.has(id))) return undefined
  const user = world.users.get(claims.userId)
  if (!user?.enabled) return undefined
  if (user.tokensValidFromMs !== null && claims.issuedMs < user.tokensValidFromMs) return undefined
  const { scope } = claims
  const projectId = scope && 'project' in scope ? scope.project : ''
  const domainId = scope && 'domain' in scope ? scope.domain : undefined
  if (projectId && !world.projects.get(projectId)?.enabled) return undefined
  if (domainId && !world.domains.get(domainId)?.enabled) return undefined
  const target = scope === undefined ? undefined : 'system' in scope ? 'system' : projectId || domainId
  let roles = target === undefined ? [] : effectiveRoles(world, user.id, target)
  if (claims.applicationCredentialId !== undefined) {
    const credential = world.applicationCredentials.get(claims.applicationCredentialId)
    if (!credential || (credential.expiresMs !== null && credential.expiresMs <= world.nowMs)) return undefined
    roles = roles.filter((role) => credential.roleIds.includes(role.id))
  }
  if (target !== undefined && roles.length === 0) return undefined
  return {
    userId: user.id,
    userName: user.name,
    userDomainId: user.domainId,
    projectId,
    domainId,
    roles,
    isAdmin: roles.some((role) => role.name === 'admin'),
    claims,
  }
}
