import {
  galeraSentence,
  gaveUpStatuses,
  type HttpRequest,
  type HttpResponse,
  UpstreamError,
  type UpstreamErrorKind,
} from '@straylight/kit'

/** The services that this package speaks to, by the names of their projects; errors and figures carry these names. */
export type ServiceName = 'keystone' | 'nova' | 'cinder' | 'glance' | 'neutron' | 'octavia' | 'placement'

interface Rule {
  /** Any service when absent. */
  service?: ServiceName
  /** Any error status when absent. */
  status?: number
  /** Neutron's exception class, `NeutronError.type`. */
  type?: RegExp
  /** Only where a service has no code for it: Nova and Cinder tell their errors apart by English alone. */
  text?: RegExp
  kind: UpstreamErrorKind
  /** Without the service's name, which is put in front: `quota_exceeded` becomes `nova.quota_exceeded`. */
  code: string
  retryable?: true
}

/** HAProxy's own page: the call never reached a service. */
const noServer = /No server is available to handle this request/

/** The first rule that fits decides. The sources of the odd ones are in the README, section "Errors". */
const rules: Rule[] = [
  // Nova answers 403 to a request over quota (https://docs.openstack.org/api-ref/compute/#create-server), Cinder 413, Neutron 409
  { service: 'nova', status: 403, text: /quota|exceed/i, kind: 'limit', code: 'quota_exceeded' },
  { service: 'nova', status: 413, kind: 'limit', code: 'quota_exceeded' },
  { service: 'cinder', status: 413, kind: 'limit', code: 'quota_exceeded' },
  { service: 'neutron', type: /^(?:OverQuota|QuotaExceeded)$/, kind: 'limit', code: 'quota_exceeded' },
  { service: 'octavia', status: 403, text: /quota/i, kind: 'limit', code: 'quota_exceeded' },
  { service: 'keystone', status: 403, text: /limit/i, kind: 'limit', code: 'limit_exceeded' },
  // by type, because Tungsten Fabric hides its own "HTTP Status: 500" inside the text
  {
    service: 'neutron',
    type: /^(?:IpAddressGenerationFailure\w*|NoMoreIps|ExternalIpAddressExhausted)$/,
    kind: 'limit',
    code: 'addresses_exhausted',
  },
  { service: 'nova', text: /No valid host was found|insufficient (?:compute )?resources/i, kind: 'limit', code: 'no_capacity' },
  // a task ends by itself, a state does not: only the first is worth another try
  { service: 'nova', status: 409, text: /in task_state/, kind: 'conflict', code: 'busy', retryable: true },
  {
    service: 'nova',
    status: 409,
    text: /in (?:vm_state|power_state)|in an invalid state/,
    kind: 'conflict',
    code: 'wrong_state',
  },
  { service: 'nova', status: 409, text: /is locked/, kind: 'conflict', code: 'locked' },
  { service: 'nova', status: 409, text: /already exists/i, kind: 'conflict', code: 'exists' },
  { service: 'nova', status: 400, text: /Cannot detach a root device volume/, kind: 'invalid', code: 'root_volume' },
  { service: 'nova', status: 400, text: /Invalid volume/i, kind: 'conflict', code: 'volume_wrong_state' },
  { service: 'cinder', status: 409, text: /ConflictNovaUsingAttachment/, kind: 'conflict', code: 'nova_uses_attachment' },
  {
    service: 'cinder',
    status: 400,
    text: /Invalid (?:volume|snapshot|backup)\b|status must be/i,
    kind: 'conflict',
    code: 'wrong_state',
  },
  { service: 'neutron', type: /(?:InUse\w*|HasFloatingIP|NotFoundForFixedIP)$/, kind: 'conflict', code: 'in_use' },
  {
    service: 'neutron',
    type: /(?:Exists|AlreadyAssociated|AlreadyAllocated|BadRequestOverlap)$/,
    kind: 'conflict',
    code: 'exists',
  },
  { service: 'neutron', status: 400, text: /Router already has a port on subnet/, kind: 'conflict', code: 'exists' },
  { service: 'octavia', status: 409, text: /immutable/i, kind: 'conflict', code: 'immutable', retryable: true },
  { service: 'keystone', status: 409, kind: 'conflict', code: 'exists' },
  // what Keystone answers to a token of a project or domain that is disabled, whatever was asked; after enabling it only a new token helps
  {
    service: 'keystone',
    status: 404,
    text: /Unable to validate token/,
    kind: 'unauthenticated',
    code: 'unauthenticated',
    retryable: true,
  },
  { service: 'glance', status: 403, text: /protected/i, kind: 'conflict', code: 'protected' },
  { service: 'glance', status: 413, kind: 'limit', code: 'quota_exceeded' },

  // a token was refused: the next call brings another
  { status: 401, kind: 'unauthenticated', code: 'unauthenticated', retryable: true },
  { status: 403, kind: 'forbidden', code: 'forbidden' },
  { status: 404, kind: 'not_found', code: 'not_found' },
  { status: 406, kind: 'invalid', code: 'version_refused' },
  { status: 409, kind: 'conflict', code: 'conflict' },
  { status: 410, kind: 'not_found', code: 'not_found' },
  { status: 412, kind: 'conflict', code: 'precondition_failed' },
  { status: 413, kind: 'invalid', code: 'too_large' },
  { status: 429, kind: 'unavailable', code: 'too_many_requests', retryable: true },
  { status: 500, kind: 'unavailable', code: 'failed_inside', retryable: true },
  { status: 501, kind: 'invalid', code: 'not_implemented' },
]

