import type { Doc } from './document.ts'
import { BillmanagerError } from './errors.ts'
import type { Parameters } from './form.ts'

export type Credentials =
  /** `auth` once, then a session that lives an hour after its last call and is bound to our address. */
  | { kind: 'session'; username: string; password: string }
  /** `authinfo` in each call. The panel may limit it to a list of addresses. */
  | { kind: 'authinfo'; username: string; password: string }

/** What one call puts beside its parameters to prove who calls. */
export interface Proof {
  parameters: Parameters
  session: string | undefined
}

type Ask = (func: string, parameters: Parameters) => Promise<Doc>

/**
 * Proves who we are. Callers that come at once share one sign-in; a session that died is replaced once, by whoever notices first.
 */
export class Identity {
  readonly #credentials: Credentials
  readonly #ask: Ask
  #session: Promise<string> | undefined

  constructor(credentials: Credentials, ask: Ask) {
    this.#credentials = credentials
    this.#ask = ask
  }

  async proof(): Promise<Proof> {
    const { kind, username, password } = this.#credentials
    if (kind === 'authinfo') return { parameters: { authinfo: `${username}:${password}` }, session: undefined }
    this.#session ??= this.#signIn()
    const attempt = this.#session
    try {
      const session = await attempt
      return { parameters: { auth: session }, session }
    } catch (error) {
      if (this.#session === attempt) this.#session = undefined
      throw error
    }
  }

  /**
   * BILLmanager answers `access` both to a dead session and to a missing right. `keepalive` needs no right,
   * so it tells them apart; true when a new session was made possible.
   */
  async renew(proof: Proof, refusal: BillmanagerError): Promise<boolean> {
    const { session } = proof
    if (session === undefined) return false
    if (refusal.type !== 'auth') {
      if (refusal.type !== 'access') return false
      try {
        await this.#ask('keepalive', { auth: session })
        return false
      } catch (error) {
        if (!(error instanceof BillmanagerError) || (error.type !== 'access' && error.type !== 'auth')) return false
      }
    }
    const current = await this.#session?.catch(() => undefined)
    if (current === session) this.#session = undefined
    return true
  }

  /** Ends the session; the next call begins another. */
  async end(): Promise<void> {
    const session = await this.#session?.catch(() => undefined)
    this.#session = undefined
    if (session === undefined) return
    await this.#ask('logon', { auth: session }).catch((error: unknown) => {
      if (!(error instanceof BillmanagerError)) throw error
    })
  }

  async #signIn(): Promise<string> {
    const { username, password } = this.#credentials
    const answer = await this.#ask('auth', { username, password })
    const [auth] = answer.rows('auth')
    // The id is an attribute in most versions and the text in some (Datahider/lhBillmgrInterface reads the text).
    const session = auth?.attribute('id') || answer.text('auth')
    if (session === '') throw refusedSignIn('auth: the panel gave no session')
    const who = await this.#ask('whoami', { auth: session })
    if (who.text('ok').includes('totp.confirm'))
      throw refusedSignIn(`auth: ${username} has two-factor authentication; give the integration a user without it`)
    return session
  }
}

const refusedSignIn = (message: string): BillmanagerError =>
  new BillmanagerError('auth', { kind: 'unauthenticated', message, retryable: false, effect: 'none' })
