import { asFlag, asNumber, asObject, asText, type Call, isObject, type JsonObject, Refusal, strings } from '../call.ts'
import { seededUuid, uuid } from '../ids.ts'
import { canSee, type Image } from '../image/images.ts'
import { contextOf } from '../notifications/envelope.ts'
import { volumeEvent } from '../notifications/volume.ts'
import type { Route } from '../router.ts'
import type { Row } from '../table.ts'
import { databaseTime, microseconds } from '../times.ts'
import type { Jobs, World } from '../world.ts'
import { spendVolume } from './quotas.ts'
import { bad, links, listing, missing, projectRoute, since, wantsAll } from './answers.ts'
import { defaultType, findType, type VolumeType } from './types.ts'

export interface Volume extends Row {
  projectId: string
  userId: string
  name: string | null
  description: string | null
  status: string
  sizeGib: number
  typeId: string
  snapshotId: string | null
  sourceId: string | null
  imageId: string | null
  /** A raw image in Ceph is cloned, not copied: the volume then holds the image. */
  clonesImage: boolean
  imageMetadata: Record<string, string> | null
  metadata: Record<string, string>
  bootable: boolean
  multiattach: boolean
  createdMs: number
  updatedMs: number | null
}

export const routes: Route[] = [
  projectRoute('GET', '/volumes', (call) => listVolumes(call, false)),
  projectRoute('POST', '/volumes', createVolumeByRequest),
  projectRoute('GET', '/volumes/detail', (call) => listVolumes(call, true)),
  projectRoute('GET', '/volumes/summary', since(12, summary)),
  projectRoute('GET', '/volumes/:id', (call) => ({
    status: 200,
    body: { volume: volumeView(call, visibleVolume(call), 'detail') },
  })),
  projectRoute('PUT', '/volumes/:id', updateVolume),
  projectRoute('DELETE', '/volumes/:id', deleteVolume),
  projectRoute('GET', '/volumes/:id/metadata', (call) => ({ status: 200, body: { metadata: visibleVolume(call).metadata } })),
  projectRoute('POST', '/volumes/:id/metadata', (call) => setMetadata(call, true)),
  projectRoute('PUT', '/volumes/:id/metadata', (call) => setMetadata(call, false)),
  projectRoute('DELETE', '/volumes/:id/metadata/:key', dropMetadata),
]

export const jobs: Jobs = {
  'volume.created': (world, { volumeId }) => finishCreate(world, String(volumeId)),
  'volume.deleted': (world, { volumeId }) => finishDelete(world, String(volumeId)),
}

export const mustBeFree =
  'Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.'

export const typeOf = (world: World, volume: Volume): VolumeType => world.volumeTypes.get(volume.typeId) as VolumeType

/** `created` is what a POST answers: times with microseconds, and not yet whose volume it is. */
export function volumeView(call: Call, volume: Volume, form: 'created' | 'updated' | 'detail'): JsonObject {
  const { world, version, who } = call
  const attached = world.attachments.where('volumeId', volume.id).filter((each) => each.status === 'attached')
  return {
    id: volume.id,
    status: volume.status,
    size: volume.sizeGib,
    availability_zone: 'nova',
    created_at: form === 'created' ? microseconds(volume.createdMs) : databaseTime(volume.createdMs),
    updated_at: volume.updatedMs === null ? null : databaseTime(volume.updatedMs),
    name: volume.name,
    description: volume.description,
    volume_type: typeOf(world, volume).name,
    snapshot_id: volume.snapshotId,
    source_volid: volume.sourceId,
    metadata: volume.metadata,
    links: links(call, `volumes/${volume.id}`),
    user_id: volume.userId,
    bootable: String(volume.bootable),
    encrypted: false,
    replication_status: null,
    consistencygroup_id: null,
    multiattach: volume.multiattach,
    attachments: attached.map((each) => ({
      id: volume.id,
      attachment_id: each.id,
      volume_id: volume.id,
      server_id: each.serverId,
      host_name: each.hostName,
      device: each.device,
      attached_at: databaseTime(each.attachedMs ?? volume.createdMs),
    })),
    ...(who.isAdmin && form !== 'created' ? { migration_status: null } : {}),
    ...(version >= 13 ? { group_id: null } : {}),
    ...(version >= 21 && who.isAdmin ? { provider_id: null } : {}),
    ...(version >= 48
      ? { shared_targets: form === 'created', service_uuid: form === 'created' ? null : seededUuid('service', 'cinder-volume') }
      : {}),
    ...(version >= 61 && who.isAdmin ? { cluster_name: null } : {}),
    ...(version >= 63 ? { volume_type_id: volume.typeId } : {}),
    ...(version >= 65 ? { consumes_quota: true } : {}),
    ...(form === 'detail'
      ? {
          'os-vol-tenant-attr:tenant_id': volume.projectId,
          ...(who.isAdmin
            ? {
                'os-vol-mig-status-attr:migstat': null,
                'os-vol-mig-status-attr:name_id': null,
                'os-vol-host-attr:host': 'lab@rbd#rbd',
              }
            : {}),
          ...(volume.imageMetadata ? { volume_image_metadata: volume.imageMetadata } : {}),
        }
      : {}),
  }
}

