import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert } from '@straylight/kit'

/** Encrypts what must be readable again (AES-256-GCM), each purpose under a key of its own, derived from the installation's key. */
export interface Secrets {
  seal(purpose: string, text: string): Buffer
  /** @throws when it was sealed under another key or purpose, or was changed. */
  open(purpose: string, sealed: Buffer): string
}

/** Reads the installation's key (32 bytes, hex) from the environment or from `secret.key` in the data folder, which the first start makes. */
export function loadSecrets(dataFolder: string, given: string | undefined): Secrets {
  const path = join(dataFolder, 'secret.key')
  if (!given && !existsSync(path)) writeFileSync(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  const hex = (given ?? readFileSync(path, 'utf8')).trim()
  if (!/^[0-9a-f]{64}$/i.test(hex))
    throw new Error(
      given
        ? 'STRAYLIGHT_SECRET_KEY must be 64 hexadecimal digits.'
        : `${path} must hold 64 hexadecimal digits; restore it from your backup.`,
    )
  return secretsOf(Buffer.from(hex, 'hex'))
}

export function secretsOf(master: Buffer): Secrets {
  const keyOf = (purpose: string) => Buffer.from(hkdfSync('sha256', master, '', `straylight:${purpose}`, 32))
  return {
    seal(purpose, text) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', keyOf(purpose), nonce)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body])
    },
    open(purpose, sealed) {
      assert(sealed.length >= 28, 'a sealed text has a nonce and a tag')
      const decipher = createDecipheriv('aes-256-gcm', keyOf(purpose), sealed.subarray(0, 12))
      decipher.setAuthTag(sealed.subarray(12, 28))
      return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8')
    },
  }
}

/** For tokens, which are random and long: a plain hash is enough to keep them useless to whoever reads the database. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()
