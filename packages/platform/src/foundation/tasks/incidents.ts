import { newId } from '@straylight/kit'
import type { Db, Tx } from '../db.ts'
import '../tables.ts'

/** Calls an operator, once for each kind and task while that call is open; of what is about no task once for each summary. */
export async function openIncident(
  tx: Db | Tx,
  kind: string,
  task: { id: string } | undefined,
  summary: string,
  at: Date,
): Promise<void> {
  if (!task) {
    const open = await tx
      .selectFrom('incident')
      .select('id')
      .where('kind', '=', kind)
      .where('summary', '=', summary)
      .where('closed_at', 'is', null)
      .executeTakeFirst()
    if (open) return
  }
  await tx
    .insertInto('incident')
    .values({ id: newId(), kind, task_id: task?.id ?? null, summary, opened_at: at, closed_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** The task is over, and so is what it called for; that it failed stays until a person has seen to it. */
export async function closeIncidents(tx: Tx, taskId: string, at: Date): Promise<void> {
  await tx
    .updateTable('incident')
    .set({ closed_at: at })
    .where('task_id', '=', taskId)
    .where('closed_at', 'is', null)
    .where('kind', '!=', 'task.failed')
    .execute()
}
