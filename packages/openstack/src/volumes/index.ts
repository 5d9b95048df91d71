import type { Service } from '../service.ts'
import { CinderAttachments } from './attachments.ts'
import { Backups } from './backups.ts'
import { VolumeQuotaSets } from './quotas.ts'
import { VolumeServices } from './services.ts'
import { Snapshots } from './snapshots.ts'
import { Transfers } from './transfers.ts'
import { VolumeTypes } from './types.ts'
import { VolumeStore } from './volumes.ts'

/** Cinder. The volumes themselves are at the top: `volumes.list()`, `volumes.create(…)`. */
export class Volumes extends VolumeStore {
  readonly snapshots: Snapshots
  readonly backups: Backups
  readonly transfers: Transfers
  readonly types: VolumeTypes
  readonly attachments: CinderAttachments
  readonly quotas: VolumeQuotaSets
  readonly services: VolumeServices

  constructor(cinder: Service) {
    super(cinder)
    this.snapshots = new Snapshots(cinder)
    this.backups = new Backups(cinder)
    this.transfers = new Transfers(cinder)
    this.types = new VolumeTypes(cinder)
    this.attachments = new CinderAttachments(cinder)
    this.quotas = new VolumeQuotaSets(cinder)
    this.services = new VolumeServices(cinder)
  }
}
