import { asFlag, asObject, asText, type Call, type JsonObject } from '../call.ts'
import { contextOf } from '../notifications/envelope.ts'
import { instanceEvent } from '../notifications/compute.ts'
import { volumeEvent } from '../notifications/volume.ts'
import type { Route } from '../router.ts'
import type { Jobs, World } from '../world.ts'
import { attachToServer, dropAttachment, newAttachment } from '../volume/attachments.ts'
import { touch } from '../volume/volumes.ts'
import { newDisk } from './boot.ts'
import { finishAction, recordAction } from './instance-actions.ts'
import { actableServer, type Disk, requireState, type Server, visibleServer } from './server.ts'
import { bad, computeRoute, conflicting, missing } from './answers.ts'

const path = '/servers/:id/os-volume_attachments'

export const routes: Route[] = [
  computeRoute('GET', path, list),
  computeRoute('POST', path, attach),
  computeRoute('GET', `${path}/:volume`, (call) => {
    const server = visibleServer(call)
    return { status: 200, body: { volumeAttachment: view(call, server, diskOr404(call, server)) } }
  }),
  computeRoute('PUT', `${path}/:volume`, update),
  computeRoute('DELETE', `${path}/:volume`, detach),
]

export const jobs: Jobs = {
  'server.volume-attached': (world, args) =>
    finishAttach(world, String(args.serverId), String(args.volumeId), String(args.requestId)),
  'server.volume-detached': (world, args) =>
    finishDetach(world, String(args.serverId), String(args.volumeId), String(args.requestId)),
}

const view = (call: Call, server: Server, disk: Disk): JsonObject => ({
  // The id is the volume's; from 2.89 on the true ids are told instead.
  ...(call.version >= 89 ? {} : { id: disk.volumeId }),
  volumeId: disk.volumeId,
  serverId: server.id,
  device: disk.device,
  ...(call.version >= 70 ? { tag: disk.tag } : {}),
  ...(call.version >= 79 ? { delete_on_termination: disk.deleteOnTermination } : {}),
  ...(call.version >= 89 ? { attachment_id: disk.attachmentId, bdm_uuid: disk.bdmId } : {}),
})

const notAttached = (server: Server, volumeId: string) => missing(`Instance ${server.id} is not attached to volume ${volumeId}`)

function diskOr404(call: Call, server: Server): Disk {
  const id = call.params.volume ?? ''
  const disk = server.disks.find((each) => each.volumeId === id)
  if (!disk) throw notAttached(server, id)
  return disk
}

function list(call: Call) {
  const server = visibleServer(call)
  const disks = server.disks.filter((disk) => disk.volumeId !== null)
  const offset = Number(call.query.get('offset') ?? 0)
  const limit = Number(call.query.get('limit') ?? 1000)
  return { status: 200, body: { volumeAttachments: disks.slice(offset, offset + limit).map((disk) => view(call, server, disk)) } }
}

const attachable = ['active', 'paused', 'stopped', 'resized', 'soft-delete', 'shelved', 'shelved_offloaded']

/** The first letter that no disk has: what a client asks for is not heeded with libvirt. */
function nextDevice(server: Server): string {
  const taken = new Set(['/dev/vda', ...server.disks.map((disk) => disk.device)])
  for (let code = 98; ; code++) {
    const device = `/dev/vd${String.fromCharCode(code)}`
    if (!taken.has(device)) return device
  }
}

function attach(call: Call) {
  const { world, who } = call
  const server = actableServer(call)
  const wanted = asObject(call.body.volumeAttachment)
  const volumeId = asText(wanted.volumeId) ?? ''
  requireState(server, 'attach_volume', attachable, 'any')
  const volume = world.volumes.get(volumeId)
  if (!volume || !(who.isAdmin || volume.projectId === who.projectId)) throw missing(`Volume ${volumeId} could not be found.`)
  const holders = [...new Set(world.attachments.where('volumeId', volumeId).map((each) => each.serverId))]
  if (
    server.disks.some((disk) => disk.volumeId === volumeId) ||
    (!volume.multiattach && holders.length > 0 && volume.status === 'in-use')
  )
    throw bad(`Invalid volume: volume ${volumeId} is already attached to instances: ${holders.join(', ')}`)
  if (volume.status !== 'available' && !(volume.multiattach && volume.status === 'in-use'))
    throw bad(
      `Invalid volume: Invalid input received: Invalid volume: Volume ${volumeId} status must be available or downloading to reserve, but the current status is ${volume.status}. (HTTP 400) (Request-ID: ${call.requestId})`,
    )
  const device = nextDevice(server)
  const attachment = newAttachment(world, volume, server.id, device, { byNova: true })
  touch(world, volumeId, { status: 'reserved' })
  const disk = newDisk(device, {
    volumeId,
    attachmentId: attachment.id,
    deleteOnTermination: call.version >= 79 ? (asFlag(wanted.delete_on_termination) ?? false) : false,
    tag: call.version >= 49 ? (asText(wanted.tag) ?? null) : null,
  })
  const updated = world.servers.update(server.id, { disks: [...server.disks, disk] })
  recordAction(call, server, 'attach_volume', 'compute_attach_volume')
  instanceEvent(world, updated, {
    versioned: 'volume_attach.start',
    versionedFacts: { volume_id: volumeId },
    context: contextOf(who, call.requestId),
  })
  world.later(world.duration('attachment.attach'), server.id, 'server.volume-attached', {
    serverId: server.id,
    volumeId,
    requestId: call.requestId,
  })
  return { status: 200, body: { volumeAttachment: view({ ...call, version: Math.min(call.version, 88) }, server, disk) } }
}

