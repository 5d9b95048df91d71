import type { Project } from '@straylight/api'
import type { Db, Tx } from '../foundation/db.ts'

declare module '../foundation/db.ts' {
  interface Tables {
    project: ProjectRow
  }
}

export interface ProjectRow {
  id: string
  account_id: string
  name: string
  description: string
  status: 'preparing' | 'ready' | 'failed'
  reason: string | null
  created_at: Date
  cloud_project_id: string | null
  network_id: string | null
  subnet_id: string | null
  router_id: string | null
  security_group_id: string | null
}

export const projectById = (db: Db | Tx, id: string) =>
  db.selectFrom('project').selectAll().where('id', '=', id).executeTakeFirst()
export const projectsOf = (db: Db | Tx, accountId: string) =>
  db.selectFrom('project').selectAll().where('account_id', '=', accountId).orderBy('created_at').execute()
export const updateProject = (tx: Db | Tx, id: string, values: Partial<ProjectRow>) =>
  tx.updateTable('project').set(values).where('id', '=', id).execute()

/** A project is usable from its first moment: orders wait for its place in the cloud. So it is ACTIVE to clients unless that failed. */
export const toApi = (row: ProjectRow): Project => ({
  id: row.id,
  name: row.name,
  display_name: row.name,
  description: row.description,
  status: row.status === 'failed' ? 'ERROR' : 'ACTIVE',
  switch_status: 'ON',
  has_abuse: false,
  created: row.created_at.toISOString(),
  ...(row.reason ? { stopping_reason: row.reason } : {}),
})
