import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { path, type Query, type Service } from '../service.ts'

/** What a project's servers used in a time range, deleted ones included. Hours are those of allocation, running or not. */
export interface ProjectUsage {
  projectId: string
  from: Date
  until: Date
  serverHours: number
  vcpuHours: number
  ramMibHours: number
  diskGibHours: number
  servers: ServerUsage[]
}

export interface ServerUsage {
  serverId: string
  name: string
  flavorName: string
  vcpus: number
  ramMib: number
  diskGib: number
  startedAt: Date
  endedAt: Date | undefined
  state: string
  hours: number
}

export function fromNova(raw: unknown): ProjectUsage {
  const usage = fields('nova', 'usage', raw)
  return {
    projectId: usage.text('tenant_id'),
    from: usage.date('start'),
    until: usage.date('stop'),
    serverHours: usage.number('total_hours'),
    vcpuHours: usage.number('total_vcpus_usage'),
    ramMibHours: usage.number('total_memory_mb_usage'),
    diskGibHours: usage.number('total_local_gb_usage'),
    servers: usage.maybeList('server_usages', (item) => {
      const server = fields('nova', 'server usage', item)
      return {
        serverId: server.text('instance_id'),
        name: server.text('name'),
        flavorName: server.text('flavor'),
        vcpus: server.number('vcpus'),
        ramMib: server.number('memory_mb'),
        diskGib: server.number('local_gb'),
        startedAt: server.date('started_at'),
        endedAt: server.maybeDate('ended_at'),
        state: server.text('state'),
        hours: server.number('hours'),
      }
    }),
  }
}

export interface UsageRange {
  from: Date
  until: Date
}

/** Nova's parser takes no zone: `2026-11-22T00:00:00.000000`. https://docs.openstack.org/api-ref/compute/#usage-reports-os-simple-tenant-usage */
const novaTime = (time: Date): string => time.toISOString().replace('Z', '000')

export class Usage {
  readonly #nova: Service

  constructor(nova: Service) {
    this.#nova = nova
  }

  /** Of every project that used something; for admins. A project whose servers span two pages comes twice, with the parts of each. */
  list(range: UsageRange & { detailed?: boolean; pageSize?: number }): Listing<ProjectUsage> {
    return this.#nova.list('/os-simple-tenant-usage', 'tenant_usages', fromNova, {
      query: { ...rangeQuery(range), detailed: range.detailed ? 1 : 0, limit: range.pageSize },
    })
  }

  /** Of one project; `undefined` when it used nothing. All pages added up. */
  async get(projectId: string, range: UsageRange): Promise<ProjectUsage | undefined> {
    let total: ProjectUsage | undefined
    const pages = this.#nova.listOne(path`/os-simple-tenant-usage/${projectId}`, 'tenant_usage', (raw) => raw, {
      query: rangeQuery(range),
    })
    for await (const raw of pages) {
      // nothing used, or nothing more: an empty object
      if (Object.keys(fields('nova', 'usage', raw).raw).length === 0) continue
      const part = fromNova(raw)
      total = total
        ? {
            ...total,
            serverHours: total.serverHours + part.serverHours,
            vcpuHours: total.vcpuHours + part.vcpuHours,
            ramMibHours: total.ramMibHours + part.ramMibHours,
            diskGibHours: total.diskGibHours + part.diskGibHours,
            servers: [...total.servers, ...part.servers],
          }
        : part
    }
    return total
  }
}

const rangeQuery = (range: UsageRange): Query => ({ start: novaTime(range.from), end: novaTime(range.until) })
