import { fromKysely, PgBoss } from 'pg-boss'
import type { Tx } from '../db.ts'

const queue = 'task'
const urgentPriority = 10

export interface Job {
  id: string
  taskId: string
  isUrgent: boolean
}

/** The jobs of tasks, on pg-boss, in the database of the tasks: a job is there exactly when the transaction that sends it has committed. */
export class TaskQueue {
  readonly #boss: PgBoss
  #isClosing = false

  constructor(options: { databaseUrl: string; onError?: ((error: Error) => void) | undefined }) {
    this.#boss = new PgBoss({
      connectionString: options.databaseUrl,
      application_name: 'straylight-tasks',
      max: 6,
      useListenNotify: true,
      schedule: false,
      superviseIntervalSeconds: 5,
      monitorIntervalSeconds: 5,
    })
    this.#boss.on('error', (error) => {
      // Connections that it ends itself may still hear that the server ends, too.
      if (!this.#isClosing) options.onError?.(error as Error)
    })
  }

  /** Makes the queue's tables. Needed before anything can be sent, also where nothing is worked off. */
  async open(): Promise<void> {
    await this.#boss.start()
    await this.#boss.createQueue(queue, {
      notify: true,
      retryLimit: 1_000_000,
      retryDelay: 1,
      heartbeatSeconds: 10,
      expireInSeconds: 3600,
      retentionSeconds: 30 * 86_400,
      deleteAfterSeconds: 60,
    })
  }

  async send(tx: Tx, jobs: Job[]): Promise<void> {
    await this.#boss.insert(
      queue,
      jobs.map(({ id, taskId, isUrgent }) => ({ id, data: { taskId }, priority: isUrgent ? urgentPriority : 0 })),
      { db: fromKysely(tx as never) },
    )
  }

  async complete(tx: Tx, jobId: string): Promise<void> {
    await this.#boss.complete(queue, jobId, undefined, { db: fromKysely(tx as never), includeQueued: true })
  }

  /** Adds one worker, which takes one job at a time: a slow job holds up no other, and one that throws fails no other and is given again. */
  async hire(run: (taskId: string, jobId: string) => Promise<void>): Promise<void> {
    let worker: string | undefined
    worker = await this.#boss.work<{ taskId: string }>(
      queue,
      { batchSize: 1, pollingIntervalSeconds: 2, notifyPollingIntervalSeconds: 5, heartbeatRefreshSeconds: 3 },
      async ([job]) => {
        try {
          if (job) await run(job.data.taskId, job.id)
        } finally {
          // It looks for the next job at once; by itself it would sleep until it hears of a new one.
          if (worker) this.#boss.notifyWorker(worker)
        }
      },
    )
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.#boss.stop({ graceful: true, timeout: 5_000 })
  }
}
