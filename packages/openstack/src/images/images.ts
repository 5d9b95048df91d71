import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import { failed, orAbsent, type WaitOptions, waitFor } from '../wait.ts'

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
  for (const [name, value] of Object.entries(image.raw))
    if (typeof value === 'string' && !ownMembers.has(name)) properties[name] = value
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

export interface NewImage {
  name: string
  id?: string | undefined
  /** `raw`, `qcow2`, `iso`, `vmdk`, … */
  diskFormat: string
  /** `bare` when absent. */
  containerFormat?: string | undefined
  visibility?: string | undefined
  minDiskGib?: number | undefined
  minRamMib?: number | undefined
  isProtected?: boolean | undefined
  tags?: string[] | undefined
  properties?: Record<string, string> | undefined
}

export interface ImageChanges {
  name?: string | undefined
  visibility?: string | undefined
  minDiskGib?: number | undefined
  minRamMib?: number | undefined
  isProtected?: boolean | undefined
  isHidden?: boolean | undefined
  tags?: string[] | undefined
  properties?: Record<string, string> | undefined
  removeProperties?: string[] | undefined
}

export interface UploadOptions {
  /** Bytes that will come, when known. */
  sizeBytes?: number | undefined
  /** One hour when absent. */
  timeoutMs?: number | undefined
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
  find(wanted: { name: string; visibility?: string | undefined; ownerId?: string | undefined }): Promise<Image | undefined> {
    return oldest(this.list(wanted), (image) => image.name === wanted.name)
  }

  /** A record in status `queued`, still without data. */
  async create(image: NewImage): Promise<Image> {
    const {
      id,
      name,
      diskFormat,
      containerFormat = 'bare',
      visibility,
      minDiskGib,
      minRamMib,
      isProtected,
      tags,
      properties,
    } = image
    const answer = await this.#glance.post('/images', {
      ...properties,
      ...given({
        id,
        name,
        disk_format: diskFormat,
        container_format: containerFormat,
        visibility,
        min_disk: minDiskGib,
        min_ram: minRamMib,
        protected: isProtected,
        tags,
      }),
    })
    return this.#glance.readWhole(answer, fromGlance)
  }

  /** By Glance's JSON patch: what is not named stays as it is; properties to remove must exist. */
  async update(id: string, changes: ImageChanges): Promise<Image> {
    const {
      name,
      visibility,
      minDiskGib,
      minRamMib,
      isProtected,
      isHidden,
      tags,
      properties = {},
      removeProperties = [],
    } = changes
    const members = given({
      name,
      visibility,
      min_disk: minDiskGib,
      min_ram: minRamMib,
      protected: isProtected,
      os_hidden: isHidden,
      tags,
      ...properties,
    })
    // "add" replaces what is there: https://docs.openstack.org/api-ref/image/v2/#update-image
    const patch = [
      ...Object.entries(members).map(([member, value]) => ({ op: 'add', path: `/${pointer(member)}`, value })),
      ...removeProperties.map((member) => ({ op: 'remove', path: `/${pointer(member)}` })),
    ]
    const answer = await this.#glance.patch(path`/images/${id}`, patch, {
      headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' },
    })
    return this.#glance.readWhole(answer, fromGlance)
  }

  /** `public` is for admins by default; `shared` lets `members` name projects. */
  setVisibility(id: string, visibility: 'public' | 'community' | 'shared' | 'private'): Promise<Image> {
    return this.update(id, { visibility })
  }

  /**
   * Sends the data as it comes from `chunks`, so that an image larger than memory passes. Afterwards the image is `active`.
   * A stream can be sent once only: after a failure make a new image. `timeoutMs` is for the whole upload.
   */
  async upload(id: string, chunks: AsyncIterable<Uint8Array> | Uint8Array, options: UploadOptions = {}): Promise<void> {
    await this.#sendData(path`/images/${id}/file`, chunks, options)
  }

  /** The same into the staging area, for `importImage` with method `glance-direct`. */
  async stage(id: string, chunks: AsyncIterable<Uint8Array> | Uint8Array, options: UploadOptions = {}): Promise<void> {
    await this.#sendData(path`/images/${id}/stage`, chunks, options)
  }

  async #sendData(where: string, chunks: AsyncIterable<Uint8Array> | Uint8Array, options: UploadOptions): Promise<void> {
    const { sizeBytes, timeoutMs = 3_600_000 } = options
    await this.#glance.exchange('PUT', where, {
      body: chunks,
      timeoutMs,
      headers: {
        'content-type': 'application/octet-stream',
        // lets Glance give the store the size at once; without it Ceph's driver grows the image as it comes
        ...(sizeBytes === undefined ? {} : { 'x-openstack-image-size': String(sizeBytes) }),
      },
    })
  }

  /** Lets Glance take the staged data, or fetch it from a URL. Answers at once; wait for `active`. */
  async importImage(id: string, source: 'glance-direct' | { url: string }): Promise<void> {
    const method = source === 'glance-direct' ? { name: source } : { name: 'web-download', uri: source.url }
    await this.#glance.post(path`/images/${id}/import`, { method })
  }

  /** Which methods of import this cloud lets one use: `glance-direct`, `web-download`, `copy-image`. */
  async importMethods(): Promise<string[]> {
    return this.#glance.readWhole(await this.#glance.get('/info/import'), (json) =>
      fields('glance', 'import info', json).child('import-methods').texts('value'),
    )
  }

  /** Nobody but admins can make servers from it until it is reactivated. */
  async deactivate(id: string): Promise<void> {
    await this.#glance.post(path`/images/${id}/actions/deactivate`)
  }

  async reactivate(id: string): Promise<void> {
    await this.#glance.post(path`/images/${id}/actions/reactivate`)
  }

  /** Fails with `glance.protected` when it is, with `glance.conflict` while the store holds clones of it. */
  async remove(id: string): Promise<void> {
    await this.#glance.delete(path`/images/${id}`)
  }

  waitForStatus(id: string, statuses: string | string[], options?: WaitOptions): Promise<Image> {
    const wanted = [statuses].flat()
    return waitFor(
      this.#glance.clock,
      'glance',
      `image ${id} ${wanted.join(' or ')}`,
      async () => {
        const image = await this.get(id)
        if (wanted.includes(image.status)) return image
        if (image.status === 'killed' || image.status === 'deleted')
          throw failed('glance', 'image_error', `image ${id} is ${image.status}`)
        return undefined
      },
      options,
    )
  }

  async waitUntilGone(id: string, options?: WaitOptions): Promise<void> {
    await waitFor(
      this.#glance.clock,
      'glance',
      `image ${id} gone`,
      async () => ((await orAbsent(this.get(id))) ? undefined : true),
      options,
    )
  }
}

const pointer = (member: string): string => member.replace(/~/g, '~0').replace(/\//g, '~1')
