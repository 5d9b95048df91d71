import type { Task } from '@straylight/api'
import { beforeAll, expect, test } from 'vitest'
import english from '../../i18n/en/index.ts'
import i18n from '../../i18n/index.ts'
import { presentStep, progressWords, secondsOf, stepsOf, taskTitle } from './task-words.ts'

beforeAll(() => i18n.global.setLocaleMessage('en', english))

const step = (
  name: string,
  state: Task['history'][number]['state'],
  from: string | null,
  until: string | null,
  attempts = 1,
) => ({
  step: name,
  label: `label of ${name}`,
  state,
  started_at: from && `2026-11-22T09:00:${from}Z`,
  finished_at: until && `2026-11-22T09:00:${until}Z`,
  attempts,
  reason: null,
})
const task: Task = {
  id: 't1',
  workflow: 'server.create',
  state: 'waiting',
  subject: { type: 'server', id: 's1', name: 'web-01' },
  project_id: 'p1',
  step: 2,
  steps: 3,
  step_name: 'Starting it',
  attempts: 3,
  created_in: '2026-11-22T09:00:00Z',
  started_at: '2026-11-22T09:00:01Z',
  finished_at: null,
  deadline: '2026-11-22T09:10:00Z',
  reason: null,
  history: [
    step('boot', 'done', '01', '03'),
    step('running', 'waiting', '03', null, 3),
    step('unheard_of', 'queued', null, null),
  ],
}
const now = Date.parse('2026-11-22T09:00:10Z')

test('a task is told by what it does, and by the step that it is at', () => {
  expect(taskTitle(task)).toBe('Create server web-01')
  expect(presentStep(task)?.step).toBe('running')
  expect(progressWords(task)).toBe('2 of 3, starting it')
})

test('a step that still runs counts to the present moment, and says why it takes long', () => {
  expect(stepsOf(task, now).map(({ label, seconds }) => [label, seconds])).toEqual([
    ['Ordering the server', 2],
    ['Starting it', 7],
    ['label of unheard_of', undefined],
  ])
  expect(stepsOf(task, now)[1]?.reason).toContain('longer than usual')
  expect(secondsOf(task, now)).toBe(9)
})

test('a workflow that this app does not know is told by its name', () => {
  expect(taskTitle({ workflow: 'quasar.align', subject: task.subject })).toBe('quasar.align web-01')
})
