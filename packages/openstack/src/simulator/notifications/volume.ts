import type { Snapshot } from '../volume/snapshots.ts'
import type { VolumeType } from '../volume/types.ts'
import type { Volume } from '../volume/volumes.ts'
import { databaseTime } from '../times.ts'
import type { World } from '../world.ts'
import type { NoticeContext } from './envelope.ts'

const zoned = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}+00:00`

function payload(world: World, volume: Volume) {
  const attachments = world.attachments.where('volumeId', volume.id).filter((each) => each.status === 'attached')
  return {
    tenant_id: volume.projectId,
    host: 'lab@rbd#rbd',
    user_id: volume.userId,
    availability_zone: 'nova',
    volume_id: volume.id,
    volume_type: volume.typeId,
    display_name: volume.name ?? '',
    launched_at: volume.status === 'creating' ? null : zoned(volume.updatedMs ?? volume.createdMs),
    created_at: zoned(volume.createdMs),
    status: volume.status,
    snapshot_id: volume.snapshotId,
    size: volume.sizeGib,
    replication_status: null,
    replication_extended_status: null,
    replication_driver_data: null,
    metadata: Object.entries(volume.metadata).map(([key, value]) => ({ key, value })),
    volume_attachment: attachments.map((each) => ({
      created_at: databaseTime(each.attachedMs ?? volume.createdMs),
      updated_at: databaseTime(each.attachedMs ?? volume.createdMs),
      deleted_at: null,
      connection_info: each.connected
        ? JSON.stringify({ driver_volume_type: 'rbd', volume_id: volume.id, attachment_id: each.id })
        : null,
      connector: each.connected ? JSON.stringify({ host: each.hostName, mountpoint: each.device }) : null,
      volume: record(volume),
      id: each.id,
      volume_id: volume.id,
      instance_uuid: each.serverId,
      attached_host: each.hostName,
      mountpoint: each.device,
      attach_time: databaseTime(each.attachedMs ?? volume.createdMs),
      detach_time: null,
      attach_status: 'attached',
      attach_mode: each.mode,
      deleted: false,
    })),
    ...(volume.imageMetadata
      ? {
          glance_metadata: Object.entries(volume.imageMetadata).map(([key, value], i) => ({
            created_at: databaseTime(volume.createdMs),
            updated_at: null,
            deleted_at: null,
            deleted: false,
            id: i + 1,
            volume_id: volume.id,
            snapshot_id: null,
            key,
            value,
          })),
        }
      : {}),
  }
}

/** The volume as Cinder's database has it. */
const record = (volume: Volume) => ({
  created_at: databaseTime(volume.createdMs),
  updated_at: volume.updatedMs === null ? null : databaseTime(volume.updatedMs),
  deleted_at: null,
  deleted: false,
  id: volume.id,
  _name_id: null,
  use_quota: true,
  ec2_id: null,
  user_id: volume.userId,
  project_id: volume.projectId,
  snapshot_id: volume.snapshotId,
  cluster_name: null,
  host: 'lab@rbd#rbd',
  size: volume.sizeGib,
  availability_zone: 'nova',
  status: volume.status,
  attach_status: 'attached',
  migration_status: null,
  scheduled_at: databaseTime(volume.createdMs),
  launched_at: databaseTime(volume.createdMs),
  terminated_at: null,
  display_name: volume.name,
  display_description: volume.description,
  provider_location: null,
  provider_auth: null,
  provider_geometry: null,
  provider_id: null,
  volume_type_id: volume.typeId,
  source_volid: volume.sourceId,
  encryption_key_id: null,
  consistencygroup_id: null,
  group_id: null,
  bootable: volume.bootable,
  multiattach: volume.multiattach,
  replication_status: null,
  replication_extended_status: null,
  replication_driver_data: null,
  previous_status: null,
  service_uuid: null,
  shared_targets: false,
})

/** The scheduler, the volume service or the API speaks, each under its own name. */
const publisherOf = (event: string): string =>
  event.startsWith('create') ? 'volume.lab@rbd#rbd' : event.startsWith('attach') ? 'volume.lab' : 'volume.lab@rbd'

/** `volume.create.start`, `volume.attach.end`, `volume.retype`. */
export const volumeEvent = (world: World, event: string, volume: Volume, context?: NoticeContext): void =>
  world.notify('cinder', `volume.${event}`, publisherOf(event), () => payload(world, volume), context ? { context } : {})

export const snapshotEvent = (world: World, event: string, snapshot: Snapshot, context?: NoticeContext): void =>
  world.notify(
    'cinder',
    `snapshot.${event}`,
    'snapshot.lab@rbd',
    () => ({
      tenant_id: snapshot.projectId,
      user_id: snapshot.userId,
      availability_zone: 'nova',
      volume_id: snapshot.volumeId,
      volume_size: snapshot.sizeGib,
      snapshot_id: snapshot.id,
      display_name: snapshot.name ?? '',
      created_at: zoned(snapshot.createdMs),
      status: snapshot.status,
      deleted: snapshot.status === 'deleted' ? 'True' : '',
      metadata: '',
    }),
    context ? { context } : {},
  )

export const volumeTypeEvent = (world: World, event: string, type: VolumeType): void =>
  world.notify('cinder', `volume_type.${event}`, 'volumeType.lab', () => ({
    volume_types: {
      created_at: databaseTime(type.createdMs),
      updated_at: null,
      deleted_at: null,
      deleted: false,
      id: type.id,
      name: type.name,
      description: type.description,
      qos_specs_id: null,
      is_public: type.isPublic,
      extra_specs: type.extraSpecs,
    },
  }))
