import type { Service } from '../service.ts'
import { Flavors } from './flavors.ts'
import { InstanceActions } from './instance-actions.ts'
import { Keypairs } from './keypairs.ts'
import { ComputeQuotaSets } from './quotas.ts'
import { Servers } from './servers.ts'
import { VolumeAttachments } from './volume-attachments.ts'

/** Nova. */
export class Compute {
  readonly servers: Servers
  readonly volumeAttachments: VolumeAttachments
  readonly instanceActions: InstanceActions
  readonly flavors: Flavors
  readonly keypairs: Keypairs
  readonly quotas: ComputeQuotaSets

  constructor(nova: Service) {
    this.servers = new Servers(nova)
    this.volumeAttachments = new VolumeAttachments(nova)
    this.instanceActions = new InstanceActions(nova)
    this.flavors = new Flavors(nova)
    this.keypairs = new Keypairs(nova)
    this.quotas = new ComputeQuotaSets(nova)
  }
}
