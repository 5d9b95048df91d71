import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { given, path, type Service } from '../service.ts'

/** One of Nova's own processes. */
export interface ComputeService {
  id: string
  /** `nova-compute`, `nova-scheduler`, … */
  binary: string
  host: string
  zone: string
  isEnabled: boolean
  /** Whether it has reported lately. */
  isUp: boolean
  isForcedDown: boolean
  disabledReason: string | undefined
  updatedAt: Date | undefined
}

export function fromNova(raw: unknown): ComputeService {
  const service = fields('nova', 'service', raw)
  return {
    id: service.text('id'),
    binary: service.text('binary'),
    host: service.text('host'),
    zone: service.maybeText('zone') ?? '',
    isEnabled: service.text('status') === 'enabled',
    isUp: service.text('state') === 'up',
    isForcedDown: service.maybeFlag('forced_down') ?? false,
    disabledReason: service.maybeText('disabled_reason'),
    updatedAt: service.maybeDate('updated_at'),
  }
}

/** For admins. */
export class ComputeServices {
  readonly #nova: Service

  constructor(nova: Service) {
    this.#nova = nova
  }

  list(filter: { binary?: string; host?: string } = {}): Listing<ComputeService> {
    return this.#nova.list('/os-services', 'services', fromNova, { query: { ...filter } })
  }

  /** A disabled host gets no new servers; those on it go on. */
  async disable(id: string, reason: string): Promise<ComputeService> {
    return await this.#update(id, { status: 'disabled', disabled_reason: reason })
  }

  async enable(id: string): Promise<ComputeService> {
    return await this.#update(id, { status: 'enabled' })
  }

  async #update(id: string, changes: Record<string, unknown>): Promise<ComputeService> {
    return this.#nova.read(await this.#nova.put(path`/os-services/${id}`, given(changes)), 'service', fromNova)
  }
}
