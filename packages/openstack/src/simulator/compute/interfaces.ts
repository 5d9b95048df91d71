import { asArray, asObject, asText, type Call, type JsonObject } from '../call.ts'
import { findVisible } from '../network/networks.ts'
import { createPort, deletePort, type Port, setPortStatus } from '../network/ports.ts'
import { defaultGroup } from '../network/security-groups.ts'
import { instanceEvent } from '../notifications/compute.ts'
import type { Route } from '../router.ts'
import type { Jobs, World } from '../world.ts'
import { finishAction, recordAction } from './instance-actions.ts'
import { actableServer, portsOf, requireState, type Server, visibleServer } from './server.ts'
import { bad, computeRoute, missing } from './answers.ts'

const path = '/servers/:id/os-interface'

export const routes: Route[] = [
  computeRoute('GET', path, (call) => ({
    status: 200,
    body: { interfaceAttachments: portsOf(call.world, visibleServer(call)).map((port) => view(call, port)) },
  })),
  computeRoute('POST', path, attach),
  computeRoute('GET', `${path}/:port`, (call) => {
    const port = portsOf(call.world, visibleServer(call)).find((each) => each.id === call.params.port)
    if (!port) throw missing(`Port id ${call.params.port} could not be found.`)
    return { status: 200, body: { interfaceAttachment: view(call, port) } }
  }),
  computeRoute('DELETE', `${path}/:port`, detach),
]

export const jobs: Jobs = {
  'server.interface-attached': (world, { serverId, portId, requestId }) => {
    setPortStatus(world, String(portId), 'ACTIVE')
    finishAction(world, String(serverId), String(requestId))
    tell(world, String(serverId), 'interface_attach.end')
  },
  'server.interface-detached': (world, { serverId, portId, requestId }) => {
    const port = world.ports.get(String(portId))
    if (port && port.deviceId === serverId) release(world, port)
    finishAction(world, String(serverId), String(requestId))
    tell(world, String(serverId), 'interface_detach.end')
  },
}

const view = (call: Call, port: Port): JsonObject => ({
  net_id: port.networkId,
  port_id: port.id,
  mac_addr: port.mac,
  port_state: port.status,
  fixed_ips: port.fixedIps,
  ...(call.version >= 70 ? { tag: null } : {}),
})

function tell(world: World, serverId: string, event: string): void {
  const server = world.servers.get(serverId)
  if (server && !server.deleted) instanceEvent(world, server, { versioned: event })
}

function release(world: World, port: Port): void {
  if (port.byNova) deletePort(world, port)
  else world.ports.update(port.id, { deviceId: '', deviceOwner: '', hostId: '', status: 'DOWN', updatedMs: world.nowMs })
}

const states = ['active', 'paused', 'stopped']

function attach(call: Call) {
  const { world } = call
  const server = actableServer(call)
  requireState(server, 'attach_interface', states)
  const port = portFor(call, server, asObject(call.body.interfaceAttachment))
  recordAction(call, server, 'attach_interface', 'compute_attach_interface')
  tell(world, server.id, 'interface_attach.start')
  world.later(world.duration('interface.attach'), server.id, 'server.interface-attached', {
    serverId: server.id,
    portId: port.id,
    requestId: call.requestId,
  })
  return { status: 200, body: { interfaceAttachment: view(call, port) } }
}

function portFor(call: Call, server: Server, wanted: JsonObject): Port {
  const { world, who } = call
  const portId = asText(wanted.port_id)
  if (portId !== undefined) {
    const port = world.ports.get(portId)
    if (!port || !(who.isAdmin || port.projectId === who.projectId)) throw missing(`Port id ${portId} could not be found.`)
    if (port.deviceId !== '') throw bad(`Port ${portId} is still in use.`)
    return world.ports.update(portId, {
      deviceId: server.id,
      deviceOwner: 'compute:nova',
      hostId: server.hostName ?? '',
      updatedMs: world.nowMs,
    })
  }
  const networkId = asText(wanted.net_id) ?? world.networks.where('projectId', server.projectId)[0]?.id ?? ''
  const network = findVisible(world, networkId, who.projectId, who.isAdmin)
  if (!network) throw missing(`Network ${networkId} could not be found.`)
  const ip = asText(asObject(asArray(wanted.fixed_ips)[0]).ip_address)
  return createPort(world, {
    projectId: server.projectId,
    network,
    groupIds: [defaultGroup(world, server.projectId).id],
    deviceId: server.id,
    deviceOwner: 'compute:nova',
    hostId: server.hostName ?? '',
    byNova: true,
    ...(ip === undefined ? {} : { ip }),
  })
}

/** A port that the server does not have is detached without complaint. */
function detach(call: Call) {
  const { world } = call
  const server = actableServer(call)
  requireState(server, 'detach_interface', states)
  recordAction(call, server, 'detach_interface', 'compute_detach_interface')
  tell(world, server.id, 'interface_detach.start')
  world.later(world.duration('interface.detach'), server.id, 'server.interface-detached', {
    serverId: server.id,
    portId: call.params.port ?? '',
    requestId: call.requestId,
  })
  return { status: 202 }
}
