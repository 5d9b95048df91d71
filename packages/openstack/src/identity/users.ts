import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { given, path, type Service } from '../service.ts'

export interface User {
  id: string
  name: string
  domainId: string
  enabled: boolean
  description: string
  email: string | undefined
  defaultProjectId: string | undefined
  passwordExpiresAt: Date | undefined
}

export function fromKeystone(raw: unknown): User {
  const user = fields('keystone', 'user', raw)
  return {
    id: user.text('id'),
    name: user.text('name'),
    domainId: user.text('domain_id'),
    enabled: user.maybeFlag('enabled') ?? true,
    description: user.maybeText('description') ?? '',
    email: user.maybeText('email'),
    defaultProjectId: user.maybeText('default_project_id'),
    passwordExpiresAt: user.maybeDate('password_expires_at'),
  }
}

export interface UserFilter {
  name?: string | undefined
  domainId?: string | undefined
  enabled?: boolean | undefined
}

export interface NewUser {
  name: string
  domainId: string
  password?: string | undefined
  description?: string | undefined
  email?: string | undefined
  enabled?: boolean | undefined
  defaultProjectId?: string | undefined
}

export interface UserChanges {
  name?: string | undefined
  /** Ends every token of the user, also when it is the same password. */
  password?: string | undefined
  description?: string | undefined
  email?: string | undefined
  enabled?: boolean | undefined
}

export class Users {
  readonly #keystone: Service

  constructor(keystone: Service) {
    this.#keystone = keystone
  }

  list(filter: UserFilter = {}): Listing<User> {
    return this.#keystone.list('/users', 'users', fromKeystone, {
      query: { name: filter.name, domain_id: filter.domainId, enabled: filter.enabled },
    })
  }

  async get(id: string): Promise<User> {
    return this.#keystone.read(await this.#keystone.get(path`/users/${id}`), 'user', fromKeystone)
  }

  /** By exact name in a domain; `undefined` when there is none. */
  find(wanted: { name: string; domainId: string }): Promise<User | undefined> {
    return this.list(wanted).first((user) => user.name === wanted.name && user.domainId === wanted.domainId)
  }

  async create(user: NewUser): Promise<User> {
    const { name, domainId, password, description, email, enabled, defaultProjectId } = user
    const answer = await this.#keystone.post('/users', {
      user: given({ name, domain_id: domainId, password, description, email, enabled, default_project_id: defaultProjectId }),
    })
    return this.#keystone.read(answer, 'user', fromKeystone)
  }

  async update(id: string, changes: UserChanges): Promise<User> {
    const { name, password, description, email, enabled } = changes
    const answer = await this.#keystone.patch(path`/users/${id}`, {
      user: given({ name, password, description, email, enabled }),
    })
    return this.#keystone.read(answer, 'user', fromKeystone)
  }

  /** By the user, who must know the password so far. Ends every token of the user. */
  async changePassword(id: string, passwords: { from: string; to: string }): Promise<void> {
    await this.#keystone.post(path`/users/${id}/password`, {
      user: { original_password: passwords.from, password: passwords.to },
    })
  }

  async remove(id: string): Promise<void> {
    await this.#keystone.delete(path`/users/${id}`)
  }
}
