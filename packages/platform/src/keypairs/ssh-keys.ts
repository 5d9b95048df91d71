import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { invalid } from '@straylight/kit'

const kinds = [
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
]

/**
 * Reads one line of an authorized_keys file (kind, base64, comment) and gives it back clean, with its SHA-256 fingerprint as OpenSSH prints it.
 * @throws CallerError that names `public_key`
 */
export function readPublicKey(text: string): { publicKey: string; fingerprint: string } {
  const refuse = (message: string, description: string) =>
    invalid('keypair.not_a_key', message, { description, fields: [{ field: 'public_key', message: description }] })
  if (text.includes('PRIVATE KEY'))
    throw refuse(
      'This is the private half of a key.',
      'Paste the public half, the content of the file that ends in .pub. Consider the private half known now.',
    )
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (lines.length !== 1) throw refuse('This is not one public key.', 'Paste one line, the content of a file that ends in .pub.')
  const [kind = '', base64 = '', ...comment] = (lines[0] ?? '').split(/\s+/)
  if (!kinds.includes(kind))
    throw refuse(
      `Keys of kind ${kind.slice(0, 40)} cannot be used.`,
      `A public key begins with ${kinds.slice(0, 3).join(', ')} or another kind that OpenSSH makes today.`,
    )
  const blob = Buffer.from(base64, 'base64')
  if (blob.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, '') || !startsWithKind(blob, kind))
    throw refuse('This public key is damaged.', 'Copy the whole line again; a part of it is missing or changed.')
  if (kind === 'ssh-rsa' && blob.length < 256)
    throw refuse('This RSA key is too short to be safe.', 'Use a key of 2048 bits or more, or an ed25519 key.')
  return { publicKey: [kind, base64, ...comment].join(' '), fingerprint: fingerprintOf(blob) }
}

function startsWithKind(blob: Buffer, kind: string): boolean {
  if (blob.length < 4 + kind.length) return false
  return blob.readUInt32BE(0) === kind.length && blob.subarray(4, 4 + kind.length).toString('latin1') === kind
}

const fingerprintOf = (blob: Buffer) => `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`

const field = (bytes: Buffer | string) => {
  const content = Buffer.from(bytes)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return Buffer.concat([length, content])
}

const raw = (key: KeyObject, part: 'x' | 'd') => Buffer.from(key.export({ format: 'jwk' })[part] ?? '', 'base64url')

/**
 * Makes an ed25519 key. The private half is in OpenSSH's own format, without a passphrase:
 * https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function generateKey(comment: string): { publicKey: string; privateKey: string; fingerprint: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const point = raw(publicKey, 'x')
  const blob = Buffer.concat([field('ssh-ed25519'), field(point)])
  const check = randomBytes(4)
  const secret = Buffer.concat([
    check,
    check,
    field('ssh-ed25519'),
    field(point),
    field(Buffer.concat([raw(privateKey, 'd'), point])),
    field(comment),
  ])
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1))
  const one = Buffer.from([0, 0, 0, 1])
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    field('none'),
    field('none'),
    field(''),
    one,
    field(blob),
    field(Buffer.concat([secret, padding])),
  ])
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? []
  return {
    publicKey: `ssh-ed25519 ${blob.toString('base64')} ${comment}`.trim(),
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    fingerprint: fingerprintOf(blob),
  }
}
