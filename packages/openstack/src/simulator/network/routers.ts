import { asArray, asFlag, asObject, asText, type Call, isObject, type JsonObject } from '../call.ts'
import { uuid } from '../ids.ts'
import { contextOf } from '../notifications/envelope.ts'
import { networkChange, networkDeletion, networkEvent } from '../notifications/network.ts'
import { type Route, route } from '../router.ts'
import { seconds } from '../times.ts'
import type { World } from '../world.ts'
import { overlap } from './addresses.ts'
import { visibleNetwork } from './networks.ts'
import { deletePort, newMac, type Port, portDefaults, visiblePort } from './ports.ts'
import { allocate, claim } from './allocations.ts'
import { spend } from './quotas.ts'
import {
  adminOnly,
  badRequest,
  collection,
  disallowed,
  freshResource,
  inConflict,
  missing,
  type NetworkResource,
  tagRoutes,
  touched,
  wanted,
} from './answers.ts'
import { cidrOf, type Subnet, visibleSubnet } from './subnets.ts'

export interface Router extends NetworkResource {
  adminUp: boolean
  externalNetworkId: string | null
  snat: boolean
  routes: { destination: string; nexthop: string }[]
}

export const routes: Route[] = [
  route('GET', '/v2.0/routers', listRouters),
  route('POST', '/v2.0/routers', createRouter),
  route('GET', '/v2.0/routers/:id', (call) => ({
    status: 200,
    body: { router: routerView(call.world, ownRouter(call), call.who.isAdmin) },
  })),
  route('PUT', '/v2.0/routers/:id', updateRouter),
  route('DELETE', '/v2.0/routers/:id', deleteRouter),
  route('PUT', '/v2.0/routers/:id/add_router_interface', addInterface),
  route('PUT', '/v2.0/routers/:id/remove_router_interface', removeInterface),
  ...tagRoutes('routers', ownRouter, (call, id, tags) => {
    call.world.routers.update(id, { tags, ...touched(call, call.world.routers.get(id) as Router) })
  }),
]

const attributes = [
  'name',
  'admin_state_up',
  'external_gateway_info',
  'routes',
  'tenant_id',
  'project_id',
  'description',
  'distributed',
  'ha',
  'flavor_id',
  'availability_zone_hints',
] as const

const interfaceOwner = 'network:router_interface'
const gatewayOwner = 'network:router_gateway'

export const portsOfRouter = (world: World, id: string, owner?: string): Port[] =>
  world.ports.where('deviceId', id).filter((port) => owner === undefined || port.deviceOwner === owner)

export function routerView(world: World, router: Router, isAdmin: boolean): JsonObject {
  const ports = portsOfRouter(world, router.id)
  const gateway = ports.find((port) => port.deviceOwner === gatewayOwner)
  return {
    id: router.id,
    name: router.name,
    tenant_id: router.projectId,
    admin_state_up: router.adminUp,
    status: 'ACTIVE',
    external_gateway_info:
      router.externalNetworkId === null
        ? null
        : { network_id: router.externalNetworkId, external_fixed_ips: gateway?.fixedIps ?? [], enable_snat: router.snat },
    description: router.description,
    // An agent takes the router once it has something to do.
    availability_zones: router.revision > 3 ? ['nova'] : [],
    ...(isAdmin ? { distributed: false, ha: false } : {}),
    availability_zone_hints: [],
    routes: router.routes,
    flavor_id: null,
    tags: router.tags,
    created_at: seconds(router.createdMs),
    updated_at: seconds(router.updatedMs),
    revision_number: router.revision,
    project_id: router.projectId,
  }
}

function ownRouter(call: Call): Router {
  const id = call.params.id ?? ''
  const router = call.world.routers.get(id)
  if (!router || !(call.who.isAdmin || router.projectId === call.who.projectId))
    throw missing('RouterNotFound', `Router ${id} could not be found`)
  return router
}

function listRouters(call: Call) {
  const { world, who } = call
  const seen = who.isAdmin ? world.routers.all() : world.routers.where('projectId', who.projectId)
  return collection(
    call,
    'routers',
    seen.map((router) => routerView(world, router, who.isAdmin)),
    ['distributed', 'ha'],
  )
}

function createRouter(call: Call) {
  const { world, who } = call
  const asked = wanted(call, 'router', attributes)
  adminOnly(call, 'create', 'router', asked, ['distributed', 'ha'])
  const base = freshResource(call, asked)
  spend(call, base.projectId, 'router')
  const router = world.routers.insert({
    id: uuid(),
    ...base,
    revision: 1,
    adminUp: asFlag(asked.admin_state_up) ?? true,
    externalNetworkId: null,
    snat: true,
    routes: routesAsked(asked.routes),
  })
  const ready = asked.external_gateway_info ? setGateway(call, router, asked.external_gateway_info) : router
  networkChange(
    world,
    'router.create',
    'router',
    asked,
    () => routerView(world, ready, who.isAdmin),
    contextOf(who, call.requestId),
  )
  return { status: 201, body: { router: routerView(world, ready, who.isAdmin) } }
}

