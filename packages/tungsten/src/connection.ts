import type { HttpResponse, Send } from '@straylight/kit'
import { undiciSend } from '@straylight/kit'
import { parseJson } from './decode.ts'
import { classify, garbled } from './errors.ts'

export interface ConnectionOptions {
  /** `http://host:8082` of the config API or `http://host:8081` of the analytics API, without a path. */
  url: string
  /**
   * A Keystone token of the portal's own account, scoped to a project in which it has the cloud admin role. It is asked for before every call, so it should
   * remember the token until shortly before its end. Never the account of the Neutron plugin: what revokes its tokens stops the network of everybody.
   */
  token: () => Promise<string>
  send?: Send
  /** Milliseconds for one call; a list with details of a large system may take long. Default 60 000. */
  timeoutMs?: number
}

export interface Call {
  method: string
  /** Path with the query, percent-encoded. */
  path: string
  body?: unknown
  headers?: Record<string, string>
  /** Statuses besides 200 that are no failure. */
  accept?: readonly number[]
}

/** Sends calls with our token and turns every answer that is no success into a classified `UpstreamError`. */
export class Connection {
  readonly url: string
  readonly #token: () => Promise<string>
  readonly #send: Send
  readonly #timeoutMs: number

  constructor(options: ConnectionOptions) {
    this.url = options.url.replace(/\/+$/, '')
    this.#token = options.token
    this.#send = options.send ?? undiciSend()
    this.#timeoutMs = options.timeoutMs ?? 60_000
  }

  /** The headers of a call that does not go through `call`, such as an endless stream. */
  async headers(): Promise<Record<string, string>> {
    return { accept: 'application/json', 'x-auth-token': await this.#token() }
  }

  /**
   * @throws UpstreamError as `classify` says. A 401 surely had no effect: when the token function now gives another token, the call is sent once more with it.
   */
  async call(call: Call): Promise<HttpResponse> {
    const headers = await this.headers()
    let response = await this.#exchange(call, headers)
    if (response.status === 401) {
      const fresh = await this.headers()
      if (fresh['x-auth-token'] !== headers['x-auth-token']) response = await this.#exchange(call, fresh)
    }
    if (response.status !== 200 && !call.accept?.includes(response.status))
      throw classify({
        method: call.method,
        path: pathOf(call),
        status: response.status,
        headers: response.headers,
        body: response.body.toString('utf8'),
      })
    return response
  }

  /** Calls and parses the JSON of the answer. */
  async json(call: Call): Promise<unknown> {
    const { body } = await this.call(call)
    const at = `${call.method} ${pathOf(call)}`
    if (body.length === 0) throw garbled(at, 'expected JSON, got nothing')
    return parseJson(body.toString('utf8'), at)
  }

  #exchange(call: Call, headers: Record<string, string>): Promise<HttpResponse> {
    return this.#send({
      service: 'tungsten',
      method: call.method,
      url: `${this.url}${call.path}`,
      headers: {
        ...headers,
        ...(call.body === undefined ? {} : { 'content-type': 'application/json; charset="UTF-8"' }),
        ...call.headers,
      },
      timeoutMs: this.#timeoutMs,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    })
  }
}

const pathOf = (call: Call): string => call.path.split('?', 1)[0] as string
