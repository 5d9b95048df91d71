import { type Task, routes } from '@straylight/api'
import { type MaybeRefOrGetter, computed, toValue } from 'vue'
import { call } from '../../app/api.ts'
import { readWhole } from '../../app/whole.ts'
import { keys } from '../../app/keys.ts'
import { type Reading, useReading } from '../../app/read.ts'

export const useTasks = (project: MaybeRefOrGetter<string>): Reading<Task[]> =>
  useReading(
    () => keys.tasks(toValue(project)),
    (signal) => readWhole((query) => call(routes.tasksList, { params: { project_id: toValue(project) }, query, signal })),
    { when: () => toValue(project) !== '' },
  )

export const isOpen = (task: Pick<Task, 'state'>): boolean => task.state !== 'done' && task.state !== 'failed'

/** The tasks of one thing, newest first. */
export function useTasksOf(project: MaybeRefOrGetter<string>, subjectId: MaybeRefOrGetter<string>) {
  const reading = useTasks(project)
  return { reading, tasks: computed(() => reading.data.value?.filter((task) => task.subject.id === toValue(subjectId))) }
}
