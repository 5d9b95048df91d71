/**
 * What a new guest is told. The first key goes the cloud's own way (a Nova key pair); further ones as cloud-init settings, beside the
 * customer's own user data: https://cloudinit.readthedocs.io/en/latest/explanation/format.html#mime-multi-part-archive
 */
export function userDataOf(furtherKeys: string[], own: string | undefined): string | undefined {
  if (furtherKeys.length === 0) return own
  const settings = `#cloud-config\nssh_authorized_keys:\n${furtherKeys.map((key) => `  - ${JSON.stringify(key)}`).join('\n')}\n`
  if (own === undefined) return settings
  const boundary = 'straylight-user-data-boundary'
  const part = (type: string, name: string, content: string) =>
    `--${boundary}\r\nContent-Type: ${type}; charset="utf-8"\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\n${Buffer.from(content).toString('base64')}\r\n`
  return `Content-Type: multipart/mixed; boundary="${boundary}"\r\nMIME-Version: 1.0\r\n\r\n${part('text/cloud-config', 'keys.cfg', settings)}${part(typeOf(own), 'user-data', own)}--${boundary}--\r\n`
}

const typeOf = (text: string) =>
  text.startsWith('#cloud-config') ? 'text/cloud-config' : text.startsWith('#!') ? 'text/x-shellscript' : 'text/plain'

/** Nova counts the base64 text: https://docs.openstack.org/api-ref/compute/#create-server */
export const mostEncodedBytes = 65_535

/** What `userDataOf` takes on its way to Nova. */
export const encodedBytes = (furtherKeys: string[], own: string | undefined): number =>
  Math.ceil(Buffer.byteLength(userDataOf(furtherKeys, own) ?? '') / 3) * 4
