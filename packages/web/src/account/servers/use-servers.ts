import { type Price, type ResponseOf, type Server, type ServerCreate, routes } from '@straylight/api'
import { useQueryClient } from '@tanstack/vue-query'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { call } from '../../app/api.ts'
import { readWhole } from '../../app/whole.ts'
import { keys } from '../../app/keys.ts'
import { type Reading, useReading } from '../../app/read.ts'
import { type Writing, useWriting } from '../../app/write.ts'

type Id = MaybeRefOrGetter<string>

export const useServers = (project: Id): Reading<Server[]> =>
  useReading(
    () => keys.servers(toValue(project)),
    (signal) => readWhole((query) => call(routes.serversList, { params: { project_id: toValue(project) }, query, signal })),
    { when: () => toValue(project) !== '' },
  )

/** One server. What the list knows is on screen at once; the answer follows. */
export function useServer(project: Id, id: Id): Reading<Server> {
  const client = useQueryClient()
  return useReading(
    () => keys.server(toValue(id)),
    async (signal) => (await call(routes.serversDetail, { params: { id: toValue(id) }, signal })).data.result,
    { preview: () => client.getQueryData<Server[]>(keys.servers(toValue(project)))?.find((server) => server.id === toValue(id)) },
  )
}

/** The last lines of the serial console. No event tells of new ones, so it is asked again while `following`. */
export const useConsoleLog = (
  id: Id,
  options: { when: MaybeRefOrGetter<boolean>; following: MaybeRefOrGetter<boolean> },
): Reading<{ text: string; truncated: boolean }> =>
  useReading(
    () => keys.consoleLog(toValue(id)),
    async (signal) =>
      (await call(routes.serversConsoleLog, { params: { id: toValue(id) }, query: { lines: 1000 }, signal })).data.result,
    { when: options.when, everyMs: () => (toValue(options.following) ? 5000 : false), staleMs: 0 },
  )

/** What an order would cost, by the very computation that the order uses. */
export const useServerPrice = (project: Id, order: MaybeRefOrGetter<ServerCreate | undefined>): Reading<Price> =>
  useReading(
    () => keys.serverPrice(toValue(project), toValue(order)),
    async (signal) => {
      const body = toValue(order)
      if (!body) throw new Error('there is no order to price yet')
      return (await call(routes.serversPrice, { params: { project_id: toValue(project) }, body, signal })).data.result
    },
    { when: () => toValue(order) !== undefined, keepPrevious: true },
  )

/** Which amounts of memory (GiB) go with which numbers of vCPUs. */
export const useSizeRules = (project: Id): Reading<ResponseOf<typeof routes.serversRelatedResources>['result']> =>
  useReading(
    () => keys.sizes(toValue(project)),
    async (signal) =>
      (await call(routes.serversRelatedResources, { params: { project_id: toValue(project) }, signal })).data.result,
    { staleMs: 3_600_000 },
  )

export const useCreateServer = (project: Id): Writing<ServerCreate, { id: string; taskId: string | undefined }> =>
  useWriting(
    async (body, idempotencyKey) => {
      const answer = await call(routes.serversCreate, { params: { project_id: toValue(project) }, body, idempotencyKey })
      return { id: answer.data.result.id, taskId: answer.taskId }
    },
    () => [keys.servers(toValue(project)), keys.tasks(toValue(project)), keys.money],
    { form: () => `server.${toValue(project)}` },
  )

/** What is ordered for a server that exists. */
export interface ServerOrder {
  verb: 'start' | 'stop' | 'reboot'
  id: string
}
const actionRoutes = { start: routes.serversStart, stop: routes.serversStop, reboot: routes.serversReboot }

export const useServerAction = (project: Id): Writing<ServerOrder, string | undefined> =>
  useWriting(
    async ({ verb, id }, idempotencyKey) => (await call(actionRoutes[verb], { params: { id }, idempotencyKey })).taskId,
    ({ id }) => staleWith(toValue(project), id),
    { form: 'server-action', subject: ({ id }) => id },
  )

export interface DeleteServer {
  id: string
  /** Ids of the further volumes that go too; the system volume always does. */
  volumes: string[]
  addresses: string[]
}

export const useDeleteServer = (project: Id): Writing<DeleteServer, string | undefined> =>
  useWriting(
    async ({ id, volumes, addresses }, idempotencyKey) =>
      (
        await call(routes.serversDelete, {
          params: { id },
          body: { delete_volumes: volumes, delete_addresses: addresses },
          idempotencyKey,
        })
      ).taskId,
    ({ id }) => [...staleWith(toValue(project), id), keys.volumes(toValue(project)), keys.addresses(toValue(project))],
  )

export const useRenameServer = (project: Id): Writing<{ id: string; name: string }, void> =>
  useWriting(
    async ({ id, name }, idempotencyKey) =>
      void (await call(routes.serversRename, { params: { id }, body: { name }, idempotencyKey })),
    ({ id }) => staleWith(toValue(project), id),
    { form: 'server-name', subject: ({ id }) => id },
  )

/** The answer is a one-time address: it is opened at once and not kept. */
export const useOpenConsole = (): Writing<{ id: string }, string> =>
  useWriting(
    async ({ id }, idempotencyKey) => (await call(routes.serversConsole, { params: { id }, idempotencyKey })).data.console.url,
  )

const staleWith = (project: string, id: string) => [keys.servers(project), keys.server(id), keys.tasks(project), keys.money]
