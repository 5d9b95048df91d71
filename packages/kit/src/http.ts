import { type Dispatcher, errors, request as undiciRequest } from 'undici'
import { Bug, UpstreamError } from './errors.ts'

/**
 * One HTTP exchange with a neighbour. A transport is a chain of small layers around `Send`, each with one concern:
 * `compose(undiciSend(), withReport(report))`: the first layer named is the innermost.
 */
export interface HttpRequest {
  method: string
  url: string
  headers?: Record<string, string>
  body?: string | Uint8Array | AsyncIterable<Uint8Array>
  /** Milliseconds until the whole answer must have arrived. */
  timeoutMs?: number
  /** Who is called, for errors and figures: `nova`, `billmanager`. */
  service: string
}

export interface HttpResponse {
  status: number
  headers: Record<string, string>
  body: Buffer
}

export type Send = (request: HttpRequest) => Promise<HttpResponse>
export type Layer = (next: Send) => Send

export const compose = (send: Send, ...layers: Layer[]): Send => layers.reduce((inner, layer) => layer(inner), send)

/**
 * The innermost layer: sends by undici and reads the whole body, at most `maxBodyBytes`.
 * A failure without an answer becomes an `UpstreamError` of kind `unreachable` or `timeout`; a refused connection has surely had no effect.
 * A URL, a header or a body that cannot be sent at all is a `Bug`.
 */
export function undiciSend(options: { dispatcher?: Dispatcher; defaultTimeoutMs?: number; maxBodyBytes?: number } = {}): Send {
  const { dispatcher, defaultTimeoutMs = 30_000, maxBodyBytes = 64 * 1024 * 1024 } = options
  return async (request) => {
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      const response = await undiciRequest(request.url, {
        method: request.method as Dispatcher.HttpMethod,
        headers: request.headers ?? null,
        body: (request.body ?? null) as string | Uint8Array | null,
        signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        ...(dispatcher ? { dispatcher } : {}),
      })
      const headers: Record<string, string> = {}
      for (const [name, value] of Object.entries(response.headers))
        if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
      const chunks: Buffer[] = []
      let bytes = 0
      for await (const chunk of response.body) {
        bytes += (chunk as Buffer).length
        if (bytes > maxBodyBytes) {
          response.body.destroy()
          throw new UpstreamError({
            service: request.service,
            kind: 'garbled',
            code: `${request.service}.answer_too_large`,
            message: `${request.method} ${request.url} answered more than ${maxBodyBytes} bytes`,
            retryable: false,
            effect: 'unknown',
          })
        }
        chunks.push(chunk as Buffer)
      }
      return { status: response.statusCode, headers, body: Buffer.concat(chunks) }
    } catch (error) {
      throw error instanceof UpstreamError ? error : noAnswer(request, error, timeoutMs)
    }
  }
}

/** undici and Node will not send this: nobody was asked, and nobody ever will be. */
const cannotBeSent = new Set([
  'ERR_INVALID_URL',
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
])

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])

function noAnswer(request: HttpRequest, error: unknown, timeoutMs: number): UpstreamError | Bug {
  const code = (error as { code?: string }).code ?? ''
  if (cannotBeSent.has(code))
    return new Bug(`a request to ${request.service} cannot be sent: ${(error as Error).message}`, { cause: error })
  const timedOut =
    (error as Error).name === 'TimeoutError' ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError
  return new UpstreamError({
    service: request.service,
    kind: timedOut ? 'timeout' : 'unreachable',
    code: `${request.service}.${timedOut ? 'timeout' : 'unreachable'}`,
    message: `${request.method} ${request.url}: ${timedOut ? `no answer within ${timeoutMs} ms` : (error as Error).message || code}`,
    retryable: true,
    effect: neverSent.has(code) ? 'none' : 'unknown',
    cause: error,
  })
}

/** Reports each exchange once it is over, answered or not. For figures, journals and debugging; it must not throw. */
export function withReport(
  report: (exchange: { request: HttpRequest; response?: HttpResponse; error?: unknown; ms: number }) => void,
): Layer {
  return (next) => async (request) => {
    const started = performance.now()
    try {
      const response = await next(request)
      report({ request, response, ms: performance.now() - started })
      return response
    } catch (error) {
      report({ request, error, ms: performance.now() - started })
      throw error
    }
  }
}
