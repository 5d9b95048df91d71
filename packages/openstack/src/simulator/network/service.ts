import { Refusal } from '../call.ts'
import { openRoute, route } from '../router.ts'
import type { ServiceDefinition } from '../service.ts'
import { routes as agents } from './agents.ts'
import { routes as floatingIps } from './floating-ips.ts'
import { routes as networks } from './networks.ts'
import { routes as ports } from './ports.ts'
import { routes as quotas } from './quotas.ts'
import { routes as routers } from './routers.ts'
import { routes as securityGroupRules } from './security-group-rules.ts'
import { routes as securityGroups } from './security-groups.ts'
import { routes as subnets } from './subnets.ts'

const shape = ({ status, message, type, headers }: Refusal) => ({
  status,
  headers,
  body: { NeutronError: { type: type ?? typeOf(status), message, detail: '' } },
})

const typeOf = (status: number): string =>
  ({ 400: 'HTTPBadRequest', 403: 'HTTPForbidden', 404: 'HTTPNotFound', 409: 'HTTPConflict', 503: 'HTTPServiceUnavailable' })[
    status
  ] ?? 'HTTPInternalServerError'

export const network: ServiceDefinition = {
  name: 'network',
  prefix: '/network',
  routes: [
    openRoute('GET', '/', (call) => ({
      status: 200,
      body: { versions: [{ id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: `${call.base}/v2.0/` }] }] },
    })),
    route('GET', '/v2.0', (call) => ({
      status: 200,
      body: {
        resources: ['network', 'subnet', 'subnetpool', 'port'].map((name) => ({
          name,
          collection: `${name}s`,
          links: [{ rel: 'self', href: `${call.base}/v2.0/${name}s` }],
        })),
      },
    })),
    ...networks,
    ...subnets,
    ...ports,
    ...routers,
    ...floatingIps,
    ...securityGroups,
    ...securityGroupRules,
    ...quotas,
    ...agents,
  ],
  headers: (requestId) => ({ 'X-Openstack-Request-Id': requestId, Date: new Date().toUTCString() }),
  error: shape,
  unauthorized: (world) => ({
    status: 401,
    headers: { 'Www-Authenticate': `Keystone uri="${world.url}/identity/v3"` },
    body: { error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' } },
  }),
  missingRoute: (allowed) =>
    shape(
      allowed.length > 0
        ? new Refusal(405, 'The method is not allowed for this resource.')
        : new Refusal(404, 'The resource could not be found.'),
    ),
  malformed: new Refusal(400, 'Body contains invalid data'),
}
