import { routes, type Task } from '@straylight/api'
import { conflict, notFound } from '@straylight/kit'
import type { Db } from '../foundation/db.ts'
import { type Handler, handle } from '../foundation/handler.ts'
import { pageOf } from '../foundation/lists.ts'
import {
  attemptsBeforeIncident,
  listedTasks,
  shownState,
  stepsTaken,
  taskById,
  type TaskEngine,
  type TaskRow,
  type TaskStepRow,
} from '../foundation/tasks/index.ts'
import { accountNames } from '../identity/index.ts'

export function taskRoutes(engine: TaskEngine): Handler[] {
  return [
    handle(routes.tasksDetail, async ({ db, params, caller }) => {
      const row = await taskById(db, params.id)
      if (row?.account_id !== caller.accountId) throw notFound('task.unknown', 'There is no such task.')
      const [task] = await describe(db, [row])
      if (!task) throw notFound('task.unknown', 'There is no such task.')
      return { data: { result: task } }
    }),

    handle(routes.tasksList, async ({ db, params, query }) => {
      const rows = await listedTasks(db, { projectId: params.project_id })
      return { data: pageOf(await describe(db, rows), query) }
    }),

    handle(routes.operatorTasks, async ({ db, query, clock }) => {
      const rows = await listedTasks(db)
      const nameOf = await accountNames(
        db,
        rows.map((row) => row.account_id),
      )
      const byId = new Map(rows.map((row) => [row.id, row]))
      const tasks = (await describe(db, rows)).map((task) => {
        const row = byId.get(task.id)
        const open = task.finished_at === null
        return {
          ...task,
          account: { id: row?.account_id ?? '', name: nameOf.get(row?.account_id ?? '') ?? '' },
          stuck: open && (task.attempts >= attemptsBeforeIncident / 2 || new Date(task.deadline) <= clock.now()),
          error: row?.error ?? null,
        }
      })
      const weight = (task: (typeof tasks)[number]) =>
        task.stuck ? 0 : task.state === 'failed' ? 1 : task.finished_at === null ? 2 : 3
      return {
        data: pageOf(
          tasks.sort((a, b) => weight(a) - weight(b)),
          query,
        ),
      }
    }),

    handle(routes.operatorTaskRetry, async ({ tx, params }) => {
      if (!(await taskById(tx, params.id))) throw notFound('task.unknown', 'There is no such task.')
      if (!(await engine.retryNow(tx, params.id)))
        throw conflict('task.not_waiting', 'The task does not wait now.', {
          description: 'It has ended, or it runs at this moment. Nothing was changed.',
        })
      return { data: {} }
    }),
  ]

  async function describe(db: Db, rows: TaskRow[]): Promise<Task[]> {
    const stepsOf = await stepsTaken(
      db,
      rows.map(({ id }) => id),
    )
    return rows.map((row) => toApi(row, stepsOf.get(row.id) ?? []))
  }

  function toApi(row: TaskRow, taken: TaskStepRow[]): Task {
    const workflow = engine.workflow(row.workflow)
    const label = (step: string) => workflow?.labels[step] ?? step
    const time = (at: Date | null) => at?.toISOString() ?? null
    const open = row.finished_at === null
    const state = shownState(row)
    const path = (row.failing ? workflow?.undo : workflow?.path) ?? []
    const ahead = open ? path.slice(path.indexOf(row.step) + 1) : []
    return {
      id: row.id,
      workflow: row.workflow,
      state,
      subject: { type: row.subject_type, id: row.subject_id, name: row.subject_name },
      project_id: row.project_id,
      step: row.step_number,
      steps: row.step_count,
      step_name: label(row.step),
      attempts: row.attempts + (open && row.started_at ? 1 : 0),
      created_in: row.created_at.toISOString(),
      started_at: time(row.started_at),
      finished_at: time(row.finished_at),
      deadline: row.deadline_at.toISOString(),
      reason: row.reason,
      history: [
        ...taken.map((step) => ({
          step: step.step,
          label: label(step.step),
          state: step.outcome,
          started_at: time(step.started_at),
          finished_at: time(step.finished_at),
          attempts: step.attempts,
          reason: step.outcome === 'failed' ? row.reason : null,
        })),
        ...(open
          ? [
              {
                step: row.step,
                label: label(row.step),
                state:
                  state === 'queued' ? ('queued' as const) : state === 'waiting' ? ('waiting' as const) : ('running' as const),
                started_at: time(row.step_started_at),
                finished_at: null,
                attempts: row.attempts,
                reason: row.attempts > 0 ? 'It takes longer than usual; it is tried again.' : null,
              },
            ]
          : []),
        ...ahead.map((step) => ({
          step,
          label: label(step),
          state: 'queued' as const,
          started_at: null,
          finished_at: null,
          attempts: 0,
          reason: null,
        })),
      ],
    }
  }
}
