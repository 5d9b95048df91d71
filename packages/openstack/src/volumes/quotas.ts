import { fields } from '../decode.ts'
import type { Quota } from '../quota.ts'
import { given, path, type Service } from '../service.ts'

export interface VolumeQuotas {
  volumes: Quota
  /** Volumes and, unless the cloud says otherwise, snapshots together. */
  gigabytes: Quota
  snapshots: Quota
  backups: Quota
  backupGigabytes: Quota
  perVolumeGigabytes: Quota
  /** By volume type. */
  byType: Record<string, { volumes: Quota; gigabytes: Quota; snapshots: Quota }>
}

export interface VolumeLimits {
  volumes?: number | undefined
  gigabytes?: number | undefined
  snapshots?: number | undefined
  backups?: number | undefined
  backupGigabytes?: number | undefined
  perVolumeGigabytes?: number | undefined
}

const unlimited: Quota = { limit: -1, inUse: 0, reserved: 0 }

export function fromCinder(raw: unknown): VolumeQuotas {
  const set = fields('cinder', 'quota set', raw)
  const quota = (name: string): Quota => {
    const one = set.maybeChild(name)
    return one
      ? { limit: one.number('limit'), inUse: one.number('in_use'), reserved: one.maybeNumber('reserved') ?? 0 }
      : unlimited
  }
  const byType: VolumeQuotas['byType'] = {}
  for (const name of Object.keys(set.raw))
    if (name.startsWith('volumes_')) {
      const type = name.slice('volumes_'.length)
      byType[type] = { volumes: quota(name), gigabytes: quota(`gigabytes_${type}`), snapshots: quota(`snapshots_${type}`) }
    }
  return {
    volumes: quota('volumes'),
    gigabytes: quota('gigabytes'),
    snapshots: quota('snapshots'),
    backups: quota('backups'),
    backupGigabytes: quota('backup_gigabytes'),
    perVolumeGigabytes: quota('per_volume_gigabytes'),
    byType,
  }
}

export class VolumeQuotaSets {
  readonly #cinder: Service

  constructor(cinder: Service) {
    this.#cinder = cinder
  }

  async get(projectId: string): Promise<VolumeQuotas> {
    return this.#cinder.read(
      await this.#cinder.get(path`/os-quota-sets/${projectId}`, { query: { usage: true } }),
      'quota_set',
      fromCinder,
    )
  }

  /** For admins. */
  async update(projectId: string, limits: VolumeLimits): Promise<void> {
    await this.#cinder.put(path`/os-quota-sets/${projectId}`, {
      quota_set: given({
        volumes: limits.volumes,
        gigabytes: limits.gigabytes,
        snapshots: limits.snapshots,
        backups: limits.backups,
        backup_gigabytes: limits.backupGigabytes,
        per_volume_gigabytes: limits.perVolumeGigabytes,
      }),
    })
  }

  async reset(projectId: string): Promise<void> {
    await this.#cinder.delete(path`/os-quota-sets/${projectId}`)
  }
}
