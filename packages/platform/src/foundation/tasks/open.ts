import type { Db, Tx } from '../db.ts'
import type { TaskState } from '../tables.ts'

const open = (db: Db | Tx) => db.selectFrom('task').where('finished_at', 'is', null)

/** The tasks of a subject that have not ended, locked: none of them moves on before this transaction ends. */
export const lockOpenTasks = (tx: Tx, subjectId: string) =>
  open(tx).select(['id', 'workflow']).where('subject_id', '=', subjectId).forUpdate().execute()

/** Which of these subjects have a task that has not ended, apart from the task `except`. */
export async function subjectsAtWork(
  db: Db | Tx,
  subjectIds: string[],
  { except }: { except?: string } = {},
): Promise<Set<string>> {
  if (subjectIds.length === 0) return new Set()
  const rows = await open(db)
    .select('subject_id')
    .where('subject_id', 'in', subjectIds)
    .$if(except !== undefined, (query) => query.where('id', '!=', except ?? ''))
    .execute()
  return new Set(rows.map(({ subject_id }) => subject_id))
}

export async function openTasksByState(db: Db | Tx): Promise<{ state: TaskState; count: number }[]> {
  const rows = await open(db)
    .select(['state', ({ fn }) => fn.countAll<bigint>().as('count')])
    .groupBy('state')
    .execute()
  return rows.map(({ state, count }) => ({ state, count: Number(count) }))
}
