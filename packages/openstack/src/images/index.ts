import type { Service } from '../service.ts'
import { ImageStore } from './images.ts'
import { ImageMembers } from './members.ts'

/** Glance. The images themselves are at the top: `images.list()`, `images.get(id)`. */
export class Images extends ImageStore {
  readonly members: ImageMembers

  constructor(glance: Service) {
    super(glance)
    this.members = new ImageMembers(glance)
  }
}
