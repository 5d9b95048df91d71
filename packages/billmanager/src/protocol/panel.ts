import { assert, type Clock, type HttpResponse, type Send } from '@straylight/kit'
import { type Doc, readDocument } from './document.ts'
import {
  BillmanagerError,
  classifyNoAnswer,
  classifyNonDocument,
  classifyRefusal,
  longRequestIn,
  lostResult,
  worldly,
} from './errors.ts'
import { encodeForm, encodeMultipart, type Parameters, type UploadedFile } from './form.ts'
import { type Credentials, Identity } from './session.ts'

export interface PanelOptions {
  /** `https://bill.example.org`, `…:1500/billmgr` or `…/billmgr/`. */
  url: string
  credentials: Credentials
  clock: Clock
  send: Send
  /** Language of the panel's messages, for operators. Nothing is decided by them. */
  language: 'en' | 'ru'
  timeoutMs: number
  longRequest: { everyMs: number; atMostMs: number }
}

export interface CallOptions {
  /** The client in whose name it is done: their login. Given with each call, never kept. */
  su?: string | undefined
  files?: UploadedFile[]
  timeoutMs?: number
}

/** Speaks the protocol: one address, one verb, the function in `func`. Every failure is thrown as a `BillmanagerError`. */
export class Panel {
  readonly #options: PanelOptions
  readonly #url: string
  readonly #identity: Identity

  constructor(options: PanelOptions) {
    this.#options = options
    this.#url = panelUrl(options.url)
    this.#identity = new Identity(options.credentials, async (func, parameters) =>
      this.#read(func, await this.#exchange(func, parameters, {})),
    )
  }

  get url(): string {
    return this.#url
  }

  get clock(): Clock {
    return this.#options.clock
  }

  /** Calls `func` and returns its document. */
  async call(func: string, parameters: Parameters = {}, options: CallOptions = {}): Promise<Doc> {
    return this.#proven(func, parameters, options, (response) => this.#read(func, response))
  }

  /** Calls a function that answers bytes (a printed document, a file). A document in their place is its refusal. */
  async bytes(
    func: string,
    parameters: Parameters,
    options: CallOptions & { out?: string; startsWith?: string } = {},
  ): Promise<Buffer> {
    const { out, startsWith, ...rest } = options
    return this.#proven(func, { ...parameters, out }, rest, async (response) => {
      const readable = readDocument(response.body)
      if (readable?.error) throw classifyRefusal(func, readable.error)
      const isRight =
        response.status === 200 &&
        response.body.length > 0 &&
        response.body
          .subarray(0, 16)
          .toString('latin1')
          .startsWith(startsWith ?? '')
      if (!isRight) throw classifyNonDocument(func, response)
      return response.body
    })
  }

  /** Who the panel takes us for, asked with credentials of someone else and in a session of its own. For proving a changed password. */
  async tryPassword(username: string, password: string): Promise<boolean> {
    const ask = async (func: string, parameters: Parameters) => this.#read(func, await this.#exchange(func, parameters, {}))
    try {
      const session = (await ask('auth', { username, password })).rows('auth')[0]?.attribute('id')
      if (session) await ask('logon', { auth: session }).catch(() => undefined)
      return true
    } catch (error) {
      if (error instanceof BillmanagerError && error.type === 'auth') return false
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#identity.end()
  }

  async #proven<T>(
    func: string,
    parameters: Parameters,
    options: CallOptions,
    read: (response: HttpResponse) => T | Promise<T>,
  ): Promise<T> {
    const proof = await this.#identity.proof()
    const call = async (by: Parameters): Promise<T> =>
      read(await this.#exchange(func, { ...parameters, su: options.su, ...by }, options))
    try {
      return await call(proof.parameters)
    } catch (error) {
      // A call that was refused for want of a session has done nothing, so that even a charge may be sent again.
      if (!(error instanceof BillmanagerError) || !(await this.#identity.renew(proof, error))) throw error
    }
    return call((await this.#identity.proof()).parameters)
  }

  async #exchange(func: string, parameters: Parameters, options: CallOptions): Promise<HttpResponse> {
    const { send, language, timeoutMs } = this.#options
    const all = { func, out: 'json', lang: language, ...parameters }
    const { body, contentType } = options.files?.length ? encodeMultipart(all, options.files) : encodeForm(all)
    try {
      return await send({
        service: 'billmanager',
        method: 'POST',
        url: this.#url,
        headers: { 'content-type': contentType },
        body,
        timeoutMs: options.timeoutMs ?? timeoutMs,
      })
    } catch (error) {
      throw classifyNoAnswer(func, error)
    }
  }

  async #read(func: string, response: HttpResponse): Promise<Doc> {
    let answer = response
    let doc = answer.status === 200 ? readDocument(answer.body) : undefined
    const isSlow = !doc && answer.status === 200 && longRequestIn(answer.body.toString('utf8')) !== undefined
    if (isSlow) {
      answer = await this.#follow(func, answer)
      doc = answer.status === 200 ? readDocument(answer.body) : undefined
    }
    if (!doc) {
      const failure = classifyNonDocument(func, answer)
      throw isSlow && failure.reason !== 'pending' ? lostResult(func, failure) : failure
    }
    const { error } = doc
    if (!error) return doc
    const refusal = classifyRefusal(func, error)
    throw isSlow && ofThePage.has(error.type) ? lostResult(func, refusal) : refusal
  }

  /** A slow call answers the address of its result, which is asked again until the document is there. */
  async #follow(func: string, first: HttpResponse): Promise<HttpResponse> {
    const { send, clock, longRequest, timeoutMs } = this.#options
    const deadlineMs = clock.now().getTime() + longRequest.atMostMs
    let answer = first
    let address = longRequestIn(answer.body.toString('utf8'))
    while (address !== undefined) {
      if (clock.now().getTime() >= deadlineMs) return first
      await clock.sleep(longRequest.everyMs)
      try {
        answer = await send({ service: 'billmanager', method: 'GET', url: resultUrl(address, this.#url), timeoutMs })
      } catch (error) {
        throw lostResult(func, worldly(classifyNoAnswer(func, error)))
      }
      const text = answer.body.toString('utf8')
      if (answer.status === 200 && text.trim() === '') continue
      address = longRequestIn(text)
      if (answer.status === 200 && readDocument(text)) return answer
    }
    return answer
  }
}

/** Refusals that may be meant for the page of a slow call, which is asked for without a session and without a function, and not for the call. */
const ofThePage = new Set(['access', 'auth', 'missed'])

function panelUrl(url: string): string {
  const trimmed = url.replace(/\/+$/, '')
  assert(URL.canParse(trimmed), 'the URL of BILLmanager is a URL')
  return trimmed.endsWith('/billmgr') ? trimmed : `${trimmed}/billmgr`
}

/** The address of a result is taken on the panel's own host only, whatever the answer says. */
function resultUrl(address: string, base: string): string {
  const { origin } = new URL(base)
  return `${origin}/${address.replace(/^\/+/, '')}`
}
