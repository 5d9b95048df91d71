import { assert, Bug, type Clock, newId } from '@straylight/kit'
import { type RawBuilder, sql } from 'kysely'
import type { Database, Tx } from '../db.ts'
import { announce } from '../events.ts'
import { registerResources } from '../resources.ts'
import type { TaskRow } from './history.ts'
import { describe, isRetryable, needsOperator, reasonFor, tookTooLong } from './failures.ts'
import { closeIncidents, openIncident } from './incidents.ts'
import { TaskQueue } from './queue.ts'
import { takeWorkerNumber, type WorkerNumber } from './worker-number.ts'
import type { AnyWorkflow, Move, NewTask, TaskLog, TaskOf, Workflow } from './workflow.ts'

const baseBackoffMs = 500
const longestBackoffMs = 60_000
/** A task that is taken up later than this after it was due could not run in between. */
const unhurriedMs = 10_000
/** A step that has failed this often calls an operator, and goes on trying. */
export const attemptsBeforeIncident = 8

/**
 * Runs workflows on pg-boss. A job carries a task from step to step, each step's writes and its move committed in one transaction,
 * until the task waits or ends; the job's completion commits with that. After a crash the job is given to another worker,
 * or taken back at once by `reclaim`, and goes on at the step that had not committed.
 *
 * Waiting is on our clock: `tick` queues what is due. So a moved clock moves every task.
 */
export class TaskEngine {
  readonly #database: Database
  readonly #clock: Clock
  readonly #queue: TaskQueue
  /** Each has an input type of its own, which `start` checks where a task is made. */
  readonly #workflows = new Map<string, AnyWorkflow>()
  readonly #log: TaskLog
  readonly #random: () => number
  #worker: WorkerNumber | undefined
  #ticking: Promise<void> | undefined
  #stopping = new AbortController()
  #kick: (() => void) | undefined

  constructor(options: {
    database: Database
    clock: Clock
    log: TaskLog
    random?: () => number
    onError?: (error: Error) => void
  }) {
    this.#database = options.database
    this.#clock = options.clock
    this.#log = options.log
    this.#random = options.random ?? Math.random
    this.#queue = new TaskQueue({ databaseUrl: options.database.url, onError: options.onError })
  }

  register(...workflows: AnyWorkflow[]): void {
    for (const workflow of workflows) {
      assert(!this.#workflows.has(workflow.name), `workflow ${workflow.name} is registered once`)
      this.#workflows.set(workflow.name, workflow)
    }
  }

  workflow(name: string): AnyWorkflow | undefined {
    return this.#workflows.get(name)
  }

  get workflows(): AnyWorkflow[] {
    return [...this.#workflows.values()]
  }

  /** Makes the queue's tables. Needed before tasks can be ordered, also where none is run. */
  async open(): Promise<void> {
    await this.#queue.open()
  }

  /** Begins to carry tasks out in this process, `concurrency` at once, after taking back what a dead process had in hand. */
  async work(concurrency: number): Promise<void> {
    await this.enlist()
    for (let n = 0; n < concurrency; n++) await this.#queue.hire((taskId, jobId) => this.run(taskId, jobId))
    this.#ticking = this.#tickLoop()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#kick?.()
    await this.#ticking
    await this.#queue.close()
    this.#worker?.release()
  }

  /** Orders a task inside the caller's transaction: it exists, and will run, exactly when that commits. */
  async start<Input>(tx: Tx, workflow: Workflow<Input, string>, order: NewTask<Input>): Promise<string> {
    const id = order.id ?? newId()
    const now = this.#clock.now()
    const jobId = newId()
    const [first] = workflow.path
    assert(first, `${workflow.name} has a first step`)
    await tx
      .insertInto('task')
      .values({
        id,
        workflow: workflow.name,
        subject_type: order.subject.type,
        subject_id: order.subject.id,
        subject_name: order.subject.name,
        account_id: order.accountId,
        project_id: order.projectId,
        input: JSON.stringify(order.input),
        state: 'queued',
        step: first,
        step_number: 1,
        step_count: workflow.path.length,
        job_id: jobId,
        deadline_at: new Date(now.getTime() + workflow.deadlineMs),
        created_at: now,
        step_started_at: null,
        worker: null,
        due_at: null,
        reason: null,
        error: null,
        started_at: null,
        finished_at: null,
      })
      .execute()
    if (order.projectId) await registerResources(tx, 'task', { project_id: order.projectId, account_id: order.accountId }, [id])
    await this.#queue.send(tx, [{ id: jobId, taskId: id, isUrgent: workflow.isUrgent === true }])
    await announce(tx, {
      type: 'task',
      id,
      accountId: order.accountId,
      ...(order.projectId ? { projectId: order.projectId } : {}),
    })
    return id
  }

  /** Something was heard of a subject: tasks that wait for it go on at once. @returns how many. */
  async signal(tx: Tx, subjectId: string): Promise<number> {
    return this.#requeue(
      tx,
      await tx
        .selectFrom('task')
        .select(['id', 'workflow'])
        .where('subject_id', '=', subjectId)
        .where('state', '=', 'waiting')
        .forUpdate()
        .skipLocked()
        .execute(),
    )
  }

  /** The same for every task of a project that waits. */
  async signalProject(tx: Tx, projectId: string): Promise<number> {
    return this.#requeue(
      tx,
      await tx
        .selectFrom('task')
        .select(['id', 'workflow'])
        .where('project_id', '=', projectId)
        .where('state', '=', 'waiting')
        .forUpdate()
        .skipLocked()
        .execute(),
    )
  }

