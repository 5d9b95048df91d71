import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { given, path, type Service } from '../service.ts'

export type ServerGroupPolicy = 'affinity' | 'anti-affinity' | 'soft-affinity' | 'soft-anti-affinity'

export interface ServerGroup {
  id: string
  name: string
  policy: string
  serverIds: string[]
  projectId: string | undefined
  maxServersPerHost: number | undefined
}

export function fromNova(raw: unknown): ServerGroup {
  const group = fields('nova', 'server group', raw)
  return {
    id: group.text('id'),
    name: group.text('name'),
    policy: group.text('policy'),
    serverIds: group.maybeTexts('members'),
    projectId: group.maybeText('project_id'),
    maxServersPerHost: group.maybeChild('rules')?.maybeNumber('max_server_per_host'),
  }
}

export class ServerGroups {
  readonly #nova: Service

  constructor(nova: Service) {
    this.#nova = nova
  }

  list(filter: { allProjects?: boolean } = {}): Listing<ServerGroup> {
    return this.#nova.list('/os-server-groups', 'server_groups', fromNova, {
      query: { all_projects: filter.allProjects || undefined },
    })
  }

  async get(id: string): Promise<ServerGroup> {
    return this.#nova.read(await this.#nova.get(path`/os-server-groups/${id}`), 'server_group', fromNova)
  }

  /** Names are not unique, and there is no time of creation: of several the one with the smallest id. */
  find(wanted: { name: string }): Promise<ServerGroup | undefined> {
    return oldest(this.list(), (group) => group.name === wanted.name)
  }

  async create(group: { name: string; policy: ServerGroupPolicy; maxServersPerHost?: number }): Promise<ServerGroup> {
    const { name, policy, maxServersPerHost } = group
    const rules = maxServersPerHost === undefined ? undefined : { max_server_per_host: maxServersPerHost }
    const answer = await this.#nova.post('/os-server-groups', { server_group: given({ name, policy, rules }) })
    return this.#nova.read(answer, 'server_group', fromNova)
  }

  /** Its servers stay where they are. */
  async remove(id: string): Promise<void> {
    await this.#nova.delete(path`/os-server-groups/${id}`)
  }
}
