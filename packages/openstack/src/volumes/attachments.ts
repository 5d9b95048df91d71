import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { path, type Service } from '../service.ts'

/**
 * Cinder's record of an attachment (3.27 and later). Nova makes one for each volume that it attaches; made by anybody else it says
 * `attached` although no server has the disk. So it is read here, and removed when its server is gone, never created.
 */
export interface CinderAttachment {
  id: string
  volumeId: string
  serverId: string | undefined
  /** `reserved`, `attaching`, `attached`, `detached`, … */
  status: string
  attachedAt: Date | undefined
  detachedAt: Date | undefined
}

export function fromCinder(raw: unknown): CinderAttachment {
  const attachment = fields('cinder', 'attachment', raw)
  return {
    id: attachment.text('id'),
    volumeId: attachment.text('volume_id'),
    serverId: attachment.filledText('instance'),
    status: attachment.maybeText('status') ?? '',
    attachedAt: attachment.maybeDate('attached_at'),
    detachedAt: attachment.maybeDate('detached_at'),
  }
}

export class CinderAttachments {
  readonly #cinder: Service

  constructor(cinder: Service) {
    this.#cinder = cinder
  }

  list(filter: { volumeId?: string; serverId?: string; allProjects?: boolean } = {}): Listing<CinderAttachment> {
    return this.#cinder.list('/attachments/detail', 'attachments', fromCinder, {
      query: { volume_id: filter.volumeId, instance_id: filter.serverId, all_tenants: filter.allProjects ? 1 : undefined },
    })
  }

  async get(id: string): Promise<CinderAttachment> {
    return this.#cinder.read(await this.#cinder.get(path`/attachments/${id}`), 'attachment', fromCinder)
  }

  /** Fails with `cinder.nova_uses_attachment` while Nova has it. */
  async remove(id: string): Promise<void> {
    await this.#cinder.delete(path`/attachments/${id}`)
  }
}
