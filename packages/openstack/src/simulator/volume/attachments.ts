import { asObject, asText, type Call, type JsonObject, Refusal } from '../call.ts'
import { uuid } from '../ids.ts'
import { contextOf } from '../notifications/envelope.ts'
import { volumeEvent } from '../notifications/volume.ts'
import type { Route } from '../router.ts'
import type { Row } from '../table.ts'
import { microseconds } from '../times.ts'
import type { World } from '../world.ts'
import { bad, missing, projectRoute, requireAdmin, since } from './answers.ts'
import { touch, type Volume, visibleVolume } from './volumes.ts'

export interface Attachment extends Row {
  volumeId: string
  serverId: string
  projectId: string
  device: string
  status: 'reserved' | 'attaching' | 'attached' | 'detaching'
  mode: 'rw' | 'ro' | null
  hostName: string | null
  attachedMs: number | null
  connected: boolean
  /**
   * Whether Nova made it, that is, whether the server has the disk. Cinder's own calls make attachments that no server knows of:
   * the volume says `in-use`, and the guest sees nothing.
   */
  byNova: boolean
}

export const routes: Route[] = [
  projectRoute(
    'GET',
    '/attachments',
    since(27, (call) => listAttachments(call, false)),
  ),
  projectRoute(
    'GET',
    '/attachments/detail',
    since(27, (call) => listAttachments(call, true)),
  ),
  projectRoute('POST', '/attachments', since(27, createAttachment)),
  projectRoute(
    'GET',
    '/attachments/:attachment',
    since(27, (call) => ({ status: 200, body: { attachment: detail(visible(call)) } })),
  ),
  projectRoute('PUT', '/attachments/:attachment', since(27, updateAttachment)),
  projectRoute('DELETE', '/attachments/:attachment', since(27, deleteAttachment)),
  projectRoute('POST', '/attachments/:attachment/action', since(44, complete)),
]

const brief = (attachment: Attachment) => ({
  id: attachment.id,
  status: attachment.status,
  instance: attachment.serverId,
  volume_id: attachment.volumeId,
})

/** Whoever asks gets the storage's connection, secrets and all: so does the real one. */
const connection = (attachment: Attachment): JsonObject =>
  attachment.connected
    ? {
        name: `volumes/volume-${attachment.volumeId}`,
        hosts: ['127.0.0.1'],
        ports: ['6789'],
        cluster_name: 'ceph',
        auth_enabled: true,
        auth_username: 'openstack',
        secret_type: 'ceph',
        secret_uuid: '5c0bd2a4-5a9c-4c6e-9f0e-2f6f1a3b7d10',
        volume_id: attachment.volumeId,
        discard: true,
        qos_specs: null,
        access_mode: 'rw',
        encrypted: false,
        cacheable: false,
        driver_volume_type: 'rbd',
        attachment_id: attachment.id,
      }
    : {}

const detail = (attachment: Attachment) => ({
  ...brief(attachment),
  attached_at: attachment.attachedMs === null ? '' : microseconds(attachment.attachedMs),
  detached_at: '',
  attach_mode: attachment.mode ?? 'null',
  connection_info: connection(attachment),
})

function visible(call: Call): Attachment {
  const id = call.params.attachment ?? ''
  const attachment = call.world.attachments.get(id)
  if (!attachment || !(call.who.isAdmin || attachment.projectId === call.who.projectId))
    throw missing(`Volume attachment could not be found with filter: attachment_id = ${id}.`)
  return attachment
}

function listAttachments(call: Call, detailed: boolean) {
  const { world, who, query } = call
  const all = who.isAdmin && query.has('all_tenants')
  const found = world.attachments
    .all()
    .filter((each) => (all || each.projectId === who.projectId) && (query.get('volume_id') ?? each.volumeId) === each.volumeId)
    .filter((each) => (query.get('instance_id') ?? each.serverId) === each.serverId)
  return { status: 200, body: { attachments: found.map(detailed ? detail : brief) } }
}

export function newAttachment(
  world: World,
  volume: Volume,
  serverId: string,
  device: string,
  patch: Partial<Attachment>,
): Attachment {
  return world.attachments.insert({
    id: uuid(),
    volumeId: volume.id,
    serverId,
    projectId: volume.projectId,
    device,
    status: 'reserved',
    mode: null,
    hostName: null,
    attachedMs: null,
    connected: false,
    byNova: false,
    ...patch,
  })
}

function createAttachment(call: Call) {
  const { world } = call
  const wanted = asObject(call.body.attachment)
  const volume = visibleVolume(call, asText(wanted.volume_uuid) ?? '')
  const serverId = asText(wanted.instance_uuid) ?? ''
  const again = world.attachments.where('volumeId', volume.id).some((each) => each.serverId === serverId)
  if (!['available', 'downloading'].includes(volume.status) && !(volume.status === 'reserved' && again))
    throw bad(
      `Invalid volume: Volume ${volume.id} status must be available or downloading to reserve, but the current status is ${volume.status}.`,
    )
  const connector = asObject(wanted.connector)
  const connected = Object.keys(connector).length > 0
  const attachment = newAttachment(world, volume, serverId, asText(connector.mountpoint) ?? '', {
    mode: connected ? null : volume.metadata.readonly === 'True' ? 'ro' : 'rw',
    hostName: connected ? (asText(connector.host) ?? null) : null,
    connected,
  })
  touch(world, volume.id, { status: connected ? 'attaching' : 'reserved' })
  return { status: 200, body: { attachment: detail(attachment) } }
}

