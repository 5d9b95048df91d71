import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import { orAbsent, type WaitOptions, waitFor } from '../wait.ts'

/** A port that is plugged into a server, as Nova sees it. */
export interface ServerInterface {
  portId: string
  networkId: string
  mac: string | undefined
  state: string | undefined
  addresses: { subnetId: string | undefined; address: string }[]
}

export function fromNova(raw: unknown): ServerInterface {
  const attached = fields('nova', 'interface', raw)
  return {
    portId: attached.text('port_id'),
    networkId: attached.text('net_id'),
    mac: attached.maybeText('mac_addr'),
    state: attached.maybeText('port_state'),
    addresses: attached.maybeList('fixed_ips', (item) => {
      const fixed = fields('nova', 'fixed address', item)
      return { subnetId: fixed.maybeText('subnet_id'), address: fixed.text('ip_address') }
    }),
  }
}

export class Interfaces {
  readonly #nova: Service

  constructor(nova: Service) {
    this.#nova = nova
  }

  list(serverId: string): Listing<ServerInterface> {
    return this.#nova.list(path`/servers/${serverId}/os-interface`, 'interfaceAttachments', fromNova)
  }

  find(serverId: string, portId: string): Promise<ServerInterface | undefined> {
    return orAbsent(this.list(serverId).first((attached) => attached.portId === portId))
  }

  /** A port made beforehand, or one that Nova makes on a network. Answers when it is done, which may take long. */
  async attach(serverId: string, what: { portId: string } | { networkId: string; fixedIp?: string }): Promise<ServerInterface> {
    const { portId, networkId, fixedIp } = { portId: undefined, networkId: undefined, fixedIp: undefined, ...what }
    const interfaceAttachment = given({
      port_id: portId,
      net_id: networkId,
      fixed_ips: fixedIp === undefined ? undefined : [{ ip_address: fixedIp }],
    })
    const answer = await this.#nova.post(path`/servers/${serverId}/os-interface`, { interfaceAttachment }, { timeoutMs: 180_000 })
    return this.#nova.read(answer, 'interfaceAttachment', fromNova)
  }

  /** Answers at once. A port that Nova made is deleted, one that was made beforehand stays. */
  async detach(serverId: string, portId: string): Promise<void> {
    await this.#nova.delete(path`/servers/${serverId}/os-interface/${portId}`)
  }

  async waitUntilDetached(serverId: string, portId: string, options?: WaitOptions): Promise<void> {
    await waitFor(
      this.#nova.clock,
      'nova',
      `port ${portId} detached from server ${serverId}`,
      async () => ((await this.find(serverId, portId)) ? undefined : true),
      options,
    )
  }
}
