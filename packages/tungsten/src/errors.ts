import { galeraSentence, gaveUpStatuses, UpstreamError, type UpstreamErrorKind } from '@straylight/kit'

/** An answer of the config or analytics API that was not what we asked for. */
export interface Refusal {
  method: string
  /** Path without the query. */
  path: string
  status: number
  headers?: Record<string, string>
  body: string
}

interface Meaning {
  kind: UpstreamErrorKind
  /** Specific part of the code: `taken` → `tungsten.taken`. */
  code: string
  retryable?: boolean
  effect?: 'none' | 'unknown'
}

/**
 * What a refusal means. By method, path and status: the texts contain Python representations and differ from call to call.
 * Two sentences are the exception, because nothing else tells them apart:
 * - the Galera sentence, which any service behind the same database or load balancer may pass on;
 * - an exhausted subnet, which is 400 for an instance-ip, 409 for `ip-alloc` and 500 for a floating-ip.
 *   https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/resources/floating_ip.py (`pre_dbe_create`)
 */
export function classify(refusal: Refusal): UpstreamError {
  const { kind, code, retryable = false, effect = 'none' } = meaning(refusal)
  const requestId = refusal.headers?.['x-request-id'] ?? refusal.headers?.['x-openstack-request-id']
  const text = sentence(refusal.body)
  return new UpstreamError({
    service: 'tungsten',
    kind,
    code: `tungsten.${code}`,
    message: `${refusal.method} ${refusal.path}: ${refusal.status}${text === '' ? '' : ` ${text}`}`,
    retryable,
    effect,
    status: refusal.status,
    ...(requestId === undefined ? {} : { requestId }),
  })
}

function meaning({ method, path, status, body }: Refusal): Meaning {
  const isRead = method === 'GET' || method === 'HEAD'
  if (status < 400) return { kind: 'garbled', code: 'unexpected_status', effect: isRead ? 'none' : 'unknown' }
  if (galeraSentence.test(body))
    return { kind: 'unavailable', code: 'database_not_ready', retryable: true, effect: isRead ? 'none' : 'unknown' }
  if (gaveUpStatuses.has(status))
    return { kind: 'timeout', code: 'timeout', retryable: true, effect: isRead ? 'none' : 'unknown' }
  if (body.includes(' has exhausted subnet(')) return { kind: 'limit', code: 'addresses_exhausted' }
  switch (status) {
    case 401:
      return { kind: 'unauthenticated', code: 'unauthenticated' }
    case 403:
      return { kind: 'forbidden', code: 'forbidden' }
    case 404:
      // The query engine is optional; without it its routes do not exist (`qe_enable`).
      // https://github.com/tungstenfabric/tf-analytics/blob/94df6f9/contrail-opserver/opserver.py
      return { kind: 'not_found', code: /^\/analytics\/(query|queries|tables)\b/.test(path) ? 'no_query_engine' : 'not_found' }
    case 405:
      return { kind: 'invalid', code: 'method_not_allowed' }
    case 409:
      if (method === 'DELETE') return { kind: 'conflict', code: 'in_use' }
      return { kind: 'conflict', code: method === 'POST' ? 'taken' : 'conflict' }
    case 412:
      return { kind: 'limit', code: 'over_quota' }
    case 429:
      return { kind: 'unavailable', code: 'too_many_requests', retryable: true }
    // ZooKeeper is away, Keystone cannot be asked, or the load balancer has no server: none of them has begun to act.
    case 503:
      return { kind: 'unavailable', code: 'unavailable', retryable: true }
    case 502:
    case 504:
      return { kind: 'unavailable', code: 'unavailable', retryable: true, effect: isRead ? 'none' : 'unknown' }
    default:
      if (status < 500) return { kind: 'invalid', code: 'invalid' }
      // Mistakes of the caller come out as 500 too (malformed JSON, a wrong wrapper key, a missing reference): a write is not worth repeating as it is.
      return { kind: 'unavailable', code: 'server_error', retryable: isRead, effect: isRead ? 'none' : 'unknown' }
  }
}

const longestSentence = 300
/** A page says what it has to say at its beginning; what is longer is not searched, because pages come from anybody on the way. */
const longestPage = 4096
const longestJson = 65_536

/** The human part of a body: the `<pre>` of a Bottle page, the message of a JSON error, or the text itself; for operators only. */
function sentence(body: string): string {
  const text = messageOf(body.slice(0, longestJson)) ?? textOfPage(body.slice(0, longestPage))
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > longestSentence ? `${line.slice(0, longestSentence)}…` : line
}

function textOfPage(page: string): string {
  const [, after] = page.split(/<pre>/i, 2)
  const inside = after?.split(/<\/pre>/i, 1)[0] ?? page
  return messageOf(inside) ?? inside.replace(/<[^<>]*>/g, ' ')
}

function messageOf(text: string): string | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    const { error, message } = JSON.parse(text) as { error?: { message?: unknown } | null; message?: unknown }
    const found = error?.message ?? message
    return typeof found === 'string' ? found : undefined
  } catch {
    return undefined
  }
}

/** An answer that says OK and cannot be read. Whether a write had its effect is unknown. */
export function garbled(at: string, expected: string, cause?: unknown): UpstreamError {
  return new UpstreamError({
    service: 'tungsten',
    kind: 'garbled',
    code: 'tungsten.garbled',
    message: `${at}: ${expected}`,
    retryable: false,
    effect: 'unknown',
    cause,
  })
}
