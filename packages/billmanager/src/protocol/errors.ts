import { type HttpResponse, type Money, UpstreamError, type UpstreamErrorKind } from '@straylight/kit'
import { readAmount } from './amount.ts'
import type { PanelErrorDocument } from './document.ts'

/** Why BILLmanager did not do it, in our words. */
export type RefusalCode =
  | 'insufficient_funds'
  | 'exists'
  | 'not_found'
  | 'busy' // another operation on the same thing runs, or too soon: later it may pass
  | 'auth' // our own credentials
  | 'forbidden'
  | 'invalid' // `field` says which
  | 'unavailable' // no answer, or an answer that is not the panel's
  | 'pending' // it has the order and has not said how it ended
  | 'unknown' // it refused in a word that is not known here

export interface Funds {
  need: Money
  have: Money
  credit: Money
  reserved: Money
  available: Money
  deficit: Money
}

interface Details {
  /** The panel's own words: `value` / `amount`. */
  type?: string
  object?: string
  field?: string
  funds?: Funds
  retryAfterSeconds?: number
}

/** A call to BILLmanager that did not bring what was asked. `reason` is ours, `type` and `object` are the panel's. */
export class BillmanagerError extends UpstreamError {
  readonly reason: RefusalCode
  readonly type: string | undefined
  readonly object: string | undefined
  readonly field: string | undefined
  readonly funds: Funds | undefined
  readonly retryAfterSeconds: number | undefined
  constructor(
    reason: RefusalCode,
    options: {
      kind: UpstreamErrorKind
      message: string
      retryable: boolean
      effect: 'none' | 'unknown'
      status?: number
      cause?: unknown
    } & Details,
  ) {
    const { kind, message, retryable, effect, status, cause } = options
    super({
      service: 'billmanager',
      code: `billmanager.${reason}`,
      kind,
      message,
      retryable,
      effect,
      cause,
      ...(status === undefined ? {} : { status }),
    })
    this.name = 'BillmanagerError'
    this.reason = reason
    this.type = options.type
    this.object = options.object
    this.field = options.field
    this.funds = options.funds
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

interface Verdict {
  reason: RefusalCode
  kind: UpstreamErrorKind
  retryable: boolean
}

const verdict = (reason: RefusalCode, kind: UpstreamErrorKind, retryable = false): Verdict => ({ reason, kind, retryable })

/**
 * The error types that were met in the code of public callers and in the vendor's pages. A refusal is known by its type and object,
 * never by its text, which is translated: https://www.ispsystem.com/docs/coremanager/developer-section/general-specifications/errors
 */
const verdicts: Record<string, Verdict> = {
  auth: verdict('auth', 'unauthenticated'),
  access: verdict('forbidden', 'forbidden'),
  missed: verdict('invalid', 'invalid'),
  value: verdict('invalid', 'invalid'),
  exists: verdict('exists', 'conflict'),
  not_enough_money: verdict('insufficient_funds', 'limit'),
  stat_addon_over_limit: verdict('invalid', 'limit'),
  runningoperation: verdict('busy', 'conflict', true),
  min_email_send_timeout: verdict('busy', 'limit', true),
  max_email_send_time: verdict('busy', 'limit', true),
  captcha_verification_failed: verdict('forbidden', 'forbidden'),
  wizard_unavailable: verdict('invalid', 'invalid'),
  check_2: verdict('invalid', 'invalid'),
  check_3: verdict('invalid', 'invalid'),
}
const unknownVerdict = verdict('unknown', 'failed')
/** What is missed, when it is the thing itself and not a field of ours. */
const thingsMissed = new Set(['elid', 'elem', 'func', 'item', 'user'])

/** The panel refused, in a document of its own: surely nothing was done, unless the refusal is in a word that is not known. */
export function classifyRefusal(func: string, error: PanelErrorDocument): BillmanagerError {
  const { type, object, params } = error
  let { reason, kind, retryable } = Object.hasOwn(verdicts, type) ? (verdicts[type] as Verdict) : unknownVerdict
  if (type === 'missed' && thingsMissed.has(object)) [reason, kind] = ['not_found', 'not_found']
  const seconds = reason === 'busy' ? secondsIn(params) : undefined
  return new BillmanagerError(reason, {
    kind,
    retryable,
    message: `${func}: ${[type, object].filter(Boolean).join('/')}${error.message ? `: ${error.message}` : ''}`,
    effect: reason === 'unknown' ? 'unknown' : 'none',
    type,
    object,
    ...(reason === 'invalid' && object !== '' ? { field: object } : {}),
    ...(reason === 'insufficient_funds' ? fundsIn(params) : {}),
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  })
}

/** `min_email_send_timeout` tells the seconds to wait in one of its parameters, under a name that differs by version. */
function secondsIn(params: Record<string, string>): number | undefined {
  const text = Object.values(params).findLast((value) => /^\d{1,6}$/.test(value))
  return text === undefined ? undefined : Number(text)
}

function fundsIn(params: Record<string, string>): { funds?: Funds } {
  const currency = params.currency ?? ''
  const sum = (name: string): Money => readAmount(params[name] ?? '', currency) ?? { micros: 0n, currency }
  if (params.amount === undefined) return {}
  return {
    funds: {
      need: sum('amount'),
      have: sum('have'),
      credit: sum('limit'),
      reserved: sum('reserved'),
      available: sum('available'),
      deficit: sum('deficit'),
    },
  }
}

/** The address of a call that goes on behind the answer: `long_1a2b?billmgr`. Seen in billing-typescript, src/utils/handleLongRequest.js. */
export const longRequestIn = (body: string): string | undefined => /long[^\s"'<>]*billmgr[^\s"'<>]*/.exec(body)?.[0]

/**
 * The answer is not a document. An empty body or a `long…` address means that the panel has the call and goes on with it;
 * any other page (a guard's captcha, a proxy's error) is not the panel's word at all.
 */
export function classifyNonDocument(func: string, response: HttpResponse): BillmanagerError {
  const { status } = response
  const body = response.body.toString('utf8', 0, 4096)
  if (status === 200 && (body.trim() === '' || longRequestIn(body) !== undefined))
    return new BillmanagerError('pending', {
      kind: 'unavailable',
      message: `${func}: the panel goes on with it and has not answered`,
      retryable: true,
      effect: 'unknown',
      status,
    })
  // A proxy that answers 4xx has not passed the call on, save 408, 460 and 499, by which it says that it gave up waiting.
  const keptOut = status >= 400 && status < 500 && ![408, 460, 499].includes(status)
  return new BillmanagerError('unavailable', {
    kind: status >= 500 ? 'unavailable' : 'garbled',
    message: `${func}: HTTP ${status} and no document`,
    retryable: true,
    effect: keptOut ? 'none' : 'unknown',
    status,
  })
}

/** There was no answer at all. Anything that is no failure of the world is handed back as it is. */
export function classifyNoAnswer(func: string, error: unknown): unknown {
  if (!(error instanceof UpstreamError) || error instanceof BillmanagerError) return error
  return new BillmanagerError('unavailable', {
    kind: error.kind,
    message: `${func}: ${error.message}`,
    retryable: error.retryable,
    effect: error.effect,
    cause: error,
  })
}

/** A mistake that is seen before any call: nothing was sent. */
export const refuseField = (field: string, message: string): BillmanagerError =>
  new BillmanagerError('invalid', { kind: 'invalid', message, retryable: false, effect: 'none', field })

/** The panel does not have this, or the settings do not name it. */
export const notFoundThere = (message: string): BillmanagerError =>
  new BillmanagerError('not_found', { kind: 'not_found', message, retryable: false, effect: 'none' })

/** The panel took the order and nothing came of it. */
export const silentThere = (message: string): BillmanagerError =>
  new BillmanagerError('pending', { kind: 'silent', message, retryable: true, effect: 'unknown' })

/** A failure of the world; anything else is a mistake of ours and goes on up. */
export function worldly(error: unknown): BillmanagerError {
  if (error instanceof BillmanagerError) return error
  throw error
}

/** For what may be gone: `undefined` in place of `not_found`. */
export function ignoreMissing(error: unknown): undefined {
  if (worldly(error).reason === 'not_found') return undefined
  throw error
}

/** A refusal that came when a part of the work was done already: it no longer says that nothing was. */
export const afterPart = (error: BillmanagerError): BillmanagerError =>
  new BillmanagerError(error.reason, {
    kind: error.kind,
    message: error.message,
    retryable: error.retryable,
    effect: 'unknown',
    cause: error,
  })

/** The result of a slow call could not be fetched: that says nothing of the call, which the panel has. */
export const lostResult = (func: string, error: BillmanagerError): BillmanagerError =>
  new BillmanagerError('pending', {
    kind: 'unavailable',
    message: `${func}: the panel goes on with it, and its result cannot be fetched: ${error.message}`,
    retryable: true,
    effect: 'unknown',
    cause: error,
  })
