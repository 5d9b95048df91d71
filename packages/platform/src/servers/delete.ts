import { assert, type Clock } from '@straylight/kit'
import { addressesOfServer, updateAddress } from '../addresses/index.ts'
import type { Db } from '../foundation/db.ts'
import { done, go, subjectsAtWork, type TaskOf, type Workflow, wait, workflow } from '../foundation/tasks/index.ts'
import { updateVolume, volumesOfServer } from '../volumes/index.ts'
import { type ServerRow, updateServer } from './store.ts'
import type { TearDown } from './tear-down.ts'

const lookAgainMs = 500

export type DeleteSteps = 'quiet' | 'address' | 'server' | 'volumes' | 'port' | 'close'

/** What goes with the server; the rest is kept, attached to nothing. */
export interface DeleteInput {
  volumes: string[]
  addresses: string[]
}

/** The same tear-down as of a failed create. Its charges ended when it was ordered; it goes on until everything is gone. */
export function deleteServer({
  db,
  clock,
  tearDown,
}: {
  db: Db
  clock: Clock
  tearDown: TearDown
}): Workflow<DeleteInput, DeleteSteps> {
  const load = async (task: TaskOf<unknown>): Promise<ServerRow> => {
    const server = await db.selectFrom('server').selectAll().where('id', '=', task.subject.id).executeTakeFirst()
    assert(server, `server ${task.subject.id} exists until its deletion has ended`)
    return server
  }
  return workflow<DeleteInput, DeleteSteps>({
    name: 'server.delete',
    path: ['quiet', 'address', 'server', 'volumes', 'port', 'close'],
    undo: [],
    deadlineMs: 10 * 60_000,
    persistent: true,
    isUrgent: true,
    labels: {
      quiet: 'Waiting for what is under way',
      address: 'Giving the address back',
      server: 'Removing the server',
      volumes: 'Erasing its volumes',
      port: 'Removing its network port',
      close: 'Finishing',
    },
    steps: {
      async quiet(task) {
        const busy = await subjectsAtWork(db, [task.subject.id], { except: task.id })
        return busy.size > 0 ? wait(lookAgainMs) : go('address')
      },
      async address(task) {
        const server = await load(task)
        await tearDown.releaseAddresses(server.project_id, task.input.addresses)
        return go('server')
      },
      async server(task) {
        const server = await load(task)
        return (await tearDown.removeServer(server.project_id, server)) ? go('volumes') : wait(lookAgainMs)
      },
      async volumes(task) {
        const server = await load(task)
        return (await tearDown.removeVolumes(server.project_id, task.input.volumes)) ? go('port') : wait(lookAgainMs)
      },
      async port(task) {
        const server = await load(task)
        await tearDown.removePort(server.project_id, server.id)
        return go('close')
      },
      async close(task) {
        const server = await load(task)
        const [volumes, addresses] = await Promise.all([volumesOfServer(db, server.id), addressesOfServer(db, server.id)])
        return done(async (tx) => {
          const now = clock.now()
          for (const volume of volumes)
            await updateVolume(
              tx,
              volume.id,
              task.input.volumes.includes(volume.id)
                ? { status: 'DELETED', deleted_at: now, updated_at: now }
                : { status: 'AVAILABLE', server_id: null, device: null, updated_at: now },
            )
          for (const address of addresses)
            await updateAddress(
              tx,
              address.id,
              task.input.addresses.includes(address.id)
                ? { status: 'DELETED', deleted_at: now, updated_at: now }
                : { status: 'DOWN', server_id: null, updated_at: now },
            )
          await updateServer(tx, server, { deleted_at: now, updated_at: now })
        })
      },
    },
  })
}
