import { type Image, routes } from '@straylight/api'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { call } from '../../app/api.ts'
import { readWhole } from '../../app/whole.ts'
import { keys } from '../../app/keys.ts'
import { type Reading, useReading } from '../../app/read.ts'

export const useImages = (project: MaybeRefOrGetter<string>): Reading<Image[]> =>
  useReading(
    () => keys.images(toValue(project)),
    (signal) => readWhole((query) => call(routes.imagesList, { params: { project_id: toValue(project) }, query, signal })),
    { when: () => toValue(project) !== '', staleMs: 600_000 },
  )
