import { routes } from '@straylight/api'
import { conflict, newId, notFound } from '@straylight/kit'
import type { Tx } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { type Handler, handle } from '../foundation/handler.ts'
import { pageOf } from '../foundation/lists.ts'
import { forgetResource, registerResources } from '../foundation/resources.ts'
import { generateKey, readPublicKey } from './ssh-keys.ts'
import { type KeypairRow, toApi } from './store.ts'
import { zipOf } from './zip.ts'

const keysPerProject = 200

export function keypairRoutes(): Handler[] {
  return [
    handle(routes.keypairsList, async ({ db, params, query }) => {
      const rows = await db
        .selectFrom('keypair')
        .selectAll()
        .where('project_id', '=', params.project_id)
        .orderBy('created_at')
        .execute()
      return { data: pageOf(rows.map(toApi), query) }
    }),

    handle(routes.keypairsCreate, async ({ tx, params, body, project, clock }) => {
      const { publicKey, fingerprint } = readPublicKey(body.public_key)
      const row = {
        id: newId(),
        project_id: params.project_id,
        name: body.name,
        public_key: publicKey,
        fingerprint,
        created_at: clock.now(),
      }
      await insert(tx, row, project.accountId)
      return { data: { result: toApi(row) } }
    }),

    handle(routes.keypairsGenerate, async ({ tx, params, body, project, clock }) => {
      const { publicKey, privateKey, fingerprint } = generateKey(body.name.replace(/[^\w.@-]+/g, '-'))
      const row = {
        id: newId(),
        project_id: params.project_id,
        name: body.name,
        public_key: publicKey,
        fingerprint,
        created_at: clock.now(),
      }
      await insert(tx, row, project.accountId)
      const archive = zipOf({ id_ed25519: privateKey, 'id_ed25519.pub': `${publicKey}\n` })
      return {
        data: {
          result: {
            id: row.id,
            created_in: row.created_at.toISOString(),
            public_key: publicKey,
            private_key: privateKey,
            ssh_archive_data: archive.toString('base64'),
          },
        },
      }
    }),

    handle(routes.keypairsDetail, async ({ db, params }) => {
      const row = await db.selectFrom('keypair').selectAll().where('id', '=', params.id).executeTakeFirst()
      if (!row) throw unknownKey()
      return { data: { result: toApi(row) } }
    }),

    handle(routes.keypairsDelete, async ({ tx, params, project }) => {
      const { numDeletedRows } = await tx.deleteFrom('keypair').where('id', '=', params.id).executeTakeFirst()
      if (numDeletedRows === 0n) throw unknownKey()
      await forgetResource(tx, params.id)
      await announce(tx, { type: 'keypair', id: params.id, accountId: project.accountId, projectId: project.id })
      return { data: undefined }
    }),
  ]
}

async function insert(tx: Tx, row: KeypairRow, accountId: string): Promise<void> {
  const { count } = await tx
    .selectFrom('keypair')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('project_id', '=', row.project_id)
    .executeTakeFirstOrThrow()
  if (count >= BigInt(keysPerProject))
    throw conflict('keypair.too_many', `A project has ${keysPerProject} keys at most.`, {
      description: 'Remove keys that are no longer used.',
    })
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('keypair')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows === 0n)
    throw conflict('keypair.name_taken', `There is a key named ${row.name} in this project already.`, {
      description: 'Give this one another name.',
      fields: [{ field: 'name', message: 'a key with this name exists' }],
    })
  await registerResources(tx, 'keypair', { project_id: row.project_id, account_id: accountId }, [row.id])
  await announce(tx, { type: 'keypair', id: row.id, accountId, projectId: row.project_id })
}

const unknownKey = () => notFound('keypair.unknown', 'There is no such key.', { description: 'It may have been removed.' })
