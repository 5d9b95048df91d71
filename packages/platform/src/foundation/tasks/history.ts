import type { Selectable } from 'kysely'
import type { Db, Tx } from '../db.ts'
import type { TaskStepTable, TaskTable } from '../tables.ts'

export type TaskRow = Selectable<TaskTable>
export type TaskStepRow = Selectable<TaskStepTable>

/** Of the tasks that have ended, so many are listed, the latest ones; of those that are open, all. */
const endedListed = 500

export const taskById = (db: Db | Tx, id: string) => db.selectFrom('task').selectAll().where('id', '=', id).executeTakeFirst()

/** All that are open and the latest that ended, the latest first; of one project, or of all. */
export async function listedTasks(db: Db | Tx, { projectId }: { projectId?: string } = {}): Promise<TaskRow[]> {
  const tasks = db
    .selectFrom('task')
    .selectAll()
    .$if(projectId !== undefined, (query) => query.where('project_id', '=', projectId ?? ''))
    .orderBy('created_at', 'desc')
  const [open, ended] = await Promise.all([
    tasks.where('finished_at', 'is', null).execute(),
    tasks.where('finished_at', 'is not', null).limit(endedListed).execute(),
  ])
  return [...open, ...ended].sort((a, b) => b.created_at.getTime() - a.created_at.getTime())
}

/** The steps that each of these tasks has taken, in their order. */
export async function stepsTaken(db: Db | Tx, taskIds: string[]): Promise<Map<string, TaskStepRow[]>> {
  if (taskIds.length === 0) return new Map()
  const steps = await db.selectFrom('task_step').selectAll().where('task_id', 'in', taskIds).orderBy('position').execute()
  return Map.groupBy(steps, ({ task_id }) => task_id)
}

/** Whether any step of the task was tried more than once. */
export const wasRepeated = async (db: Db | Tx, taskId: string): Promise<boolean> =>
  (await db
    .selectFrom('task_step')
    .select('position')
    .where('task_id', '=', taskId)
    .where('attempts', '>', 1)
    .executeTakeFirst()) !== undefined
