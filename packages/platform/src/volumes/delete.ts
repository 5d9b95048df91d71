import { type Cloud, gone } from '../foundation/cloud/index.ts'
import type { Db } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { done, go, type Workflow, wait, workflow } from '../foundation/tasks/index.ts'
import { projectById } from '../projects/index.ts'
import { updateVolume } from './store.ts'

/** Every volume in the cloud that carries our id is removed, also one that a cut connection made a second time. @returns whether none is left. */
export async function removeVolumes(
  cloud: Cloud,
  project: { cloud_project_id: string | null },
  volumeId: string,
): Promise<boolean> {
  const { volumes } = cloud.of(project)
  const left = await volumes.list({ name: volumeId }).all()
  for (const volume of left) {
    // An image of the server made from it may have left snapshots; Cinder refuses to delete a volume that has some.
    for (const snapshot of await volumes.snapshots.list({ volumeId: volume.id }).all())
      if (snapshot.status !== 'deleting') await gone(volumes.snapshots.remove(snapshot.id))
    if (volume.status !== 'deleting') await gone(volumes.remove(volume.id))
  }
  return left.length === 0
}

/** Deletes a volume that is attached to nothing. Its charges ended when that was ordered. */
export const deleteVolume = ({
  db,
  cloud,
  clock,
}: {
  db: Db
  cloud: Cloud
  clock: { now(): Date }
}): Workflow<Record<string, never>, 'remove' | 'close'> =>
  workflow<Record<string, never>, 'remove' | 'close'>({
    name: 'volume.delete',
    path: ['remove', 'close'],
    undo: [],
    deadlineMs: 10 * 60_000,
    persistent: true,
    labels: { remove: 'Erasing the volume', close: 'Finishing' },
    steps: {
      async remove(task) {
        const project = task.projectId ? await projectById(db, task.projectId) : undefined
        if (!project?.cloud_project_id || (await removeVolumes(cloud, project, task.subject.id))) return go('close')
        return wait(500)
      },
      async close(task) {
        return done(async (tx) => {
          const now = clock.now()
          await updateVolume(tx, task.subject.id, { status: 'DELETED', deleted_at: now, updated_at: now })
          await announce(tx, {
            type: 'volume',
            id: task.subject.id,
            accountId: task.accountId,
            ...(task.projectId ? { projectId: task.projectId } : {}),
          })
        })
      },
    },
  })