export function visibleVolume(call: Call, id: string = call.params.id ?? ''): Volume {
  const volume = call.world.volumes.get(id)
  if (!volume || !(call.who.isAdmin || volume.projectId === call.who.projectId)) throw missing(`Volume ${id} could not be found.`)
  return volume
}

/** A change of a volume, with its time. */
export function touch(world: World, id: string, patch: Partial<Volume>): Volume {
  return world.volumes.update(id, { ...patch, updatedMs: world.nowMs })
}

function listVolumes(call: Call, detailed: boolean) {
  const { world, who, query } = call
  const all = wantsAll(call)
  const project = query.get('project_id')
  const pool = all
    ? project === null
      ? world.volumes.all()
      : world.volumes.where('projectId', project)
    : world.volumes.where('projectId', who.projectId)
  const wanted = query.get('metadata')
  const metadata = wanted === null ? {} : parsed(wanted)
  const chosen = pool.filter((volume) => Object.entries(metadata).every(([key, value]) => volume.metadata[key] === value))
  return listing(
    call,
    'volumes',
    chosen,
    {
      id: (volume) => volume.id,
      name: (volume) => volume.name,
      status: (volume) => volume.status,
      size: (volume) => volume.sizeGib,
      bootable: (volume) => volume.bootable,
      user_id: (volume) => volume.userId,
      volume_type: (volume) => typeOf(world, volume).name,
      availability_zone: () => 'nova',
      created_at: (volume) => volume.createdMs,
      updated_at: (volume) => volume.updatedMs,
    },
    (volume) =>
      detailed
        ? volumeView(call, volume, 'detail')
        : { id: volume.id, name: volume.name, links: links(call, `volumes/${volume.id}`) },
    'Volume',
  )
}

/** Clients write a dictionary as Python does, `{'a': "it's"}`; Cinder reads nothing else. */
function parsed(text: string): Record<string, string> {
  const rows: Record<string, string> = {}
  const string = String.raw`u?'((?:[^'\\]|\\.)*)'|u?"((?:[^"\\]|\\.)*)"`
  for (const [, a, b, c, d] of text.matchAll(new RegExp(`(?:${string})\\s*:\\s*(?:${string})`, 'g')))
    rows[unescaped(a ?? b ?? '')] = unescaped(c ?? d ?? '')
  return rows
}

const unescaped = (text: string): string => text.replace(/\\(.)/g, '$1')

function summary(call: Call) {
  const pool = wantsAll(call) ? call.world.volumes.all() : call.world.volumes.where('projectId', call.who.projectId)
  return {
    status: 200,
    body: {
      'volume-summary': {
        total_count: pool.length,
        total_size: pool.reduce((sum, volume) => sum + volume.sizeGib, 0),
        ...(call.version >= 36 ? { metadata: {} } : {}),
      },
    },
  }
}

/** What a new volume comes from, and what that makes of it. */
interface Origin {
  snapshotId: string | null
  sourceId: string | null
  image: Image | undefined
  leastGib: number
  type: VolumeType | undefined
  bootable: boolean
  imageMetadata: Record<string, string> | null
}

function originOf(call: Call, wanted: JsonObject): Origin {
  const { world, who } = call
  const origin: Origin = {
    snapshotId: null,
    sourceId: null,
    image: undefined,
    leastGib: 0,
    type: undefined,
    bootable: false,
    imageMetadata: null,
  }
  const snapshotId = asText(wanted.snapshot_id)
  if (snapshotId !== undefined) {
    const snapshot = world.snapshots.get(snapshotId)
    if (!snapshot || !(who.isAdmin || snapshot.projectId === who.projectId))
      throw missing(`Snapshot ${snapshotId} could not be found.`)
    if (snapshot.status !== 'available')
      throw bad(`Invalid snapshot: Originating snapshot status must be one of 'available' values`)
    const source = world.volumes.get(snapshot.volumeId)
    return {
      ...origin,
      snapshotId,
      leastGib: snapshot.sizeGib,
      type: source && typeOf(world, source),
      bootable: source?.bootable ?? false,
      imageMetadata: source?.imageMetadata ?? null,
    }
  }
  const sourceId = asText(wanted.source_volid)
  if (sourceId !== undefined) {
    const source = visibleVolume(call, sourceId)
    if (!['available', 'in-use'].includes(source.status))
      throw bad(`Invalid volume: Volume status must be one of 'available', 'in-use', but current status is ${source.status}`)
    return {
      ...origin,
      sourceId,
      leastGib: source.sizeGib,
      type: typeOf(world, source),
      bootable: source.bootable,
      imageMetadata: source.imageMetadata,
    }
  }
  const imageId = asText(wanted.imageRef) ?? asText(wanted.image_id)
  if (imageId !== undefined && imageId !== '') {
    const image = world.images.get(imageId)
    if (!image || !canSee(world, image, who.projectId, who.isAdmin))
      throw bad('Invalid image identifier or unable to access requested image.')
    if (image.status !== 'active') throw bad(`Invalid image ${imageId}: Image status must be 'active' but is '${image.status}'.`)
    return { ...origin, image, bootable: true, imageMetadata: volumeImageMetadata(image) }
  }
  return origin
}

