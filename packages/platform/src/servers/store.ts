import type { ServerStatus } from '@straylight/api'
import type { Db, Tx } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { registerResources } from '../foundation/resources.ts'

declare module '../foundation/db.ts' {
  interface Tables {
    server: ServerRow
  }
}

export interface ServerRow {
  id: string
  project_id: string
  account_id: string
  name: string
  status: ServerStatus
  /** What the customer last chose. */
  switch_status: 'ON' | 'OFF'
  vcpus: number
  ram_gib: number
  image_id: string | null
  keypair_ids: string[]
  /** Sealed; forgotten once the server runs. */
  user_data: Buffer | null
  hold_id: string | null
  nova_id: string | null
  port_id: string | null
  private_ip: string | null
  /** The cloud said something of it that could not be taken over at that moment: ask again. */
  recheck: boolean
  reason: string | null
  created_at: Date
  updated_at: Date
  deleted_at: Date | null
}

export const serverById = (db: Db | Tx, id: string) =>
  db.selectFrom('server').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst()
export const lockServer = (tx: Tx, id: string) =>
  tx.selectFrom('server').selectAll().where('id', '=', id).where('deleted_at', 'is', null).forUpdate().executeTakeFirst()
export const serversOfProject = (db: Db | Tx, projectId: string) =>
  db
    .selectFrom('server')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .orderBy('created_at')
    .execute()

export async function insertServer(tx: Tx, server: ServerRow): Promise<void> {
  await tx.insertInto('server').values(server).execute()
  await registerResources(tx, 'server', server, [server.id])
  await announce(tx, { type: 'server', id: server.id, accountId: server.account_id, projectId: server.project_id })
}

/** Writes and tells whoever looks at it. */
export async function updateServer(
  tx: Tx,
  server: { id: string; account_id: string; project_id: string },
  values: Partial<ServerRow>,
): Promise<void> {
  await tx.updateTable('server').set(values).where('id', '=', server.id).execute()
  await announce(tx, { type: 'server', id: server.id, accountId: server.account_id, projectId: server.project_id })
}

export type Known = Pick<ServerRow, 'id' | 'nova_id'>

const alive = (db: Db | Tx) => db.selectFrom('server').where('deleted_at', 'is', null)

export const lockServerByNovaId = (tx: Tx, novaId: string) =>
  alive(tx).selectAll().where('nova_id', '=', novaId).forUpdate().executeTakeFirst()
/** The server that goes by one of these ids, in the cloud or here. */
export const serverKnownAs = (
  db: Db | Tx,
  { nova = [], ours }: { nova?: string[]; ours: string[] },
): Promise<Known | undefined> =>
  alive(db)
    .select(['id', 'nova_id'])
    .where(({ eb, or }) =>
      or([...(nova.length > 0 ? [eb('nova_id', 'in', nova)] : []), ...(ours.length > 0 ? [eb('id', 'in', ours)] : [])]),
    )
    .executeTakeFirst()

/** Notes that the cloud said something of a server that could not be taken over yet, or that it has been. Nobody is told. */
export const setRecheck = (db: Db | Tx, id: string, recheck: boolean) =>
  db.updateTable('server').set({ recheck }).where('id', '=', id).execute()
export const serversToRecheck = (db: Db | Tx) =>
  alive(db)
    .select(['id', 'nova_id'])
    .where('recheck', '=', true)
    .where('nova_id', 'is not', null)
    .orderBy('updated_at')
    .limit(200)
    .execute()

/** Every server that Nova is to have. */
export const serversInTheCloud = (db: Db | Tx) =>
  alive(db).select(['id', 'nova_id', 'status']).where('nova_id', 'is not', null).execute()

/** Those of these ids whose server was deleted here: its tear-down has ended, and nothing of it may be left. */
export async function deletedServers(db: Db | Tx, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db.selectFrom('server').select('id').where('id', 'in', ids).where('deleted_at', 'is not', null).execute()
  return new Set(rows.map(({ id }) => id))
}
