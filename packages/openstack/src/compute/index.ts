import type { Service } from '../service.ts'
import { AvailabilityZones } from './availability-zones.ts'
import { Flavors } from './flavors.ts'
import { Hypervisors } from './hypervisors.ts'
import { InstanceActions } from './instance-actions.ts'
import { Interfaces } from './interfaces.ts'
import { Keypairs } from './keypairs.ts'
import { ComputeQuotaSets } from './quotas.ts'
import { ServerGroups } from './server-groups.ts'
import { Servers } from './servers.ts'
import { ComputeServices } from './services.ts'
import { Usage } from './usage.ts'
import { VolumeAttachments } from './volume-attachments.ts'

/** Nova. */
export class Compute {
  readonly servers: Servers
  readonly volumeAttachments: VolumeAttachments
  readonly interfaces: Interfaces
  readonly instanceActions: InstanceActions
  readonly serverGroups: ServerGroups
  readonly flavors: Flavors
  readonly keypairs: Keypairs
  readonly quotas: ComputeQuotaSets
  readonly usage: Usage
  readonly hypervisors: Hypervisors
  readonly services: ComputeServices
  readonly availabilityZones: AvailabilityZones

  constructor(nova: Service) {
    this.servers = new Servers(nova)
    this.volumeAttachments = new VolumeAttachments(nova)
    this.interfaces = new Interfaces(nova)
    this.instanceActions = new InstanceActions(nova)
    this.serverGroups = new ServerGroups(nova)
    this.flavors = new Flavors(nova)
    this.keypairs = new Keypairs(nova)
    this.quotas = new ComputeQuotaSets(nova)
    this.usage = new Usage(nova)
    this.hypervisors = new Hypervisors(nova)
    this.services = new ComputeServices(nova)
    this.availabilityZones = new AvailabilityZones(nova)
  }
}
