import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import { fromNeutron as ruleFromNeutron, type SecurityGroupRule } from './security-group-rules.ts'

export interface SecurityGroup {
  id: string
  name: string
  description: string
  projectId: string
  isStateful: boolean
  rules: SecurityGroupRule[]
  tags: string[]
  createdAt: Date | undefined
  updatedAt: Date | undefined
}

export function fromNeutron(raw: unknown): SecurityGroup {
  const group = fields('neutron', 'security group', raw)
  return {
    id: group.text('id'),
    name: group.maybeText('name') ?? '',
    description: group.maybeText('description') ?? '',
    projectId: group.maybeText('project_id') ?? group.text('tenant_id'),
    isStateful: group.maybeFlag('stateful') ?? true,
    rules: group.maybeList('security_group_rules', ruleFromNeutron),
    tags: group.maybeTexts('tags'),
    createdAt: group.maybeDate('created_at'),
    updatedAt: group.maybeDate('updated_at'),
  }
}

export interface SecurityGroupFilter {
  name?: string | undefined
  projectId?: string | undefined
  pageSize?: number | undefined
}

export class SecurityGroups {
  readonly #neutron: Service

  constructor(neutron: Service) {
    this.#neutron = neutron
  }

  /** A project's first list makes its `default` group. */
  list(filter: SecurityGroupFilter = {}): Listing<SecurityGroup> {
    const { name, projectId, pageSize } = filter
    return this.#neutron
      .list('/security-groups', 'security_groups', fromNeutron, { query: { name, project_id: projectId, limit: pageSize } })
      .filter(
        (group) => (name === undefined || group.name === name) && (projectId === undefined || group.projectId === projectId),
      )
  }

  async get(id: string): Promise<SecurityGroup> {
    return this.#neutron.read(await this.#neutron.get(path`/security-groups/${id}`), 'security_group', fromNeutron)
  }

  find(wanted: { name: string; projectId?: string }): Promise<SecurityGroup | undefined> {
    return oldest(this.list(wanted), () => true)
  }

  /** Neutron gives it two rules that let everything out. */
  async create(group: { name: string; description?: string; projectId?: string; isStateful?: boolean }): Promise<SecurityGroup> {
    const { name, description, projectId, isStateful } = group
    const answer = await this.#neutron.post('/security-groups', {
      security_group: given({ name, description, project_id: projectId, stateful: isStateful }),
    })
    return this.#neutron.read(answer, 'security_group', fromNeutron)
  }

  async update(id: string, changes: { name?: string; description?: string }): Promise<SecurityGroup> {
    const answer = await this.#neutron.put(path`/security-groups/${id}`, { security_group: given({ ...changes }) })
    return this.#neutron.read(answer, 'security_group', fromNeutron)
  }

  /** Fails with `neutron.in_use` while ports have it. The `default` group cannot go. */
  async remove(id: string): Promise<void> {
    await this.#neutron.delete(path`/security-groups/${id}`)
  }
}
