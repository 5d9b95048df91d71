import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { given, path, type Service } from '../service.ts'

export interface Flavor {
  id: string
  name: string
  description: string
  vcpus: number
  ramMib: number
  /** Size of the root disk of a server that boots from an image; one that boots from a volume has that volume's. */
  diskGib: number
  ephemeralGib: number
  swapMib: number
  isPublic: boolean
  isDisabled: boolean
  extraSpecs: Record<string, string>
}

export function fromNova(raw: unknown): Flavor {
  const flavor = fields('nova', 'flavor', raw)
  return {
    id: flavor.text('id'),
    name: flavor.text('name'),
    description: flavor.maybeText('description') ?? '',
    vcpus: flavor.number('vcpus'),
    ramMib: flavor.number('ram'),
    diskGib: flavor.number('disk'),
    ephemeralGib: flavor.maybeNumber('OS-FLV-EXT-DATA:ephemeral') ?? 0,
    // an empty string until 2.74
    swapMib: flavor.maybeNumber('swap') ?? 0,
    isPublic: flavor.maybeFlag('os-flavor-access:is_public') ?? true,
    isDisabled: flavor.maybeFlag('OS-FLV-DISABLED:disabled') ?? false,
    extraSpecs: flavor.textMap('extra_specs'),
  }
}

export interface NewFlavor {
  name: string
  vcpus: number
  ramMib: number
  diskGib: number
  /** Nova makes one when absent. */
  id?: string | undefined
  description?: string | undefined
  ephemeralGib?: number | undefined
  swapMib?: number | undefined
  isPublic?: boolean | undefined
}

export class Flavors {
  readonly #nova: Service

  constructor(nova: Service) {
    this.#nova = nova
  }

  /** Public ones and those that the project was let into; `includePrivate` gives an admin all. */
  list(filter: { includePrivate?: boolean; pageSize?: number } = {}): Listing<Flavor> {
    return this.#nova.list('/flavors/detail', 'flavors', fromNova, {
      query: { is_public: filter.includePrivate ? 'none' : undefined, limit: filter.pageSize },
    })
  }

  async get(id: string): Promise<Flavor> {
    return this.#nova.read(await this.#nova.get(path`/flavors/${id}`), 'flavor', fromNova)
  }

  /** Names of flavors are unique. */
  find(wanted: { name: string; includePrivate?: boolean }): Promise<Flavor | undefined> {
    return this.list({ includePrivate: wanted.includePrivate === true }).first((flavor) => flavor.name === wanted.name)
  }

  async create(flavor: NewFlavor): Promise<Flavor> {
    const answer = await this.#nova.post('/flavors', {
      flavor: given({
        id: flavor.id,
        name: flavor.name,
        description: flavor.description,
        vcpus: flavor.vcpus,
        ram: flavor.ramMib,
        disk: flavor.diskGib,
        'OS-FLV-EXT-DATA:ephemeral': flavor.ephemeralGib,
        swap: flavor.swapMib,
        'os-flavor-access:is_public': flavor.isPublic,
      }),
    })
    return this.#nova.read(answer, 'flavor', fromNova)
  }

  /** Adds these extra specs, or changes those of the same name. */
  async setExtraSpecs(id: string, specs: Record<string, string>): Promise<void> {
    await this.#nova.post(path`/flavors/${id}/os-extra_specs`, { extra_specs: specs })
  }

  async unsetExtraSpec(id: string, name: string): Promise<void> {
    await this.#nova.delete(path`/flavors/${id}/os-extra_specs/${name}`)
  }

  async allowProject(id: string, projectId: string): Promise<void> {
    await this.#nova.post(path`/flavors/${id}/action`, { addTenantAccess: { tenant: projectId } })
  }

  async disallowProject(id: string, projectId: string): Promise<void> {
    await this.#nova.post(path`/flavors/${id}/action`, { removeTenantAccess: { tenant: projectId } })
  }

  /** Servers that have it keep what it said when they were made. */
  async remove(id: string): Promise<void> {
    await this.#nova.delete(path`/flavors/${id}`)
  }
}
