import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { oldest } from '../listing.ts'
import { path, type Service } from '../service.ts'

export interface Image {
  id: string
  name: string
  /** `queued`, `saving`, `uploading`, `importing`, `active`, `deactivated`, `killed`, `pending_delete`, `deleted`. */
  status: string
  /** `public`, `community`, `shared`, `private`. */
  visibility: string
  ownerId: string | undefined
  /** Bytes stored; unknown until the data is there. */
  sizeBytes: number | undefined
  /** Bytes of the disk that it becomes. */
  virtualSizeBytes: number | undefined
  minDiskGib: number
  minRamMib: number
  diskFormat: string | undefined
  containerFormat: string | undefined
  checksum: string | undefined
  isProtected: boolean
  isHidden: boolean
  tags: string[]
  /** Everything else that is a string: `os_distro`, `os_version`, `hw_…`, and what the owner wrote. */
  properties: Record<string, string>
  createdAt: Date
  updatedAt: Date
}

const ownMembers = new Set(
  `id name status visibility owner size virtual_size min_disk min_ram disk_format container_format checksum protected os_hidden tags
  created_at updated_at self file schema direct_url locations os_hash_algo os_hash_value`.split(/\s+/),
)

export function fromGlance(raw: unknown): Image {
  const image = fields('glance', 'image', raw)
  const properties: Record<string, string> = {}
  for (const [name, value] of Object.entries(image.raw)) if (typeof value === 'string' && !ownMembers.has(name)) properties[name] = value
  return {
    id: image.text('id'),
    name: image.maybeText('name') ?? '',
    status: image.text('status'),
    visibility: image.text('visibility'),
    ownerId: image.maybeText('owner'),
    sizeBytes: image.maybeNumber('size'),
    virtualSizeBytes: image.maybeNumber('virtual_size'),
    minDiskGib: image.maybeNumber('min_disk') ?? 0,
    minRamMib: image.maybeNumber('min_ram') ?? 0,
    diskFormat: image.maybeText('disk_format'),
    containerFormat: image.maybeText('container_format'),
    checksum: image.maybeText('checksum'),
    isProtected: image.maybeFlag('protected') ?? false,
    isHidden: image.maybeFlag('os_hidden') ?? false,
    tags: image.maybeTexts('tags'),
    properties,
    createdAt: image.date('created_at'),
    updatedAt: image.date('updated_at'),
  }
}

export interface ImageFilter {
  name?: string | undefined
  status?: string | undefined
  visibility?: string | undefined
  ownerId?: string | undefined
  tag?: string | undefined
  hidden?: boolean | undefined
  pageSize?: number | undefined
}

export class ImageStore {
  readonly #glance: Service

  constructor(glance: Service) {
    this.#glance = glance
  }

  /** Public ones, those of the project, and those shared with it and accepted. */
  list(filter: ImageFilter = {}): Listing<Image> {
    const { name, status, visibility, ownerId, tag, hidden, pageSize } = filter
    return this.#glance.list('/images', 'images', fromGlance, {
      query: { name, status, visibility, owner: ownerId, tag, os_hidden: hidden, limit: pageSize },
    })
  }

  /** An image's document is the whole answer, without a member around it. */
  async get(id: string): Promise<Image> {
    return this.#glance.readWhole(await this.#glance.get(path`/images/${id}`), fromGlance)
  }

  /** The oldest of that exact name; `undefined` when there is none. */
  find(wanted: { name: string; visibility?: string | undefined }): Promise<Image | undefined> {
    return oldest(this.list(wanted), (image) => image.name === wanted.name)
  }
}
