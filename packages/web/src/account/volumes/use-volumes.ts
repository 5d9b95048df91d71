import { type Volume, routes } from '@straylight/api'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { call } from '../../app/api.ts'
import { readWhole } from '../../app/whole.ts'
import { keys } from '../../app/keys.ts'
import { type Reading, useReading } from '../../app/read.ts'
import { type Writing, useWriting } from '../../app/write.ts'

type Id = MaybeRefOrGetter<string>

export const useVolumes = (project: Id): Reading<Volume[]> =>
  useReading(
    () => keys.volumes(toValue(project)),
    (signal) => readWhole((query) => call(routes.volumesList, { params: { project_id: toValue(project) }, query, signal })),
    { when: () => toValue(project) !== '' },
  )

export const useDeleteVolume = (project: Id): Writing<{ id: string }, string | undefined> =>
  useWriting(
    async ({ id }, idempotencyKey) => (await call(routes.volumesDelete, { params: { id }, body: {}, idempotencyKey })).taskId,
    () => [keys.volumes(toValue(project)), keys.tasks(toValue(project)), keys.money],
  )
