import { AdjustableClock, Bug, newId, UpstreamError } from '@straylight/kit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../../test/database.ts'
import { openDatabase } from '../db.ts'
import { attemptsBeforeIncident, done, go, OrderFailed, queueUp, TaskEngine, type Workflow, wait, workflow } from './index.ts'

let store: TestDatabase
const engines: TaskEngine[] = []

beforeEach(async () => {
  store = await testDatabase()
})
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.stop()
  await store.drop()
})

async function engineWith(clock: AdjustableClock, ...workflows: Workflow<{ note?: string }, string>[]): Promise<TaskEngine> {
  const engine = new TaskEngine({ database: store.database, clock, log: { stepFailed() {} }, random: () => 0.5 })
  engine.register(...workflows)
  await engine.open()
  engines.push(engine)
  return engine
}

const start = (engine: TaskEngine, definition: Workflow<{ note?: string }, string>, subjectId = newId()) =>
  store.database.db.transaction().execute((tx) =>
    engine.start(tx, definition, {
      subject: { type: 'thing', id: subjectId, name: 'thing' },
      accountId: newId(),
      projectId: null,
      input: {},
    }),
  )
const taskOf = (id: string) => store.database.db.selectFrom('task').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const stepsOf = (id: string) =>
  store.database.db
    .selectFrom('task_step')
    .select(['step', 'outcome', 'attempts'])
    .where('task_id', '=', id)
    .orderBy('position')
    .execute()
const labels = { one: 'One', two: 'Two', three: 'Three', undoTwo: 'Undo two', undoOne: 'Undo one' }
const down = (retryable = true) =>
  new UpstreamError({
    service: 'nova',
    kind: 'unavailable',
    code: 'nova.unavailable',
    message: 'away',
    retryable,
    effect: 'none',
  })
const newClock = () => new AdjustableClock('still', new Date('2026-11-22T09:00:00Z'))

test('a task goes from step to step and is done, its writes committed with each move', async () => {
  const taken: string[] = []
  const subject = newId()
  const definition = workflow<{ note?: string }, 'one' | 'two'>({
    name: 'test.walk',
    path: ['one', 'two'],
    undo: [],
    labels,
    deadlineMs: 1000,
    steps: {
      one: async () => {
        taken.push('one')
        return go('two', (tx) =>
          tx
            .insertInto('observed')
            .values({ what: subject, up_to: new Date(0) })
            .execute()
            .then(() => undefined),
        )
      },
      two: async () => {
        taken.push('two')
        return done()
      },
    },
  })
  const engine = await engineWith(newClock(), definition)
  const id = await start(engine, definition)
  await engine.runQueued()
  expect(taken).toEqual(['one', 'two'])
  expect(await taskOf(id)).toMatchObject({ state: 'done', position: 2, step_number: 2, step_count: 2 })
  expect(await stepsOf(id)).toMatchObject([
    { step: 'one', outcome: 'done' },
    { step: 'two', outcome: 'done' },
  ])
  expect(await store.database.db.selectFrom('observed').select('what').where('what', '=', subject).execute()).toHaveLength(1)
})

test('an order that rolls back never runs', async () => {
  const definition = workflow<{ note?: string }, 'one'>({
    name: 'test.rollback',
    path: ['one'],
    undo: [],
    labels,
    deadlineMs: 1,
    steps: { one: async () => done() },
  })
  const engine = await engineWith(newClock(), definition)
  const id = newId()
  await store.database.db
    .transaction()
    .execute(async (tx) => {
      await engine.start(tx, definition, {
        id,
        subject: { type: 'thing', id: newId(), name: 'x' },
        accountId: newId(),
        projectId: null,
        input: {},
      })
      throw new Error('no')
    })
    .catch(() => {})
  expect(await engine.runQueued()).toBe(0)
  expect(await store.database.db.selectFrom('task').select('id').where('id', '=', id).execute()).toEqual([])
})

test('waiting ends on our clock, or at once when something is heard of the subject', async () => {
  let looks = 0
  const definition = workflow<{ note?: string }, 'one'>({
    name: 'test.wait',
    path: ['one'],
    undo: [],
    labels,
    deadlineMs: 1e9,
    steps: { one: async () => (++looks < 4 ? wait(60_000) : done()) },
  })
  const clock = newClock()
  const engine = await engineWith(clock, definition)
  const subject = newId()
  const id = await start(engine, definition, subject)
  await engine.runQueued()
  clock.advance(59_000)
  expect(await engine.tick()).toBe(0)
  clock.advance(1_000)
  expect(await engine.tick()).toBe(1)
  await engine.runQueued()
  expect(looks).toBe(2)
  expect(await store.database.db.transaction().execute((tx) => engine.signal(tx, subject))).toBe(1)
  await engine.runQueued()
  expect(looks).toBe(3)
  expect(await taskOf(id)).toMatchObject({ state: 'waiting', attempts: 0 })
})

