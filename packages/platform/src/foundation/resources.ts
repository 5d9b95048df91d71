import type { Subject } from '@straylight/api'
import type { Db, Tx } from './db.ts'
import './tables.ts'

export interface Owner {
  project_id: string
  account_id: string
}

/** Says whose these are, in the transaction that makes them: the gate opens nothing whose owner is unknown. */
export async function registerResources(tx: Tx, kind: Subject, { project_id, account_id }: Owner, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  await tx
    .insertInto('resource')
    .values(ids.map((id) => ({ id, kind, project_id, account_id })))
    .execute()
}

export const forgetResource = (tx: Tx, id: string) => tx.deleteFrom('resource').where('id', '=', id).execute()

/** Whose the thing of this kind with this id is; undefined also when the id is one of another kind. */
export const ownerOf = (db: Db | Tx, kind: Subject, id: string): Promise<Owner | undefined> =>
  db.selectFrom('resource').select(['project_id', 'account_id']).where('id', '=', id).where('kind', '=', kind).executeTakeFirst()
