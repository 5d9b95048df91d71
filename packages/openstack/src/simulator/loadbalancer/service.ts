import { Refusal } from '../call.ts'
import { openRoute } from '../router.ts'
import type { ServiceDefinition } from '../service.ts'
import { fault } from './answers.ts'
import { routes as healthMonitors } from './health-monitors.ts'
import { routes as listeners } from './listeners.ts'
import { routes as loadBalancers } from './load-balancers.ts'
import { routes as members } from './members.ts'
import { routes as pools } from './pools.ts'
import { routes as quotas } from './quotas.ts'

export const loadBalancer: ServiceDefinition = {
  name: 'load-balancer',
  prefix: '/load-balancer',
  routes: [
    openRoute('GET', '/', (call) => ({
      status: 200,
      body: {
        versions: Array.from({ length: 28 }, (_, minor) => ({
          id: `v2.${minor}`,
          status: minor === 27 ? 'CURRENT' : 'SUPPORTED',
          updated: '2023-05-05T00:00:00Z',
          links: [{ rel: 'self', href: `${call.base}/v2` }],
        })),
      },
    })),
    ...loadBalancers,
    ...listeners,
    ...pools,
    ...members,
    ...healthMonitors,
    ...quotas,
  ],
  headers: (requestId) => ({ 'x-openstack-request-id': requestId, Date: new Date().toUTCString() }),
  error: fault,
  unauthorized: (world) => ({
    status: 401,
    headers: { 'WWW-Authenticate': `Keystone uri="${world.url}/identity/v3"` },
    body: { error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' } },
  }),
  missingRoute: (allowed) =>
    fault(allowed.length > 0 ? new Refusal(405, 'Method Not Allowed') : new Refusal(404, 'Not Found (HTTP 404)')),
  malformed: new Refusal(400, "Invalid input for field/attribute body. Value: 'None'. unable to parse body"),
}
