import { type Clock, type Send, UpstreamError, undiciSend } from '@straylight/kit'
import { asObject, list, parseJson, text } from '../decode.ts'

export interface KeystoneProject {
  /** Without dashes. */
  id: string
  name: string
  domainId: string
}

/** Whose token it is, and what Keystone says about it. */
export interface KeystoneToken {
  userId: string
  user: string
  roles: string[]
  project: { id: string; name: string; domainId: string; domainName: string }
  /** The `token` of `GET /v3/auth/tokens`, to be passed on. */
  body: Record<string, unknown>
}

/** What the API server asks of Keystone: it validates tokens and lists projects, with its own account. */
export interface KeystoneDirectory {
  url: string
  /** Nothing when the token is not, or no longer, valid. */
  token(token: string): Promise<KeystoneToken | undefined>
  projects(): Promise<KeystoneProject[]>
  /** Signs in the account that the Neutron plugin uses. @returns a new token */
  signIn?(): Promise<string>
}

/** The account that the Neutron plugin and the API server itself use, as their configuration files name it. */
export interface ServiceAccount {
  username: string
  password: string
  project: string
  userDomain?: string
  projectDomain?: string
}

/**
 * A Keystone reached over HTTP, such as the OpenStack simulator's.
 *
 * @param url ends with `/v3`
 */
export function keystoneAt(
  url: string,
  account: ServiceAccount,
  send: Send = undiciSend(),
): KeystoneDirectory & { signIn(): Promise<string> } {
  let own: string | undefined

  async function signIn(): Promise<string> {
    const { username, password, project, userDomain = 'Default', projectDomain = 'Default' } = account
    const body = {
      auth: {
        identity: { methods: ['password'], password: { user: { name: username, password, domain: { name: userDomain } } } },
        scope: { project: { name: project, domain: { name: projectDomain } } },
      },
    }
    const response = await send({
      service: 'keystone',
      method: 'POST',
      url: `${url}/auth/tokens`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const token = response.headers['x-subject-token']
    if (response.status !== 201 || !token) throw refused('sign in', response.status)
    return token
  }

  async function get(path: string, headers: Record<string, string> = {}) {
    for (let attempt = 0; ; attempt++) {
      own ??= await signIn()
      const response = await send({
        service: 'keystone',
        method: 'GET',
        url: `${url}${path}`,
        headers: { ...headers, 'x-auth-token': own },
      })
      if (response.status !== 401 || attempt > 0) return response
      own = undefined
    }
  }

  return {
    url,
    signIn,
    async token(subject) {
      const response = await get('/auth/tokens', { 'x-subject-token': subject })
      if (response.status === 404 || response.status === 401) return undefined
      if (response.status !== 200) throw refused('validate a token', response.status)
      return decodeToken(asObject(parseJson(response.body.toString('utf8'), 'token'), 'token').token)
    },
    async projects() {
      const response = await get('/projects')
      if (response.status !== 200) throw refused('list projects', response.status)
      const { projects } = asObject(parseJson(response.body.toString('utf8'), 'projects'), 'projects')
      return list((value, at) => {
        const project = asObject(value, at)
        return { id: text(project.id, at), name: text(project.name, at), domainId: text(project.domain_id, at) }
      })(projects, 'projects')
    },
  }
}

function decodeToken(value: unknown): KeystoneToken {
  const token = asObject(value, 'token')
  const user = asObject(token.user, 'token.user')
  const project = asObject(token.project ?? {}, 'token.project')
  const domain = asObject(project.domain ?? user.domain ?? {}, 'token.project.domain')
  return {
    userId: text(user.id, 'token.user.id'),
    user: text(user.name, 'token.user.name'),
    roles: list((role, at) => text(asObject(role, at).name, at))(token.roles ?? [], 'token.roles'),
    project: {
      id: String(project.id ?? ''),
      name: String(project.name ?? ''),
      domainId: String(domain.id ?? 'default'),
      domainName: String(domain.name ?? 'Default'),
    },
    body: token,
  }
}

const refused = (what: string, status: number): UpstreamError =>
  new UpstreamError({
    service: 'keystone',
    kind: 'unavailable',
    code: 'keystone.refused',
    message: `Keystone would not ${what}: ${status}`,
    retryable: true,
    effect: 'none',
    status,
  })

/** A Keystone in memory, for those who have none: projects, users with their roles, and tokens of one hour that can be revoked. */
export class MemoryKeystone implements KeystoneDirectory {
  readonly url = 'http://keystone.invalid:5000/v3'
  readonly #clock: Clock
  readonly #projects = new Map<string, KeystoneProject>()
  readonly #tokens = new Map<string, KeystoneToken & { endsAtMs: number }>()
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  addProject(project: { id: string; name: string; domainId?: string }): void {
    this.#projects.set(project.id, { domainId: 'default', ...project })
  }

  removeProject(id: string): void {
    this.#projects.delete(id)
  }

  /** Signs a user in to a project; with `token` the token has that text. */
  issue(user: string, projectId: string, roles: readonly string[], token = `token-${user}-${++this.#count}`): string {
    const project = this.#projects.get(projectId)
    if (!project) throw new Error(`Keystone has no project ${projectId}`)
    return this.#issue(user, project, roles, token)
  }

  /** Signs in `neutron` of the project `service`, which the list of projects leaves out. */
  async signIn(): Promise<string> {
    const service = { id: 'f'.repeat(32), name: 'service', domainId: 'default' }
    return this.#issue('neutron', service, ['admin'], `token-neutron-${++this.#count}`)
  }

  #issue(user: string, project: KeystoneProject, roles: readonly string[], token: string): string {
    const userId = Buffer.from(user).toString('hex').padEnd(32, '0').slice(0, 32)
    const domain = { id: project.domainId, name: 'Default' }
    const issued = this.#clock.now()
    const endsAtMs = issued.getTime() + 3_600_000
    const body = {
      methods: ['password'],
      user: { id: userId, name: user, domain: { id: 'default', name: 'Default' }, password_expires_at: null },
      audit_ids: ['x'],
      expires_at: new Date(endsAtMs).toISOString().replace('Z', '000Z'),
      issued_at: issued.toISOString().replace('Z', '000Z'),
      project: { id: project.id, name: project.name, domain },
      is_domain: false,
      roles: roles.map((name) => ({ id: name, name })),
      catalog: [
        {
          type: 'identity',
          name: 'keystone',
          id: '1',
          endpoints: ['public', 'internal', 'admin'].map((face) => ({
            id: face,
            interface: face,
            region: 'RegionOne',
            region_id: 'RegionOne',
            url: this.url,
          })),
        },
      ],
    }
    this.#tokens.set(token, {
      userId,
      endsAtMs,
      user,
      roles: [...roles],
      project: { id: project.id, name: project.name, domainId: domain.id, domainName: domain.name },
      body,
    })
    return token
  }

  /** What a change of a user's password, roles or projects does: all tokens of the user end at once. */
  revokeTokensOf(user: string): void {
    for (const [token, { user: owner }] of this.#tokens) if (owner === user) this.#tokens.delete(token)
  }

  async token(token: string): Promise<KeystoneToken | undefined> {
    const found = this.#tokens.get(token)
    return found && found.endsAtMs > this.#clock.now().getTime() ? found : undefined
  }

  async projects(): Promise<KeystoneProject[]> {
    return [...this.#projects.values()]
  }
}
