import { type Address, routes } from '@straylight/api'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { call } from '../../app/api.ts'
import { readWhole } from '../../app/whole.ts'
import { keys } from '../../app/keys.ts'
import { type Reading, useReading } from '../../app/read.ts'
import { type Writing, useWriting } from '../../app/write.ts'

type Id = MaybeRefOrGetter<string>

export const useAddresses = (project: Id): Reading<Address[]> =>
  useReading(
    () => keys.addresses(toValue(project)),
    (signal) => readWhole((query) => call(routes.addressesList, { params: { project_id: toValue(project) }, query, signal })),
    { when: () => toValue(project) !== '' },
  )

export const useReleaseAddress = (project: Id): Writing<{ id: string }, string | undefined> =>
  useWriting(
    async ({ id }, idempotencyKey) => (await call(routes.addressesDelete, { params: { id }, idempotencyKey })).taskId,
    () => [keys.addresses(toValue(project)), keys.tasks(toValue(project)), keys.money],
  )
