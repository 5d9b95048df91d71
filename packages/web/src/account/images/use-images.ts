import { type Image, routes } from '@straylight/api'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { call, wholeList } from '../../app/api.ts'
import { keys } from '../../app/keys.ts'
import { type Reading, useReading } from '../../app/read.ts'

export const useImages = (project: MaybeRefOrGetter<string>): Reading<Image[]> =>
  useReading(
    () => keys.images(toValue(project)),
    async (signal) =>
      (await call(routes.imagesList, { params: { project_id: toValue(project) }, query: wholeList, signal })).data.result,
    { when: () => toValue(project) !== '', staleMs: 600_000 },
  )