function updateAttachment(call: Call) {
  const attachment = visible(call)
  const connector = asObject(asObject(call.body.attachment).connector)
  const updated = call.world.attachments.update(attachment.id, {
    connected: true,
    device: asText(connector.mountpoint) ?? attachment.device,
    hostName: asText(connector.host) ?? null,
    status: 'attaching',
  })
  touch(call.world, attachment.volumeId, { status: 'attaching' })
  return { status: 200, body: { attachment: detail(updated) } }
}

function complete(call: Call) {
  const { world } = call
  const attachment = visible(call)
  const volume = visibleVolume(call, attachment.volumeId)
  if (volume.status !== 'attaching')
    throw bad(`Invalid volume: Volume ${volume.id} status must be attaching, but current status is: ${volume.status}.`)
  world.attachments.update(attachment.id, { status: 'attached', mode: 'rw', attachedMs: world.nowMs, hostName: null })
  touch(world, volume.id, { status: 'in-use' })
  return { status: 204 }
}

/** @throws Refusal 409 for a disk that a server really has: only Nova takes it away. */
function refuseNovas(attachment: Attachment): void {
  if (attachment.byNova && attachment.status !== 'reserved')
    throw new Refusal(
      409,
      `ConflictNovaUsingAttachment: Detach volume from instance ${attachment.serverId} using the Compute API`,
    )
}

function deleteAttachment(call: Call) {
  const { world } = call
  const attachment = visible(call)
  refuseNovas(attachment)
  dropAttachment(world, attachment)
  const left = world.attachments.where('volumeId', attachment.volumeId)
  return {
    status: 200,
    body: {
      attachments: left.map(({ id, status, serverId, volumeId }) => ({ id, status, instance: serverId, volume_id: volumeId })),
    },
  }
}

/** Takes the attachment away; without others the volume is free. */
export function dropAttachment(world: World, attachment: Attachment): void {
  world.attachments.remove(attachment.id)
  const volume = world.volumes.get(attachment.volumeId)
  if (!volume) return
  const left = world.attachments.where('volumeId', volume.id)
  const { attached_mode: _mode, ...metadata } = volume.metadata
  if (left.length === 0) touch(world, volume.id, { status: 'available', metadata })
}

/** What Nova does when it has plugged the disk in. */
export function attachToServer(world: World, attachment: Attachment): void {
  world.attachments.update(attachment.id, { status: 'attached', mode: 'rw', attachedMs: world.nowMs, connected: true })
  volumeEvent(world, 'attach.end', touch(world, attachment.volumeId, { status: 'in-use' }))
}

export function attachByCinder(call: Call, volume: Volume, args: JsonObject) {
  const { world } = call
  const mode = asText(args.mode) ?? 'rw'
  if (mode === 'rw' && volume.metadata.readonly === 'True') throw bad(`Invalid attaching mode 'rw' for volume ${volume.id}.`)
  if (volume.status !== 'available' && volume.status !== 'attaching')
    throw bad(`Invalid volume: Volume ${volume.id} status must be available, but current status is: ${volume.status}.`)
  volumeEvent(world, 'attach.start', volume, contextOf(call.who, call.requestId))
  newAttachment(world, volume, asText(args.instance_uuid) ?? '', asText(args.mountpoint) ?? '', {
    status: 'attached',
    mode: 'rw',
    attachedMs: world.nowMs,
  })
  const attached = touch(world, volume.id, {
    status: 'in-use',
    metadata: { ...volume.metadata, readonly: 'False', attached_mode: mode },
  })
  volumeEvent(world, 'attach.end', attached, contextOf(call.who, call.requestId))
  return { status: 202 }
}

/** Detaching what is not attached is answered as if it had been. */
export function cinderDetach(call: Call, volume: Volume, args: JsonObject) {
  const { world } = call
  const attachments = world.attachments.where('volumeId', volume.id)
  const id = asText(args.attachment_id)
  const chosen = id === undefined ? attachments[0] : attachments.find((each) => each.id === id)
  if (!chosen) return { status: 202 }
  refuseNovas(chosen)
  volumeEvent(world, 'detach.start', volume, contextOf(call.who, call.requestId))
  dropAttachment(world, chosen)
  volumeEvent(world, 'detach.end', world.volumes.get(volume.id) ?? volume, contextOf(call.who, call.requestId))
  return { status: 202 }
}

export function forceDetach(call: Call, volume: Volume, args: JsonObject) {
  requireAdmin(call, 'volume_extension:volume_admin_actions:force_detach')
  return cinderDetach(call, volume, args)
}
