import type { Clock } from '@straylight/kit'
import type { AaaMode, Caller } from './access.ts'
import type { KeystoneDirectory, KeystoneToken } from './keystone.ts'
import { tokenCacheMs } from './timing.ts'

export type Authenticated = { caller: Caller | undefined } | 'unauthenticated' | 'not an admin'

/**
 * What stands in front of the API: tokens are validated by Keystone and then believed for five minutes, so a revoked token goes on working until it is forgotten
 * or the server restarts.
 */
export class Authentication {
  readonly #clock: Clock
  readonly #keystone: KeystoneDirectory | undefined
  readonly #believed = new Map<string, { token: KeystoneToken; untilMs: number }>()
  mode: AaaMode
  /** Without dashes: Keystone's `default` is our `default-domain`. */
  defaultDomainId: string

  constructor(options: { clock: Clock; keystone: KeystoneDirectory | undefined; mode: AaaMode; defaultDomainId: string }) {
    this.#clock = options.clock
    this.#keystone = options.keystone
    this.mode = options.mode
    this.defaultDomainId = options.defaultDomainId
  }

  get keystoneUrl(): string {
    return this.#keystone?.url ?? ''
  }

  forget(): void {
    this.#believed.clear()
  }

  async validate(token: string | undefined): Promise<KeystoneToken | undefined> {
    if (!token || !this.#keystone) return undefined
    const believed = this.#believed.get(token)
    const nowMs = this.#clock.now().getTime()
    if (believed && believed.untilMs > nowMs) return believed.token
    this.#believed.delete(token)
    const valid = await this.#keystone.token(token)
    if (valid) this.#believed.set(token, { token: valid, untilMs: nowMs + tokenCacheMs })
    return valid
  }

  async authenticate(path: string, token: string | undefined): Promise<Authenticated> {
    if (this.mode === 'no-auth' || path === '/' || path.startsWith('/documentation')) return { caller: undefined }
    const valid = await this.validate(token)
    if (!valid) return 'unauthenticated'
    if (this.mode === 'cloud-admin' && !valid.roles.some((role) => role.toLowerCase() === 'admin')) return 'not an admin'
    return { caller: this.callerOf(valid) }
  }

  callerOf(token: KeystoneToken): Caller {
    const isDefault = token.project.domainId === 'default'
    return {
      user: token.user,
      roles: token.roles,
      projectId: token.project.id,
      projectName: token.project.name,
      domainId: isDefault ? this.defaultDomainId : token.project.domainId,
      domainName: isDefault ? 'default-domain' : token.project.domainName,
    }
  }
}
