import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { path, type Service } from '../service.ts'

export interface Hypervisor {
  id: string
  hostname: string
  type: string
  /** `up` or `down`: whether its service reports. */
  state: string
  /** `enabled` or `disabled`: whether it takes new servers. */
  status: string
  hostIp: string | undefined
  service: { id: string; host: string; disabledReason: string | undefined }
  servers: { id: string; name: string }[]
  /** What Nova believed until 2.87; later only Placement says so. Memory and disks of overcommitted hosts exceed their size. */
  capacity:
    | {
        vcpus: number
        vcpusUsed: number
        ramMib: number
        ramUsedMib: number
        diskGib: number
        diskUsedGib: number
        runningServers: number
      }
    | undefined
}

export function fromNova(raw: unknown): Hypervisor {
  const hypervisor = fields('nova', 'hypervisor', raw)
  const service = hypervisor.child('service')
  return {
    id: hypervisor.text('id'),
    hostname: hypervisor.text('hypervisor_hostname'),
    type: hypervisor.maybeText('hypervisor_type') ?? '',
    state: hypervisor.text('state'),
    status: hypervisor.text('status'),
    hostIp: hypervisor.maybeText('host_ip'),
    service: { id: service.text('id'), host: service.text('host'), disabledReason: service.maybeText('disabled_reason') },
    servers: hypervisor.maybeList('servers', (item) => {
      const server = fields('nova', 'server', item)
      return { id: server.text('uuid'), name: server.text('name') }
    }),
    capacity: hypervisor.has('vcpus')
      ? {
          vcpus: hypervisor.number('vcpus'),
          vcpusUsed: hypervisor.number('vcpus_used'),
          ramMib: hypervisor.number('memory_mb'),
          ramUsedMib: hypervisor.number('memory_mb_used'),
          diskGib: hypervisor.number('local_gb'),
          diskUsedGib: hypervisor.number('local_gb_used'),
          runningServers: hypervisor.number('running_vms'),
        }
      : undefined,
  }
}

// 2.88 took the figures away: https://docs.openstack.org/nova/latest/reference/api-microversion-history.html
const withCapacity = { atMost: '2.87' }

/** For admins. */
export class Hypervisors {
  readonly #nova: Service

  constructor(nova: Service) {
    this.#nova = nova
  }

  list(filter: { hostnamePattern?: string; withServers?: boolean; pageSize?: number } = {}): Listing<Hypervisor> {
    return this.#nova.list('/os-hypervisors/detail', 'hypervisors', fromNova, {
      ...withCapacity,
      query: {
        hypervisor_hostname_pattern: filter.hostnamePattern,
        with_servers: filter.withServers || undefined,
        limit: filter.pageSize,
      },
    })
  }

  async get(id: string): Promise<Hypervisor> {
    return this.#nova.read(await this.#nova.get(path`/os-hypervisors/${id}`, withCapacity), 'hypervisor', fromNova)
  }
}
