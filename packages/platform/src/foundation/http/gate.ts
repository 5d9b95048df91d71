import type { Route } from '@straylight/api'
import { assert, forbidden, isId, notFound, unauthenticated } from '@straylight/kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Db } from '../db.ts'
import type { Caller } from '../handler.ts'
import { ownerOf } from '../resources.ts'
import type { Wish } from './idempotency.ts'

export const sessionCookie = 'straylight_session'
/** Says that this browser has signed in before; it opens nothing. */
export const deviceCookie = 'straylight_device'
const deviceSeconds = 365 * 86_400

/** Who a bearer token or session cookie speaks for; undefined when it is unknown, expired or revoked. */
export type Authenticate = (token: string) => Promise<Caller | undefined>

export interface Passed {
  /** Absent on routes that anyone may call. */
  caller: Caller | undefined
  /** On routes of permission `project`: whose the named thing is. */
  project: { id: string; accountId: string } | undefined
  wish: Wish | undefined
}

/** Gives the browser its session, or takes it away. */
export function setSession(
  reply: FastifyReply,
  session: { token: string; expiresAt: Date } | null,
  { secure }: { secure: boolean },
): void {
  if (session === null) {
    reply.clearCookie(sessionCookie, { path: '/' })
    return
  }
  reply.setCookie(sessionCookie, session.token, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure,
    expires: session.expiresAt,
  })
}

export const setDevice = (reply: FastifyReply, device: string, { secure }: { secure: boolean }) =>
  reply.setCookie(deviceCookie, device, {
    path: '/v2/account',
    httpOnly: true,
    sameSite: 'strict',
    secure,
    maxAge: deviceSeconds,
  })

/** @throws CallerError 403 when a write by cookie does not come from a page of ours */
export async function whoIs(request: FastifyRequest, authenticate: Authenticate): Promise<Caller | undefined> {
  const header = request.headers.authorization
  if (header !== undefined) {
    const [scheme, token] = header.split(' ')
    return scheme?.toLowerCase() === 'bearer' && token ? authenticate(token) : undefined
  }
  const token = request.cookies[sessionCookie]
  if (!token) return undefined
  if (request.method !== 'GET' && request.method !== 'HEAD') refuseForgery(request)
  return authenticate(token)
}

/** A cookie goes along with requests that other sites make, so a write by cookie must come from a page of ours. */
function refuseForgery(request: FastifyRequest): void {
  const { origin, host } = request.headers
  const site = request.headers['sec-fetch-site']
  const ours = origin !== undefined ? URL.canParse(origin) && new URL(origin).host === host : site === 'same-origin'
  if (!ours)
    throw forbidden('request.foreign_origin', 'This request does not come from a page of this service.', {
      description: 'Programs send an API token in the Authorization header instead of the cookie.',
    })
}

/**
 * The first half of the one gate that every call passes: who calls, and whether such a person may.
 * @returns nobody on routes that anyone may call
 * @throws CallerError 401, 403
 */
export async function callerOf(route: Route, request: FastifyRequest, authenticate: Authenticate): Promise<Caller | undefined> {
  if (route.permission === 'anyone') return undefined
  const caller = await whoIs(request, authenticate)
  if (!caller)
    throw unauthenticated('account.not_signed_in', 'You are not signed in.', {
      description: 'Sign in, or send an API token as `Authorization: Bearer …`. A token may have expired or been revoked.',
    })
  request.concernsAccountId = caller.accountId
  if (route.permission === 'operator' && caller.role !== 'operator')
    throw forbidden('account.not_operator', 'This needs an operator of the service.', {
      description: 'Ask an operator to do it.',
    })
  return caller
}

/**
 * The second half: whether the named thing is theirs.
 * @throws CallerError 404 for what belongs to somebody else
 */
export async function projectOf(
  route: Route,
  request: FastifyRequest,
  { db, caller }: { db: Db; caller: Caller | undefined },
): Promise<Passed['project']> {
  if (route.permission !== 'project' || !caller) return undefined
  const { subject } = route
  assert(subject, `${route.name} says of what it is`)
  const params = request.params as { project_id?: string; id?: string }
  const id = params.project_id ?? params.id ?? ''
  const owner = isId(id) ? await ownerOf(db, subject, id) : undefined
  // Somebody else's is answered exactly as one that does not exist, and so is the id of another kind of thing.
  if (!owner || owner.account_id !== caller.accountId)
    throw notFound(`${subject}.unknown`, `There is no ${subject} with the id ${id}.`, {
      description: 'It may have been deleted, or belong to another account.',
    })
  request.subjectProjectId = owner.project_id
  return { id: owner.project_id, accountId: owner.account_id }
}

declare module 'fastify' {
  interface FastifyRequest {
    passed?: Passed
    /** Whose account the call is about: the caller's, or the one that a sign-in named. */
    concernsAccountId?: string
    subjectProjectId?: string
  }
}
