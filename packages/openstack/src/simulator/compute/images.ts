import { createHash } from 'node:crypto'
import { asNumber, asText, type Call, type JsonObject } from '../call.ts'
import { uuid } from '../ids.ts'
import { type Image, newImage } from '../image/images.ts'
import { imageEvent } from '../notifications/image.ts'
import { instanceEvent } from '../notifications/compute.ts'
import type { Jobs, World } from '../world.ts'
import { createSnapshot } from '../volume/snapshots.ts'
import type { Action } from './actions.ts'
import { finishAction, recordAction } from './instance-actions.ts'
import { requireState, type Server, touchServer } from './server.ts'
import { metadataOf } from './servers.ts'
import { invalidField } from './answers.ts'

export const jobs: Jobs = {
  'server.imaged': (world, args) => finishImage(world, String(args.serverId), String(args.imageId), String(args.requestId)),
  'server.image-uploading': (world, args) => {
    const server = world.servers.get(String(args.serverId))
    if (server?.taskState === 'image_snapshot') touchServer(world, server.id, { taskState: 'image_uploading' })
  },
}

const imageable = ['active', 'stopped', 'paused', 'suspended']

export const createImage: Action = (call, server, args) => {
  requireState(server, 'createImage', imageable)
  const name = asText(args.name)
  if (!name) throw invalidField('createImage', args, "'name' is a required property")
  const image = makeImage(call, server, name, metadataOf(args.metadata))
  return answer(call, image)
}

/** Like an image, of which only the last so many are kept. */
export const createBackup: Action = (call, server, args) => {
  requireState(server, 'createBackup', imageable)
  const name = asText(args.name)
  const type = asText(args.backup_type)
  if (!name || !type) throw invalidField('createBackup', args, `'${name ? 'backup_type' : 'name'}' is a required property`)
  const image = makeImage(call, server, name, { ...metadataOf(args.metadata), image_type: 'backup', backup_type: type })
  const { world } = call
  const older = world.images
    .all()
    .filter((each) => each.properties.instance_uuid === server.id && each.properties.backup_type === type && each.id !== image.id)
  for (const each of older.slice(0, Math.max(0, older.length + 1 - (asNumber(args.rotation) ?? 1)))) world.images.remove(each.id)
  return answer(call, image)
}

const answer = (call: Call, image: Image) =>
  call.version >= 45
    ? { status: 202, body: { image_id: image.id } }
    : { status: 202, headers: { Location: `${call.world.url}/image/v2/images/${image.id}` } }

function makeImage(call: Call, server: Server, name: string, metadata: Record<string, string>): Image {
  const { world, who } = call
  recordAction(call, server, 'createImage', 'compute_snapshot_instance')
  const base = world.images.get(server.imageId ?? '')
  const project = world.projects.get(server.projectId)
  const common: Image = {
    ...newImage(world, server.projectId),
    name,
    visibility: 'private',
    containerFormat: 'bare',
    minDiskGib: Math.max(1, base?.minDiskGib ?? 0),
    minRamMib: base?.minRamMib ?? 0,
    properties: {
      ...base?.properties,
      base_image_ref: server.imageId ?? '',
      owner_user_name: who.userName,
      owner_project_name: project?.name ?? '',
      boot_roles: who.roles.map((role) => role.name).join(','),
      ...metadata,
    },
  }
  const volumes = server.disks.filter((disk) => disk.volumeId !== null)
  return volumes.some((disk) => disk.bootIndex === 0)
    ? imageOfVolumes(world, server, common, who.userId, call.requestId)
    : imageOfDisk(call, server, common)
}

/** A server on volumes: an empty image that points to a snapshot of each of its disks. These stay when the server goes, and hold its volume. */
function imageOfVolumes(world: World, server: Server, common: Image, userId: string, requestId: string): Image {
  const mapping: JsonObject[] = server.disks.flatMap((disk) => {
    const volume = world.volumes.get(disk.volumeId ?? '')
    if (!volume) return []
    const snapshot = createSnapshot(world, volume, { userId, name: `snapshot for ${common.name}`, description: '', metadata: {} })
    return [
      {
        snapshot_id: snapshot.id,
        source_type: 'snapshot',
        destination_type: 'volume',
        device_name: disk.device,
        boot_index: disk.bootIndex,
        delete_on_termination: disk.deleteOnTermination,
        volume_size: volume.sizeGib,
        volume_type: null,
        volume_id: null,
        image_id: null,
        disk_bus: 'virtio',
        device_type: 'disk',
        no_device: null,
        guest_format: null,
        tag: disk.tag,
      },
    ]
  })
  const image = world.images.insert({
    ...common,
    status: 'active',
    diskFormat: 'qcow2',
    sizeBytes: 0,
    checksum: 'd41d8cd98f00b204e9800998ecf8427e',
    sha512: createHash('sha512').digest('hex'),
    properties: {
      ...common.properties,
      root_device_name: '/dev/vda',
      block_device_mapping: JSON.stringify(mapping),
      bdm_v2: 'True',
    },
  })
  imageEvent(world, 'create', image)
  imageEvent(world, 'activate', image)
  finishAction(world, server.id, requestId)
  return image
}

function imageOfDisk(call: Call, server: Server, common: Image): Image {
  const { world, requestId } = call
  const image = world.images.insert({
    ...common,
    status: 'queued',
    diskFormat: 'raw',
    properties: {
      ...common.properties,
      instance_uuid: server.id,
      user_id: call.who.userId,
      image_type: common.properties.image_type ?? 'snapshot',
    },
  })
  imageEvent(world, 'create', image)
  const imaging = touchServer(world, server.id, { taskState: 'image_snapshot' })
  instanceEvent(world, imaging, { legacy: 'snapshot.start' })
  const ms = world.duration('server.snapshot')
  world.later(ms / 3, server.id, 'server.image-uploading', { serverId: server.id })
  world.later(ms, server.id, 'server.imaged', { serverId: server.id, imageId: image.id, requestId })
  return image
}

function finishImage(world: World, serverId: string, imageId: string, requestId: string): void {
  const server = world.servers.get(serverId)
  if (server?.taskState === 'image_uploading') touchServer(world, serverId, { taskState: null })
  const image = world.images.get(imageId)
  if (!image || !server) return
  if (world.backgroundFault('compute', 'create-image')) {
    world.images.remove(imageId)
    finishAction(world, serverId, requestId, 'Error')
    return
  }
  const bytes = server.flavor.diskGib * 1024 ** 3
  const seed = uuid()
  const stored = world.images.update(imageId, {
    status: 'active',
    stored: true,
    sizeBytes: bytes,
    virtualSizeBytes: bytes,
    checksum: createHash('md5').update(seed).digest('hex'),
    sha512: createHash('sha512').update(seed).digest('hex'),
    properties: { ...image.properties, image_location: 'snapshot', image_state: 'available', owner_id: server.projectId },
    updatedMs: world.nowMs,
  })
  imageEvent(world, 'upload', stored)
  imageEvent(world, 'activate', stored)
  finishAction(world, serverId, requestId)
  instanceEvent(world, world.servers.get(serverId) ?? server, { legacy: 'snapshot.end' })
}
