import type { Task } from '@straylight/api'
import { t } from '../../i18n/index.ts'
import type { TaskStep } from '../../ui/types.ts'
import type { Glyph } from '../../ui/states.ts'

const workflows = [
  'project_prepare',
  'server_create',
  'server_delete',
  'server_stop',
  'server_start',
  'server_reboot',
  'volume_delete',
  'address_delete',
] as const

const steps = [
  'project_prepare_identity',
  'project_prepare_network',
  'project_prepare_limits',
  'project_prepare_router',
  'project_prepare_firewall',
  'project_prepare_open',
  'server_create_project',
  'server_create_prepare',
  'server_create_boot',
  'server_create_running',
  'server_create_attach',
  'server_create_address',
  'server_create_open',
  'server_create_undoAddress',
  'server_create_undoServer',
  'server_create_undoVolumes',
  'server_create_undoPort',
  'server_create_close',
  'server_delete_quiet',
  'server_delete_address',
  'server_delete_server',
  'server_delete_volumes',
  'server_delete_port',
  'server_delete_close',
  'server_stop_order',
  'server_stop_confirm',
  'server_start_order',
  'server_start_confirm',
  'server_reboot_order',
  'server_reboot_confirm',
  'volume_delete_remove',
  'volume_delete_close',
  'address_delete_release',
  'address_delete_close',
] as const

const underscored = (text: string) => text.replace(/[.-]/g, '_')

/** "Create server web-01". A workflow that this app does not know is told by its name. */
export function taskTitle(task: Pick<Task, 'workflow' | 'subject'>): string {
  const key = workflows.find((one) => one === underscored(task.workflow))
  return key ? t(`tasks.workflow_${key}`, { name: task.subject.name }) : `${task.workflow} ${task.subject.name}`
}

type HistoryEntry = Task['history'][number]

/** What the customer gets from a step; a step that this app does not know is told in the service's words. */
export function stepWords(workflow: string, entry: Pick<HistoryEntry, 'step' | 'label'>): string {
  const key = steps.find((one) => one === `${underscored(workflow)}_${entry.step}`)
  return key ? t(`tasks.step_${key}`) : entry.label
}

/** The step that runs now, or the one at which the task ended. */
export const presentStep = (task: Task): HistoryEntry | undefined =>
  task.history.find((entry) => entry.state === 'running' || entry.state === 'waiting') ??
  task.history.find((entry) => entry.state === 'failed') ??
  (task.state === 'queued' ? task.history.find((entry) => entry.state === 'queued') : task.history.at(-1))

const secondsBetween = (from: string | null, until: string | null, nowMs: number): number | undefined =>
  from === null ? undefined : Math.max(0, ((until === null ? nowMs : Date.parse(until)) - Date.parse(from)) / 1000)

/** The steps as the kit draws them. `nowMs` is the service's time. */
export const stepsOf = (task: Task, nowMs: number): TaskStep[] =>
  task.history.map((entry) => ({
    label: stepWords(task.workflow, entry),
    state: entry.state,
    seconds: secondsBetween(entry.started_at, entry.finished_at, nowMs),
    reason: entry.state === 'waiting' && entry.attempts > 1 ? t('tasks.longer') : undefined,
  }))

/** How long the task took, or has run until now. */
export const secondsOf = (task: Task, nowMs: number): number | undefined =>
  secondsBetween(task.started_at, task.finished_at, nowMs)

/** "3 of 5, starting it". */
export function progressWords(task: Task): string {
  const entry = presentStep(task)
  const place = { step: task.step, steps: task.steps }
  return entry
    ? t('tasks.stepOfNamed', { ...place, name: lowerFirst(stepWords(task.workflow, entry)) })
    : t('tasks.stepOf', place)
}

/** A label in the middle of a sentence; an abbreviation keeps its capitals. */
const lowerFirst = (text: string) => (/^\p{Lu}\p{Lu}/u.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1))

export const glyphOf = (task: Task): Glyph =>
  task.state === 'done' ? 'done' : task.state === 'failed' ? 'err' : task.state === 'queued' ? 'queued' : 'busy'
