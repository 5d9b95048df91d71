import { AdjustableClock, newId } from '@straylight/kit'
import { done, go, TaskEngine, type Workflow, workflow } from '../packages/platform/src/foundation/tasks/index.ts'
import { newDatabase } from './database.ts'

/** How many durable five-step tasks a second are carried out by one process, enqueued before it begins, on a PostgreSQL that syncs. */
const tasks = Number(process.env.TASKS ?? 1_000)
const concurrency = Number(process.env.CONCURRENCY ?? 16)

const { database, end } = await newDatabase()
const labels = { one: '1', two: '2', three: '3', four: '4', five: '5' }
const walk: Workflow<Record<string, never>, keyof typeof labels> = workflow({
  name: 'bench.walk',
  path: ['one', 'two', 'three', 'four', 'five'],
  undo: [],
  labels,
  deadlineMs: 3_600_000,
  steps: {
    one: async () => go('two'),
    two: async () => go('three'),
    three: async () => go('four'),
    four: async () => go('five'),
    five: async () => done(),
  },
})
const engine = new TaskEngine({
  database,
  clock: new AdjustableClock('flowing'),
  log: { stepFailed: (_, error) => console.error(error) },
})
engine.register(walk)
await engine.open()
const enqueueing = performance.now()
const accountId = newId()
for (let n = 0; n < tasks; n += 100)
  await database.db.transaction().execute(async (tx) => {
    for (let i = 0; i < 100; i++)
      await engine.start(tx, walk, {
        subject: { type: 'bench', id: newId(), name: 'bench' },
        accountId,
        projectId: null,
        input: {},
      })
  })
const ordered = performance.now()
await engine.work(concurrency)
for (;;) {
  const { count } = await database.db
    .selectFrom('task')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('finished_at', 'is', null)
    .executeTakeFirstOrThrow()
  if (count === 0n) break
  await new Promise((resolve) => setTimeout(resolve, 20))
}
const seconds = (performance.now() - ordered) / 1000
console.log(
  `ordered: ${Math.round((tasks / (ordered - enqueueing)) * 1000)} tasks/s; carried out: ${Math.round(tasks / seconds)} five-step tasks/s (${tasks} tasks, ${concurrency} at once)`,
)
await engine.stop()
await end()
