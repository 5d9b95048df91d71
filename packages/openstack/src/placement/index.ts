import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { path, type Service } from '../service.ts'

/** Something that has resources to give: for the most part a compute host. */
export interface ResourceProvider {
  id: string
  name: string
  generation: number
  parentId: string | undefined
  rootId: string | undefined
}

export function fromPlacement(raw: unknown): ResourceProvider {
  const provider = fields('placement', 'resource provider', raw)
  return {
    id: provider.text('uuid'),
    name: provider.text('name'),
    generation: provider.number('generation'),
    parentId: provider.maybeText('parent_provider_uuid'),
    rootId: provider.maybeText('root_provider_uuid'),
  }
}

/** Of one resource class. What can be given is `(total - reserved) × allocationRatio`. */
export interface Inventory {
  total: number
  reserved: number
  allocationRatio: number
  minUnit: number
  maxUnit: number
  stepSize: number
}

function inventoryFromPlacement(raw: unknown): Inventory {
  const inventory = fields('placement', 'inventory', raw)
  return {
    total: inventory.number('total'),
    reserved: inventory.maybeNumber('reserved') ?? 0,
    allocationRatio: inventory.maybeNumber('allocation_ratio') ?? 1,
    minUnit: inventory.maybeNumber('min_unit') ?? 1,
    maxUnit: inventory.maybeNumber('max_unit') ?? inventory.number('total'),
    stepSize: inventory.maybeNumber('step_size') ?? 1,
  }
}

/** By resource class: `VCPU`, `MEMORY_MB`, `DISK_GB`, … */
export type ByClass<T> = Record<string, T>

/** For admins. */
export class Placement {
  readonly #placement: Service

  constructor(placement: Service) {
    this.#placement = placement
  }

  resourceProviders(filter: { name?: string } = {}): Listing<ResourceProvider> {
    return this.#placement.list('/resource_providers', 'resource_providers', fromPlacement, { query: { ...filter } })
  }

  async inventories(providerId: string): Promise<ByClass<Inventory>> {
    const answer = await this.#placement.get(path`/resource_providers/${providerId}/inventories`)
    return this.#placement.read(answer, 'inventories', (raw) => byClass('inventories', raw, inventoryFromPlacement))
  }

  async usages(providerId: string): Promise<ByClass<number>> {
    const answer = await this.#placement.get(path`/resource_providers/${providerId}/usages`)
    return this.#placement.read(answer, 'usages', amountsByClass)
  }

  /** Of a project, over all hosts. */
  async projectUsages(projectId: string): Promise<ByClass<number>> {
    const answer = await this.#placement.get('/usages', { query: { project_id: projectId }, atMost: '1.37' })
    return this.#placement.read(answer, 'usages', amountsByClass)
  }

  /** How many providers could take this much now, at most `limit`. */
  async candidates(resources: ByClass<number>, options: { limit?: number } = {}): Promise<number> {
    const text = Object.entries(resources)
      .map(([name, amount]) => `${name}:${amount}`)
      .join(',')
    const answer = await this.#placement.get('/allocation_candidates', {
      query: { resources: text, limit: options.limit ?? 100 },
    })
    return this.#placement.readWhole(
      answer,
      (json) => fields('placement', 'candidates', json).list('allocation_requests', () => true).length,
    )
  }
}

function byClass<T>(what: string, raw: unknown, decode: (raw: unknown) => T): ByClass<T> {
  const classes: ByClass<T> = {}
  for (const [name, value] of Object.entries(fields('placement', what, raw).raw)) classes[name] = decode(value)
  return classes
}

function amountsByClass(raw: unknown): ByClass<number> {
  const usages = fields('placement', 'usages', raw)
  const classes: ByClass<number> = {}
  for (const name of Object.keys(usages.raw)) classes[name] = usages.number(name)
  return classes
}