test('a failure that may pass is tried again, later each time, and calls an operator when it goes on', async () => {
  let tries = 0
  const definition = workflow<{ note?: string }, 'one'>({
    name: 'test.backoff',
    path: ['one'],
    undo: [],
    labels,
    deadlineMs: 1e9,
    steps: {
      one: async () => {
        tries++
        if (tries <= attemptsBeforeIncident) throw down()
        return done()
      },
    },
  })
  const clock = newClock()
  const engine = await engineWith(clock, definition)
  const id = await start(engine, definition)
  const waits: number[] = []
  for (let round = 0; round <= attemptsBeforeIncident; round++) {
    await engine.tick()
    await engine.runQueued()
    const due = (await taskOf(id)).due_at
    if (!due) break
    waits.push(due.getTime() - clock.now().getTime())
    clock.advance(waits.at(-1) ?? 0)
    if (round === attemptsBeforeIncident - 1)
      expect(
        await store.database.db.selectFrom('incident').select(['kind', 'closed_at']).where('task_id', '=', id).execute(),
      ).toEqual([{ kind: 'task.stuck', closed_at: null }])
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000])
  expect((await taskOf(id)).state).toBe('done')
  const incident = await store.database.db
    .selectFrom('incident')
    .select('closed_at')
    .where('task_id', '=', id)
    .executeTakeFirstOrThrow()
  expect(incident.closed_at).not.toBeNull()
})

const undoable = (name: string, failAt: 'one' | 'two', error: () => Error, taken: string[]) =>
  workflow<{ note?: string }, 'one' | 'two' | 'undoTwo' | 'undoOne'>({
    name,
    path: ['one', 'two'],
    undo: ['undoTwo', 'undoOne'],
    labels,
    deadlineMs: 1e9,
    steps: {
      one: async () => {
        taken.push('one')
        if (failAt === 'one') throw error()
        return go('two')
      },
      two: async () => {
        taken.push('two')
        if (failAt === 'two') throw error()
        return done()
      },
      undoTwo: async () => {
        taken.push('undoTwo')
        return go('undoOne')
      },
      undoOne: async () => {
        taken.push('undoOne')
        return done()
      },
    },
  })

test('a final failure turns to the tear-down and keeps its reason in the customer’s words', async () => {
  const taken: string[] = []
  const definition = undoable('test.undo', 'two', () => new OrderFailed('thing.no_room', 'There is no room.'), taken)
  const engine = await engineWith(newClock(), definition)
  const id = await start(engine, definition)
  await engine.runQueued()
  expect(taken).toEqual(['one', 'two', 'undoTwo', 'undoOne'])
  expect(await taskOf(id)).toMatchObject({ state: 'failed', reason: 'There is no room.' })
})

test.each([
  ['an upstream refusal', () => down(false), 'Something on our side went wrong. An operator has been told.'],
  [
    'a quota',
    () =>
      new UpstreamError({
        service: 'nova',
        kind: 'limit',
        code: 'nova.quota_exceeded',
        message: 'Quota exceeded for cores',
        retryable: false,
        effect: 'none',
      }),
    'There is no room for it right now.',
  ],
  ['a bug', () => new Bug('not true: it is'), 'Something on our side went wrong. An operator has been told.'],
])('%s is told without the words of internal systems', async (name, error, reason) => {
  const definition = undoable(`test.words.${name}`, 'one', error, [])
  const engine = await engineWith(newClock(), definition)
  const id = await start(engine, definition)
  await engine.runQueued()
  expect((await taskOf(id)).reason).toBe(reason)
})

test('a failure that nobody can explain to the customer calls an operator, and the call stays when the task is over', async () => {
  const unexplained = undoable('test.unexplained', 'one', () => down(false), [])
  const explained = undoable('test.explained', 'one', () => new OrderFailed('thing.no_room', 'There is no room.'), [])
  const engine = await engineWith(newClock(), unexplained, explained)
  const id = await start(engine, unexplained)
  await start(engine, explained)
  await engine.runQueued()
  const open = await store.database.db.selectFrom('incident').select(['kind', 'task_id']).where('closed_at', 'is', null).execute()
  expect(open).toEqual([{ kind: 'task.failed', task_id: id }])
})

