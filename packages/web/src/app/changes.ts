import type { QueryKey } from '@tanstack/vue-query'
import { keys } from './keys.ts'

/** What `/v2/events` says in an `event: change`. */
export interface Change {
  type: 'server' | 'volume' | 'address' | 'task' | 'balance' | 'project' | 'keypair'
  id: string
  project_id: string | null
}

/** Reads the data of an event; `undefined` for what this version of the app does not know. */
export function parseChange(data: string): Change | undefined {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string' || !Object.hasOwn(touched, value.type)) return undefined
  const id = 'id' in value && typeof value.id === 'string' ? value.id : ''
  const project = 'project_id' in value && typeof value.project_id === 'string' ? value.project_id : null
  return { type: value.type as Change['type'], id, project_id: project }
}

/** Which answers a change makes stale. */
export const staleAfter = (change: Change): QueryKey[] => touched[change.type](change.id, change.project_id ?? '')

const touched: Record<Change['type'], (id: string, project: string) => QueryKey[]> = {
  server: (id, project) => [keys.servers(project), keys.server(id), keys.consumption(project)],
  volume: (id, project) => [keys.volumes(project), keys.volume(id), keys.consumption(project)],
  address: (_, project) => [keys.addresses(project), keys.consumption(project)],
  // A server carries the step of its task.
  task: (id, project) => [keys.tasks(project), keys.task(id), keys.servers(project), keys.allServers, keys.operatorTasks],
  balance: () => [keys.money],
  project: (_, project) => [keys.projects, keys.consumption(project)],
  keypair: (_, project) => [keys.keypairs(project)],
}
