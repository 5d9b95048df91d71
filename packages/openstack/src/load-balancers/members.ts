import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'

/** A server behind a pool. */
export interface Member {
  id: string
  name: string
  address: string
  port: number
  subnetId: string | undefined
  weight: number
  isBackup: boolean
  isUp: boolean
  provisioningStatus: string
  operatingStatus: string
  projectId: string
  createdAt: Date | undefined
  updatedAt: Date | undefined
}

export function fromOctavia(raw: unknown): Member {
  const member = fields('octavia', 'member', raw)
  return {
    id: member.text('id'),
    name: member.maybeText('name') ?? '',
    address: member.text('address'),
    port: member.number('protocol_port'),
    subnetId: member.filledText('subnet_id'),
    weight: member.maybeNumber('weight') ?? 1,
    isBackup: member.maybeFlag('backup') ?? false,
    isUp: member.maybeFlag('admin_state_up') ?? true,
    provisioningStatus: member.text('provisioning_status'),
    operatingStatus: member.text('operating_status'),
    projectId: member.text('project_id'),
    createdAt: member.maybeDate('created_at'),
    updatedAt: member.maybeDate('updated_at'),
  }
}

export interface NewMember extends MemberChanges {
  address: string
  port: number
  subnetId?: string | undefined
}

export interface MemberChanges {
  name?: string | undefined
  weight?: number | undefined
  isBackup?: boolean | undefined
  isUp?: boolean | undefined
}

const toOctavia = (changes: MemberChanges & Partial<NewMember>): Record<string, unknown> =>
  given({
    name: changes.name,
    weight: changes.weight,
    backup: changes.isBackup,
    admin_state_up: changes.isUp,
    address: changes.address,
    protocol_port: changes.port,
    subnet_id: changes.subnetId,
  })

export class Members {
  readonly #octavia: Service

  constructor(octavia: Service) {
    this.#octavia = octavia
  }

  list(poolId: string, filter: { name?: string; pageSize?: number } = {}): Listing<Member> {
    return this.#octavia
      .list(path`/lbaas/pools/${poolId}/members`, 'members', fromOctavia, {
        query: { name: filter.name, limit: filter.pageSize },
      })
      .filter((member) => filter.name === undefined || member.name === filter.name)
  }

  async get(poolId: string, id: string): Promise<Member> {
    return this.#octavia.read(await this.#octavia.get(path`/lbaas/pools/${poolId}/members/${id}`), 'member', fromOctavia)
  }

  find(poolId: string, wanted: { address: string; port: number }): Promise<Member | undefined> {
    return oldest(this.list(poolId), (member) => member.address === wanted.address && member.port === wanted.port)
  }

  /** Address and port are unique within a pool. */
  async create(poolId: string, member: NewMember): Promise<Member> {
    const answer = await this.#octavia.post(path`/lbaas/pools/${poolId}/members`, { member: toOctavia(member) })
    return this.#octavia.read(answer, 'member', fromOctavia)
  }

  async update(poolId: string, id: string, changes: MemberChanges): Promise<Member> {
    const answer = await this.#octavia.put(path`/lbaas/pools/${poolId}/members/${id}`, { member: toOctavia(changes) })
    return this.#octavia.read(answer, 'member', fromOctavia)
  }

  /** Makes the pool's members exactly these, in one change. */
  async replaceAll(poolId: string, members: NewMember[]): Promise<void> {
    await this.#octavia.put(path`/lbaas/pools/${poolId}/members`, { members: members.map(toOctavia) })
  }

  async remove(poolId: string, id: string): Promise<void> {
    await this.#octavia.delete(path`/lbaas/pools/${poolId}/members/${id}`)
  }
}
