import { asObject, type Call } from '../call.ts'
import { seededHexId } from '../ids.ts'
import { type Route, openRoute, route } from '../router.ts'
import type { World } from '../world.ts'
import { collection, notFound, requireAdmin, selfLink } from './answers.ts'

export const region = 'RegionOne'

interface CatalogService {
  id: string
  type: string
  name: string
  /** After the simulator's address; `%(project_id)s` is the project of the token. */
  path: string
}

const service = (type: string, name: string, path: string): CatalogService => ({
  id: seededHexId('service', type),
  type,
  name,
  path,
})

export const services: CatalogService[] = [
  service('block-storage', 'cinder', '/volume/v3/%(project_id)s'),
  service('network', 'neutron', '/network'),
  service('identity', 'keystone', '/identity/v3'),
  service('placement', 'placement', '/placement'),
  service('image', 'glance', '/image'),
  service('compute', 'nova', '/compute/v2.1'),
  service('volumev3', 'cinderv3', '/volume/v3/%(project_id)s'),
  service('load-balancer', 'octavia', '/load-balancer'),
]

const interfaces = ['internal', 'public', 'admin'] as const

export const routes: Route[] = [
  openRoute('GET', '/', versions),
  openRoute('GET', '/v3', (call) => ({ status: 200, body: { version: versionDocument(call) } })),
  route('GET', '/v3/auth/catalog', (call) => ({
    status: 200,
    body: { catalog: catalogFor(call.world, call.who.projectId), links: selfLink(call.world, 'auth/catalog') },
  })),
  route('GET', '/v3/services', listServices),
  route('GET', '/v3/services/:service', showService),
  route('GET', '/v3/endpoints', listEndpoints),
  route('GET', '/v3/regions', (call) => collection(call, 'regions', [regionView(call.world)])),
  route('GET', '/v3/regions/:region', showRegion),
  route('GET', '/v3/limits', (call) => collection(call, 'limits', [])),
  route('GET', '/v3/registered_limits', (call) => collection(call, 'registered_limits', [])),
]

const versionDocument = (call: Call) => ({
  id: 'v3.14',
  status: 'stable',
  updated: '2020-04-07T00:00:00Z',
  links: [{ rel: 'self', href: `${call.base}/v3/` }],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
})

function versions(call: Call) {
  return { status: 300, headers: { Location: `${call.base}/v3/` }, body: { versions: { values: [versionDocument(call)] } } }
}

const addressOf = (world: World, each: CatalogService): string => world.endpoints[each.type] ?? world.url + each.path

export function catalogFor(world: World, projectId: string) {
  return services.map((each) => ({
    endpoints: interfaces.map((name) => ({
      id: seededHexId('endpoint', `${each.type}/${name}`),
      interface: name,
      region_id: region,
      url: addressOf(world, each).replace('%(project_id)s', projectId),
      region,
    })),
    id: each.id,
    type: each.type,
    name: each.name,
  }))
}

const serviceView = (world: World, each: CatalogService) => ({
  name: each.name,
  id: each.id,
  type: each.type,
  enabled: true,
  links: selfLink(world, `services/${each.id}`),
})

function listServices(call: Call) {
  requireAdmin(call, 'list_services')
  const wanted = asObject(Object.fromEntries(call.query))
  const found = services.filter((each) => (wanted.type ?? each.type) === each.type && (wanted.name ?? each.name) === each.name)
  return collection(
    call,
    'services',
    found.map((each) => serviceView(call.world, each)),
  )
}

function showService(call: Call) {
  requireAdmin(call, 'get_service')
  const found = services.find((each) => each.id === call.params.service)
  if (!found) throw notFound('service', call.params.service ?? '')
  return { status: 200, body: { service: serviceView(call.world, found) } }
}

function listEndpoints(call: Call) {
  requireAdmin(call, 'list_endpoints')
  const { world, query } = call
  const endpoints = services.flatMap((each) =>
    interfaces.map((name) => {
      const id = seededHexId('endpoint', `${each.type}/${name}`)
      return {
        id,
        interface: name,
        region_id: region,
        service_id: each.id,
        url: addressOf(world, each),
        enabled: true,
        region,
        links: selfLink(world, `endpoints/${id}`),
      }
    }),
  )
  const asked = endpoints.filter(
    (each) =>
      (query.get('interface') ?? each.interface) === each.interface &&
      (query.get('service_id') ?? each.service_id) === each.service_id,
  )
  return collection(call, 'endpoints', asked)
}

const regionView = (world: World) => ({
  id: region,
  description: '',
  parent_region_id: null,
  links: selfLink(world, `regions/${region}`),
})

function showRegion(call: Call) {
  if (call.params.region !== region) throw notFound('region', call.params.region ?? '')
  return { status: 200, body: { region: regionView(call.world) } }
}
