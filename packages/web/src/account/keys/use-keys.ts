import { type KeyPair, type ResponseOf, routes } from '@straylight/api'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { call } from '../../app/api.ts'
import { readWhole } from '../../app/whole.ts'
import { keys } from '../../app/keys.ts'
import { type Reading, useReading } from '../../app/read.ts'
import { type Writing, useWriting } from '../../app/write.ts'

type Id = MaybeRefOrGetter<string>

export const useKeys = (project: Id): Reading<KeyPair[]> =>
  useReading(
    () => keys.keypairs(toValue(project)),
    (signal) => readWhole((query) => call(routes.keypairsList, { params: { project_id: toValue(project) }, query, signal })),
    { when: () => toValue(project) !== '' },
  )

export const useAddKey = (project: Id): Writing<{ name: string; publicKey: string }, KeyPair> =>
  useWriting(
    async ({ name, publicKey }, idempotencyKey) =>
      (
        await call(routes.keypairsCreate, {
          params: { project_id: toValue(project) },
          body: { name, public_key: publicKey },
          idempotencyKey,
        })
      ).data.result,
    () => [keys.keypairs(toValue(project))],
  )

export type GeneratedKey = ResponseOf<typeof routes.keypairsGenerate>['result']

/** The private half is in the answer and nowhere else. */
export const useGenerateKey = (project: Id): Writing<{ name: string }, GeneratedKey> =>
  useWriting(
    async ({ name }, idempotencyKey) =>
      (await call(routes.keypairsGenerate, { params: { project_id: toValue(project) }, body: { name }, idempotencyKey })).data
        .result,
    () => [keys.keypairs(toValue(project))],
    { form: () => `generated-key.${toValue(project)}` },
  )

export const useDeleteKey = (project: Id): Writing<{ id: string }, void> =>
  useWriting(
    async ({ id }, idempotencyKey) => void (await call(routes.keypairsDelete, { params: { id }, idempotencyKey })),
    () => [keys.keypairs(toValue(project))],
  )