const routesAsked = (value: unknown) =>
  asArray(value)
    .filter(isObject)
    .map((each) => ({ destination: String(each.destination), nexthop: String(each.nexthop) }))

function updateRouter(call: Call) {
  const { world, who } = call
  const before = ownRouter(call)
  const readOnly = ['id', 'status', 'tenant_id', 'project_id']
  const asked = wanted(
    call,
    'router',
    attributes.filter((name) => !readOnly.includes(name)),
    { readOnly },
  )
  let router = world.routers.update(before.id, {
    name: asText(asked.name) ?? before.name,
    description: asText(asked.description) ?? before.description,
    adminUp: asFlag(asked.admin_state_up) ?? before.adminUp,
    routes: asked.routes === undefined ? before.routes : routesAsked(asked.routes),
    ...touched(call, before),
  })
  if (asked.external_gateway_info !== undefined) router = setGateway(call, router, asked.external_gateway_info)
  networkChange(
    world,
    'router.update',
    'router',
    asked,
    () => routerView(world, router, who.isAdmin),
    contextOf(who, call.requestId),
  )
  return { status: 200, body: { router: routerView(world, router, who.isAdmin) } }
}

/** The gateway port belongs to nobody: customers never see it. */
function setGateway(call: Call, router: Router, value: unknown): Router {
  const { world } = call
  const info = asObject(value)
  const networkId = asText(info.network_id)
  const ports = portsOfRouter(world, router.id)
  const old = ports.find((port) => port.deviceOwner === gatewayOwner)
  if (networkId === undefined || networkId !== router.externalNetworkId) {
    if (router.externalNetworkId !== null && world.floatingIps.find((floating) => floating.routerId === router.id))
      throw inConflict(
        'RouterExternalGatewayInUseByFloatingIp',
        `Gateway cannot be updated for router ${router.id}, since a gateway to external network ${router.externalNetworkId} is required by one or more floating IPs.`,
      )
    if (old) deletePort(world, old)
  }
  if (networkId === undefined)
    return world.routers.update(router.id, { externalNetworkId: null, snat: true, ...touched(call, router) })
  const network = visibleNetwork(call, networkId)
  if (!network.external) throw badRequest('BadRequest', `Bad router request: Network ${networkId} is not an external network.`)
  if (networkId !== router.externalNetworkId) {
    const port = world.ports.insert({
      ...portDefaults(world, '', networkId, newMac()),
      deviceId: router.id,
      deviceOwner: gatewayOwner,
      portSecurity: false,
      hostId: 'lab',
    })
    const fixed = asArray(info.external_fixed_ips).filter(isObject)[0]
    const subnet = world.subnets.get(String(fixed?.subnet_id ?? '')) ?? world.subnets.where('networkId', networkId)[0]
    const ip = asText(fixed?.ip_address)
    if (ip !== undefined && subnet) claim(world, port, subnet, ip)
    else allocate(world, port, network)
  }
  return world.routers.update(router.id, {
    externalNetworkId: networkId,
    snat: asFlag(info.enable_snat) ?? true,
    ...touched(call, { ...router, revision: router.revision + 1 }),
  })
}

function deleteRouter(call: Call) {
  const { world } = call
  const router = ownRouter(call)
  const interfaces = portsOfRouter(world, router.id, interfaceOwner)
  if (interfaces.length > 0)
    throw inConflict(
      'RouterInUse',
      `Router ${router.id} has ports still attached: ${interfaces.map((port) => port.id).join(', ')}`,
    )
  if (world.floatingIps.find((floating) => floating.routerId === router.id))
    throw inConflict('RouterInUse', `Router ${router.id} still has floating IPs associated`)
  const last = routerView(world, router, true)
  for (const port of portsOfRouter(world, router.id)) deletePort(world, port)
  world.routers.remove(router.id)
  networkDeletion(world, 'router.delete', 'router', router.id, () => last, contextOf(call.who, call.requestId))
  return { status: 204 }
}

const interfaceView = (router: Router, port: Port, subnetId: string) => ({
  id: router.id,
  tenant_id: router.projectId,
  port_id: port.id,
  network_id: port.networkId,
  subnet_id: subnetId,
  subnet_ids: [subnetId],
})

const eitherOr = 'Bad router request: Either subnet_id or port_id must be specified.'

