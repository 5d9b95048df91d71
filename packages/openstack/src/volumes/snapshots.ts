import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { hasAll } from '../metadata.ts'
import { given, path, type Service } from '../service.ts'
import { failed, orAbsent, type WaitOptions, waitFor } from '../wait.ts'
import { pythonDict } from './volumes.ts'

export interface Snapshot {
  id: string
  name: string
  description: string
  /** `creating`, `available`, `deleting`, `error`, `error_deleting`, … */
  status: string
  volumeId: string
  sizeGib: number
  projectId: string | undefined
  metadata: Record<string, string>
  progress: string | undefined
  createdAt: Date
  updatedAt: Date | undefined
}

export function fromCinder(raw: unknown): Snapshot {
  const snapshot = fields('cinder', 'snapshot', raw)
  return {
    id: snapshot.text('id'),
    name: snapshot.maybeText('name') ?? '',
    description: snapshot.maybeText('description') ?? '',
    status: snapshot.text('status'),
    volumeId: snapshot.text('volume_id'),
    sizeGib: snapshot.number('size'),
    projectId: snapshot.maybeText('os-extended-snapshot-attributes:project_id'),
    metadata: snapshot.textMap('metadata'),
    progress: snapshot.maybeText('os-extended-snapshot-attributes:progress'),
    createdAt: snapshot.date('created_at'),
    updatedAt: snapshot.maybeDate('updated_at'),
  }
}

export interface SnapshotFilter {
  name?: string | undefined
  volumeId?: string | undefined
  status?: string | undefined
  metadata?: Record<string, string> | undefined
  allProjects?: boolean | undefined
  projectId?: string | undefined
  pageSize?: number | undefined
}

export interface NewSnapshot {
  volumeId: string
  name: string
  description?: string | undefined
  metadata?: Record<string, string> | undefined
}

export class Snapshots {
  readonly #cinder: Service

  constructor(cinder: Service) {
    this.#cinder = cinder
  }

  list(filter: SnapshotFilter = {}): Listing<Snapshot> {
    const { name, volumeId, status, metadata, allProjects, projectId, pageSize } = filter
    return this.#cinder.list('/snapshots/detail', 'snapshots', fromCinder, {
      query: {
        name,
        volume_id: volumeId,
        status,
        metadata: metadata && pythonDict(metadata),
        all_tenants: allProjects ? 1 : undefined,
        project_id: projectId,
        limit: pageSize,
      },
    })
  }

  async get(id: string): Promise<Snapshot> {
    return this.#cinder.read(await this.#cinder.get(path`/snapshots/${id}`), 'snapshot', fromCinder)
  }

  /** The oldest that fits; `undefined` when there is none. */
  find(wanted: { name?: string; volumeId?: string; metadata?: Record<string, string> }): Promise<Snapshot | undefined> {
    return oldest(
      this.list(wanted),
      (snapshot) =>
        (wanted.name === undefined || snapshot.name === wanted.name) &&
        (wanted.volumeId === undefined || snapshot.volumeId === wanted.volumeId) &&
        hasAll(snapshot.metadata, wanted.metadata),
    )
  }

  /** Of an attached volume too: `force` is what 3.66 and later imply. What the guest has not written out is not in it. */
  async create(snapshot: NewSnapshot): Promise<Snapshot> {
    const { volumeId, name, description, metadata } = snapshot
    const answer = await this.#cinder.post('/snapshots', {
      snapshot: given({ volume_id: volumeId, name, description, metadata, force: true }),
    })
    return this.#cinder.read(answer, 'snapshot', fromCinder)
  }

  async update(id: string, changes: { name?: string | undefined; description?: string | undefined }): Promise<Snapshot> {
    const answer = await this.#cinder.put(path`/snapshots/${id}`, { snapshot: given({ ...changes }) })
    return this.#cinder.read(answer, 'snapshot', fromCinder)
  }

  async remove(id: string): Promise<void> {
    await this.#cinder.delete(path`/snapshots/${id}`)
  }

  waitForStatus(id: string, statuses: string | string[], options?: WaitOptions): Promise<Snapshot> {
    const wanted = [statuses].flat()
    return waitFor(
      this.#cinder.clock,
      'cinder',
      `snapshot ${id} ${wanted.join(' or ')}`,
      async () => {
        const snapshot = await this.get(id)
        if (wanted.includes(snapshot.status)) return snapshot
        if (snapshot.status.startsWith('error'))
          throw failed('cinder', 'snapshot_error', `snapshot ${id} is in status ${snapshot.status}`)
        return undefined
      },
      options,
    )
  }

  async waitUntilGone(id: string, options?: WaitOptions): Promise<void> {
    await waitFor(
      this.#cinder.clock,
      'cinder',
      `snapshot ${id} gone`,
      async () => {
        const snapshot = await orAbsent(this.get(id))
        if (snapshot?.status === 'error_deleting') throw failed('cinder', 'snapshot_error', `snapshot ${id} could not be deleted`)
        return snapshot ? undefined : true
      },
      options,
    )
  }
}
