import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { given, path, type Service } from '../service.ts'

/** An offer of a volume to whoever knows its key. Who accepts it pays from then on. */
export interface Transfer {
  id: string
  name: string
  volumeId: string
  createdAt: Date
}

export function fromCinder(raw: unknown): Transfer {
  const transfer = fields('cinder', 'transfer', raw)
  return {
    id: transfer.text('id'),
    name: transfer.maybeText('name') ?? '',
    volumeId: transfer.text('volume_id'),
    createdAt: transfer.date('created_at'),
  }
}

export class Transfers {
  readonly #cinder: Service

  constructor(cinder: Service) {
    this.#cinder = cinder
  }

  list(filter: { allProjects?: boolean } = {}): Listing<Transfer> {
    return this.#cinder.list('/volume-transfers/detail', 'transfers', fromCinder, {
      query: { all_tenants: filter.allProjects ? 1 : undefined },
    })
  }

  async get(id: string): Promise<Transfer> {
    return this.#cinder.read(await this.#cinder.get(path`/volume-transfers/${id}`), 'transfer', fromCinder)
  }

  /** The volume must be `available` and is `awaiting-transfer` until then. The key is told this once. */
  async create(transfer: { volumeId: string; name?: string; withSnapshots?: boolean }): Promise<Transfer & { authKey: string }> {
    const { volumeId, name, withSnapshots } = transfer
    const answer = await this.#cinder.post('/volume-transfers', {
      transfer: given({ volume_id: volumeId, name, no_snapshots: withSnapshots === false ? true : undefined }),
    })
    return this.#cinder.read(answer, 'transfer', (raw) => ({
      ...fromCinder(raw),
      authKey: fields('cinder', 'transfer', raw).text('auth_key'),
    }))
  }

  /** In the scope of the project that takes the volume. */
  async accept(id: string, authKey: string): Promise<{ volumeId: string }> {
    const answer = await this.#cinder.post(path`/volume-transfers/${id}/accept`, { accept: { auth_key: authKey } })
    return this.#cinder.read(answer, 'transfer', (raw) => ({
      volumeId: fields('cinder', 'accepted transfer', raw).text('volume_id'),
    }))
  }

  async remove(id: string): Promise<void> {
    await this.#cinder.delete(path`/volume-transfers/${id}`)
  }
}
