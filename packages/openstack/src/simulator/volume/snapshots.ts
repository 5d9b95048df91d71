import { asFlag, asObject, asText, type Call, type JsonObject, strings } from '../call.ts'
import { uuid } from '../ids.ts'
import { contextOf } from '../notifications/envelope.ts'
import { snapshotEvent } from '../notifications/volume.ts'
import type { Route } from '../router.ts'
import type { Row } from '../table.ts'
import { databaseTime, microseconds } from '../times.ts'
import type { Jobs, World } from '../world.ts'
import { spendSnapshot } from './quotas.ts'
import { bad, listing, missing, projectRoute, requireAdmin, wantsAll } from './answers.ts'
import { touch, typeOf, type Volume, visibleVolume } from './volumes.ts'

export interface Snapshot extends Row {
  projectId: string
  userId: string
  volumeId: string
  name: string | null
  description: string | null
  status: string
  sizeGib: number
  metadata: Record<string, string>
  createdMs: number
  updatedMs: number | null
}

export const routes: Route[] = [
  projectRoute('GET', '/snapshots', (call) => listSnapshots(call, false)),
  projectRoute('POST', '/snapshots', createSnapshotByRequest),
  projectRoute('GET', '/snapshots/detail', (call) => listSnapshots(call, true)),
  projectRoute('GET', '/snapshots/:id', (call) => ({
    status: 200,
    body: { snapshot: view(call, visibleSnapshot(call), 'detail') },
  })),
  projectRoute('PUT', '/snapshots/:id', updateSnapshot),
  projectRoute('DELETE', '/snapshots/:id', deleteSnapshot),
  projectRoute('POST', '/snapshots/:id/action', act),
  projectRoute('GET', '/snapshots/:id/metadata', (call) => ({ status: 200, body: { metadata: visibleSnapshot(call).metadata } })),
  projectRoute('POST', '/snapshots/:id/metadata', (call) => setMetadata(call, true)),
  projectRoute('PUT', '/snapshots/:id/metadata', (call) => setMetadata(call, false)),
]

export const jobs: Jobs = {
  'snapshot.created': (world, { snapshotId }) => finishCreate(world, String(snapshotId)),
  'snapshot.deleted': (world, { snapshotId }) => finishDelete(world, String(snapshotId)),
  'volume.reverted': (world, { volumeId, status, sizeGib }) => {
    if (world.volumes.get(String(volumeId))?.status === 'reverting')
      touch(world, String(volumeId), { status: String(status), sizeGib: Number(sizeGib) })
  },
}

function view(call: Call, snapshot: Snapshot, form: 'created' | 'updated' | 'detail'): JsonObject {
  return {
    id: snapshot.id,
    created_at: form === 'created' ? microseconds(snapshot.createdMs) : databaseTime(snapshot.createdMs),
    updated_at: snapshot.updatedMs === null ? null : databaseTime(snapshot.updatedMs),
    name: snapshot.name,
    description: snapshot.description,
    volume_id: snapshot.volumeId,
    status: snapshot.status,
    size: snapshot.sizeGib,
    metadata: snapshot.metadata,
    ...(call.version >= 14 ? { group_snapshot_id: null } : {}),
    ...(call.version >= 41 ? { user_id: snapshot.userId } : {}),
    ...(call.version >= 65 ? { consumes_quota: true } : {}),
    ...(form === 'detail'
      ? {
          'os-extended-snapshot-attributes:project_id': snapshot.projectId,
          'os-extended-snapshot-attributes:progress': snapshot.status === 'creating' ? '0%' : '100%',
        }
      : {}),
  }
}

function visibleSnapshot(call: Call, id: string = call.params.id ?? ''): Snapshot {
  const snapshot = call.world.snapshots.get(id)
  if (!snapshot || !(call.who.isAdmin || snapshot.projectId === call.who.projectId))
    throw missing(`Snapshot ${id} could not be found.`)
  return snapshot
}

function listSnapshots(call: Call, detailed: boolean) {
  const { world, who } = call
  const pool = wantsAll(call) ? world.snapshots.all() : world.snapshots.where('projectId', who.projectId)
  return listing(
    call,
    'snapshots',
    pool,
    {
      id: (each) => each.id,
      name: (each) => each.name,
      status: (each) => each.status,
      volume_id: (each) => each.volumeId,
      project_id: (each) => each.projectId,
      created_at: (each) => each.createdMs,
    },
    (each) => view(call, each, detailed ? 'detail' : 'updated'),
    'Snapshot',
  )
}

function createSnapshotByRequest(call: Call) {
  const { world, who } = call
  const wanted = asObject(call.body.snapshot)
  const volumeId = asText(wanted.volume_id)
  if (volumeId === undefined) throw bad("Invalid input for field/attribute snapshot. 'volume_id' is a required property")
  const volume = visibleVolume(call, volumeId)
  // A disk in use is only snapshotted when the caller insists; from 3.66 on that is the rule.
  const force = asFlag(wanted.force) === true || call.version >= 66
  if (volume.status !== 'available' && !(force && volume.status === 'in-use'))
    throw bad(`Invalid volume: Volume ${volume.id} status must be available, but current status is: ${volume.status}.`)
  const snapshot = createSnapshot(world, volume, {
    userId: who.userId,
    name: asText(wanted.name) ?? asText(wanted.display_name) ?? null,
    description: asText(wanted.description) ?? null,
    metadata: strings(wanted.metadata),
  })
  snapshotEvent(world, 'create.start', snapshot, contextOf(who, call.requestId))
  return { status: 202, body: { snapshot: view(call, snapshot, 'created') } }
}