/** The properties of its image that a volume keeps. */
export const volumeImageMetadata = (image: Image): Record<string, string> => ({
  ...image.properties,
  image_id: image.id,
  image_name: image.name ?? '',
  ...(image.checksum === null ? {} : { checksum: image.checksum }),
  container_format: image.containerFormat ?? '',
  disk_format: image.diskFormat ?? '',
  min_disk: String(image.minDiskGib),
  min_ram: String(image.minRamMib),
  size: String(image.sizeBytes ?? 0),
})

const malformed = 'The server could not comply with the request since it is either malformed or otherwise incorrect.'
const gib = 1024 ** 3

function createVolumeByRequest(call: Call) {
  const { world, who } = call
  const wanted = call.body.volume
  if (!isObject(wanted)) throw bad("'volume' is a required property")
  const origin = originOf(call, wanted)
  const typeName = asText(wanted.volume_type)
  const type = typeName ? findType(call, typeName) : (origin.type ?? defaultType(world))
  if (!type) throw missing(`Volume type with name ${typeName} could not be found.`)
  const sizeGib = sizeOf(wanted, origin)
  checkImageFits(origin.image, sizeGib)
  const volume = createVolume(world, {
    projectId: who.projectId,
    userId: who.userId,
    name: asText(wanted.name) ?? asText(wanted.display_name) ?? null,
    description: asText(wanted.description) ?? asText(wanted.display_description) ?? null,
    sizeGib,
    type,
    metadata: strings(wanted.metadata),
    multiattach: asFlag(wanted.multiattach) ?? false,
    origin,
  })
  volumeEvent(world, 'create.start', volume, contextOf(who, call.requestId))
  world.later(durationOf(world, origin), volume.id, 'volume.created', { volumeId: volume.id })
  return { status: 202, body: { volume: volumeView(call, volume, 'created') } }
}

function sizeOf(wanted: JsonObject, origin: Origin): number {
  if (wanted.size === undefined || wanted.size === null) {
    if (origin.leastGib === 0) throw bad(malformed)
    return origin.leastGib
  }
  const size = asNumber(wanted.size)
  if (size === undefined || !Number.isInteger(size))
    throw bad(
      `Invalid input for field/attribute size. Value: ${String(wanted.size)}. '${String(wanted.size)}' does not match '^[0-9]+$'`,
    )
  if (size < 1) throw bad(`Invalid input for field/attribute size. Value: ${size}. ${size} is less than the minimum of 1`)
  if (size < origin.leastGib)
    throw bad(
      origin.snapshotId
        ? `Invalid input received: Volume size '${size}'GB cannot be smaller than the snapshot size ${origin.leastGib}GB. They must be >= original snapshot size.`
        : `Invalid input received: Volume size '${size}'GB cannot be smaller than original volume size ${origin.leastGib}GB. They must be >= original volume size.`,
    )
  return size
}

function checkImageFits(image: Image | undefined, sizeGib: number): void {
  if (!image) return
  const needed = Math.ceil((image.sizeBytes ?? 0) / gib)
  if (needed > sizeGib)
    throw bad(`Invalid input received: Size of specified image ${needed}GB is larger than volume size ${sizeGib}GB.`)
  if (image.minDiskGib > sizeGib)
    throw bad(
      `Invalid input received: Volume size ${sizeGib}GB cannot be smaller than the image minDisk size ${image.minDiskGib}GB.`,
    )
}

const durationOf = (world: World, origin: Pick<Origin, 'image' | 'snapshotId' | 'sourceId'>): number =>
  world.duration(
    origin.image ? 'volume.create-from-image' : origin.snapshotId || origin.sourceId ? 'volume.clone' : 'volume.create',
  )

export interface NewVolume {
  projectId: string
  userId: string
  name: string | null
  description: string | null
  sizeGib: number
  type: VolumeType
  metadata: Record<string, string>
  multiattach: boolean
  origin: Pick<Origin, 'snapshotId' | 'sourceId' | 'image' | 'bootable' | 'imageMetadata'>
}

