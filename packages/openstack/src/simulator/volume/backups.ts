import { asFlag, asObject, asText, type Call, strings } from '../call.ts'
import { uuid } from '../ids.ts'
import type { Route } from '../router.ts'
import type { Row } from '../table.ts'
import { databaseTime } from '../times.ts'
import type { Jobs, World } from '../world.ts'
import { spendBackup } from './quotas.ts'
import { bad, links, listing, missing, projectRoute, wantsAll } from './answers.ts'
import { createVolume, touch, typeOf, visibleVolume } from './volumes.ts'

export interface Backup extends Row {
  projectId: string
  userId: string
  volumeId: string
  snapshotId: string | null
  name: string | null
  description: string | null
  status: string
  sizeGib: number
  incremental: boolean
  metadata: Record<string, string>
  createdMs: number
  updatedMs: number | null
}

export const routes: Route[] = [
  projectRoute('GET', '/backups', (call) => listBackups(call, false)),
  projectRoute('POST', '/backups', createBackup),
  projectRoute('GET', '/backups/detail', (call) => listBackups(call, true)),
  projectRoute('GET', '/backups/:id', (call) => ({ status: 200, body: { backup: view(call, visibleBackup(call)) } })),
  projectRoute('DELETE', '/backups/:id', deleteBackup),
  projectRoute('POST', '/backups/:id/restore', restore),
]

export const jobs: Jobs = {
  'backup.created': (world, { backupId, volumeStatus }) => finishCreate(world, String(backupId), String(volumeStatus)),
  'backup.deleted': (world, { backupId }) => world.backups.remove(String(backupId)),
  'backup.restored': (world, { backupId, volumeId }) => finishRestore(world, String(backupId), String(volumeId)),
}

const view = (call: Call, backup: Backup) => ({
  id: backup.id,
  status: backup.status,
  size: backup.sizeGib,
  object_count: backup.status === 'available' ? backup.sizeGib * 20 : 0,
  availability_zone: 'nova',
  container: backup.status === 'available' ? 'volumebackups' : null,
  created_at: databaseTime(backup.createdMs),
  updated_at: backup.updatedMs === null ? null : databaseTime(backup.updatedMs),
  name: backup.name,
  description: backup.description,
  fail_reason: backup.status === 'error' ? 'The backup service could not reach its storage.' : null,
  volume_id: backup.volumeId,
  links: links(call, `backups/${backup.id}`),
  is_incremental: backup.incremental,
  has_dependent_backups: false,
  snapshot_id: backup.snapshotId,
  data_timestamp: databaseTime(backup.createdMs),
  ...(call.version >= 18 && call.who.isAdmin ? { 'os-backup-project-attr:project_id': backup.projectId } : {}),
  ...(call.version >= 43 ? { metadata: backup.metadata } : {}),
  ...(call.version >= 56 ? { user_id: backup.userId } : {}),
})

function visibleBackup(call: Call): Backup {
  const id = call.params.id ?? ''
  const backup = call.world.backups.get(id)
  if (!backup || !(call.who.isAdmin || backup.projectId === call.who.projectId)) throw missing(`Backup ${id} could not be found.`)
  return backup
}

function listBackups(call: Call, detailed: boolean) {
  const { world, who } = call
  const pool = wantsAll(call) ? world.backups.all() : world.backups.where('projectId', who.projectId)
  return listing(
    call,
    'backups',
    pool,
    {
      id: (each) => each.id,
      name: (each) => each.name,
      status: (each) => each.status,
      volume_id: (each) => each.volumeId,
      size: (each) => each.sizeGib,
      created_at: (each) => each.createdMs,
    },
    (each) => (detailed ? view(call, each) : { id: each.id, name: each.name, links: links(call, `backups/${each.id}`) }),
    'Backup',
  )
}

