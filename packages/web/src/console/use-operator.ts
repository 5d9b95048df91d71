import { type ResponseOf, routes } from '@straylight/api'
import { call } from '../app/api.ts'
import { readWhole } from '../app/whole.ts'
import { keys } from '../app/keys.ts'
import { serverTimeIsAtLeast } from '../lib/now.ts'
import { type Reading, useReading } from '../app/read.ts'
import { type Writing, useWriting } from '../app/write.ts'

export type OperatorTask = ResponseOf<typeof routes.operatorTasks>['result'][number]
export type System = ResponseOf<typeof routes.operatorSystems>['result'][number]

/** Tasks of all customers, stuck and failed ones first. */
export const useOperatorTasks = (): Reading<OperatorTask[]> =>
  useReading(
    keys.operatorTasks,
    async (signal) => {
      const result = await readWhole((query) => call(routes.operatorTasks, { query, signal }))
      // A demo's clock may have been moved: what is written of has happened.
      for (const task of result) serverTimeIsAtLeast(task.finished_at ?? task.started_at ?? task.created_in)
      return result
    },
    { everyMs: 5000 },
  )

export const useRetryTask = (): Writing<{ id: string }, void> =>
  useWriting(
    async ({ id }, idempotencyKey) => void (await call(routes.operatorTaskRetry, { params: { id }, idempotencyKey })),
    () => [keys.operatorTasks],
  )

export const useSystems = (): Reading<System[]> =>
  useReading(keys.operatorSystems, async (signal) => (await call(routes.operatorSystems, { signal })).data.result, {
    everyMs: 10_000,
  })

/** Moves the clock of a demo; refused where anything real is connected. The answer is the service's new time. */
export const useAdvanceClock = (): Writing<{ seconds: number }, string> =>
  useWriting(
    async (body, idempotencyKey) => (await call(routes.demoAdvance, { body, idempotencyKey })).data.result.now,
    () => [keys.money, keys.operatorTasks],
  )