/** A volume that is being made. @throws Refusal 413 over quota. */
export function createVolume(world: World, wanted: NewVolume): Volume {
  spendVolume(world, wanted.projectId, wanted.type, wanted.sizeGib)
  const { image } = wanted.origin
  return world.volumes.insert({
    id: uuid(),
    projectId: wanted.projectId,
    userId: wanted.userId,
    name: wanted.name,
    description: wanted.description,
    status: 'creating',
    sizeGib: wanted.sizeGib,
    typeId: wanted.type.id,
    snapshotId: wanted.origin.snapshotId,
    sourceId: wanted.origin.sourceId,
    imageId: image?.id ?? null,
    clonesImage: image?.diskFormat === 'raw',
    imageMetadata: image ? wanted.origin.imageMetadata : null,
    metadata: wanted.metadata,
    // What comes of an image or a bootable volume can be booted once it is there.
    bootable: false,
    multiattach: wanted.multiattach,
    createdMs: world.nowMs,
    updatedMs: null,
  })
}

/** @returns the finished volume: available, or in error when its name or a fault wants it so. */
export function finishCreate(world: World, id: string): Volume | undefined {
  const volume = world.volumes.get(id)
  if (volume?.status !== 'creating' && volume?.status !== 'downloading') return undefined
  if (
    `${volume.name} ${Object.values(volume.metadata).join(' ')}`.includes('volume-error') ||
    world.backgroundFault('volume', 'create-volume')
  )
    return touch(world, id, { status: 'error' })
  const source = world.volumes.get(volume.sourceId ?? world.snapshots.get(volume.snapshotId ?? '')?.volumeId ?? '')
  const ready = touch(world, id, {
    status: 'available',
    bootable: volume.imageId !== null || (source?.bootable ?? false),
    imageMetadata: volume.imageMetadata ?? source?.imageMetadata ?? null,
  })
  volumeEvent(world, 'create.end', ready)
  return ready
}

function updateVolume(call: Call) {
  const before = visibleVolume(call)
  const wanted = asObject(call.body.volume)
  const volume = call.world.volumes.update(before.id, {
    name: asText(wanted.name) ?? asText(wanted.display_name) ?? before.name,
    description: asText(wanted.description) ?? asText(wanted.display_description) ?? before.description,
    metadata: wanted.metadata === undefined ? before.metadata : strings(wanted.metadata),
  })
  return { status: 200, body: { volume: volumeView(call, volume, 'updated') } }
}

const deletable = new Set(['available', 'error', 'error_restoring', 'error_extending', 'error_managing'])

function deleteVolume(call: Call) {
  const { world, who } = call
  const volume = visibleVolume(call)
  const forced = call.query.get('force') === 'True' && who.isAdmin
  const cascade = asFlag(call.query.get('cascade') ?? 'false') === true
  const attached = world.attachments.where('volumeId', volume.id).length > 0
  const snapshots = world.snapshots.where('volumeId', volume.id)
  if (!forced && (!deletable.has(volume.status) || attached || (snapshots.length > 0 && !cascade))) throw bad(mustBeFree)
  for (const snapshot of snapshots) world.snapshots.remove(snapshot.id)
  startDelete(world, volume)
  volumeEvent(world, 'delete.start', volume, contextOf(who, call.requestId))
  return { status: 202 }
}

export function startDelete(world: World, volume: Volume): void {
  world.cancel(volume.id)
  touch(world, volume.id, { status: 'deleting' })
  world.later(world.duration('volume.delete'), volume.id, 'volume.deleted', { volumeId: volume.id })
}

export function finishDelete(world: World, id: string): void {
  const volume = world.volumes.get(id)
  if (!volume) return
  if (world.backgroundFault('volume', 'delete-volume')) {
    touch(world, id, { status: 'error_deleting' })
    return
  }
  for (const attachment of world.attachments.where('volumeId', id)) world.attachments.remove(attachment.id)
  world.volumes.remove(id)
  volumeEvent(world, 'delete.end', { ...volume, status: 'deleted' })
}

function setMetadata(call: Call, merge: boolean) {
  const volume = visibleVolume(call)
  const asked = strings(call.body.metadata)
  if (Object.values(asked).some((value) => value.length > 255))
    throw new Refusal(413, 'Metadata property value greater than 255 characters.')
  const metadata = merge ? { ...volume.metadata, ...asked } : asked
  call.world.volumes.update(volume.id, { metadata })
  return { status: 200, body: { metadata } }
}

function dropMetadata(call: Call) {
  const volume = visibleVolume(call)
  const key = call.params.key ?? ''
  if (!(key in volume.metadata)) throw missing(`Volume ${volume.id} has no metadata with key ${key}.`)
  const { [key]: _gone, ...metadata } = volume.metadata
  call.world.volumes.update(volume.id, { metadata })
  return { status: 200 }
}