function addInterface(call: Call) {
  const { world } = call
  const router = ownRouter(call)
  const portId = asText(call.body.port_id)
  const subnetId = asText(call.body.subnet_id)
  if (portId === undefined && subnetId === undefined) throw badRequest('BadRequest', eitherOr)
  const { port, subnet } =
    portId === undefined
      ? ownInterface(call, router, visibleSubnet(call, subnetId))
      : givenInterface(call, router, visiblePort(call, portId))
  world.later(world.duration('router.up'), router.id, 'port.up', { portId: port.id })
  world.routers.update(router.id, touched(call, { ...router, revision: router.revision + 1 }))
  const view = interfaceView(router, port, subnet.id)
  networkEvent(world, 'router.interface.create', () => ({ router_interface: view }), contextOf(call.who, call.requestId))
  return { status: 200, body: view }
}

/** @throws Refusal 400 when the router already has a foot in this subnet, or in one that overlaps. */
function refuseOverlap(world: World, router: Router, subnet: Subnet): void {
  for (const port of portsOfRouter(world, router.id))
    for (const ip of port.fixedIps) {
      if (ip.subnet_id === subnet.id)
        throw badRequest('BadRequest', `Bad router request: Router already has a port on subnet ${subnet.id}.`)
      const other = world.subnets.get(ip.subnet_id)
      if (other && overlap(cidrOf(other), cidrOf(subnet)))
        throw badRequest(
          'BadRequest',
          `Bad router request: Cidr ${subnet.cidr} of subnet ${subnet.id} overlaps with cidr ${other.cidr} of subnet ${other.id}.`,
        )
    }
}

function ownInterface(call: Call, router: Router, subnet: Subnet): { port: Port; subnet: Subnet } {
  const { world } = call
  if (!call.who.isAdmin && subnet.projectId !== call.who.projectId) throw disallowed('rule:add_router_interface')
  refuseOverlap(world, router, subnet)
  if (subnet.gatewayIp === null)
    throw badRequest('BadRequest', `Bad router request: Subnet for router interface must have a gateway IP.`)
  const port = world.ports.insert({
    ...portDefaults(world, router.projectId, subnet.networkId, newMac()),
    deviceId: router.id,
    deviceOwner: interfaceOwner,
    portSecurity: false,
    hostId: 'lab',
  })
  return { port: claim(world, port, subnet, subnet.gatewayIp), subnet }
}

function givenInterface(call: Call, router: Router, port: Port): { port: Port; subnet: Subnet } {
  const { world } = call
  if (port.deviceId !== '')
    throw inConflict(
      'PortInUse',
      `Unable to complete operation on port ${port.id} for network ${port.networkId}. Port already has an attached device ${port.deviceId}.`,
    )
  const subnet = world.subnets.get(port.fixedIps[0]?.subnet_id ?? '')
  if (!subnet) throw badRequest('BadRequest', `Bad router request: Router port must have at least one fixed IP.`)
  refuseOverlap(world, router, subnet)
  return {
    port: world.ports.update(port.id, {
      deviceId: router.id,
      deviceOwner: interfaceOwner,
      portSecurity: false,
      groupIds: [],
      hostId: 'lab',
      ...touched(call, port),
    }),
    subnet,
  }
}

function removeInterface(call: Call) {
  const { world } = call
  const router = ownRouter(call)
  const portId = asText(call.body.port_id)
  const subnetId = asText(call.body.subnet_id)
  if (portId === undefined && subnetId === undefined) throw badRequest('BadRequest', eitherOr)
  const interfaces = portsOfRouter(world, router.id, interfaceOwner)
  const port = interfaces.find((each) =>
    portId === undefined ? each.fixedIps.some((ip) => ip.subnet_id === subnetId) : each.id === portId,
  )
  if (!port)
    throw portId === undefined
      ? missing('RouterInterfaceNotFoundForSubnet', `Router ${router.id} has no interface on subnet ${subnetId}`)
      : missing('RouterInterfaceNotFound', `Router ${router.id} does not have an interface with id ${portId}`)
  const subnet = port.fixedIps[0]?.subnet_id ?? ''
  const needed = world.floatingIps
    .all()
    .some(
      (floating) =>
        floating.routerId === router.id && world.ports.get(floating.portId ?? '')?.fixedIps.some((ip) => ip.subnet_id === subnet),
    )
  if (needed)
    throw inConflict(
      'RouterInterfaceInUseByFloatingIP',
      `Router interface for subnet ${subnet} on router ${router.id} cannot be deleted, as it is required by one or more floating IPs.`,
    )
  deletePort(world, port)
  world.routers.update(router.id, touched(call, router))
  const view = interfaceView(router, port, subnet)
  networkEvent(world, 'router.interface.delete', () => ({ router_interface: view }), contextOf(call.who, call.requestId))
  return { status: 200, body: view }
}
