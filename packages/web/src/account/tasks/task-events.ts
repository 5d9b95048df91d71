import type { Task } from '@straylight/api'
import { format } from '../../i18n/index.ts'
import { glyphOf, progressWords, taskTitle } from './task-words.ts'

/** Tasks as lines of "what happened". `to` leads to where a task is told in full. */
export const taskEvents = (tasks: readonly Task[], nowMs: number, to: (task: Task) => string) =>
  tasks.map((task) => {
    const at = task.finished_at ?? task.started_at ?? task.created_in
    const open = task.finished_at === null
    return {
      key: task.id,
      at,
      time: isSameDay(at, nowMs) ? format.clock(at) : format.day(at, { year: false }),
      glyph: glyphOf(task),
      words: open ? `${taskTitle(task)}: ${progressWords(task)}` : taskTitle(task),
      to: to(task),
    }
  })

const isSameDay = (at: string, nowMs: number) => format.day(at, { year: true }) === format.day(nowMs, { year: true })
