import { z } from 'zod'
import { empty, id, idParams, list, listQuery, projectParams, result, time } from '../common.ts'
import { route } from '../route.ts'

export const taskStates = ['queued', 'running', 'waiting', 'done', 'failed'] as const
const task = z
  .object({
    id,
    workflow: z.string().meta({ examples: ['server.create'] }),
    state: z.enum(taskStates),
    subject: z.object({ type: z.string(), id, name: z.string() }),
    project_id: id.nullable(),
    step: z.int().meta({ description: 'Which step runs now, from 1' }),
    steps: z.int(),
    step_name: z.string(),
    attempts: z.int().meta({ description: 'Of the present step' }),
    created_in: time,
    started_at: time.nullable(),
    finished_at: time.nullable(),
    deadline: time.meta({ description: 'When an operator is called if it is not over' }),
    reason: z.string().nullable().meta({ description: 'Why it failed or waits, in plain words' }),
    history: z.array(
      z.object({
        step: z.string(),
        label: z.string(),
        state: z.enum(['done', 'running', 'waiting', 'failed', 'queued', 'skipped']),
        started_at: time.nullable(),
        finished_at: time.nullable(),
        attempts: z.int(),
        reason: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Task' })
export type Task = z.output<typeof task>

export const taskRoutes = {
  tasksDetail: route({
    name: 'tasksDetail',
    method: 'GET',
    path: '/v2/tasks/{id}',
    permission: 'project',
    subject: 'task',
    audit: 'task.read',
    summary: 'One task with its steps',
    tag: 'tasks',
    params: idParams,
    response: result(task),
    status: 200,
  }),
  tasksList: route({
    name: 'tasksList',
    method: 'GET',
    path: '/v2/projects/{project_id}/tasks',
    permission: 'project',
    subject: 'project',
    audit: 'task.list',
    summary: 'Tasks of a project, newest first',
    tag: 'tasks',
    params: projectParams,
    query: listQuery,
    response: list(task),
    status: 200,
  }),
  events: route({
    name: 'events',
    method: 'GET',
    path: '/v2/events',
    permission: 'account',
    audit: 'event.stream',
    summary: 'What changes in my projects and balance, as server-sent events: `event: change`, `data: {type, id, project_id}`',
    tag: 'events',
    response: undefined,
    status: 200,
    streams: 'text/event-stream',
  }),
  operatorTasks: route({
    name: 'operatorTasks',
    method: 'GET',
    path: '/v2/operator/tasks',
    permission: 'operator',
    audit: 'operator.task.list',
    summary: 'Tasks of all customers, stuck and failed ones first',
    tag: 'operator',
    query: listQuery,
    response: list(
      task
        .extend({
          account: z.object({ id, name: z.string() }),
          stuck: z.boolean(),
          error: z.string().nullable().meta({ description: 'What the system said, raw' }),
        })
        .meta({ id: 'OperatorTask' }),
    ),
    status: 200,
  }),
  operatorTaskRetry: route({
    name: 'operatorTaskRetry',
    method: 'POST',
    path: '/v2/operator/tasks/{id}/retry',
    permission: 'operator',
    audit: 'operator.task.retry',
    summary: 'Run the waiting step now, with the same ids',
    tag: 'operator',
    params: idParams,
    response: empty,
    status: 202,
  }),
  operatorSystems: route({
    name: 'operatorSystems',
    method: 'GET',
    path: '/v2/operator/systems',
    permission: 'operator',
    audit: 'operator.system.list',
    summary: 'The neighbours: answers, latency, silences',
    tag: 'operator',
    response: list(
      z
        .object({
          system: z.string().meta({ examples: ['nova', 'billmanager'] }),
          state: z.enum(['ok', 'warn', 'err', 'off']),
          calls: z.int(),
          errors: z.int(),
          silences: z.int(),
          p50_ms: z.number().nullable(),
          p95_ms: z.number().nullable(),
          last_error: z.object({ at: time, message: z.string() }).nullable(),
          last_ok_at: time.nullable(),
        })
        .meta({ id: 'System' }),
    ),
    status: 200,
  }),
  demoAdvance: route({
    name: 'demoAdvance',
    method: 'POST',
    path: '/v2/operator/demo/advance',
    permission: 'operator',
    audit: 'operator.demo.advance',
    summary: 'Only when everything is simulated: moves the clock and runs what is due',
    tag: 'operator',
    body: z.object({
      seconds: z
        .int()
        .min(1)
        .max(366 * 86_400),
    }),
    response: result(z.object({ now: time })),
    status: 200,
    slow: true,
  }),
}
