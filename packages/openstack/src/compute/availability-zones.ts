import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import type { Service } from '../service.ts'

export interface AvailabilityZone {
  name: string
  isAvailable: boolean
}

export function fromNova(raw: unknown): AvailabilityZone {
  const zone = fields('nova', 'availability zone', raw)
  return { name: zone.text('zoneName'), isAvailable: zone.child('zoneState').flag('available') }
}

export class AvailabilityZones {
  readonly #nova: Service

  constructor(nova: Service) {
    this.#nova = nova
  }

  /** Of the hosts that run servers. */
  list(): Listing<AvailabilityZone> {
    return this.#nova.list('/os-availability-zone', 'availabilityZoneInfo', fromNova)
  }
}
