import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { path, type Service } from '../service.ts'

export interface Domain {
  id: string
  name: string
  enabled: boolean
  description: string
}

export function fromKeystone(raw: unknown): Domain {
  const domain = fields('keystone', 'domain', raw)
  return {
    id: domain.text('id'),
    name: domain.text('name'),
    enabled: domain.flag('enabled'),
    description: domain.maybeText('description') ?? '',
  }
}

export class Domains {
  readonly #keystone: Service

  constructor(keystone: Service) {
    this.#keystone = keystone
  }

  list(filter: { name?: string | undefined; enabled?: boolean | undefined } = {}): Listing<Domain> {
    return this.#keystone.list('/domains', 'domains', fromKeystone, { query: { ...filter } })
  }

  async get(id: string): Promise<Domain> {
    return this.#keystone.read(await this.#keystone.get(path`/domains/${id}`), 'domain', fromKeystone)
  }

  find(wanted: { name: string }): Promise<Domain | undefined> {
    return this.list(wanted).first((domain) => domain.name === wanted.name)
  }
}
