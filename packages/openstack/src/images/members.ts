import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { path, type Service } from '../service.ts'

/** A project that may use a shared image. It sees the image in lists once it has accepted. */
export interface ImageMember {
  imageId: string
  projectId: string
  status: 'pending' | 'accepted' | 'rejected'
  createdAt: Date | undefined
  updatedAt: Date | undefined
}

export function fromGlance(raw: unknown): ImageMember {
  const member = fields('glance', 'image member', raw)
  const status = member.text('status')
  return {
    imageId: member.text('image_id'),
    projectId: member.text('member_id'),
    status: status === 'accepted' || status === 'rejected' ? status : 'pending',
    createdAt: member.maybeDate('created_at'),
    updatedAt: member.maybeDate('updated_at'),
  }
}

export class ImageMembers {
  readonly #glance: Service

  constructor(glance: Service) {
    this.#glance = glance
  }

  list(imageId: string): Listing<ImageMember> {
    return this.#glance.list(path`/images/${imageId}/members`, 'members', fromGlance)
  }

  /** By the owner; the image's visibility must be `shared`. */
  async add(imageId: string, projectId: string): Promise<ImageMember> {
    return this.#glance.readWhole(await this.#glance.post(path`/images/${imageId}/members`, { member: projectId }), fromGlance)
  }

  /** In the member's own scope. */
  async setStatus(imageId: string, projectId: string, status: ImageMember['status']): Promise<ImageMember> {
    return this.#glance.readWhole(await this.#glance.put(path`/images/${imageId}/members/${projectId}`, { status }), fromGlance)
  }

  async remove(imageId: string, projectId: string): Promise<void> {
    await this.#glance.delete(path`/images/${imageId}/members/${projectId}`)
  }
}
