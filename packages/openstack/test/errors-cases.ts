/** An answer, and what it means. */
export interface ErrorCase {
  says: string
  service: string
  method?: string
  url?: string
  status: number
  headers?: Record<string, string>
  body: string | object
  means: { kind: string; code: string; retryable: boolean; effect: string; message?: string; requestId?: string }
}

const refused = { retryable: false, effect: 'none' }
const later = { retryable: true, effect: 'unknown' }
const sentence = '(pymysql.err.InternalError) (1047, "WSREP has not yet prepared node for application use")'
const haproxy = '<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n'
const neutron = (type: string, message = 'in words') => ({ NeutronError: { type, message, detail: '' } })
const nova = (fault: string, code: number, message: string) => ({ [fault]: { code, message } })

export const errorCases: ErrorCase[] = [
  // over the limit, which each service says in its own way
  {
    says: "Nova's quota of key pairs",
    service: 'nova',
    status: 403,
    body: nova('forbidden', 403, 'Quota exceeded, too many key pairs.'),
    means: { kind: 'limit', code: 'nova.quota_exceeded', ...refused },
  },
  {
    says: "Nova's quota in old versions",
    service: 'nova',
    status: 413,
    body: nova('overLimit', 413, 'Too many'),
    means: { kind: 'limit', code: 'nova.quota_exceeded', ...refused },
  },
  {
    says: "Cinder's quota",
    service: 'cinder',
    status: 413,
    body: nova('overLimit', 413, 'VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded'),
    means: { kind: 'limit', code: 'cinder.quota_exceeded', ...refused },
  },
  {
    says: "Neutron's quota",
    service: 'neutron',
    status: 409,
    body: neutron('OverQuota', "Quota exceeded for resources: ['port']."),
    means: { kind: 'limit', code: 'neutron.quota_exceeded', ...refused },
  },
  {
    says: "Octavia's quota",
    service: 'octavia',
    status: 403,
    body: { faultcode: 'Client', faultstring: 'Quota has been met for resources: Load Balancer', debuginfo: null },
    means: {
      kind: 'limit',
      code: 'octavia.quota_exceeded',
      ...refused,
      message: 'octavia answered 403 to POST /v2/things: Quota has been met for resources: Load Balancer',
    },
  },
  {
    says: "Keystone's limits",
    service: 'keystone',
    status: 403,
    body: {
      error: {
        code: 403,
        title: 'Forbidden',
        message: 'Unable to create additional application credentials, maximum of 5 already exceeded: limit.',
      },
    },
    means: { kind: 'limit', code: 'keystone.limit_exceeded', ...refused },
  },
  {
    says: "Glance's quota",
    service: 'glance',
    status: 413,
    body: { message: 'User is over quota', code: '413 Request Entity Too Large', title: 'Request Entity Too Large' },
    means: { kind: 'limit', code: 'glance.quota_exceeded', ...refused },
  },
  {
    says: 'no address is left, as Tungsten says it',
    service: 'neutron',
    status: 409,
    body: neutron('IpAddressGenerationFailure', 'No more IP addresses: HTTP Status: 500 ... has exhausted subnet([])'),
    means: { kind: 'limit', code: 'neutron.addresses_exhausted', ...refused },
  },
  {
    says: 'no floating IP is left',
    service: 'neutron',
    status: 400,
    body: neutron('ExternalIpAddressExhausted', 'Unable to find any IP address on external network x.'),
    means: { kind: 'limit', code: 'neutron.addresses_exhausted', ...refused },
  },
  {
    says: 'no host is large enough',
    service: 'nova',
    status: 400,
    body: nova('badRequest', 400, 'No valid host was found. No valid host found for resize'),
    means: { kind: 'limit', code: 'nova.no_capacity', ...refused },
  },

  // the wrong moment
  {
    says: 'a server that is busy, which ends',
    service: 'nova',
    status: 409,
    body: nova('conflictingRequest', 409, "Cannot 'reboot' instance x while it is in task_state powering-off"),
    means: { kind: 'conflict', code: 'nova.busy', retryable: true, effect: 'none' },
  },
  {
    says: 'a server in the wrong state, which stays',
    service: 'nova',
    status: 409,
    body: nova('conflictingRequest', 409, "Cannot 'os-start' instance x while it is in power_state 1"),
    means: { kind: 'conflict', code: 'nova.wrong_state', ...refused },
  },
  {
    says: 'a server in a state that is told in other words',
    service: 'nova',
    status: 409,
    body: nova('conflictingRequest', 409, "Instance x is in an invalid state for 'rebuild'"),
    means: { kind: 'conflict', code: 'nova.wrong_state', ...refused },
  },
  {
    says: 'a locked server',
    service: 'nova',
    status: 409,
    body: nova('conflictingRequest', 409, 'Instance x is locked'),
    means: { kind: 'conflict', code: 'nova.locked', ...refused },
  },
  {
    says: 'a second key of that name',
    service: 'nova',
    status: 409,
    body: nova('conflictingRequest', 409, "Key pair 'laptop' already exists."),
    means: { kind: 'conflict', code: 'nova.exists', ...refused },
  },
  {
    says: 'a volume that Nova cannot take now',
    service: 'nova',
    status: 400,
    body: nova('badRequest', 400, "Invalid volume: volume x status must be 'available'. Currently in 'in-use'"),
    means: { kind: 'conflict', code: 'nova.volume_wrong_state', ...refused },
  },
  {
    says: 'a second router interface',
    service: 'neutron',
    status: 400,
    body: neutron('BadRequest', 'Bad router request: Router already has a port on subnet x.'),
    means: { kind: 'conflict', code: 'neutron.exists', ...refused },
  },
  {
    says: 'a router that floating IPs need',
    service: 'neutron',
    status: 409,
    body: neutron('RouterInterfaceInUseByFloatingIP'),
    means: { kind: 'conflict', code: 'neutron.in_use', ...refused },
  },
  {
    says: 'an address that is taken',
    service: 'neutron',
    status: 409,
    body: neutron('IpAddressAlreadyAllocated'),
    means: { kind: 'conflict', code: 'neutron.exists', ...refused },
  },
  {
    says: 'a load balancer that is being changed',
    service: 'octavia',
    status: 409,
    body: { faultcode: 'Client', faultstring: 'Load Balancer x is immutable and cannot be updated.' },
    means: { kind: 'conflict', code: 'octavia.immutable', retryable: true, effect: 'none' },
  },
  {
    says: 'a second project of that name',
    service: 'keystone',
    status: 409,
    body: { error: { code: 409, title: 'Conflict', message: 'Conflict occurred attempting to store project' } },
    means: { kind: 'conflict', code: 'keystone.exists', ...refused },
  },
  {
    says: 'a protected image',
    service: 'glance',
    status: 403,
    body: '<html>\n <head>\n  <title>403 Forbidden</title>\n </head>\n <body>\n  <h1>403 Forbidden</h1>\n  Image x is protected and cannot be deleted.<br /><br />\n\n\n\n </body>\n</html>',
    means: {
      kind: 'conflict',
      code: 'glance.protected',
      ...refused,
      message: 'glance answered 403 to POST /v2/things: 403 Forbidden Image x is protected and cannot be deleted.',
    },
  },

  // tokens
  {
    says: 'a token of a disabled project',
    service: 'keystone',
    status: 404,
    body: { error: { code: 404, title: 'Not Found', message: 'Unable to validate token because project x is disabled' } },
    means: { kind: 'unauthenticated', code: 'keystone.unauthenticated', retryable: true, effect: 'none' },
  },
  {
    says: 'the login of an application credential that is gone',
    service: 'keystone',
    url: 'http://cloud/v3/auth/tokens',
    status: 404,
    body: { error: { code: 404, title: 'Not Found', message: 'Could not find Application Credential: x.' } },
    means: { kind: 'unauthenticated', code: 'keystone.credentials_refused', ...refused },
  },
  {
    says: 'a login at an address where nothing is',
    service: 'keystone',
    url: 'http://cloud/v3/auth/tokens',
    status: 404,
    body: 'not here',
    means: { kind: 'not_found', code: 'keystone.not_found', ...refused },
  },
  {
    says: 'what a member may not',
    service: 'neutron',
    status: 403,
    body: neutron('PolicyNotAuthorized', 'rule:create_network:shared is disallowed by policy'),
    means: { kind: 'forbidden', code: 'neutron.forbidden', ...refused },
  },

  // shapes
  {
    says: 'an error of Placement',
    service: 'placement',
    status: 404,
    body: { errors: [{ status: 404, title: 'Not Found', detail: 'The resource could not be found.\n\n No resource provider' }] },
    means: {
      kind: 'not_found',
      code: 'placement.not_found',
      ...refused,
      message: 'placement answered 404 to POST /v2/things: The resource could not be found. No resource provider',
    },
  },
  {
    says: 'an error of Placement without detail',
    service: 'placement',
    status: 409,
    body: { errors: [{ title: 'Conflict' }] },
    means: {
      kind: 'conflict',
      code: 'placement.conflict',
      ...refused,
      message: 'placement answered 409 to POST /v2/things: Conflict',
    },
  },
  {
    says: 'an error of Neutron that is only a sentence',
    service: 'neutron',
    status: 400,
    body: { NeutronError: 'in one word' },
    means: {
      kind: 'invalid',
      code: 'neutron.invalid',
      ...refused,
      message: 'neutron answered 400 to POST /v2/things: in one word',
    },
  },
  {
    says: 'a 404 with the network of somebody else in it, which is passed over',
    service: 'neutron',
    status: 404,
    body: { network: { id: 'n', name: 'secret', tenant_id: 'somebody else' } },
    means: { kind: 'not_found', code: 'neutron.not_found', ...refused, message: 'neutron answered 404 to POST /v2/things' },
  },
  {
    says: 'a list',
    service: 'nova',
    status: 404,
    body: [1, 2],
    means: { kind: 'not_found', code: 'nova.not_found', ...refused },
  },
  { says: 'nothing', service: 'nova', status: 404, body: '', means: { kind: 'not_found', code: 'nova.not_found', ...refused } },
  {
    says: 'members of strange types',
    service: 'neutron',
    status: 409,
    body: { NeutronError: { type: 5, message: ['?'] }, errors: ['?'] },
    means: { kind: 'conflict', code: 'neutron.conflict', ...refused, message: 'neutron answered 409 to POST /v2/things' },
  },

  // statuses
  ...(
    [
      [400, 'invalid', 'invalid'],
      [405, 'invalid', 'invalid'],
      [406, 'invalid', 'version_refused'],
      [410, 'not_found', 'not_found'],
      [412, 'conflict', 'precondition_failed'],
      [422, 'invalid', 'invalid'],
    ] as const
  ).map(([status, kind, code]) => ({
    says: `${status}`,
    service: 'nova',
    status,
    body: '',
    means: { kind, code: `nova.${code}`, ...refused },
  })),
  {
    says: '413 of Neutron',
    service: 'neutron',
    status: 413,
    body: '',
    means: { kind: 'invalid', code: 'neutron.too_large', ...refused },
  },
  ...[408, 460, 499].map(
    (status): ErrorCase => ({
      says: `${status}, a proxy that gave up waiting`,
      service: 'nova',
      status,
      body: '',
      means: { kind: 'timeout', code: 'nova.timeout', ...later },
    }),
  ),
  {
    says: '429',
    service: 'nova',
    status: 429,
    body: '',
    means: { kind: 'unavailable', code: 'nova.too_many_requests', retryable: true, effect: 'none' },
  },
  {
    says: '501',
    service: 'neutron',
    status: 501,
    body: '',
    means: { kind: 'invalid', code: 'neutron.not_implemented', retryable: false, effect: 'unknown' },
  },
  { says: '507', service: 'glance', status: 507, body: '', means: { kind: 'unavailable', code: 'glance.unavailable', ...later } },
  {
    says: 'a redirect',
    service: 'nova',
    status: 302,
    body: '',
    means: { kind: 'garbled', code: 'nova.unexpected_status', retryable: false, effect: 'unknown' },
  },
  {
    says: 'a failure inside',
    service: 'nova',
    status: 500,
    body: nova('computeFault', 500, 'Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/'),
    means: { kind: 'unavailable', code: 'nova.failed_inside', ...later },
  },
  {
    says: 'a failure inside, in HTML, as Neutron sends it when Tungsten answers what it does not know',
    service: 'neutron',
    status: 500,
    body: '<html><head><title>500 Internal Server Error</title></head><body><h1>500 Internal Server Error</h1>The server has failed.</body></html>',
    means: { kind: 'unavailable', code: 'neutron.failed_inside', ...later },
  },
  {
    says: 'a failed read, which can have done nothing',
    service: 'cinder',
    method: 'GET',
    status: 502,
    body: '',
    means: { kind: 'unavailable', code: 'cinder.unavailable', retryable: true, effect: 'none' },
  },
  {
    says: 'the front end that had nobody to give a write to, so that nothing happened',
    service: 'nova',
    status: 503,
    body: haproxy,
    means: { kind: 'unavailable', code: 'nova.unavailable', retryable: true, effect: 'none' },
  },

  // Galera, wherever it hides
  ...(
    [
      ['keystone', 500, { error: { code: 500, title: 'Internal Server Error', message: sentence } }],
      ['nova', 500, nova('computeFault', 500, sentence)],
      ['nova', 503, nova('serviceUnavailable', 503, sentence)],
      ['cinder', 400, nova('badRequest', 400, `Invalid volume: ${sentence}`)],
      ['neutron', 409, neutron('HTTPConflict', sentence)],
      ['glance', 500, `<html><body><h1>500</h1>${sentence}</body></html>`],
      ['placement', 500, { errors: [{ status: 500, detail: sentence }] }],
      ['octavia', 500, { faultcode: 'Server', faultstring: sentence, debuginfo: sentence }],
      ['nova', 404, sentence],
      ['neutron', 500, 'wsrep aborted transaction'],
      ['nova', 500, 'WSREP detected deadlock/conflict and aborted the transaction. Try restarting the transaction'],
    ] as const
  ).map(([service, status, body]) => ({
    says: `the sentence of Galera in ${status} of ${service}`,
    service,
    status,
    body,
    means: { kind: 'unavailable', code: `${service}.galera_not_ready`, ...later },
  })),

  // the ids that logs know a request by
  {
    says: 'a request id',
    service: 'nova',
    status: 404,
    headers: { 'x-openstack-request-id': 'req-1', 'x-compute-request-id': 'req-2' },
    body: '',
    means: { kind: 'not_found', code: 'nova.not_found', ...refused, requestId: 'req-1' },
  },
  {
    says: 'a request id under its old name',
    service: 'nova',
    status: 404,
    headers: { 'x-compute-request-id': 'req-2' },
    body: '',
    means: { kind: 'not_found', code: 'nova.not_found', ...refused, requestId: 'req-2' },
  },
]
