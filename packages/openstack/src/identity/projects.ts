import { type Fields, fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { given, path, type Service } from '../service.ts'

export interface Project {
  id: string
  name: string
  description: string
  domainId: string
  enabled: boolean
  tags: string[]
}

export function fromKeystone(raw: unknown): Project {
  const project: Fields = fields('keystone', 'project', raw)
  return {
    id: project.text('id'),
    name: project.text('name'),
    description: project.maybeText('description') ?? '',
    domainId: project.text('domain_id'),
    enabled: project.flag('enabled'),
    tags: project.maybeTexts('tags'),
  }
}

export interface ProjectFilter {
  name?: string | undefined
  domainId?: string | undefined
  enabled?: boolean | undefined
  tags?: string[] | undefined
}

export interface NewProject {
  /** Unique within the domain, in any case of letters: Keystone's database compares without it. */
  name: string
  domainId: string
  description?: string | undefined
  enabled?: boolean | undefined
  tags?: string[] | undefined
}

export interface ProjectChanges {
  name?: string | undefined
  description?: string | undefined
  enabled?: boolean | undefined
  tags?: string[] | undefined
}

export class Projects {
  readonly #keystone: Service

  constructor(keystone: Service) {
    this.#keystone = keystone
  }

  list(filter: ProjectFilter = {}): Listing<Project> {
    const { name, domainId, enabled, tags } = filter
    return this.#keystone.list('/projects', 'projects', fromKeystone, {
      query: { name, domain_id: domainId, enabled, tags: tags?.join(',') },
    })
  }

  async get(id: string): Promise<Project> {
    return this.#keystone.read(await this.#keystone.get(path`/projects/${id}`), 'project', fromKeystone)
  }

  /** By exact name in a domain; `undefined` when there is none. */
  find(wanted: { name: string; domainId: string }): Promise<Project | undefined> {
    return this.list(wanted).first((project) => project.name === wanted.name && project.domainId === wanted.domainId)
  }

  /** Fails with `keystone.exists` when the domain has a project of that name. */
  async create(project: NewProject): Promise<Project> {
    const { name, domainId, description, enabled, tags } = project
    const answer = await this.#keystone.post('/projects', {
      project: given({ name, domain_id: domainId, description, enabled, tags }),
    })
    return this.#keystone.read(answer, 'project', fromKeystone)
  }

  async update(id: string, changes: ProjectChanges): Promise<Project> {
    const { name, description, enabled, tags } = changes
    const answer = await this.#keystone.patch(path`/projects/${id}`, { project: given({ name, description, enabled, tags }) })
    return this.#keystone.read(answer, 'project', fromKeystone)
  }

  /** All its tokens end at once; what runs in it goes on. */
  disable(id: string): Promise<Project> {
    return this.update(id, { enabled: false })
  }

  /** Keystone does not look whether servers, volumes or networks are left: they would stay without an owner. */
  async remove(id: string): Promise<void> {
    await this.#keystone.delete(path`/projects/${id}`)
  }
}
