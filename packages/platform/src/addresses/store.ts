import type { Address } from '@straylight/api'
import type { Db, Tx } from '../foundation/db.ts'
import { type Owner, registerResources } from '../foundation/resources.ts'

declare module '../foundation/db.ts' {
  interface Tables {
    address: AddressRow
  }
}

export interface AddressRow {
  id: string
  project_id: string
  account_id: string
  server_id: string | null
  status: 'PROCESSING' | 'DOWN' | 'ACTIVE' | 'DELETING' | 'ERROR' | 'DELETED'
  ip: string | null
  version: number
  bandwidth_max_mbps: number
  neutron_id: string | null
  created_at: Date
  updated_at: Date
  deleted_at: Date | null
}

export const addressesOfProject = (db: Db | Tx, projectId: string) =>
  db
    .selectFrom('address')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .orderBy('created_at')
    .execute()
export const addressesOfServer = (db: Db | Tx, serverId: string) => addressesOfServers(db, [serverId])
/** Those of `serverIds`, of which there is one at least, each server's in their order. */
export const addressesOfServers = (db: Db | Tx, serverIds: string[]) =>
  db
    .selectFrom('address')
    .selectAll()
    .where('server_id', 'in', serverIds)
    .where('deleted_at', 'is', null)
    .orderBy('created_at')
    .execute()
export const addressById = (db: Db | Tx, id: string) =>
  db.selectFrom('address').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst()
export async function insertAddresses(tx: Tx, owner: Owner, rows: AddressRow[]): Promise<void> {
  if (rows.length === 0) return
  await tx.insertInto('address').values(rows).execute()
  await registerResources(
    tx,
    'address',
    owner,
    rows.map(({ id }) => id),
  )
}
export const updateAddress = (tx: Db | Tx, id: string, values: Partial<AddressRow>) =>
  tx.updateTable('address').set(values).where('id', '=', id).execute()

export const toApi = (row: AddressRow): Address => ({
  id: row.id,
  ...(row.ip ? { address: row.ip } : {}),
  status: row.status,
  type: 'FLOATING',
  external: true,
  version: row.version,
  is_primary: row.server_id !== null,
  ddos_protection: false,
  bandwidth_max_mbps: row.bandwidth_max_mbps,
  ...(row.server_id ? { attached_to: { entity: 'server', id: row.server_id } } : {}),
  created_in: row.created_at.toISOString(),
  updated_in: row.updated_at.toISOString(),
})
