import { type Call, Refusal } from '../call.ts'
import { openRoute } from '../router.ts'
import { noSuchPage } from '../webob.ts'
import { askedVersion, type ServiceDefinition } from '../service.ts'
import { routes as actions } from './actions.ts'
import { routes as consoles } from './consoles.ts'
import { routes as diagnostics } from './diagnostics.ts'
import { routes as flavors } from './flavors.ts'
import { routes as hosts } from './hosts.ts'
import { routes as instanceActions } from './instance-actions.ts'
import { routes as interfaces } from './interfaces.ts'
import { routes as keypairs } from './keypairs.ts'
import { routes as quotas } from './quotas.ts'
import { routes as serverGroups } from './server-groups.ts'
import { routes as serverMetadata } from './server-metadata.ts'
import { routes as servers } from './servers.ts'
import { routes as usage } from './usage.ts'
import { routes as attachments } from './volume-attachments.ts'

const latest = 93

const names: Record<number, string> = {
  400: 'badRequest',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
}

export const compute: ServiceDefinition = {
  name: 'compute',
  prefix: '/compute',
  routes: [
    openRoute('GET', '/', (call) => ({ status: 200, body: { versions: [oldVersion(call), currentVersion(call)] } })),
    openRoute('GET', '/v2.1', (call) => ({
      status: 200,
      body: {
        version: {
          ...currentVersion(call),
          links: [...currentVersion(call).links, { rel: 'describedby', type: 'text/html', href: 'http://docs.openstack.org/' }],
          'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.compute+json;version=2.1' }],
        },
      },
    })),
    ...servers,
    ...serverMetadata,
    ...actions,
    ...attachments,
    ...interfaces,
    ...instanceActions,
    ...consoles,
    ...diagnostics,
    ...flavors,
    ...keypairs,
    ...quotas,
    ...serverGroups,
    ...usage,
    ...hosts,
  ],
  negotiate: (headers) => {
    const asked = askedVersion(headers, 'compute', 'x-openstack-nova-api-version')
    const minor = asked === undefined ? 1 : asked === 'latest' ? latest : minorOf(asked)
    const said = {
      'Openstack-Api-Version': `compute 2.${minor}`,
      'X-Openstack-Nova-Api-Version': `2.${minor}`,
      Vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version',
    }
    if (minor < 1 || minor > latest)
      throw new Refusal(406, `Version 2.${minor} is not supported by the API. Minimum is 2.1 and maximum is 2.${latest}.`, {
        headers: said,
      })
    return { version: minor, headers: said }
  },
  bodiless: { 'Content-Type': 'application/json' },
  headers: (requestId) => ({
    'X-Openstack-Request-Id': requestId,
    'X-Compute-Request-Id': requestId,
    Date: new Date().toUTCString(),
  }),
  error: ({ status, message, headers }) => ({
    status,
    headers: { 'Content-Type': 'application/json; charset=UTF-8', ...headers },
    body: { [names[status] ?? 'computeFault']: { code: status, message } },
  }),
  unauthorized: (world) => ({
    status: 401,
    headers: { 'Www-Authenticate': `Keystone uri="${world.url}/identity/v3"` },
    body: { error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' } },
  }),
  missingRoute: noSuchPage,
  malformed: new Refusal(400, 'Malformed request body'),
}

function minorOf(text: string): number {
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(text) ?? []
  if (major === undefined)
    throw new Refusal(400, `API Version String ${text} is of invalid format. Must be of format MajorNum.MinorNum.`)
  return major === '2' ? Number(minor) : 999
}

const oldVersion = (call: Call) => ({
  id: 'v2.0',
  status: 'SUPPORTED',
  version: '',
  min_version: '',
  updated: '2011-01-21T11:33:21Z',
  links: [{ rel: 'self', href: `${call.base}/v2/` }],
})

const currentVersion = (call: Call) => ({
  id: 'v2.1',
  status: 'CURRENT',
  version: `2.${latest}`,
  min_version: '2.1',
  updated: '2013-07-23T11:33:21Z',
  links: [{ rel: 'self', href: `${call.base}/v2.1/` }],
})
