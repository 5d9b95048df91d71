import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { given, path, type Service } from '../service.ts'

export interface VolumeType {
  id: string
  name: string
  description: string
  isPublic: boolean
  extraSpecs: Record<string, string>
}

export function fromCinder(raw: unknown): VolumeType {
  const type = fields('cinder', 'volume type', raw)
  return {
    id: type.text('id'),
    name: type.text('name'),
    description: type.maybeText('description') ?? '',
    isPublic: type.maybeFlag('is_public') ?? type.maybeFlag('os-volume-type-access:is_public') ?? true,
    extraSpecs: type.textMap('extra_specs'),
  }
}

export class VolumeTypes {
  readonly #cinder: Service

  constructor(cinder: Service) {
    this.#cinder = cinder
  }

  list(): Listing<VolumeType> {
    return this.#cinder.list('/types', 'volume_types', fromCinder)
  }

  async get(id: string): Promise<VolumeType> {
    return this.#cinder.read(await this.#cinder.get(path`/types/${id}`), 'volume_type', fromCinder)
  }

  find(wanted: { name: string }): Promise<VolumeType | undefined> {
    return this.list().first((type) => type.name === wanted.name)
  }

  /** For admins. */
  async create(type: {
    name: string
    description?: string
    isPublic?: boolean
    extraSpecs?: Record<string, string>
  }): Promise<VolumeType> {
    const { name, description, isPublic, extraSpecs } = type
    const answer = await this.#cinder.post('/types', {
      volume_type: given({ name, description, 'os-volume-type-access:is_public': isPublic, extra_specs: extraSpecs }),
    })
    return this.#cinder.read(answer, 'volume_type', fromCinder)
  }

  /** For admins. Fails while volumes have it. */
  async remove(id: string): Promise<void> {
    await this.#cinder.delete(path`/types/${id}`)
  }
}