function finishAttach(world: World, serverId: string, volumeId: string, requestId: string): void {
  const server = world.servers.get(serverId)
  const disk = server?.disks.find((each) => each.volumeId === volumeId)
  const attachment = world.attachments.get(disk?.attachmentId ?? '')
  if (!server || !disk || !attachment) return
  if (world.backgroundFault('compute', 'attach-volume')) {
    // The disk vanishes from the server and the volume is free again: the caller was told 200.
    world.servers.update(serverId, { disks: server.disks.filter((each) => each !== disk) })
    dropAttachment(world, attachment)
    finishAction(world, serverId, requestId, 'Error')
    return
  }
  volumeEvent(world, 'attach.start', world.volumes.get(volumeId) ?? touch(world, volumeId, {}))
  attachToServer(world, attachment)
  finishAction(world, serverId, requestId)
  instanceEvent(world, server, {
    legacy: 'volume.attach',
    versioned: 'volume_attach.end',
    facts: { volume_id: volumeId },
    versionedFacts: { volume_id: volumeId },
  })
}

/** From 2.85 on a customer changes what becomes of the disk; swapping volumes is for administrators. */
function update(call: Call) {
  const server = actableServer(call)
  const disk = diskOr404(call, server)
  const wanted = asObject(call.body.volumeAttachment)
  const keep = asFlag(wanted.delete_on_termination)
  if (call.version < 85 || keep === undefined) throw bad('Changing the volume of an attachment is not simulated')
  const disks = server.disks.map((each) => (each === disk ? { ...each, deleteOnTermination: keep } : each))
  call.world.servers.update(server.id, { disks })
  return { status: 202 }
}

function detach(call: Call) {
  const { world, who } = call
  const server = actableServer(call)
  const volumeId = call.params.volume ?? ''
  const disk = diskOr404(call, server)
  if (server.vmState === 'shelved_offloaded' && disk.bootIndex === 0)
    throw conflicting(`Cannot detach the root volume of a shelved server.`)
  if (disk.bootIndex === 0) throw bad('Cannot detach a root device volume')
  requireState(server, 'detach_volume', attachable, 'any')
  const volume = world.volumes.get(volumeId)
  if (volume?.status !== 'in-use')
    throw bad(
      `Invalid volume: Invalid input received: Invalid volume: Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach. (HTTP 400) (Request-ID: ${call.requestId})`,
    )
  touch(world, volumeId, { status: 'detaching' })
  recordAction(call, server, 'detach_volume', 'compute_detach_volume')
  instanceEvent(world, server, {
    versioned: 'volume_detach.start',
    versionedFacts: { volume_id: volumeId },
    context: contextOf(who, call.requestId),
  })
  world.later(world.duration('attachment.detach'), server.id, 'server.volume-detached', {
    serverId: server.id,
    volumeId,
    requestId: call.requestId,
  })
  return { status: 202 }
}

function finishDetach(world: World, serverId: string, volumeId: string, requestId: string): void {
  const server = world.servers.get(serverId)
  const disk = server?.disks.find((each) => each.volumeId === volumeId)
  const attachment = world.attachments.get(disk?.attachmentId ?? '')
  if (!server || !disk || !attachment) return
  if (world.backgroundFault('compute', 'detach-volume')) {
    touch(world, volumeId, { status: 'in-use' })
    finishAction(world, serverId, requestId, 'Error')
    return
  }
  const left = world.servers.update(serverId, { disks: server.disks.filter((each) => each !== disk) })
  const volume = world.volumes.get(volumeId)
  if (volume) volumeEvent(world, 'detach.start', volume)
  dropAttachment(world, attachment)
  const freed = world.volumes.get(volumeId)
  if (freed) volumeEvent(world, 'detach.end', freed)
  finishAction(world, serverId, requestId)
  instanceEvent(world, left, {
    legacy: 'volume.detach',
    versioned: 'volume_detach.end',
    facts: { volume_id: volumeId },
    versionedFacts: { volume_id: volumeId },
  })
}