/** A step that comes about only after `patience` looks. */
const slow = (name: string, looks: { left: number }, pause: typeof wait | typeof queueUp) =>
  workflow<{ note?: string }, 'one' | 'undoOne'>({
    name,
    path: ['one'],
    undo: ['undoOne'],
    labels,
    deadlineMs: 1e9,
    giveUpMs: 60_000,
    steps: { one: async () => (looks.left-- > 0 ? pause(5_000) : done()), undoOne: async () => done() },
  })

/** Looks at what is due `times`, every five seconds. */
async function watch(engine: TaskEngine, clock: AdjustableClock, times: number): Promise<void> {
  for (let look = 0; look < times; look++) {
    await engine.tick()
    await engine.runQueued()
    clock.advance(5_000)
  }
}

test('an outage is not held against a step: it is looked at again before it is judged', async () => {
  const definition = slow('test.outage', { left: 3 }, wait)
  const clock = newClock()
  const engine = await engineWith(clock, definition)
  const id = await start(engine, definition)
  await engine.runQueued()
  // Nobody runs tasks for an hour; then two more looks are needed.
  clock.advance(3_600_000)
  await watch(engine, clock, 3)
  expect((await taskOf(id)).state).toBe('done')
})

test('a step that was looked at all the time and did not come about is given up', async () => {
  const definition = slow('test.never', { left: 1e9 }, wait)
  const clock = newClock()
  const engine = await engineWith(clock, definition)
  const id = await start(engine, definition)
  await watch(engine, clock, 14)
  expect(await taskOf(id)).toMatchObject({ state: 'failed', reason: 'It was not done within 1 minutes.' })
})

test('waiting for a turn is no failing, however long it takes', async () => {
  const definition = slow('test.queue-up', { left: 100 }, queueUp)
  const clock = newClock()
  const engine = await engineWith(clock, definition)
  const id = await start(engine, definition)
  await watch(engine, clock, 101)
  expect((await taskOf(id)).state).toBe('done')
})

test('a step that fails on after more tries than call an operator, some of them of processes that died, calls one', async () => {
  const definition = undoable('test.taken-over', 'one', () => down(), [])
  const engine = await engineWith(newClock(), definition)
  const id = await start(engine, definition)
  await store.database.db.updateTable('task').set({ attempts: attemptsBeforeIncident }).where('id', '=', id).execute()
  await engine.runQueued()
  const open = await store.database.db.selectFrom('incident').select('kind').where('task_id', '=', id).execute()
  expect(open).toEqual([{ kind: 'task.stuck' }])
})

test('a job that the queue gives again while its first holder is at it counts as a try, and the first holder moves nothing', async () => {
  const held: (() => void)[] = []
  let begun = 0
  const definition = workflow<{ note?: string }, 'one'>({
    name: 'test.twice',
    path: ['one'],
    undo: [],
    labels,
    deadlineMs: 1e9,
    steps: {
      one: async () => {
        if (++begun === 1) await new Promise<void>((resolve) => held.push(resolve))
        return done()
      },
    },
  })
  const engine = await engineWith(newClock(), definition)
  const id = await start(engine, definition)
  const { job_id } = await taskOf(id)
  const first = engine.run(id, job_id)
  await expect.poll(() => begun).toBe(1)
  await engine.run(id, job_id)
  held[0]?.()
  await first
  expect((await taskOf(id)).state).toBe('done')
  expect(await stepsOf(id)).toEqual([{ step: 'one', outcome: 'done', attempts: 2 }])
})

test('a cancelled task turns to its tear-down at its next step', async () => {
  const taken: string[] = []
  const definition = workflow<{ note?: string }, 'one' | 'undoOne'>({
    name: 'test.cancel',
    path: ['one'],
    undo: ['undoOne'],
    labels,
    deadlineMs: 1e9,
    steps: {
      one: async () => wait(3_600_000),
      undoOne: async (task) => {
        taken.push(`undone, cancelled ${task.cancelled}`)
        return done()
      },
    },
  })
  const engine = await engineWith(newClock(), definition)
  const id = await start(engine, definition)
  await engine.runQueued()
  await store.database.db.transaction().execute((tx) => engine.cancel(tx, id, 'The owner gave it up.'))
  await engine.runQueued()
  expect(taken).toEqual(['undone, cancelled true'])
  expect(await taskOf(id)).toMatchObject({ state: 'failed', reason: 'The owner gave it up.' })
})

