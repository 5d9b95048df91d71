import { fields } from '../decode.ts'
import type { Quota } from '../quota.ts'
import { given, path, type Service } from '../service.ts'

export interface ComputeQuotas {
  instances: Quota
  cores: Quota
  ramMib: Quota
  keyPairs: Quota
  serverGroups: Quota
  serverGroupMembers: Quota
  metadataItems: Quota
}

export interface ComputeLimits {
  instances?: number | undefined
  cores?: number | undefined
  ramMib?: number | undefined
  keyPairs?: number | undefined
  serverGroups?: number | undefined
  serverGroupMembers?: number | undefined
  metadataItems?: number | undefined
}

export function fromNova(raw: unknown): ComputeQuotas {
  const set = fields('nova', 'quota set', raw)
  const quota = (name: string): Quota => {
    const one = set.child(name)
    return { limit: one.number('limit'), inUse: one.number('in_use'), reserved: one.number('reserved') }
  }
  return {
    instances: quota('instances'),
    cores: quota('cores'),
    ramMib: quota('ram'),
    keyPairs: quota('key_pairs'),
    serverGroups: quota('server_groups'),
    serverGroupMembers: quota('server_group_members'),
    metadataItems: quota('metadata_items'),
  }
}

export class ComputeQuotaSets {
  readonly #nova: Service

  constructor(nova: Service) {
    this.#nova = nova
  }

  async get(projectId: string): Promise<ComputeQuotas> {
    return this.#nova.read(await this.#nova.get(path`/os-quota-sets/${projectId}/detail`), 'quota_set', fromNova)
  }

  /** Nova refuses a limit below what is in use unless `force` is given. For admins. */
  async update(projectId: string, limits: ComputeLimits, options: { force?: boolean } = {}): Promise<void> {
    await this.#nova.put(path`/os-quota-sets/${projectId}`, {
      quota_set: given({
        instances: limits.instances,
        cores: limits.cores,
        ram: limits.ramMib,
        key_pairs: limits.keyPairs,
        server_groups: limits.serverGroups,
        server_group_members: limits.serverGroupMembers,
        metadata_items: limits.metadataItems,
        force: options.force,
      }),
    })
  }

  /** Back to the defaults. */
  async reset(projectId: string): Promise<void> {
    await this.#nova.delete(path`/os-quota-sets/${projectId}`)
  }
}
