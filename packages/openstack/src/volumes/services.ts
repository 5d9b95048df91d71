import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import type { Service } from '../service.ts'

/** One of Cinder's own processes. */
export interface VolumeService {
  binary: string
  host: string
  zone: string
  isEnabled: boolean
  isUp: boolean
  disabledReason: string | undefined
  updatedAt: Date | undefined
}

export function fromCinder(raw: unknown): VolumeService {
  const service = fields('cinder', 'service', raw)
  return {
    binary: service.text('binary'),
    host: service.text('host'),
    zone: service.maybeText('zone') ?? '',
    isEnabled: service.text('status') === 'enabled',
    isUp: service.text('state') === 'up',
    disabledReason: service.maybeText('disabled_reason'),
    updatedAt: service.maybeDate('updated_at'),
  }
}

/** A place where volumes are kept. */
export interface VolumePool {
  name: string
  backendName: string | undefined
  /** GiB; nothing where the driver says `unknown` or `infinite`. */
  totalGib: number | undefined
  freeGib: number | undefined
  allocatedGib: number | undefined
}

export function poolFromCinder(raw: unknown): VolumePool {
  const pool = fields('cinder', 'pool', raw)
  const capabilities = pool.maybeChild('capabilities')
  const gib = (name: string): number | undefined => {
    const value = capabilities?.raw[name]
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined
  }
  return {
    name: pool.text('name'),
    backendName: capabilities?.maybeText('volume_backend_name'),
    totalGib: gib('total_capacity_gb'),
    freeGib: gib('free_capacity_gb'),
    allocatedGib: gib('allocated_capacity_gb'),
  }
}

/** For admins. */
export class VolumeServices {
  readonly #cinder: Service

  constructor(cinder: Service) {
    this.#cinder = cinder
  }

  list(filter: { binary?: string; host?: string } = {}): Listing<VolumeService> {
    return this.#cinder.list('/os-services', 'services', fromCinder, { query: { ...filter } })
  }

  pools(): Listing<VolumePool> {
    return this.#cinder.list('/scheduler-stats/get_pools', 'pools', poolFromCinder, { query: { detail: true } })
  }
}
