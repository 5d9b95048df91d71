/** Which mistake a pasted text is; undefined when it looks like the public half of a key. The service reads it in full. */
export function mistakeInKey(text: string): 'missing' | 'private' | 'shape' | undefined {
  const key = text.trim()
  if (key === '') return 'missing'
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) return 'private'
  return /^(ssh-(rsa|ed25519|dss)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/=]{40,}( [^\r\n]*)?$/.test(
    key,
  )
    ? undefined
    : 'shape'
}

/** "ed25519": the kind that a public key begins with. */
export const kindOf = (publicKey: string): string =>
  (publicKey.split(' ')[0] ?? '').replace(/^ssh-|^sk-ssh-|^ecdsa-sha2-|@openssh\.com$/g, '')

/** The comment at the end of a key is how its owner calls it. */
export const nameIn = (publicKey: string): string => publicKey.trim().split(/\s+/).slice(2).join(' ')
