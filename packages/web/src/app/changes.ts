import type { QueryKey } from '@tanstack/vue-query'
import { keys } from './keys.ts'

const types = ['server', 'volume', 'address', 'task', 'balance', 'project', 'keypair'] as const

/** What `/v2/events` says in an `event: change`, as far as this version of the app knows it. */
export interface Change {
  type: (typeof types)[number]
  id: string
  project_id?: string | null | undefined
}

export const isKnownChange = (change: { type: string; id: string }): change is Change =>
  types.some((type) => type === change.type)

/** Which answers a change makes stale. */
export const staleAfter = ({ type, id, project_id }: Change): QueryKey[] => touched[type](id, project_id ?? '')

const touched: Record<Change['type'], (id: string, project: string) => QueryKey[]> = {
  // Its disks and addresses come and go with it.
  server: (id, project) => [keys.servers(project), keys.server(id), keys.volumes(project), keys.addresses(project)],
  volume: (_, project) => [keys.volumes(project)],
  address: (_, project) => [keys.addresses(project)],
  // A server carries the step of its task, so the one that is open is asked too.
  task: (_, project) => [keys.tasks(project), keys.servers(project), keys.eachServer, keys.operatorTasks],
  balance: () => [keys.money],
  project: () => [keys.projects],
  keypair: (_, project) => [keys.keypairs(project)],
}
