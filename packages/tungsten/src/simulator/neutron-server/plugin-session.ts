import type { Clock } from '@straylight/kit'
import type { KeystoneDirectory } from '../keystone.ts'

/** A token of the plugin's own account and how long Keystone has promised it to be valid. */
export interface PluginToken {
  token: string
  expiresAtMs: number
}

export type SignIn = () => Promise<PluginToken>

/** A Keystone session renews its token this long before its end, and for no other reason. */
const renewedBeforeEndMs = 30_000

/**
 * The Keystone session of the plugin's own account, as keystoneauth keeps it: it gives the token that it has, also after Keystone has revoked it and somebody has
 * answered 401 to it.
 */
export class PluginSession {
  readonly #clock: Clock
  readonly #signIn: SignIn
  #held: PluginToken | undefined

  constructor(clock: Clock, signIn: SignIn) {
    this.#clock = clock
    this.#signIn = signIn
  }

  async token(): Promise<string> {
    const nowMs = this.#clock.now().getTime()
    if (!this.#held || this.#held.expiresAtMs - renewedBeforeEndMs <= nowMs) this.#held = await this.#signIn()
    return this.#held.token
  }

  forget(): void {
    this.#held = undefined
  }
}

/** Signs in with the account that a Keystone has for the plugin, and asks how long the token lasts. */
export const signInAt =
  (keystone: KeystoneDirectory): SignIn =>
  async () => {
    const token = (await keystone.signIn?.()) ?? ''
    const { body } = (await keystone.token(token)) ?? {}
    return { token, expiresAtMs: Date.parse(String(body?.expires_at)) }
  }
