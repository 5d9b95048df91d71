import { routes } from '@straylight/api'
import { conflict, notFound } from '@straylight/kit'
import { announce } from '../foundation/events.ts'
import { type Handler, handle } from '../foundation/handler.ts'
import { pageOf } from '../foundation/lists.ts'
import type { TaskEngine, Workflow } from '../foundation/tasks/index.ts'
import { closeMeters } from '../metering/index.ts'
import { toApi, updateVolume, volumeById, volumesOfProject } from './store.ts'

export function volumeRoutes({
  engine,
  deletion,
}: {
  engine: TaskEngine
  deletion: Workflow<Record<string, never>, string>
}): Handler[] {
  return [
    handle(routes.volumesList, async ({ db, params, query }) => ({
      data: pageOf((await volumesOfProject(db, params.project_id)).map(toApi), query),
    })),

    handle(routes.volumesDetail, async ({ db, params }) => {
      const volume = await volumeById(db, params.id)
      if (!volume) throw unknownVolume()
      return { data: { result: toApi(volume) } }
    }),

    handle(routes.volumesDelete, async ({ tx, params, clock }) => {
      const now = clock.now()
      const volume = await tx
        .selectFrom('volume')
        .selectAll()
        .where('id', '=', params.id)
        .where('deleted_at', 'is', null)
        .forUpdate()
        .executeTakeFirst()
      if (!volume) throw unknownVolume()
      if (volume.status === 'DELETING') return { data: undefined }
      if (volume.server_id)
        throw conflict('volume.in_use', `${volume.name} is attached to a server.`, {
          description: volume.undetachable
            ? 'A system volume lives and dies with its server.'
            : 'Detach it first, or delete it together with its server.',
        })
      await closeMeters(tx, { resourceId: [volume.id], at: now })
      await updateVolume(tx, volume.id, { status: 'DELETING', updated_at: now })
      await announce(tx, { type: 'volume', id: volume.id, accountId: volume.account_id, projectId: volume.project_id })
      const taskId = await engine.start(tx, deletion, {
        subject: { type: 'volume', id: volume.id, name: volume.name },
        accountId: volume.account_id,
        projectId: volume.project_id,
        input: {},
      })
      return { data: undefined, taskId }
    }),
  ]
}

const unknownVolume = () => notFound('volume.unknown', 'There is no such volume.', { description: 'It may have been deleted.' })