test('a task that takes too long is given up, and a missed deadline calls an operator once', async () => {
  const taken: string[] = []
  const definition: Workflow<{ note?: string }, string> = {
    ...undoable('test.give-up', 'one', () => down(), taken),
    deadlineMs: 30_000,
    giveUpMs: 120_000,
  }
  const clock = newClock()
  const engine = await engineWith(clock, definition)
  const id = await start(engine, definition)
  for (let second = 0; second < 200; second += 10) {
    await engine.tick()
    await engine.runQueued()
    clock.advance(10_000)
  }
  expect(taken.slice(-2)).toEqual(['undoTwo', 'undoOne'])
  expect(await taskOf(id)).toMatchObject({ state: 'failed', reason: 'It was not done within 2 minutes.' })
  expect(
    await store.database.db
      .selectFrom('incident')
      .select('kind')
      .where('task_id', '=', id)
      .where('kind', '=', 'task.deadline')
      .execute(),
  ).toHaveLength(1)
})

test('two workers with the same job: one commits, the other’s writes vanish', async () => {
  const written: string[] = []
  let release: () => void = () => {}
  const both = new Promise<void>((resolve) => {
    release = resolve
  })
  let inside = 0
  const definition = workflow<{ note?: string }, 'one'>({
    name: 'test.race',
    path: ['one'],
    undo: [],
    labels,
    deadlineMs: 1e9,
    steps: {
      one: async () => {
        if (++inside === 2) release()
        await both
        return done(async (tx) => {
          written.push('tried')
          await tx
            .insertInto('observed')
            .values({ what: newId(), up_to: new Date(5) })
            .execute()
        })
      },
    },
  })
  const engine = await engineWith(newClock(), definition)
  const id = await start(engine, definition)
  const { job_id } = await taskOf(id)
  await Promise.all([engine.run(id, job_id), engine.run(id, job_id)])
  expect(written).toHaveLength(2)
  expect(await store.database.db.selectFrom('observed').select('what').where('up_to', '=', new Date(5)).execute()).toHaveLength(1)
  expect(await stepsOf(id)).toHaveLength(1)
})

test('a stale job does nothing', async () => {
  const definition = workflow<{ note?: string }, 'one'>({
    name: 'test.stale',
    path: ['one'],
    undo: [],
    labels,
    deadlineMs: 1e9,
    steps: { one: async () => done() },
  })
  const engine = await engineWith(newClock(), definition)
  const id = await start(engine, definition)
  await engine.run(id, newId())
  expect((await taskOf(id)).state).toBe('queued')
})

test('what a dead process had in hand is taken back at once, and finished steps are not repeated', async () => {
  const taken: string[] = []
  let hang = true
  const definition = workflow<{ note?: string }, 'one' | 'two'>({
    name: 'test.reclaim',
    path: ['one', 'two'],
    undo: [],
    labels,
    deadlineMs: 1e9,
    steps: {
      one: async () => {
        taken.push('one')
        return go('two')
      },
      two: async () => {
        taken.push('two')
        if (hang) await new Promise(() => {})
        return done()
      },
    },
  })
  const clock = newClock()
  const lost = openDatabase(store.url)
  const dying = new TaskEngine({ database: lost, clock, log: { stepFailed() {} } })
  dying.register(definition)
  await dying.open()
  await dying.enlist()
  const id = await start(dying, definition)
  void dying.runQueued()
  while (taken.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))

  const engine = await engineWith(clock, definition)
  expect(await engine.reclaim(), 'a living process keeps its tasks').toBe(0)
  await store.database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'straylight' and datname = current_database() and pid <> pg_backend_pid()`,
  )
  hang = false
  await expect.poll(() => engine.reclaim()).toBe(1)
  await engine.runQueued()
  expect(taken).toEqual(['one', 'two', 'two'])
  expect((await taskOf(id)).state).toBe('done')
  await dying.stop()
  await lost.close().catch(() => {})
})

test('workers of the real queue carry tasks out by themselves', async () => {
  const definition = workflow<{ note?: string }, 'one' | 'two'>({
    name: 'test.queue',
    path: ['one', 'two'],
    undo: [],
    labels,
    deadlineMs: 1e9,
    steps: {
      one: async () => go('two'),
      two: async (task) => (Date.now() - task.stepStartedAt.getTime() < 50 ? wait(50) : done()),
    },
  })
  const engine = await engineWith(new AdjustableClock('flowing'), definition)
  await engine.work(4)
  const ids = await Promise.all(Array.from({ length: 20 }, () => start(engine, definition)))
  await expect
    .poll(async () => (await Promise.all(ids.map(taskOf))).every((task) => task.state === 'done'), { timeout: 10_000 })
    .toBe(true)
})
