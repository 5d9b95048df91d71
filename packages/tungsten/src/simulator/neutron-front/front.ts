import { type Clock, type Send, undiciSend } from '@straylight/kit'
import {
  type Faults,
  type JournalEntry,
  type SharedControl,
  type SimRequest,
  type SimResponse,
  startSimulator,
} from '@straylight/kit/simulator'
import { Authentication } from '../authentication.ts'
import type { KeystoneDirectory } from '../keystone.ts'
import { PluginSession, signInAt } from '../neutron-server/plugin-session.ts'
import { answerToError, Collapsed, json } from '../neutron-server/refusals.ts'
import type { Generation } from '../world.ts'
import { type NeutronCall, neutronDifferences } from './differences.ts'
import { answerWithoutActing } from './silence.ts'

export interface NeutronFrontOptions {
  clock: Clock
  /** The Neutron behind it; paths that begin with `/v2.0` are appended. */
  neutronUrl: string
  /** `tf` by default. */
  generation?: Generation
  port?: number
  host?: string
  /** Where the plugin's own account has its tokens from, so that they can be revoked. Without one the plugin always works. */
  keystone?: KeystoneDirectory
  /** Faults and journal of other servers that this one shares. */
  shared?: SharedControl
  send?: Send
}

export interface NeutronFront {
  url: string
  faults: Faults
  journal(): JournalEntry[]
  /** Neutron starts again: the plugin signs in anew. */
  restart(): void
  /** The API server behind the plugin starts again and forgets which tokens it has seen; otherwise it believes each for five minutes. */
  forgetTokens(): void
  close(): Promise<void>
}

/**
 * A server that makes any Neutron look as if Tungsten's plugin were in it: see `neutronDifferences`. The plugin's account and its one token are here too: when
 * Keystone revokes that, every call of everybody is a 500 until `restart`.
 */
export async function startNeutronFront(options: NeutronFrontOptions): Promise<NeutronFront> {
  const { clock, generation = 'tf', keystone, send = undiciSend() } = options
  const upstream = options.neutronUrl.replace(/\/+$/, '')
  const differences = neutronDifferences({ generation })
  const authentication = new Authentication({ clock, keystone, mode: 'cloud-admin', defaultDomainId: '' })
  const session = keystone?.signIn && new PluginSession(clock, signInAt(keystone))

  async function handle(request: SimRequest): Promise<SimResponse> {
    if (session && !(await authentication.validate(await session.token())))
      return answerToError(new Collapsed('the token of the plugin is not valid'), request.headers.accept)
    const call: NeutronCall = { method: request.method, path: request.path, query: request.query, ...bodyOf(request) }
    const rewritten = differences.request(call)
    if ('answer' in rewritten) return json(rewritten.answer.status, rewritten.answer.body)
    if (request.silent && request.method !== 'GET') {
      const owner = await keystone?.token(request.headers['x-auth-token'] ?? '')
      const read = async (path: string) => {
        const response = await pass(request, { method: 'GET', path, query: new URLSearchParams() })
        return { status: response.status, body: parsedOf(response.body.toString('utf8')) }
      }
      try {
        const answer = await answerWithoutActing(rewritten.call, owner?.project.id ?? '', read)
        const shown = differences.response(call, answer)
        return shown.status === 204 ? { status: 204 } : json(shown.status, shown.body)
      } catch (error) {
        return answerToError(error, request.headers.accept)
      }
    }
    const response = await pass(request, rewritten.call)
    const text = response.body.toString('utf8').replaceAll(upstream, `http://${request.headers.host}`)
    const parsed = parsedOf(text)
    const type = { 'content-type': response.headers['content-type'] ?? 'application/json' }
    if (parsed === undefined) return { status: response.status, headers: type, body: text }
    const answer = differences.response(call, { status: response.status, body: parsed })
    return json(answer.status, answer.body)
  }

  const pass = (request: SimRequest, { method, path, query, body }: NeutronCall) =>
    send({
      service: 'neutron',
      method,
      url: `${upstream}${path}${query.size > 0 ? `?${query}` : ''}`,
      headers: forwarded(request.headers),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })

  const server = await startSimulator(
    {
      name: 'Neutron with the plugin of Tungsten in front',
      clock,
      describe: ({ method, path }) => ({ service: 'neutron', func: `${method} ${path.split('/').slice(0, 3).join('/')}` }),
      handle,
      settle: () => {},
      flush: () => {},
      state: () => ({ generation }),
      reset: () => session?.forget(),
      error: (_request, status, message) => json(status, { NeutronError: { type: 'SimulatedFault', message, detail: '' } }),
      control: ({ method, path }) => {
        if (method !== 'POST' || path !== '/_sim/restart') return undefined
        session?.forget()
        return { status: 204 }
      },
    },
    {
      port: options.port ?? 0,
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.shared ? { shared: options.shared } : {}),
    },
  )
  return {
    url: server.url,
    faults: server.faults,
    journal: () => server.journal(),
    restart: () => session?.forget(),
    forgetTokens: () => authentication.forget(),
    close: () => server.close(),
  }
}

const ownHeaders = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'te',
  'expect',
  'accept-encoding',
])
const forwarded = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeaders.has(name)))

function bodyOf({ body }: SimRequest): { body?: unknown } {
  const parsed = parsedOf(body.toString('utf8'))
  return parsed === undefined ? {} : { body: parsed }
}

function parsedOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
