import type { Db } from '../db.ts'
import type { TaskState } from '../tables.ts'

/** What is being done to a thing now. */
export interface Progress {
  id: string
  workflow: string
  /** From 1. */
  step: number
  steps: number
  state: string
}

/** Once begun, a task that is given to a worker again runs: `queued` is what nobody has looked at yet. */
export const shownState = ({ state, started_at }: { state: TaskState; started_at: Date | null }): TaskState =>
  state === 'queued' && started_at !== null ? 'running' : state

/** The open task of each subject that has one; of several, the newest. */
export async function progressOf(db: Db, subjectIds: string[]): Promise<Map<string, Progress>> {
  const rows = await db
    .selectFrom('task')
    .select(['id', 'workflow', 'state', 'started_at', 'subject_id', 'step_number', 'step_count'])
    .where('subject_id', 'in', subjectIds)
    .where('finished_at', 'is', null)
    .orderBy('created_at')
    .execute()
  return new Map(
    rows.map((row) => [
      row.subject_id,
      { id: row.id, workflow: row.workflow, step: row.step_number, steps: row.step_count, state: shownState(row) },
    ]),
  )
}
