import { createHash, timingSafeEqual } from 'node:crypto'
import type { UsageShelf } from './usage.ts'

/** An order of the panel to us, as the module `pmstraylight` hands it on. */
export interface InboundOperation {
  /** The panel's operation; the same one comes again after a failure or a lost answer. */
  id: string
  /** `open`, `suspend`, `resume`, `close`, `setparam`, `prolong` */
  command: string
  /** The panel's service, under which everything of it must be found again: `open` is sent more than once. */
  serviceId: string
  parameters: Record<string, string>
}

/** How the work stands. `parameters` of a finished one are kept by the panel beside the service (`service.saveparam`). */
export type OperationState =
  | { status: 'running' }
  | { status: 'done'; parameters?: Record<string, string> }
  /** `final`: trying again cannot help; a person is called at once. */
  | { status: 'failed'; message: string; final: boolean }

export interface BridgeOptions {
  /** The module's password, at least 16 characters. */
  token: string
  /** Takes an order, or answers how the same order stands that was taken before. Must be safe to call twice. */
  accept(operation: InboundOperation): Promise<OperationState>
  /** How an order stands; `undefined` when it was never taken. */
  state(operationId: string): Promise<OperationState | undefined>
  usage?: UsageShelf
}

export interface BridgeRequest {
  method: string
  /** Relative to where the bridge is mounted: `/operations`. */
  path: string
  authorization: string | undefined
  body: string
}

export interface BridgeResponse {
  status: number
  body: unknown
}

/** The longest body that the module sends. */
const maxBodyLength = 64 * 1024

/**
 * Our half of the processing module, for any HTTP server: `POST /operations`, `GET /operations/{id}`, `GET /usage`, `POST /usage/{key}`,
 * `GET /ping`. Every request carries `Authorization: Bearer <token>`.
 */
export function createBridge(options: BridgeOptions): (request: BridgeRequest) => Promise<BridgeResponse> {
  if (options.token.length < 16) throw new RangeError('the token of the module has at least 16 characters')
  const expected = digest(`Bearer ${options.token}`)

  return async ({ method, path, authorization, body }) => {
    if (!timingSafeEqual(digest(authorization ?? ''), expected)) return { status: 401, body: { error: 'who are you?' } }
    const [, collection, rawId, ...rest] = path.split('/')
    const id = decodeSegment(rawId)
    if (rest.length > 0) return unknownPath
    switch (`${method} ${collection}${rawId === undefined ? '' : '/*'}`) {
      case 'GET ping':
        return { status: 200, body: { status: 'ok' } }
      case 'POST operations': {
        const operation = readOperation(body)
        return operation ? answer(await options.accept(operation)) : malformed
      }
      case 'GET operations/*': {
        const state = id === undefined ? undefined : await options.state(id)
        return state ? answer(state) : { status: 404, body: { error: 'no such operation' } }
      }
      case 'GET usage':
        return { status: 200, body: { days: (await options.usage?.waiting()) ?? [] } }
      case 'POST usage/*': {
        const state = readUsageState(body)
        if (id === undefined || state === undefined) return malformed
        await options.usage?.mark(id, state)
        return { status: 200, body: { status: state } }
      }
      default:
        return unknownPath
    }
  }
}

const unknownPath: BridgeResponse = { status: 404, body: { error: 'no such path' } }
const malformed: BridgeResponse = { status: 422, body: { error: 'the body cannot be understood' } }
const answer = (state: OperationState): BridgeResponse => ({ status: state.status === 'running' ? 202 : 200, body: state })
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function decodeSegment(segment: string | undefined): string | undefined {
  if (segment === undefined) return undefined
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

function readBody(body: string): Record<string, unknown> {
  if (body.length > maxBodyLength) return {}
  try {
    const json: unknown = JSON.parse(body)
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const shortId = /^[A-Za-z0-9_-]{1,64}$/

/** The order in a request's body; `undefined` when it is none. Never throws. */
export function readOperation(body: string): InboundOperation | undefined {
  const { operationId, command, itemId, params } = readBody(body)
  const isShort = (value: unknown): value is string => typeof value === 'string' && shortId.test(value)
  if (!isShort(operationId) || !isShort(command) || !isShort(itemId)) return undefined
  const parameters: Record<string, string> = {}
  if (typeof params === 'object' && params !== null)
    for (const [name, value] of Object.entries(params))
      if (typeof value === 'string' && name !== '__proto__') parameters[name] = value
  return { id: operationId, command, serviceId: itemId, parameters }
}

function readUsageState(body: string): 'inserted' | 'doubtful' | undefined {
  const { state } = readBody(body)
  return state === 'inserted' || state === 'doubtful' ? state : undefined
}
