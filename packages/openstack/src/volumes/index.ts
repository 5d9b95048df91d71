import type { Service } from '../service.ts'
import { Snapshots } from './snapshots.ts'
import { VolumeTypes } from './types.ts'
import { VolumeStore } from './volumes.ts'

/** Cinder. The volumes themselves are at the top: `volumes.list()`, `volumes.create(…)`. */
export class Volumes extends VolumeStore {
  readonly snapshots: Snapshots
  readonly types: VolumeTypes

  constructor(cinder: Service) {
    super(cinder)
    this.snapshots = new Snapshots(cinder)
    this.types = new VolumeTypes(cinder)
  }
}
