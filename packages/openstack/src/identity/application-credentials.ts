import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { given, path, type Service } from '../service.ts'

/** A user's access to one project under a secret of its own. It ends with the user's roles there. */
export interface ApplicationCredential {
  id: string
  name: string
  description: string
  projectId: string | undefined
  roles: string[]
  isUnrestricted: boolean
  expiresAt: Date | undefined
}

export function fromKeystone(raw: unknown): ApplicationCredential {
  const credential = fields('keystone', 'application credential', raw)
  return {
    id: credential.text('id'),
    name: credential.text('name'),
    description: credential.maybeText('description') ?? '',
    projectId: credential.maybeText('project_id'),
    roles: credential.maybeList('roles', (item) => {
      const role = fields('keystone', 'role', item)
      return role.maybeText('name') ?? role.text('id')
    }),
    isUnrestricted: credential.maybeFlag('unrestricted') ?? false,
    expiresAt: credential.maybeDate('expires_at'),
  }
}

export interface NewApplicationCredential {
  name: string
  description?: string | undefined
  /** By name, of those that the user has in the project; all of them when absent. */
  roles?: string[] | undefined
  expiresAt?: Date | undefined
  /** Keystone makes one when absent. */
  secret?: string | undefined
  /** May itself make application credentials and trusts. */
  isUnrestricted?: boolean | undefined
}

/** Users make them for themselves, in the project of their token. */
export class ApplicationCredentials {
  readonly #keystone: Service

  constructor(keystone: Service) {
    this.#keystone = keystone
  }

  list(userId: string, filter: { name?: string } = {}): Listing<ApplicationCredential> {
    return this.#keystone.list(path`/users/${userId}/application_credentials`, 'application_credentials', fromKeystone, {
      query: { name: filter.name },
    })
  }

  async get(userId: string, id: string): Promise<ApplicationCredential> {
    const answer = await this.#keystone.get(path`/users/${userId}/application_credentials/${id}`)
    return this.#keystone.read(answer, 'application_credential', fromKeystone)
  }

  find(userId: string, wanted: { name: string }): Promise<ApplicationCredential | undefined> {
    return this.list(userId, wanted).first((credential) => credential.name === wanted.name)
  }

  /** The secret is told this once. */
  async create(userId: string, credential: NewApplicationCredential): Promise<ApplicationCredential & { secret: string }> {
    const { name, description, roles, expiresAt, secret, isUnrestricted } = credential
    const answer = await this.#keystone.post(path`/users/${userId}/application_credentials`, {
      application_credential: given({
        name,
        description,
        roles: roles?.map((role) => ({ name: role })),
        expires_at: expiresAt?.toISOString(),
        secret,
        unrestricted: isUnrestricted,
      }),
    })
    return this.#keystone.read(answer, 'application_credential', (raw) => ({
      ...fromKeystone(raw),
      secret: fields('keystone', 'application credential', raw).text('secret'),
    }))
  }

  async remove(userId: string, id: string): Promise<void> {
    await this.#keystone.delete(path`/users/${userId}/application_credentials/${id}`)
  }
}
