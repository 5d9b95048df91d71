import { type Call, Refusal } from '../call.ts'
import { openRoute, route } from '../router.ts'
import { noSuchPage } from '../webob.ts'
import { askedVersion, type ServiceDefinition } from '../service.ts'
import { routes as attachments } from './attachments.ts'
import { routes as backups } from './backups.ts'
import { routes as operators } from './operators.ts'
import { routes as quotas } from './quotas.ts'
import { routes as snapshots } from './snapshots.ts'
import { routes as transfers } from './transfers.ts'
import { routes as types } from './types.ts'
import { routes as actions } from './volume-actions.ts'
import { routes as volumes } from './volumes.ts'

const latest = 70

const names: Record<number, string> = {
  400: 'badRequest',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  501: 'notImplemented',
  503: 'serviceUnavailable',
}

export const volume: ServiceDefinition = {
  name: 'volume',
  prefix: '/volume',
  routes: [
    openRoute('GET', '/', (call) => ({ status: 300, body: { versions: [versionDocument(call)] } })),
    route('GET', '/v3', (call) => ({ status: 200, body: { versions: [versionDocument(call)] } })),
    ...volumes,
    ...actions,
    ...attachments,
    ...types,
    ...snapshots,
    ...backups,
    ...transfers,
    ...quotas,
    ...operators,
  ],
  negotiate: (headers) => {
    const asked = askedVersion(headers, 'volume')
    const minor = asked === undefined ? 0 : asked === 'latest' ? latest : minorOf(asked)
    if (minor > latest) {
      const refusal = `Version 3.${minor} is not supported by the API. Minimum is 3.0 and maximum is 3.${latest}.`
      throw new Refusal(406, refusal, {
        headers: { 'Openstack-Api-Version': `volume 3.${minor}`, Vary: 'OpenStack-API-Version' },
      })
    }
    return { version: minor, headers: { 'Openstack-Api-Version': `volume 3.${minor}`, Vary: 'OpenStack-API-Version' } }
  },
  bodiless: { 'Content-Type': 'application/json' },
  headers: (requestId) => ({
    'X-Compute-Request-Id': requestId,
    'X-Openstack-Request-Id': requestId,
    Date: new Date().toUTCString(),
  }),
  error: ({ status, message, headers }) => ({
    status,
    headers: { ...(status === 413 ? { 'Retry-After': '0' } : {}), ...headers },
    body: { [names[status] ?? 'computeFault']: { code: status, message, ...(status === 413 ? { retryAfter: '0' } : {}) } },
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
  return major === '3' ? Number(minor) : 999
}

const versionDocument = (call: Call) => ({
  id: 'v3.0',
  status: 'CURRENT',
  version: `3.${latest}`,
  min_version: '3.0',
  updated: '2022-08-31T00:00:00Z',
  links: [
    { rel: 'describedby', type: 'text/html', href: 'https://docs.openstack.org/' },
    { rel: 'self', href: `${call.base}/v3/` },
  ],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.volume+json;version=3' }],
})
