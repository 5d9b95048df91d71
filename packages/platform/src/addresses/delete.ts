import { type Cloud, gone } from '../foundation/cloud/index.ts'
import type { Db } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { done, go, type Workflow, workflow } from '../foundation/tasks/index.ts'
import { projectById } from '../projects/index.ts'
import { updateAddress } from './store.ts'

/** Gives every floating address back that carries our id, also one that a cut connection made a second time. */
export async function releaseAddress(
  cloud: Cloud,
  project: { cloud_project_id: string | null },
  addressId: string,
): Promise<void> {
  const { floatingIps } = cloud.of(project).network
  for (const floating of await floatingIps.list({ description: addressId }).all()) await gone(floatingIps.remove(floating.id))
}

/** Gives an address back that is attached to nothing. Its charges ended when that was ordered. */
export const deleteAddress = ({
  db,
  cloud,
  clock,
}: {
  db: Db
  cloud: Cloud
  clock: { now(): Date }
}): Workflow<Record<string, never>, 'release' | 'close'> =>
  workflow<Record<string, never>, 'release' | 'close'>({
    name: 'address.delete',
    path: ['release', 'close'],
    undo: [],
    deadlineMs: 10 * 60_000,
    persistent: true,
    labels: { release: 'Giving the address back', close: 'Finishing' },
    steps: {
      async release(task) {
        const project = task.projectId ? await projectById(db, task.projectId) : undefined
        if (project?.cloud_project_id) await releaseAddress(cloud, project, task.subject.id)
        return go('close')
      },
      async close(task) {
        return done(async (tx) => {
          const now = clock.now()
          await updateAddress(tx, task.subject.id, { status: 'DELETED', deleted_at: now, updated_at: now })
          await announce(tx, {
            type: 'address',
            id: task.subject.id,
            accountId: task.accountId,
            ...(task.projectId ? { projectId: task.projectId } : {}),
          })
        })
      },
    },
  })
