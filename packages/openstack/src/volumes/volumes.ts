import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { hasAll } from '../metadata.ts'
import { type Answer, given, path, type Service } from '../service.ts'
import { failed, orAbsent, type WaitOptions, waitFor } from '../wait.ts'

export interface Volume {
  id: string
  name: string
  description: string
  /** `creating`, `available`, `reserved`, `attaching`, `in-use`, `detaching`, `extending`, `retyping`, `deleting`, `error`, `error_deleting`, … */
  status: string
  sizeGib: number
  /** By name. */
  volumeType: string | undefined
  isBootable: boolean
  isEncrypted: boolean
  isMultiattach: boolean
  projectId: string | undefined
  userId: string | undefined
  metadata: Record<string, string>
  imageMetadata: Record<string, string>
  /** What Cinder believes. It also says so when no server has the disk: believe Nova's list of a server's volumes. */
  attachments: VolumeAttachmentNote[]
  snapshotId: string | undefined
  sourceVolumeId: string | undefined
  availabilityZone: string | undefined
  createdAt: Date
  updatedAt: Date | undefined
}

export interface VolumeAttachmentNote {
  attachmentId: string | undefined
  serverId: string | undefined
  device: string | undefined
}

export function fromCinder(raw: unknown): Volume {
  const volume = fields('cinder', 'volume', raw)
  return {
    id: volume.text('id'),
    name: volume.maybeText('name') ?? '',
    description: volume.maybeText('description') ?? '',
    status: volume.text('status'),
    sizeGib: volume.number('size'),
    volumeType: volume.filledText('volume_type'),
    isBootable: volume.maybeFlag('bootable') ?? false,
    isEncrypted: volume.maybeFlag('encrypted') ?? false,
    isMultiattach: volume.maybeFlag('multiattach') ?? false,
    projectId: volume.maybeText('os-vol-tenant-attr:tenant_id'),
    userId: volume.maybeText('user_id'),
    metadata: volume.textMap('metadata'),
    imageMetadata: volume.textMap('volume_image_metadata'),
    attachments: volume.maybeList('attachments', (item) => {
      const note = fields('cinder', 'attachment', item)
      return {
        attachmentId: note.maybeText('attachment_id'),
        serverId: note.maybeText('server_id'),
        device: note.maybeText('device'),
      }
    }),
    snapshotId: volume.maybeText('snapshot_id'),
    sourceVolumeId: volume.maybeText('source_volid'),
    availabilityZone: volume.maybeText('availability_zone'),
    createdAt: volume.date('created_at'),
    updatedAt: volume.maybeDate('updated_at'),
  }
}

export interface VolumeFilter {
  name?: string | undefined
  status?: string | undefined
  /** All of these pairs. */
  metadata?: Record<string, string> | undefined
  isBootable?: boolean | undefined
  /** Of every project; for admins. */
  allProjects?: boolean | undefined
  /** With `allProjects`. */
  projectId?: string | undefined
  createdSince?: Date | undefined
  updatedSince?: Date | undefined
  pageSize?: number | undefined
}

export interface NewVolume {
  name: string
  sizeGib: number
  /** Name or id. */
  volumeType?: string | undefined
  description?: string | undefined
  /** Makes it bootable; the size must be at least the image's `minDiskGib` and its virtual size. */
  imageId?: string | undefined
  snapshotId?: string | undefined
  sourceVolumeId?: string | undefined
  backupId?: string | undefined
  metadata?: Record<string, string> | undefined
  availabilityZone?: string | undefined
}

export interface VolumeChanges {
  name?: string | undefined
  description?: string | undefined
  /** Replaces all pairs. */
  metadata?: Record<string, string> | undefined
}

export interface ImageFromVolume {
  name: string
  diskFormat?: string | undefined
  containerFormat?: string | undefined
  visibility?: string | undefined
  isProtected?: boolean | undefined
  force?: boolean | undefined
}

export class VolumeStore {
  readonly #cinder: Service

  constructor(cinder: Service) {
    this.#cinder = cinder
  }

