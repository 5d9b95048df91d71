import type { Clock, HttpResponse, Send } from '@straylight/kit'
import type { Resource } from '../neutron/session.ts'
import { rehearsalHeaders } from '../rehearsal.ts'
import { raised } from './exceptions.ts'
import { PluginSession, type SignIn } from './plugin-session.ts'
import { Collapsed, failed, NeutronError } from './refusals.ts'

export interface PluginOptions {
  clock: Clock
  /** Of the config API. */
  tungstenUrl: string
  /** Signs the plugin's account in to Keystone; nothing when the config API asks nobody for a token. */
  signIn?: SignIn | undefined
  send: Send
}

/** For whom the plugin calls. */
export interface Caller {
  projectId: string
  userId: string
  roles: string[]
  isAdmin: boolean
}

/**
 * The plugin inside Neutron: it keeps nothing and passes every call on to `/neutron/<resource>` of the config API, with the token of its own account.
 *
 * A 401 makes it ask its Keystone session for a token, and that gives the one it already has. So when Keystone revokes the tokens of that account (which a change
 * of its password or of its roles does), every call of everybody fails, from the moment when the config API has forgotten the token until Neutron restarts or the
 * token is about to end.
 * https://github.com/OpenSDN-io/tf-neutron-plugin/blob/a707c4d/neutron_plugin_contrail/plugins/opencontrail/contrail_plugin.py (`_request_api_server`, `get_token`)
 */
export class Plugin {
  readonly #options: PluginOptions
  readonly #session: PluginSession | undefined
  /** What calls are sent with: nothing until the first 401. */
  #token: string | undefined

  constructor(options: PluginOptions) {
    this.#options = options
    this.#session = options.signIn && new PluginSession(options.clock, options.signIn)
  }

  /** A new process of Neutron. */
  restart(): void {
    this.#session?.forget()
    this.#token = undefined
  }

  /** One operation on the backend, or the exception that it names. */
  async operate(caller: Caller, kind: string, operation: string, data: Record<string, unknown>): Promise<unknown> {
    const context = {
      user_id: caller.userId,
      is_admin: caller.isAdmin,
      operation,
      type: kind,
      tenant_id: caller.projectId,
      roles: caller.roles,
    }
    const response = await this.#relay('POST', `/neutron/${kind}`, { context, data })
    const text = response.body.toString('utf8')
    const body = parsed(text)
    if (response.status === 200) return body
    if (response.status === 403) throw new NeutronError(403, 'NotAuthorized', 'Not authorized.')
    if (body && typeof body === 'object') throw raised(body as Record<string, unknown>, kind)
    throw new Collapsed(`the backend answered ${response.status}`)
  }

  /** The plugin's quota driver speaks to the ordinary resources of the config API. */
  async read(path: string): Promise<Record<string, unknown> | undefined> {
    const response = await this.#relay('GET', path)
    if (response.status === 404) return undefined
    if (response.status !== 200) throw failed()
    return parsed(response.body.toString('utf8')) as Record<string, unknown>
  }

  async update(path: string, body: Resource): Promise<void> {
    const response = await this.#relay('PUT', path, body)
    if (response.status !== 200) throw failed()
  }

  async #relay(method: string, path: string, body?: unknown): Promise<HttpResponse> {
    const response = await this.#send(method, path, body)
    if (response.status !== 401 || !this.#session) return response
    try {
      this.#token = await this.#session.token()
    } catch {
      throw failed()
    }
    return this.#send(method, path, body)
  }

  async #send(method: string, path: string, body: unknown): Promise<HttpResponse> {
    try {
      return await this.#options.send({
        service: 'tungsten',
        method,
        url: `${this.#options.tungstenUrl}${path}`,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'neutron-server',
          ...rehearsalHeaders(),
          ...(this.#token === undefined ? {} : { 'x-auth-token': this.#token }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    } catch {
      // All API servers are down.
      throw failed()
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
