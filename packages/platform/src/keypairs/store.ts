import type { KeyPair } from '@straylight/api'
import type { Db, Tx } from '../foundation/db.ts'

declare module '../foundation/db.ts' {
  interface Tables {
    keypair: KeypairRow
  }
}

export interface KeypairRow {
  id: string
  project_id: string
  name: string
  public_key: string
  fingerprint: string
  created_at: Date
}

export const toApi = (row: KeypairRow): KeyPair => ({
  id: row.id,
  name: row.name,
  public_key: row.public_key,
  fingerprint: row.fingerprint,
  created_in: row.created_at.toISOString(),
})

/** Those of these keys that the project has. */
export const keypairsOfProject = (db: Db | Tx, projectId: string, ids: string[]): Promise<KeypairRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db.selectFrom('keypair').selectAll().where('project_id', '=', projectId).where('id', 'in', ids).execute()
