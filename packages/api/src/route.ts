import type { z } from 'zod'

/**
 * A route is data. The platform serves it, the matrix of permissions drives it, the client calls it and the OpenAPI document prints it,
 * all from this one value; a route without a permission or an audit name cannot be written.
 */
export interface Route {
  /** `serversCreate`: the operation id of the OpenAPI document. */
  name: string
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** With `{parameters}`, as OpenAPI writes them. */
  path: string
  permission: Permission
  /** On routes of permission `project`, which are about one thing: what its id, the one in the path, must be the id of. */
  subject?: Subject
  /** What the audit log calls it, `server.create`. Reads have one too: who looked matters for money and consoles. */
  audit: string
  summary: string
  tag: string
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  response: z.ZodType | undefined
  /** Of the success; an answer without content is 204. */
  status: 200 | 201 | 202 | 204
  /**
   * A write that takes its time before it can be decided: it hashes a password, or asks the cloud. No transaction is open meanwhile,
   * so that many at once leave the database to others.
   */
  slow?: true
  /**
   * What is kept of a write under its Idempotency-Key, when that is not its answer. `deed`: only that it was done, because the answer holds
   * what is shown once; repeated, it is refused as done. `nothing`: each call makes something new that hurts nobody, so a key changes nothing.
   */
  kept?: 'deed' | 'nothing'
  /** A long answer that is no JSON, such as an event stream. */
  streams?: string
}

/**
 * Who may call. `anyone`: no account needed. `account`: a signed-in person, about the own account.
 * `project`: a signed-in person whose account owns the project (or the thing in it) that the path names; others get a 404.
 * `operator`: staff.
 */
export type Permission = 'anyone' | 'account' | 'project' | 'operator'

/** The kinds of things that have an owner. */
export type Subject = 'project' | 'server' | 'volume' | 'address' | 'keypair' | 'task'

export function route<const R extends Route>(definition: R): R {
  return definition
}

type Shape<T> = T extends z.ZodType ? z.output<T> : undefined
type Given<T> = T extends z.ZodType ? z.input<T> : undefined

export type ResponseOf<R extends Route> = Shape<R['response']>
export type BodyOf<R extends Route> = R extends { body: infer B } ? Shape<B> : undefined
export type GivenBody<R extends Route> = R extends { body: infer B } ? Given<B> : undefined
export type ParamsOf<R extends Route> = R extends { params: infer P } ? Shape<P> : Record<string, never>
export type QueryOf<R extends Route> = R extends { query: infer Q } ? Shape<Q> : Record<string, never>
export type GivenQuery<R extends Route> = R extends { query: infer Q } ? Given<Q> : undefined
