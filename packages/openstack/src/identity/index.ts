import type { Service } from '../service.ts'
import { ApplicationCredentials } from './application-credentials.ts'
import { Domains } from './domains.ts'
import { Projects } from './projects.ts'
import { Roles } from './roles.ts'
import { Users } from './users.ts'

export interface Whoami {
  userId: string
  userName: string
  userDomainId: string
  projectId: string | undefined
  projectName: string | undefined
  roles: string[]
  /** Types of the services in the catalogue, such as `compute`. */
  services: string[]
}

/** Keystone. */
export class Identity {
  readonly domains: Domains
  readonly projects: Projects
  readonly users: Users
  readonly roles: Roles
  readonly applicationCredentials: ApplicationCredentials
  readonly #keystone: Service

  constructor(keystone: Service) {
    this.#keystone = keystone
    this.domains = new Domains(keystone)
    this.projects = new Projects(keystone)
    this.users = new Users(keystone)
    this.roles = new Roles(keystone)
    this.applicationCredentials = new ApplicationCredentials(keystone)
  }

  /** As whom, where and with which roles this scope acts. */
  async whoami(): Promise<Whoami> {
    const { user, project, roles, catalogue } = await this.#keystone.token()
    return {
      userId: user.id,
      userName: user.name,
      userDomainId: user.domainId,
      projectId: project?.id,
      projectName: project?.name,
      roles,
      services: [...catalogue.keys()],
    }
  }
}