  list(filter: VolumeFilter = {}): Listing<Volume> {
    const { name, status, metadata, isBootable, allProjects, projectId, createdSince, updatedSince, pageSize } = filter
    return this.#cinder.list('/volumes/detail', 'volumes', fromCinder, {
      query: {
        name,
        status,
        metadata: metadata && pythonDict(metadata),
        bootable: isBootable,
        all_tenants: allProjects ? 1 : undefined,
        project_id: projectId,
        created_at: createdSince && `gte:${cinderTime(createdSince)}`,
        updated_at: updatedSince && `gte:${cinderTime(updatedSince)}`,
        limit: pageSize,
      },
    })
  }

  async get(id: string): Promise<Volume> {
    return this.#cinder.read(await this.#cinder.get(path`/volumes/${id}`), 'volume', fromCinder)
  }

  /** The oldest that has exactly this name and all of these pairs; `undefined` when there is none. */
  find(wanted: { name?: string; metadata?: Record<string, string> }): Promise<Volume | undefined> {
    return oldest(
      this.list(wanted),
      (volume) => (wanted.name === undefined || volume.name === wanted.name) && hasAll(volume.metadata, wanted.metadata),
    )
  }

  /** Answers at once with status `creating`; wait for `available`. */
  async create(volume: NewVolume): Promise<Volume> {
    const { name, sizeGib, volumeType, description, imageId, snapshotId, sourceVolumeId, backupId, metadata, availabilityZone } =
      volume
    const answer = await this.#cinder.post('/volumes', {
      volume: given({
        name,
        size: sizeGib,
        volume_type: volumeType,
        description,
        imageRef: imageId,
        snapshot_id: snapshotId,
        source_volid: sourceVolumeId,
        backup_id: backupId,
        metadata,
        availability_zone: availabilityZone,
      }),
    })
    return this.#cinder.read(answer, 'volume', fromCinder)
  }

  async update(id: string, changes: VolumeChanges): Promise<Volume> {
    const { name, description, metadata } = changes
    const answer = await this.#cinder.put(path`/volumes/${id}`, { volume: given({ name, description, metadata }) })
    return this.#cinder.read(answer, 'volume', fromCinder)
  }

  async #act(id: string, action: Record<string, unknown>): Promise<Answer> {
    return await this.#cinder.post(path`/volumes/${id}/action`, action)
  }

  /** To a larger size. An attached one grows under its server since 3.42, where the driver can; the file system inside does not by itself. */
  async extend(id: string, sizeGib: number): Promise<void> {
    await this.#act(id, { 'os-extend': { new_size: sizeGib } })
  }

  /** To another type, by name or id. `migrate` lets Cinder copy it to another pool when it must. */
  async retype(id: string, volumeType: string, options: { migrate?: boolean } = {}): Promise<void> {
    await this.#act(id, { 'os-retype': { new_type: volumeType, migration_policy: options.migrate ? 'on-demand' : 'never' } })
  }

  async setBootable(id: string, isBootable: boolean): Promise<void> {
    await this.#act(id, { 'os-set_bootable': { bootable: isBootable } })
  }

  /** To the state of its latest snapshot; older ones are refused. Since 3.40. */
  async revertToSnapshot(id: string, snapshotId: string): Promise<void> {
    await this.#act(id, { revert: { snapshot_id: snapshotId } })
  }

  /** Copies it into a new image of Glance. `force` takes an attached one as it is. */
  async uploadToImage(id: string, image: ImageFromVolume): Promise<{ imageId: string }> {
    const { name, diskFormat, containerFormat, visibility, isProtected, force } = image
    const answer = await this.#act(id, {
      'os-volume_upload_image': given({
        image_name: name,
        disk_format: diskFormat,
        container_format: containerFormat,
        visibility,
        protected: isProtected,
        force,
      }),
    })
    return this.#cinder.read(answer, 'os-volume_upload_image', (raw) => ({
      imageId: fields('cinder', 'uploaded image', raw).text('image_id'),
    }))
  }

  /** Sets the status in Cinder's database and does nothing else. For admins. */
  async resetStatus(id: string, status: string, options: { attachStatus?: 'attached' | 'detached' } = {}): Promise<void> {
    await this.#act(id, { 'os-reset_status': given({ status, attach_status: options.attachStatus }) })
  }

  /**
   * Notes an attachment in Cinder and does nothing else: the volume says `in-use`, and no server has the disk. Attach through Nova.
   * It is here to clear up what others left, with `forceDetach`, and to prove the point.
   */
  async noteAttached(id: string, note: { serverId: string; device: string }): Promise<void> {
    await this.#act(id, { 'os-attach': { instance_uuid: note.serverId, mountpoint: note.device, mode: 'rw' } })
  }

  /** Takes such a note back. Fails with `cinder.nova_uses_attachment` when it is Nova's. */
  async noteDetached(id: string, attachmentId?: string): Promise<void> {
    await this.#act(id, { 'os-detach': given({ attachment_id: attachmentId }) })
  }

  /** For admins. Refused for what Nova has attached since the fix of CVE-2023-2088. */
  async forceDetach(id: string, attachmentId: string): Promise<void> {
    await this.#act(id, { 'os-force_detach': { attachment_id: attachmentId, connector: null } })
  }

  /** `withSnapshots` deletes the volume's snapshots too; without it a volume that has some is refused. */
  async remove(id: string, options: { withSnapshots?: boolean } = {}): Promise<void> {
    await this.#cinder.delete(path`/volumes/${id}`, { query: { cascade: options.withSnapshots } })
  }

  /** Deletes what is stuck in whatever status. For admins. */
  async forceRemove(id: string): Promise<void> {
    await this.#act(id, { 'os-force_delete': {} })
  }

  /** Waits for one of `statuses`; fails with kind `failed` when an error status comes first. */
  waitForStatus(id: string, statuses: string | string[], options?: WaitOptions): Promise<Volume> {
    const wanted = [statuses].flat()
    return waitFor(
      this.#cinder.clock,
      'cinder',
      `volume ${id} ${wanted.join(' or ')}`,
      async () => {
        const volume = await this.get(id)
        if (wanted.includes(volume.status)) return volume
        if (volume.status.startsWith('error'))
          throw failed('cinder', 'volume_error', `volume ${id} is in status ${volume.status}`)
        return undefined
      },
      options,
    )
  }

  async waitUntilGone(id: string, options?: WaitOptions): Promise<void> {
    await waitFor(
      this.#cinder.clock,
      'cinder',
      `volume ${id} gone`,
      async () => {
        const volume = await orAbsent(this.get(id))
        if (volume?.status === 'error_deleting') throw failed('cinder', 'volume_error', `volume ${id} could not be deleted`)
        return volume ? undefined : true
      },
      options,
    )
  }
}

// Cinder reads this filter as a Python literal: ast.literal_eval(filters['metadata'])
// https://opendev.org/openstack/cinder/src/branch/stable/zed/cinder/api/v3/volumes.py
export const pythonDict = (pairs: Record<string, string>): string => {
  const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r')}'`
  return `{${Object.entries(pairs)
    .map(([key, value]) => `${quote(key)}: ${quote(value)}`)
    .join(', ')}}`
}

/** Cinder's comparing filters take a time without a zone, in UTC. */
export const cinderTime = (time: Date): string => time.toISOString().slice(0, 19)