  /** Turns the open task of a subject, if there is one, to its tear-down at its next step. */
  async cancel(tx: Tx, taskId: string, reason: string): Promise<void> {
    await tx
      .updateTable('task')
      .set({ cancelled: true, reason: sql<string>`coalesce(reason, ${reason})` })
      .where('id', '=', taskId)
      .where('finished_at', 'is', null)
      .where('failing', '=', false)
      .execute()
    await this.#requeue(tx, await waitingTask(tx, taskId))
  }

  /** An operator's wish: run the waiting step now. */
  async retryNow(tx: Tx, taskId: string): Promise<boolean> {
    return (await this.#requeue(tx, await waitingTask(tx, taskId))) > 0
  }

  async #requeue(tx: Tx, tasks: Queued[], changes: Requeued = {}): Promise<number> {
    const renewed = tasks.map((task) => ({ ...task, jobId: newId() }))
    for (const { id, jobId } of renewed)
      await tx
        .updateTable('task')
        .set({ ...changes, state: 'queued', due_at: null, job_id: jobId })
        .where('id', '=', id)
        .execute()
    if (renewed.length > 0)
      await this.#queue.send(
        tx,
        renewed.map(({ id, jobId, workflow }) => ({
          id: jobId,
          taskId: id,
          isUrgent: this.#workflows.get(workflow)?.isUrgent === true,
        })),
      )
    return renewed.length
  }

  /** Queues every waiting task whose time has come, and calls an operator for each missed deadline. @returns how many were queued. */
  async tick(): Promise<number> {
    const now = this.#clock.now()
    return this.#database.db.transaction().execute(async (tx) => {
      const due = await tx
        .selectFrom('task')
        .select(['id', 'workflow', 'due_at'])
        .where('state', '=', 'waiting')
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(500)
        .forUpdate()
        .skipLocked()
        .execute()
      const inTime = ({ due_at }: { due_at: Date | null }) => now.getTime() - (due_at?.getTime() ?? 0) <= unhurriedMs
      const queued =
        (await this.#requeue(tx, due.filter(inTime))) +
        (await this.#requeue(
          tx,
          due.filter((task) => !inTime(task)),
          // The time in which nobody could look is not held against the step.
          { step_started_at: sql<Date>`step_started_at + (${now} - due_at)` },
        ))
      const late = await tx
        .selectFrom('task')
        .selectAll()
        .where('finished_at', 'is', null)
        .where('deadline_at', '<=', now)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('incident')
                .select('id')
                .whereRef('incident.task_id', '=', 'task.id')
                .where('kind', '=', 'task.deadline'),
            ),
          ),
        )
        .limit(100)
        .execute()
      for (const task of late)
        await openIncident(
          tx,
          'task.deadline',
          task,
          `${task.workflow} of ${task.subject_name} has not ended by its deadline; it is at ${task.step}${task.error ? `: ${task.error}` : ''}`,
          now,
        )
      return queued
    })
  }

  /** Runs everything that is queued now in this call, for who drives time by hand. @returns how many tasks were moved. */
  async runQueued(): Promise<number> {
    const queued = await this.#database.db
      .selectFrom('task')
      .select(['id', 'job_id'])
      .where('state', '=', 'queued')
      .where('workflow', 'in', [...this.#workflows.keys()])
      .orderBy('created_at')
      .execute()
    await Promise.all(queued.map(({ id, job_id }) => this.run(id, job_id)))
    return queued.length
  }

  /** When the next waiting task is due; tests move their clock there. */
  async nextDue(): Promise<Date | undefined> {
    const row = await this.#database.db
      .selectFrom('task')
      .select(({ fn }) => fn.min('due_at').as('due'))
      .where('state', '=', 'waiting')
      .executeTakeFirst()
    return row?.due ?? undefined
  }

  async #tickLoop(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.tick().catch((error: unknown) =>
        this.#log.stepFailed({ id: '-', workflow: 'engine', step: 'tick' }, error, true),
      )
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 250)
        this.#kick = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Looks for due tasks now instead of within the next quarter second (the clock was moved). */
  kick(): void {
    this.#kick?.()
  }

  /** Makes this process known as a worker and takes back what dead ones had in hand. `work` does it; a test that runs tasks itself begins with it. */
  async enlist(): Promise<void> {
    this.#worker = await takeWorkerNumber(this.#database.pool, () => {
      // Others may take our tasks back now. What we still do for them will not commit.
      this.#worker = undefined
      if (!this.#stopping.signal.aborted) void this.#enlistAgain()
    })
    await this.reclaim()
  }

  async #enlistAgain(): Promise<void> {
    while (!this.#worker && !this.#stopping.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 500))
      await this.enlist().catch((error: unknown) =>
        this.#log.stepFailed({ id: '-', workflow: 'engine', step: 'enlist' }, error, true),
      )
    }
  }

  /** Takes back the tasks of processes that are gone. Also safe while others work. @returns how many. */
  async reclaim(): Promise<number> {
    return this.#database.db.transaction().execute(async (tx) => {
      const { rows } = await sql<{
        worker: number
      }>`select distinct worker from task where state = 'running' and worker is not null`.execute(tx)
      let taken = 0
      for (const { worker } of rows) {
        const lock = await sql<{
          free: boolean
        }>`select pg_try_advisory_xact_lock(hashtext('straylight.worker'), ${worker}::int) as free`.execute(tx)
        if (!lock.rows[0]?.free) continue
        taken += await this.#requeue(
          tx,
          await tx
            .selectFrom('task')
            .select(['id', 'workflow'])
            .where('worker', '=', worker)
            .where('state', '=', 'running')
            .forUpdate()
            .execute(),
          // What was under way may have had its effect: the step counts as tried. Since when nobody looked is not known.
          { attempts: sql<number>`attempts + 1`, step_started_at: this.#clock.now() },
        )
      }
      return taken
    })
  }

  /** Carries a task on until it waits or ends. A stale job does nothing. */
  async run(taskId: string, jobId: string): Promise<void> {
    const now = this.#clock.now()
    let row: TaskRow | undefined = await this.#database.db
      .updateTable('task')
      .set({
        state: 'running',
        worker: this.#worker?.number ?? null,
        started_at: sql<Date>`coalesce(started_at, ${now})`,
        step_started_at: sql<Date>`coalesce(step_started_at, ${now})`,
        // The queue has given a job again whose first holder may still be at it: that one cannot move the task any more, and
        // what it did counts as a try.
        position: sql<number>`case when state = 'running' then position + 1 else position end`,
        attempts: sql<number>`case when state = 'running' then attempts + 1 else attempts end`,
      })
      .where('id', '=', taskId)
      .where('job_id', '=', jobId)
      .where('state', 'in', ['queued', 'running'])
      .returningAll()
      .executeTakeFirst()
    while (row) {
      row = await this.#step(row).catch((error: unknown) => {
        if (error instanceof Overtaken) return undefined
        throw error
      })
      if (row && this.#stopping.signal.aborted) return this.#handOver(row)
    }
  }

  /** This process ends: the task's next step goes back to the queue. */
  async #handOver(task: TaskRow): Promise<void> {
    await this.#database.db.transaction().execute(async (tx) => {
      await this.#requeue(tx, [task])
    })
  }

  /** Takes one step. @returns the task at its next step, or nothing when it waits or has ended */
  async #step(row: TaskRow): Promise<TaskRow | undefined> {
    const workflow = this.#workflows.get(row.workflow)
    assert(workflow, `workflow ${row.workflow} is known to this version`)
    const task: TaskOf<never> = {
      id: row.id,
      workflow: row.workflow,
      subject: { type: row.subject_type, id: row.subject_id, name: row.subject_name },
      accountId: row.account_id,
      projectId: row.project_id,
      input: row.input as never,
      attempt: row.attempts + 1,
      stepStartedAt: row.step_started_at ?? this.#clock.now(),
      failing: row.failing,
      cancelled: row.cancelled,
      reason: row.reason,
    }
    try {
      if (row.cancelled && !row.failing) return await this.#turnToUndo(row, workflow, task, undefined)
      const step = workflow.steps[row.step]
      assert(step, `${row.workflow} has a step ${row.step}`)
      const move = await step(task)
      if (move.kind === 'wait' && !move.isQueueing && this.#isOverdue(row, workflow))
        return await this.#turnToUndo(row, workflow, task, tookTooLong(workflow))
      return await this.#commit(row, move)
    } catch (error) {
      if (error instanceof Overtaken) throw error
      const willRetry = row.failing || workflow.persistent === true || isRetryable(error)
      this.#log.stepFailed({ id: row.id, workflow: row.workflow, step: row.step }, error, willRetry)
      if (!willRetry) return await this.#turnToUndo(row, workflow, task, error)
      if (this.#isOverdue(row, workflow)) return await this.#turnToUndo(row, workflow, task, tookTooLong(workflow))
      return await this.#backOff(row, error)
    }
  }

  /** Whether the present step has been tried for as long as it may; asked after it was tried once more. */
  #isOverdue(row: TaskRow, { giveUpMs, persistent }: AnyWorkflow): boolean {
    const begun = row.step_started_at ?? row.created_at
    return giveUpMs !== undefined && !persistent && !row.failing && this.#clock.now().getTime() - begun.getTime() > giveUpMs
  }

  async #commit(row: TaskRow, move: Move<string>): Promise<TaskRow | undefined> {
    const now = this.#clock.now()
    return this.#database.db.transaction().execute(async (tx) => {
      await move.commit?.(tx)
      if (move.kind === 'wait') {
        const due = new Date(now.getTime() + move.ms)
        await this.#update(tx, row, {
          state: 'waiting',
          due_at: due,
          error: null,
          ...(move.isQueueing ? { step_started_at: due } : {}),
        })
        await this.#queue.complete(tx, row.job_id)
        return undefined
      }
      if (move.kind === 'go') {
        const next = await this.#update(tx, row, {
          step: move.step,
          step_number: stepNumber(this.#workflows.get(row.workflow), row.failing, move.step),
          position: row.position + 1,
          attempts: 0,
          step_started_at: now,
          error: null,
        })
        await this.#writeStep(tx, row, 'done', null, now)
        await this.#tell(tx, row)
        return next
      }
      await this.#update(tx, row, {
        state: row.failing ? 'failed' : 'done',
        position: row.position + 1,
        finished_at: now,
        worker: null,
      })
      await this.#writeStep(tx, row, 'done', null, now)
      await closeIncidents(tx, row.id, now)
      await this.#queue.complete(tx, row.job_id)
      await this.#tell(tx, row)
      return undefined
    })
  }

  /** The step will be tried again: 0.5 s, 1 s, 2 s … up to a minute, with jitter so that a recovering neighbour is not run over. */
  async #backOff(row: TaskRow, error: unknown): Promise<undefined> {
    const now = this.#clock.now()
    const attempts = row.attempts + 1
    const ms = Math.min(longestBackoffMs, baseBackoffMs * 2 ** Math.min(row.attempts, 10)) * (0.75 + 0.5 * this.#random())
    await this.#database.db.transaction().execute(async (tx) => {
      await this.#update(tx, row, { state: 'waiting', attempts, due_at: new Date(now.getTime() + ms), error: describe(error) })
      // Tries are also counted where a dead process was taken over, so the number may be passed without being met here.
      if (attempts >= attemptsBeforeIncident || error instanceof Bug)
        await openIncident(
          tx,
          'task.stuck',
          row,
          `${row.workflow} of ${row.subject_name} has failed ${attempts} times at ${row.step}: ${describe(error)}`,
          now,
        )
      await this.#queue.complete(tx, row.job_id)
      if (attempts > 1) await this.#tell(tx, row)
    })
  }

  async #turnToUndo(row: TaskRow, workflow: AnyWorkflow, task: TaskOf<never>, error: unknown): Promise<TaskRow | undefined> {
    const now = this.#clock.now()
    const [undo] = workflow.undo
    const reason = error === undefined ? row.reason : reasonFor(error)
    return this.#database.db.transaction().execute(async (tx) => {
      let next: TaskRow | undefined
      if (needsOperator(error))
        await openIncident(
          tx,
          'task.failed',
          row,
          `${row.workflow} of ${row.subject_name} failed at ${row.step}: ${describe(error)}`,
          now,
        )
      const common = {
        failing: true,
        reason,
        error: error === undefined ? null : describe(error),
        position: row.position + 1,
        attempts: 0,
      }
      if (undo)
        next = await this.#update(tx, row, {
          ...common,
          step: undo,
          step_number: 1,
          step_count: workflow.undo.length,
          step_started_at: now,
        })
      else {
        // The subject's row is locked before the task's, as in every request that touches both.
        await workflow.failed?.(tx, { ...task, failing: true, reason })
        await this.#update(tx, row, { ...common, state: 'failed', finished_at: now, worker: null })
        await closeIncidents(tx, row.id, now)
        await this.#queue.complete(tx, row.job_id)
      }
      await this.#writeStep(
        tx,
        row,
        error === undefined ? 'skipped' : 'failed',
        error === undefined ? null : describe(error),
        now,
      )
      await this.#tell(tx, row)
      return next
    })
  }

  /** @throws Overtaken when somebody else has moved the task on since `row` was read */
  async #update(tx: Tx, row: TaskRow, values: Partial<TaskRow>): Promise<TaskRow> {
    const updated = await tx
      .updateTable('task')
      .set(values as never)
      .where('id', '=', row.id)
      .where('position', '=', row.position)
      .where('job_id', '=', row.job_id)
      .where('state', '=', 'running')
      .returningAll()
      .executeTakeFirst()
    if (!updated) throw new Overtaken()
    return updated
  }

  async #writeStep(tx: Tx, row: TaskRow, outcome: 'done' | 'failed' | 'skipped', error: string | null, now: Date): Promise<void> {
    await tx
      .insertInto('task_step')
      .values({
        task_id: row.id,
        position: row.position,
        step: row.step,
        outcome,
        attempts: row.attempts + 1,
        error,
        started_at: row.step_started_at ?? now,
        finished_at: now,
      })
      .execute()
  }

  async #tell(tx: Tx, row: TaskRow): Promise<void> {
    await announce(tx, {
      type: 'task',
      id: row.id,
      accountId: row.account_id,
      ...(row.project_id ? { projectId: row.project_id } : {}),
    })
  }
}

type Queued = Pick<TaskRow, 'id' | 'workflow'>

/** What may be written along when a task goes back to the queue. */
interface Requeued {
  attempts?: RawBuilder<number>
  step_started_at?: Date | RawBuilder<Date>
}

const waitingTask = (tx: Tx, taskId: string) =>
  tx.selectFrom('task').select(['id', 'workflow']).where('id', '=', taskId).where('state', '=', 'waiting').forUpdate().execute()

const stepNumber = (workflow: AnyWorkflow | undefined, failing: boolean, step: string): number =>
  Math.max(1, ((failing ? workflow?.undo : workflow?.path) ?? []).indexOf(step) + 1)

/** Another worker has moved this task on meanwhile; what we did is found by its next look. */
class Overtaken extends Error {}
