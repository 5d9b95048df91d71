/** An answer of the config or analytics API, and what it means. Those marked with a recording and its number are word for word what the real server said. */
export interface ErrorCase {
  says: string
  method?: string
  path?: string
  status: number
  headers?: Record<string, string>
  body: string
  means: { kind: string; code: string; retryable: boolean; effect: 'none' | 'unknown'; requestId?: string; message?: string }
}

const refused = { retryable: false, effect: 'none' } as const
const page = (title: string, sentence: string) =>
  `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head><title>Error: ${title}</title></head>\n<body><h1>Error: ${title}</h1><p>Sorry, the requested URL caused an error:</p><pre>${sentence}</pre></body></html>\n`
const unauthorized =
  '{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}'

export const errorCases: ErrorCase[] = [
  {
    says: 'a name that is taken (tf-config 3)',
    status: 409,
    path: '/projects',
    body: "['default-domain', 'customer-a'] already exists with uuid: ecdd78d9-8061-4dc0-9546-887844e44b21",
    means: { kind: 'conflict', code: 'tungsten.taken', ...refused },
  },
  {
    says: 'a network with ports on it (tf-config 88)',
    method: 'DELETE',
    status: 409,
    path: '/virtual-network/x',
    body: "Delete when resource still referred: ['http://127.0.0.1:18082/virtual-machine-interface/39ad94ff-9d37-472b-977c-a6c5cd0acafc']",
    means: { kind: 'conflict', code: 'tungsten.in_use', ...refused },
  },
  {
    says: 'a subnet whose addresses are in use',
    method: 'PUT',
    status: 409,
    body: 'Cannot Delete IP Block, IP(10.0.0.3) is in use',
    means: { kind: 'conflict', code: 'tungsten.conflict', ...refused },
  },
  {
    says: 'a quota that is full',
    status: 412,
    body: page('412 Precondition Failed', 'quota limit (1) exceeded for resource virtual_network'),
    means: {
      kind: 'limit',
      code: 'tungsten.over_quota',
      ...refused,
      message: 'POST /things: 412 quota limit (1) exceeded for resource virtual_network',
    },
  },
  {
    says: 'no more addresses for an instance-ip',
    status: 400,
    body: "Virtual-Network(['default-domain', 'customer-a', 'net1']) has exhausted subnet(10.0.0.0/29)",
    means: { kind: 'limit', code: 'tungsten.addresses_exhausted', ...refused },
  },
  {
    says: 'no more addresses for a floating-ip, which is a 500',
    status: 500,
    body: "Virtual-Network(['default-domain', 'customer-a', 'public']) has exhausted subnet([])",
    means: { kind: 'limit', code: 'tungsten.addresses_exhausted', ...refused },
  },
  {
    says: 'a token that is not valid (tf-rbac 2)',
    status: 401,
    body: unauthorized,
    means: {
      kind: 'unauthenticated',
      code: 'tungsten.unauthenticated',
      ...refused,
      message: 'POST /things: 401 The request you have made requires authentication.',
    },
  },
  {
    says: 'a role that is missing',
    status: 403,
    headers: { 'x-request-id': 'req-1' },
    body: '403 Permission Denied',
    means: { kind: 'forbidden', code: 'tungsten.forbidden', ...refused, requestId: 'req-1' },
  },
  {
    says: 'an id that nothing has (tf-config 69)',
    method: 'GET',
    status: 404,
    path: '/virtual-network/037f6eb7-6d66-4ea0-9707-f80da55a8779',
    body: 'Unknown id: 037f6eb7-6d66-4ea0-9707-f80da55a8779',
    means: { kind: 'not_found', code: 'tungsten.not_found', ...refused },
  },
  {
    says: 'a query engine that is not installed',
    status: 404,
    path: '/analytics/query',
    body: page('404 Not Found', "Not found: '/analytics/query'"),
    means: { kind: 'not_found', code: 'tungsten.no_query_engine', ...refused },
  },
  {
    says: 'tables without a query engine',
    method: 'GET',
    status: 404,
    path: '/analytics/tables',
    body: '',
    means: { kind: 'not_found', code: 'tungsten.no_query_engine', ...refused },
  },
  {
    says: 'a method that the path does not have (tf-config 87)',
    status: 405,
    body: 'Method not allowed.',
    means: { kind: 'invalid', code: 'tungsten.method_not_allowed', ...refused },
  },
  {
    says: 'a value that is not allowed (tf-config 81)',
    status: 400,
    body: "Bad Request, name has one of invalid chars {':'}",
    means: { kind: 'invalid', code: 'tungsten.invalid', ...refused },
  },
  {
    says: 'too many calls, from whatever stands in front',
    status: 429,
    body: '{"message": "slow down"}',
    headers: { 'x-openstack-request-id': 'req-2' },
    means: {
      kind: 'unavailable',
      code: 'tungsten.too_many_requests',
      retryable: true,
      effect: 'none',
      requestId: 'req-2',
      message: 'POST /things: 429 slow down',
    },
  },
  {
    says: 'a ZooKeeper that is away',
    status: 503,
    body: 'Database connection is down, please retry later',
    means: { kind: 'unavailable', code: 'tungsten.unavailable', retryable: true, effect: 'none' },
  },
  {
    says: 'a load balancer whose server vanished under a change',
    status: 502,
    body: '<html><body><h1>502 Bad Gateway</h1></body></html>',
    means: {
      kind: 'unavailable',
      code: 'tungsten.unavailable',
      retryable: true,
      effect: 'unknown',
      message: 'POST /things: 502 502 Bad Gateway',
    },
  },
  {
    says: 'a load balancer whose server vanished under a read',
    method: 'GET',
    status: 504,
    body: '',
    means: { kind: 'unavailable', code: 'tungsten.unavailable', retryable: true, effect: 'none', message: 'GET /things: 504' },
  },
  {
    says: 'the sentence of Galera, with whatever status',
    status: 500,
    body: '(1047, "WSREP has not yet prepared node for application use")',
    means: { kind: 'unavailable', code: 'tungsten.database_not_ready', retryable: true, effect: 'unknown' },
  },
  {
    says: 'the sentence of Galera to a read',
    method: 'GET',
    status: 503,
    body: 'WSREP has not yet prepared node for application use',
    means: { kind: 'unavailable', code: 'tungsten.database_not_ready', retryable: true, effect: 'none' },
  },
  {
    says: 'a change with a wrong wrapper key (tf-config 76)',
    status: 500,
    body: 'Internal Server Error',
    means: { kind: 'unavailable', code: 'tungsten.server_error', retryable: false, effect: 'unknown' },
  },
  {
    says: 'half an answer in JSON',
    status: 500,
    body: '{"message": 5',
    means: { kind: 'unavailable', code: 'tungsten.server_error', retryable: false, effect: 'unknown' },
  },
  {
    says: 'a read that made the server crash',
    method: 'HEAD',
    status: 500,
    body: '{"error": null}',
    means: { kind: 'unavailable', code: 'tungsten.server_error', retryable: true, effect: 'none' },
  },
  {
    says: 'a redirect, which nobody sends',
    status: 302,
    body: '',
    means: { kind: 'garbled', code: 'tungsten.unexpected_status', retryable: false, effect: 'unknown' },
  },
  {
    says: 'a redirect of a read',
    method: 'GET',
    status: 204,
    body: '',
    means: { kind: 'garbled', code: 'tungsten.unexpected_status', retryable: false, effect: 'none' },
  },
  ...[408, 460, 499].flatMap((status): ErrorCase[] => [
    {
      says: `${status}, a proxy that gave up waiting`,
      status,
      body: '',
      means: { kind: 'timeout', code: 'tungsten.timeout', retryable: true, effect: 'unknown' },
    },
    {
      says: `${status} to a read`,
      method: 'GET',
      status,
      body: '',
      means: { kind: 'timeout', code: 'tungsten.timeout', retryable: true, effect: 'none' },
    },
  ]),
  {
    says: 'a transaction that Galera has undone',
    status: 500,
    body: '(1213, "WSREP detected deadlock/conflict and aborted the transaction. Try restarting the transaction")',
    means: { kind: 'unavailable', code: 'tungsten.database_not_ready', retryable: true, effect: 'unknown' },
  },
]
