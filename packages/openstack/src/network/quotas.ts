import { fields } from '../decode.ts'
import type { Quota } from '../quota.ts'
import { given, path, type Service } from '../service.ts'

export interface NetworkQuotas {
  networks: Quota
  subnets: Quota
  routers: Quota
  ports: Quota
  floatingIps: Quota
  securityGroups: Quota
  securityGroupRules: Quota
}

export type NetworkLimits = { [Name in keyof NetworkQuotas]?: number | undefined }

const names: Record<keyof NetworkQuotas, string> = {
  networks: 'network',
  subnets: 'subnet',
  routers: 'router',
  ports: 'port',
  floatingIps: 'floatingip',
  securityGroups: 'security_group',
  securityGroupRules: 'security_group_rule',
}

export function fromNeutron(raw: unknown): NetworkQuotas {
  const set = fields('neutron', 'quota', raw)
  const quota = (name: string): Quota => {
    const one = set.child(name)
    return { limit: one.number('limit'), inUse: one.number('used'), reserved: one.maybeNumber('reserved') ?? 0 }
  }
  return {
    networks: quota(names.networks),
    subnets: quota(names.subnets),
    routers: quota(names.routers),
    ports: quota(names.ports),
    floatingIps: quota(names.floatingIps),
    securityGroups: quota(names.securityGroups),
    securityGroupRules: quota(names.securityGroupRules),
  }
}

export class NetworkQuotaSets {
  readonly #neutron: Service

  constructor(neutron: Service) {
    this.#neutron = neutron
  }

  /** Tungsten Fabric says 0 for all that is in use; OpenSDN since R24.1 counts. */
  async get(projectId: string): Promise<NetworkQuotas> {
    return this.#neutron.read(await this.#neutron.get(path`/quotas/${projectId}/details.json`), 'quota', fromNeutron)
  }

  /** For admins. */
  async update(projectId: string, limits: NetworkLimits): Promise<void> {
    const quota: Record<string, number | undefined> = {}
    for (const name of Object.keys(names) as (keyof NetworkQuotas)[]) quota[names[name]] = limits[name]
    await this.#neutron.put(path`/quotas/${projectId}`, { quota: given(quota) })
  }

  async reset(projectId: string): Promise<void> {
    await this.#neutron.delete(path`/quotas/${projectId}`)
  }
}
