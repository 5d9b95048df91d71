import { routes } from '@straylight/api'
import { conflict, notFound } from '@straylight/kit'
import { announce } from '../foundation/events.ts'
import { type Handler, handle } from '../foundation/handler.ts'
import { pageOf } from '../foundation/lists.ts'
import type { TaskEngine, Workflow } from '../foundation/tasks/index.ts'
import { closeMeters } from '../metering/index.ts'
import { addressById, addressesOfProject, toApi, updateAddress } from './store.ts'

export function addressRoutes({
  engine,
  deletion,
}: {
  engine: TaskEngine
  deletion: Workflow<Record<string, never>, string>
}): Handler[] {
  return [
    handle(routes.addressesList, async ({ db, params, query }) => ({
      data: pageOf((await addressesOfProject(db, params.project_id)).map(toApi), query),
    })),

    handle(routes.addressesDetail, async ({ db, params }) => {
      const address = await addressById(db, params.id)
      if (!address) throw unknownAddress()
      return { data: { result: toApi(address) } }
    }),

    handle(routes.addressesDelete, async ({ tx, params, clock }) => {
      const now = clock.now()
      const address = await tx
        .selectFrom('address')
        .selectAll()
        .where('id', '=', params.id)
        .where('deleted_at', 'is', null)
        .forUpdate()
        .executeTakeFirst()
      if (!address) throw unknownAddress()
      if (address.status === 'DELETING') return { data: undefined }
      if (address.server_id)
        throw conflict('address.in_use', 'This address is attached to a server.', {
          description: 'Delete it together with its server.',
        })
      await closeMeters(tx, { resourceId: [address.id], at: now })
      await updateAddress(tx, address.id, { status: 'DELETING', updated_at: now })
      await announce(tx, { type: 'address', id: address.id, accountId: address.account_id, projectId: address.project_id })
      const taskId = await engine.start(tx, deletion, {
        subject: { type: 'address', id: address.id, name: address.ip ?? 'address' },
        accountId: address.account_id,
        projectId: address.project_id,
        input: {},
      })
      return { data: undefined, taskId }
    }),
  ]
}

const unknownAddress = () =>
  notFound('address.unknown', 'There is no such address.', { description: 'It may have been given back.' })
