import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import type { Service } from '../service.ts'

/** One of Neutron's own processes. Tungsten has no such list: check the dialect's extensions for `agent`. */
export interface NetworkAgent {
  id: string
  /** `DHCP agent`, `L3 agent`, `Open vSwitch agent`, … */
  type: string
  binary: string
  host: string
  zone: string | undefined
  isEnabled: boolean
  isUp: boolean
  heardOfAt: Date | undefined
}

export function fromNeutron(raw: unknown): NetworkAgent {
  const agent = fields('neutron', 'agent', raw)
  return {
    id: agent.text('id'),
    type: agent.text('agent_type'),
    binary: agent.text('binary'),
    host: agent.text('host'),
    zone: agent.filledText('availability_zone'),
    isEnabled: agent.flag('admin_state_up'),
    isUp: agent.flag('alive'),
    heardOfAt: agent.maybeDate('heartbeat_timestamp'),
  }
}

export class NetworkAgents {
  readonly #neutron: Service

  constructor(neutron: Service) {
    this.#neutron = neutron
  }

  /** For admins. */
  list(filter: { binary?: string; host?: string } = {}): Listing<NetworkAgent> {
    return this.#neutron.list('/agents', 'agents', fromNeutron, { query: { ...filter } })
  }
}