/**
 * What an answer that is not a success means: kind, code, whether the very same call may succeed later, and whether something may have
 * happened there. The message is for operators and holds only what the service put in its own error members, clipped: some bodies
 * contain what the caller may not see (Neutron with Tungsten Fabric sends the whole network of another project beside its 404).
 */
export function classify(
  service: string,
  request: Pick<HttpRequest, 'method' | 'url'>,
  response: Pick<HttpResponse, 'status' | 'headers' | 'body'>,
): UpstreamError {
  const { status } = response
  const body = response.body.subarray(0, 65_536).toString('utf8')
  const { type, text } = explain(body)
  const decided = decide(service, status, body, type, text)
  const path = pathOf(request.url)
  // Keystone answers 404 to the login of an application credential that is gone
  const isRefusedLogin =
    path.endsWith('/auth/tokens') && (decided.kind === 'unauthenticated' || /Could not find Application Credential/i.test(text))
  const verdict: Rule = isRefusedLogin ? { kind: 'unauthenticated', code: 'credentials_refused' } : decided
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const refused = (status >= 400 && status < 500 && !gaveUpStatuses.has(status)) || noServer.test(body)
  const requestId = requestIdOf(response)
  return new UpstreamError({
    service,
    kind: verdict.kind,
    code: `${service}.${verdict.code}`,
    message: `${service} answered ${status} to ${request.method} ${path}${text ? `: ${text}` : ''}`,
    retryable: verdict.retryable === true,
    effect: isRead || (refused && verdict.code !== 'galera_not_ready') ? 'none' : 'unknown',
    status,
    ...(requestId === undefined ? {} : { requestId }),
  })
}

function decide(service: string, status: number, body: string, type: string, text: string): Rule {
  if (status >= 400 && galeraSentence.test(body)) return { kind: 'unavailable', code: 'galera_not_ready', retryable: true }
  if (gaveUpStatuses.has(status)) return { kind: 'timeout', code: 'timeout', retryable: true }
  const fits = (rule: Rule) =>
    (rule.service === undefined || rule.service === service) &&
    (rule.status === undefined || rule.status === status) &&
    (rule.type === undefined || rule.type.test(type)) &&
    (rule.text === undefined || rule.text.test(text))
  const rule = status >= 400 ? rules.find(fits) : undefined
  if (rule) return rule
  if (status >= 500) return { kind: 'unavailable', code: 'unavailable', retryable: true }
  if (status >= 400) return { kind: 'invalid', code: 'invalid' }
  return { kind: 'garbled', code: 'unexpected_status' }
}

/** The names under which Nova, Cinder, Neutron, Glance, Keystone and Octavia send the id that their logs know a request by. */
export const requestIdOf = (response: Pick<HttpResponse, 'headers'>): string | undefined =>
  response.headers['x-openstack-request-id'] ?? response.headers['x-compute-request-id']

const pathOf = (url: string): string => url.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/\?.*$/s, '')

/** A page says what it has to say at its beginning; what is longer is not searched, because pages come from anybody on the way. */
const longestPage = 4096
const withoutTags = (html: string): string =>
  html
    .slice(0, longestPage)
    .replace(/<(?:style|script|title)[\s\S]*?(?:<\/[a-z]+>|$)/gi, '')
    .replace(/<[^<>]*>/g, ' ')

const clip = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 300)

/** Reads a service's error members, in the shapes in which each sends them. Nothing else of the body is looked at. */
function explain(body: string): { type: string; text: string } {
  const start = body.trimStart()[0]
  if (start === '<') return { type: '', text: clip(withoutTags(body)) }
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return { type: '', text: '' }
  }
  if (!isRecord(json)) return { type: '', text: '' }
  // Octavia (pecan/wsme): {"faultcode": "Client", "faultstring": "…"}
  if (typeof json.faultstring === 'string') return { type: '', text: clip(json.faultstring) }
  // Placement: {"errors": [{"status": 404, "title": "Not Found", "detail": "…"}]}
  const first: unknown = Array.isArray(json.errors) ? json.errors[0] : undefined
  if (isRecord(first)) return { type: '', text: clip(asText(first.detail) || asText(first.title)) }
  // Neutron: {"NeutronError": {"type", "message", "detail"}} or, from some plugins, {"NeutronError": "…"}
  const neutron = json.NeutronError
  if (typeof neutron === 'string') return { type: '', text: clip(neutron) }
  if (isRecord(neutron)) return { type: asText(neutron.type).slice(0, 100), text: clip(asText(neutron.message)) }
  // Glance, asked for JSON: {"message": "No image found with ID …<br /><br />", "code": "404 Not Found", "title": "Not Found"}
  if (typeof json.message === 'string' && typeof json.title === 'string')
    return { type: '', text: clip(withoutTags(json.message)) }
  // Nova and Cinder: {"<fault>": {"code", "message"}}; Keystone: {"error": {"code", "title", "message"}}
  const fault = Object.values(json).find((value) => isRecord(value) && typeof value.message === 'string')
  return { type: '', text: isRecord(fault) ? clip(asText(fault.message)) : '' }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const asText = (value: unknown): string => (typeof value === 'string' ? value : '')
