import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import { failed, orAbsent, type WaitOptions, waitFor } from '../wait.ts'

export interface Backup {
  id: string
  name: string
  description: string
  /** `creating`, `available`, `restoring`, `deleting`, `error`, `error_deleting`, … */
  status: string
  volumeId: string
  snapshotId: string | undefined
  sizeGib: number
  isIncremental: boolean
  hasDependents: boolean
  failReason: string | undefined
  metadata: Record<string, string>
  projectId: string | undefined
  createdAt: Date
  updatedAt: Date | undefined
}

export function fromCinder(raw: unknown): Backup {
  const backup = fields('cinder', 'backup', raw)
  return {
    id: backup.text('id'),
    name: backup.maybeText('name') ?? '',
    description: backup.maybeText('description') ?? '',
    status: backup.text('status'),
    volumeId: backup.text('volume_id'),
    snapshotId: backup.maybeText('snapshot_id'),
    sizeGib: backup.number('size'),
    isIncremental: backup.maybeFlag('is_incremental') ?? false,
    hasDependents: backup.maybeFlag('has_dependent_backups') ?? false,
    failReason: backup.filledText('fail_reason'),
    metadata: backup.textMap('metadata'),
    projectId: backup.maybeText('os-backup-project-attr:project_id'),
    createdAt: backup.date('created_at'),
    updatedAt: backup.maybeDate('updated_at'),
  }
}

export interface NewBackup {
  volumeId: string
  name: string
  description?: string | undefined
  isIncremental?: boolean | undefined
  /** Of an attached volume, as it is at that moment. */
  force?: boolean | undefined
  snapshotId?: string | undefined
  metadata?: Record<string, string> | undefined
}

/** Needs `cinder-backup`, which not every cloud has: there, creating one answers 503 or it stays in `error`. */
export class Backups {
  readonly #cinder: Service

  constructor(cinder: Service) {
    this.#cinder = cinder
  }

  list(
    filter: { name?: string; volumeId?: string; status?: string; allProjects?: boolean; pageSize?: number } = {},
  ): Listing<Backup> {
    return this.#cinder.list('/backups/detail', 'backups', fromCinder, {
      query: {
        name: filter.name,
        volume_id: filter.volumeId,
        status: filter.status,
        all_tenants: filter.allProjects ? 1 : undefined,
        limit: filter.pageSize,
      },
    })
  }

  async get(id: string): Promise<Backup> {
    return this.#cinder.read(await this.#cinder.get(path`/backups/${id}`), 'backup', fromCinder)
  }

  find(wanted: { name: string; volumeId?: string }): Promise<Backup | undefined> {
    return oldest(
      this.list(wanted),
      (backup) => backup.name === wanted.name && (wanted.volumeId === undefined || backup.volumeId === wanted.volumeId),
    )
  }

  async create(backup: NewBackup): Promise<{ id: string }> {
    const { volumeId, name, description, isIncremental, force, snapshotId, metadata } = backup
    const answer = await this.#cinder.post('/backups', {
      backup: given({
        volume_id: volumeId,
        name,
        description,
        incremental: isIncremental,
        force,
        snapshot_id: snapshotId,
        metadata,
      }),
    })
    return this.#cinder.read(answer, 'backup', (raw) => ({ id: fields('cinder', 'created backup', raw).text('id') }))
  }

  /** Into the given volume, which it overwrites, or into a new one. */
  async restore(id: string, into: { volumeId?: string; name?: string } = {}): Promise<{ volumeId: string }> {
    const answer = await this.#cinder.post(path`/backups/${id}/restore`, {
      restore: given({ volume_id: into.volumeId, name: into.name }),
    })
    return this.#cinder.read(answer, 'restore', (raw) => ({ volumeId: fields('cinder', 'restore', raw).text('volume_id') }))
  }

  /** Refused while incremental ones hang on it. */
  async remove(id: string): Promise<void> {
    await this.#cinder.delete(path`/backups/${id}`)
  }

  waitForStatus(id: string, statuses: string | string[], options?: WaitOptions): Promise<Backup> {
    const wanted = [statuses].flat()
    return waitFor(
      this.#cinder.clock,
      'cinder',
      `backup ${id} ${wanted.join(' or ')}`,
      async () => {
        const backup = await this.get(id)
        if (wanted.includes(backup.status)) return backup
        if (backup.status.startsWith('error'))
          throw failed('cinder', 'backup_error', `backup ${id}: ${backup.failReason ?? backup.status}`)
        return undefined
      },
      options,
    )
  }

  async waitUntilGone(id: string, options?: WaitOptions): Promise<void> {
    await waitFor(
      this.#cinder.clock,
      'cinder',
      `backup ${id} gone`,
      async () => ((await orAbsent(this.get(id))) ? undefined : true),
      options,
    )
  }
}
