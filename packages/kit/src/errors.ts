/**
 * Three families of errors that never mix: the caller's mistakes (`CallerError`), the world's failures (`UpstreamError`)
 * and our own bugs (`Bug`). Code decides by `kind` and `code`, never by text.
 */

export type CallerErrorKind =
  | 'invalid' // 422: the request cannot be understood or breaks a rule of its fields
  | 'unauthenticated' // 401
  | 'payment_required' // 402
  | 'forbidden' // 403
  | 'not_found' // 404
  | 'conflict' // 409: right request, wrong moment
  | 'too_large' // 413
  | 'too_many' // 429

export interface FieldError {
  /** Path in the body or the query, for example `flavor.ram`. */
  field: string
  message: string
}

interface CallerErrorOptions {
  /** What it means and what to do about it, one or two sentences. */
  description?: string
  fields?: FieldError[]
  /** Facts for programs, put beside the problem document's own members. */
  facts?: Record<string, unknown>
  retryAfterSeconds?: number
  cause?: unknown
}

/** The caller can mend it. `message` says what happened, `description` what to do. */
export class CallerError extends Error {
  readonly family = 'caller'
  readonly kind: CallerErrorKind
  readonly code: string
  readonly description: string | undefined
  readonly fields: FieldError[] | undefined
  readonly facts: Record<string, unknown> | undefined
  readonly retryAfterSeconds: number | undefined
  constructor(kind: CallerErrorKind, code: string, message: string, options: CallerErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'CallerError'
    this.kind = kind
    this.code = code
    this.description = options.description
    this.fields = options.fields
    this.facts = options.facts
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

const caller = (kind: CallerErrorKind) => (code: string, message: string, options?: CallerErrorOptions) =>
  new CallerError(kind, code, message, options)
export const invalid = caller('invalid')
export const unauthenticated = caller('unauthenticated')
export const paymentRequired = caller('payment_required')
export const forbidden = caller('forbidden')
export const notFound = caller('not_found')
export const conflict = caller('conflict')
export const tooLarge = caller('too_large')
export const tooMany = caller('too_many')

export type UpstreamErrorKind =
  | 'unreachable' // no answer: refused, reset, name not found
  | 'timeout' // no answer in time
  | 'unavailable' // it says so: 502, 503, 504, 429, the Galera sentence, a bare 500
  | 'garbled' // an answer that cannot be read
  | 'unauthenticated' // our credentials or token were not accepted
  | 'forbidden'
  | 'not_found'
  | 'conflict' // exists already, or is in the wrong state
  | 'limit' // quota, no capacity
  | 'invalid' // it says that our request is wrong
  | 'silent' // it said OK and nothing happened
  | 'failed' // it took the order and then reported that it failed

export interface UpstreamErrorOptions {
  /** Which neighbour: `nova`, `cinder`, `billmanager`, … */
  service: string
  kind: UpstreamErrorKind
  /** Specific and stable, for example `nova.quota_exceeded`. */
  code: string
  message: string
  /** May the very same call succeed later? */
  retryable: boolean
  /** `none`: surely nothing happened there; `unknown`: it may have happened, so look before repeating a write. */
  effect: 'none' | 'unknown'
  status?: number
  requestId?: string
  cause?: unknown
}

/** The world failed us. Never shown to customers as it is: `message` is for operators. */
export class UpstreamError extends Error {
  readonly family = 'upstream'
  readonly service: string
  readonly kind: UpstreamErrorKind
  readonly code: string
  readonly retryable: boolean
  readonly effect: 'none' | 'unknown'
  readonly status: number | undefined
  readonly requestId: string | undefined
  constructor(options: UpstreamErrorOptions) {
    super(options.message, { cause: options.cause })
    this.name = 'UpstreamError'
    this.service = options.service
    this.kind = options.kind
    this.code = options.code
    this.retryable = options.retryable
    this.effect = options.effect
    this.status = options.status
    this.requestId = options.requestId
  }
}

/**
 * The same failure with something known better, for instance that an earlier step of the same order had its effect; the failure itself is
 * the cause.
 */
export function restated(error: UpstreamError, changes: Partial<UpstreamErrorOptions>): UpstreamError {
  const { service, kind, code, message, retryable, effect, status, requestId } = error
  return new UpstreamError({
    service,
    kind,
    code,
    message,
    retryable,
    effect,
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
    cause: error,
    ...changes,
  })
}

/** Something that cannot be, is. The mistake is ours. */
export class Bug extends Error {
  readonly family = 'bug'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Bug'
  }
}

/** Stops a program that would go on with a wrong belief. `belief` is the sentence that must be true. */
export function assert(condition: unknown, belief: string): asserts condition {
  if (!condition) throw new Bug(`not true: ${belief}`)
}

export const unreachable = (value: never): never => {
  throw new Bug(`not a known case: ${JSON.stringify(value)}`)
}
