import type { Clock } from '@straylight/kit'
import type { EntityLog } from '@straylight/kit/simulator'
import type { AaaMode, Caller } from './access.ts'
import type { AddressBook } from './address-book.ts'
import type { ProjectSync } from './project-sync.ts'
import type { Notes } from './notes.ts'
import type { ObjectStore } from './store.ts'

/** `tf`: Tungsten Fabric, final master of 2024. `opensdn`: OpenSDN, R25.1 and later. */
export type Generation = 'tf' | 'opensdn'

/** Everything that the simulated API server holds. */
export interface World {
  clock: Clock
  generation: Generation
  log: EntityLog
  store: ObjectStore
  addresses: AddressBook
  aaaMode: AaaMode
  /** Absent without a Keystone. */
  projects: ProjectSync | undefined
  /** Key-value pairs of user agents. */
  notes: Notes
  /** No connection to ZooKeeper: whatever would change something is refused with 503. */
  zookeeperAway: boolean
}

/** One request on its way through the server. */
export interface Context {
  /** Nobody in `no-auth`, and the server itself. */
  caller: Caller | undefined
  /** `http://127.0.0.1:8082`, for hrefs. */
  base: string
}
