import type { Volume } from '@straylight/api'
import type { Db, Tx } from '../foundation/db.ts'
import { type Owner, registerResources } from '../foundation/resources.ts'

declare module '../foundation/db.ts' {
  interface Tables {
    volume: VolumeRow
  }
}

export interface VolumeRow {
  id: string
  project_id: string
  account_id: string
  server_id: string | null
  name: string
  size_gib: number
  storage_type: 'volume' | 'local'
  bootable: boolean
  undetachable: boolean
  /** Order among the volumes of its server; the system volume is 0. */
  position: number
  image_id: string | null
  status: VolumeStatus
  device: string | null
  cinder_id: string | null
  reason: string | null
  created_at: Date
  updated_at: Date
  deleted_at: Date | null
}

export type VolumeStatus = 'CREATING' | 'AVAILABLE' | 'ATTACHING' | 'IN_USE' | 'DETACHING' | 'DELETING' | 'ERROR' | 'DELETED'

export const volumesOfProject = (db: Db | Tx, projectId: string) =>
  db
    .selectFrom('volume')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .orderBy('created_at')
    .orderBy('position')
    .execute()
export const volumesOfServer = (db: Db | Tx, serverId: string) => volumesOfServers(db, [serverId])
/** Those of `serverIds`, of which there is one at least, each server's in their order. */
export const volumesOfServers = (db: Db | Tx, serverIds: string[]) =>
  db
    .selectFrom('volume')
    .selectAll()
    .where('server_id', 'in', serverIds)
    .where('deleted_at', 'is', null)
    .orderBy('position')
    .execute()
export const volumeById = (db: Db | Tx, id: string) =>
  db.selectFrom('volume').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst()
export async function insertVolumes(tx: Tx, owner: Owner, rows: VolumeRow[]): Promise<void> {
  if (rows.length === 0) return
  await tx.insertInto('volume').values(rows).execute()
  await registerResources(
    tx,
    'volume',
    owner,
    rows.map(({ id }) => id),
  )
}
export const updateVolume = (tx: Db | Tx, id: string, values: Partial<VolumeRow>) =>
  tx.updateTable('volume').set(values).where('id', '=', id).execute()

export const toApi = (row: VolumeRow): Volume => ({
  id: row.id,
  name: row.name,
  description: '',
  size: row.size_gib,
  status: row.status,
  bootable: row.bootable,
  undetachable: row.undetachable,
  created_in: row.created_at.toISOString(),
  ...(row.server_id ? { attached_to_server: { id: row.server_id, device: row.device ?? '' } } : {}),
  snapshots: [],
  ...(row.reason ? { reason: row.reason } : {}),
})