/** A snapshot that is being made. @throws Refusal 413 over quota. */
export function createSnapshot(
  world: World,
  volume: Volume,
  wanted: Pick<Snapshot, 'userId' | 'name' | 'description' | 'metadata'>,
): Snapshot {
  spendSnapshot(world, volume.projectId, typeOf(world, volume), volume.sizeGib)
  const snapshot = world.snapshots.insert({
    id: uuid(),
    projectId: volume.projectId,
    volumeId: volume.id,
    status: 'creating',
    sizeGib: volume.sizeGib,
    createdMs: world.nowMs,
    updatedMs: null,
    ...wanted,
  })
  world.later(world.duration('snapshot.create'), snapshot.id, 'snapshot.created', { snapshotId: snapshot.id })
  return snapshot
}

export function finishCreate(world: World, id: string): void {
  const snapshot = world.snapshots.get(id)
  if (snapshot?.status !== 'creating') return
  const failed = snapshot.name?.includes('snapshot-error') || world.backgroundFault('volume', 'create-snapshot')
  const ready = world.snapshots.update(id, { status: failed ? 'error' : 'available', updatedMs: world.nowMs })
  if (!failed) snapshotEvent(world, 'create.end', ready)
}

function updateSnapshot(call: Call) {
  const before = visibleSnapshot(call)
  const wanted = asObject(call.body.snapshot)
  const snapshot = call.world.snapshots.update(before.id, {
    name: asText(wanted.name) ?? before.name,
    description: asText(wanted.description) ?? before.description,
  })
  return { status: 200, body: { snapshot: view(call, snapshot, 'updated') } }
}

function deleteSnapshot(call: Call) {
  const { world } = call
  const snapshot = visibleSnapshot(call)
  if (!['available', 'error'].includes(snapshot.status))
    throw bad(
      `Invalid snapshot: Snapshot status must be one of 'available', 'error' and must not be part of a group to delete it.`,
    )
  world.snapshots.update(snapshot.id, { status: 'deleting', updatedMs: world.nowMs })
  snapshotEvent(world, 'delete.start', snapshot, contextOf(call.who, call.requestId))
  world.later(world.duration('snapshot.delete'), snapshot.id, 'snapshot.deleted', { snapshotId: snapshot.id })
  return { status: 202 }
}

function finishDelete(world: World, id: string): void {
  const snapshot = world.snapshots.get(id)
  if (snapshot?.status !== 'deleting') return
  // Ceph keeps a snapshot that volumes were cloned from: it is simply available again.
  const cloned = world.volumes.find((volume) => volume.snapshotId === id)
  if (cloned || world.backgroundFault('volume', 'delete-snapshot')) {
    world.snapshots.update(id, { status: 'available', updatedMs: world.nowMs })
    return
  }
  world.snapshots.remove(id)
  snapshotEvent(world, 'delete.end', { ...snapshot, status: 'deleted' })
}

function act(call: Call) {
  const snapshot = visibleSnapshot(call)
  const reset = call.body['os-reset_status']
  if (reset === undefined)
    throw bad(
      `There is no such action: ${Object.keys(call.body)[0]}. Verify the request body and Content-Type header and try again.`,
    )
  requireAdmin(call, 'volume_extension:snapshot_admin_actions:reset_status')
  snapshotEvent(call.world, 'reset_status.start', snapshot)
  snapshotEvent(
    call.world,
    'reset_status.end',
    call.world.snapshots.update(snapshot.id, {
      status: asText(asObject(reset).status) ?? snapshot.status,
      updatedMs: call.world.nowMs,
    }),
  )
  return { status: 202 }
}

function setMetadata(call: Call, merge: boolean) {
  const snapshot = visibleSnapshot(call)
  const metadata = { ...(merge ? snapshot.metadata : {}), ...strings(call.body.metadata) }
  call.world.snapshots.update(snapshot.id, { metadata })
  return { status: 200, body: { metadata } }
}

/** An action of a volume, from 3.40 on: back to its latest snapshot. */
export function revertToSnapshot(call: Call, volume: Volume, args: JsonObject) {
  const { world } = call
  if (call.version < 40) throw missing('The resource could not be found.')
  const snapshot = visibleSnapshot(call, asText(args.snapshot_id) ?? '')
  const latest = world.snapshots.where('volumeId', volume.id).at(-1)
  if (snapshot.volumeId !== volume.id || latest?.id !== snapshot.id)
    throw bad(`Specified snapshot ${snapshot.id} is not the latest one of volume ${volume.id}.`)
  if (snapshot.sizeGib !== volume.sizeGib)
    throw bad(
      `Can't revert volume ${volume.id} to its latest snapshot ${snapshot.id}. The volume size must be equal to the snapshot size.`,
    )
  if (!['available', 'in-use'].includes(volume.status))
    throw bad(`Invalid volume: Can't revert volume ${volume.id} to snapshot ${snapshot.id}. Volume is ${volume.status}.`)
  touch(world, volume.id, { status: 'reverting' })
  world.later(world.duration('snapshot.revert'), volume.id, 'volume.reverted', {
    volumeId: volume.id,
    status: volume.status,
    sizeGib: snapshot.sizeGib,
  })
  return { status: 202 }
}