function createBackup(call: Call) {
  const { world, who } = call
  const wanted = asObject(call.body.backup)
  const volume = visibleVolume(call, asText(wanted.volume_id) ?? '')
  const force = asFlag(wanted.force) === true
  if (volume.status !== 'available' && !(force && volume.status === 'in-use'))
    throw bad(`Invalid volume: Volume to be backed up must be available or in-use, but the current status is "${volume.status}".`)
  spendBackup(world, volume.projectId, volume.sizeGib)
  const backup = world.backups.insert({
    id: uuid(),
    projectId: volume.projectId,
    userId: who.userId,
    volumeId: volume.id,
    snapshotId: asText(wanted.snapshot_id) ?? null,
    name: asText(wanted.name) ?? null,
    description: asText(wanted.description) ?? null,
    status: 'creating',
    sizeGib: volume.sizeGib,
    incremental: asFlag(wanted.incremental) ?? false,
    metadata: strings(wanted.metadata),
    createdMs: world.nowMs,
    updatedMs: null,
  })
  touch(world, volume.id, { status: 'backing-up' })
  world.later(world.duration('backup.create'), backup.id, 'backup.created', { backupId: backup.id, volumeStatus: volume.status })
  return { status: 202, body: { backup: { id: backup.id, name: backup.name, links: links(call, `backups/${backup.id}`) } } }
}

function finishCreate(world: World, id: string, volumeStatus: string): void {
  const backup = world.backups.get(id)
  if (!backup) return
  if (world.volumes.get(backup.volumeId)?.status === 'backing-up') touch(world, backup.volumeId, { status: volumeStatus })
  const failed = backup.name?.includes('backup-error') || world.backgroundFault('volume', 'create-backup')
  world.backups.update(id, { status: failed ? 'error' : 'available', updatedMs: world.nowMs })
}

function deleteBackup(call: Call) {
  const { world } = call
  const backup = visibleBackup(call)
  if (!['available', 'error'].includes(backup.status)) throw bad('Invalid backup: Backup status must be available or error')
  world.backups.update(backup.id, { status: 'deleting', updatedMs: world.nowMs })
  world.later(world.duration('backup.delete'), backup.id, 'backup.deleted', { backupId: backup.id })
  return { status: 202 }
}

/** Onto the volume that is named, or a new one. */
function restore(call: Call) {
  const { world, who } = call
  const backup = visibleBackup(call)
  if (backup.status !== 'available') throw bad('Invalid backup: Backup status must be available')
  const wanted = asObject(call.body.restore)
  const volumeId = asText(wanted.volume_id)
  const source = world.volumes.get(backup.volumeId)
  const type = source ? typeOf(world, source) : world.volumeTypes.all()[0]
  if (!type) throw missing('Volume type could not be found.')
  const volume =
    volumeId === undefined
      ? createVolume(world, {
          projectId: who.projectId,
          userId: who.userId,
          name: asText(wanted.name) ?? `restore_backup_${backup.id}`,
          description: `auto-created_from_restore_from_backup`,
          sizeGib: backup.sizeGib,
          type,
          metadata: {},
          multiattach: false,
          origin: { snapshotId: null, sourceId: null, image: undefined, bootable: false, imageMetadata: null },
        })
      : visibleVolume(call, volumeId)
  if (volumeId !== undefined && volume.status !== 'available')
    throw bad('Invalid volume: Volume to be restored to must be available')
  if (volume.sizeGib < backup.sizeGib)
    throw bad(`Invalid volume: volume size ${volume.sizeGib} is too small to restore backup of size ${backup.sizeGib}.`)
  touch(world, volume.id, { status: 'restoring-backup' })
  world.backups.update(backup.id, { status: 'restoring', updatedMs: world.nowMs })
  world.later(world.duration('backup.restore'), volume.id, 'backup.restored', { backupId: backup.id, volumeId: volume.id })
  return { status: 202, body: { restore: { backup_id: backup.id, volume_id: volume.id, volume_name: volume.name } } }
}

function finishRestore(world: World, backupId: string, volumeId: string): void {
  if (world.backups.has(backupId)) world.backups.update(backupId, { status: 'available', updatedMs: world.nowMs })
  if (world.volumes.get(volumeId)?.status === 'restoring-backup') touch(world, volumeId, { status: 'available' })
}
