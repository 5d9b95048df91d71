import type { Clock } from '@straylight/kit'
import type { Faults, JournalEntry } from '@straylight/kit/simulator'
import type { AaaMode } from './access.ts'
import type { KeystoneDirectory } from './keystone.ts'
import type { NodeTrouble } from './nodes.ts'
import type { Traffic } from './traffic.ts'
import type { Generation } from './world.ts'

export interface TungstenSimulatorOptions {
  clock: Clock
  /** Port of the config API; the real one is 8082. Any free one by default. */
  port?: number
  /** Port of the analytics API; the real one is 8081. */
  analyticsPort?: number
  /** Port of Neutron; the real one is 9696. */
  neutronPort?: number
  host?: string
  /** `tf` by default. */
  generation?: Generation
  /** Keeps everything across a `kill -9`. Without it nothing is kept. */
  dataFile?: string
  /** Ids, choices and traffic repeat with the same seed. */
  seed?: number
  /** Who validates tokens and knows the projects. Without one there is no authentication and no synchronisation of projects. */
  keystone?: KeystoneDirectory
  /** `cloud-admin` with a Keystone, `no-auth` without. */
  aaaMode?: AaaMode
  /** Hosts with a vRouter that have registered themselves. */
  computes?: readonly string[]
  /** `moving` lets every plugged interface carry a stream of its own; `still` only what `traffic.carry` orders. */
  traffic?: 'moving' | 'still'
}

export interface TungstenSimulator {
  /** The config API. */
  url: string
  analyticsUrl: string
  /** Neutron as it is with the plugin of Tungsten in it; paths begin with `/v2.0`. */
  neutronUrl: string
  faults: Faults
  journal(): JournalEntry[]
  /** Back to a fresh installation. */
  reset(): void
  /** The API server starts again: it forgets tokens, and tries projects again that it could not delete. */
  restart(): void
  /** Neutron starts again: its plugin signs in to Keystone anew. */
  restartNeutron(): void
  /** Counters of interfaces. */
  traffic: Pick<Traffic, 'carry' | 'restart' | 'plugs' | 'counts'>
  /** Gives a node trouble, or takes it away. */
  trouble(trouble: NodeTrouble): void
  /** Whether the query engine of the analytics API is there. */
  setQueryEngine(there: boolean): void
  /** Whether the connection to ZooKeeper is lost: changes are refused with 503. */
  setZookeeperAway(away: boolean): void
  close(): Promise<void>
}
