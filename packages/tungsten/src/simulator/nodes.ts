import type { EntityLog } from '@straylight/kit/simulator'
import type { NodeRole } from '../analytics/nodes.ts'
import type { ObjectStore } from './store.ts'

/** What is wrong with a node; nothing means all is well. */
export interface NodeTrouble {
  role: NodeRole
  host: string
  /** The node reports nothing at all. */
  silent?: boolean
  /** Modules that are not functional, with the connection that is down. */
  broken?: Record<string, string>
  /** Processes that do not run, with their state: `PROCESS_STATE_STOPPED`, `PROCESS_STATE_EXITED`, `PROCESS_STATE_BACKOFF`. */
  processes?: Record<string, string>
}

const modulesOf: Record<NodeRole, string[]> = {
  vrouter: ['contrail-vrouter-agent', 'contrail-vrouter-nodemgr'],
  'control-node': ['contrail-control', 'contrail-dns', 'contrail-control-nodemgr'],
  'config-node': ['contrail-api', 'contrail-schema', 'contrail-svc-monitor', 'contrail-config-nodemgr'],
  'analytics-node': ['contrail-collector', 'contrail-analytics-api', 'contrail-analytics-nodemgr'],
  'database-node': ['contrail-query-engine', 'contrail-database-nodemgr'],
}
const controllerRoles = ['control-node', 'config-node', 'analytics-node', 'database-node'] as const

/** The nodes and what they report. Hosts with a vRouter are the `virtual-router` objects; everything else runs on one controller. */
export class Nodes {
  readonly #store: ObjectStore
  readonly #log: EntityLog
  readonly controller: string
  readonly #troubles = new Map<string, NodeTrouble>()

  constructor(store: ObjectStore, log: EntityLog, controller = 'controller-1') {
    this.#store = store
    this.#log = log
    this.controller = controller
  }

  restore(trouble: NodeTrouble): void {
    this.#troubles.set(key(trouble), trouble)
  }

  clear(): void {
    for (const one of this.#troubles.keys()) this.#log.remove('node', one)
    this.#troubles.clear()
  }

  /** Gives a node trouble, or with nothing but its name none any more. */
  trouble(trouble: NodeTrouble): void {
    this.#troubles.set(key(trouble), trouble)
    this.#log.put('node', key(trouble), trouble)
  }

  hosts(role: NodeRole): string[] {
    const all =
      role === 'vrouter'
        ? this.#store.ofType('virtual-router').map((router) => router.fq_name.at(-1) as string)
        : [this.controller]
    return all.filter((host) => !this.#troubles.get(key({ role, host }))?.silent)
  }

  status(role: NodeRole, host: string): Record<string, unknown> {
    const trouble = this.#troubles.get(key({ role, host }))
    const modules = modulesOf[role]
    return {
      deleted: false,
      process_status: modules.map((module) => {
        const broken = trouble?.broken?.[module]
        return {
          module_id: module,
          instance_id: '0',
          state: broken === undefined ? 'Functional' : 'Non-Functional',
          description: broken === undefined ? null : `${broken} connection down`,
          connection_infos: [
            {
              type: broken ?? 'Collector',
              name: null,
              server_addrs: [`${this.controller}:8086`],
              status: broken === undefined ? 'Up' : 'Down',
              description: broken === undefined ? 'Established' : 'Disconnect',
            },
          ],
        }
      }),
      process_info: modules.map((module) => ({
        process_name: module,
        process_state: trouble?.processes?.[module] ?? 'PROCESS_STATE_RUNNING',
        start_count: 1,
        stop_count: 0,
        exit_count: trouble?.processes?.[module] ? 1 : 0,
        core_file_list: [],
        last_start_time: '1490306670121712',
        last_stop_time: null,
        last_exit_time: null,
      })),
      disk_usage_info: {
        '/dev/sda1': {
          partition_type: 'ext4',
          partition_space_available_1k: 87_476_756,
          partition_space_used_1k: 23_365_340,
          percentage_partition_space_used: 21,
        },
      },
      system_mem_usage: {
        node_type: role,
        total: 131_742_028,
        used: 41_794_040,
        free: 89_947_988,
        buffers: 169_700,
        cached: 199_156,
      },
      system_cpu_usage: { node_type: role, cpu_share: 0.03, one_min_avg: 0.12, five_min_avg: 0.09, fifteen_min_avg: 0.05 },
    }
  }

  roles(): NodeRole[] {
    return ['vrouter', ...controllerRoles]
  }
}

const key = ({ role, host }: Pick<NodeTrouble, 'role' | 'host'>): string => `${role} ${host}`
