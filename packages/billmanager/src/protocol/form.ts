import { randomBytes } from 'node:crypto'

export interface UploadedFile {
  name: string
  type?: string
  bytes: Uint8Array
}

export type Parameters = Record<string, string | undefined>

/** `application/x-www-form-urlencoded`, as every function takes it. */
export function encodeForm(parameters: Parameters): { body: string; contentType: string } {
  const form = new URLSearchParams()
  for (const name in parameters) {
    const value = parameters[name]
    if (value !== undefined) form.append(name, value)
  }
  return { body: form.toString(), contentType: 'application/x-www-form-urlencoded' }
}

/** `multipart/form-data`, for files only: `file_1` … `file_n`. Seen in billing-typescript, src/Redux/support/supportOperations.js. */
export function encodeMultipart(parameters: Parameters, files: UploadedFile[]): { body: Buffer; contentType: string } {
  const boundary = `----straylight${randomBytes(16).toString('hex')}`
  const parts: (string | Uint8Array)[] = []
  for (const name in parameters) {
    const value = parameters[name]
    if (value !== undefined)
      parts.push(`--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n`, value, '\r\n')
  }
  files.forEach((file, index) => {
    parts.push(
      `--${boundary}\r\nContent-Disposition: form-data; name="file_${index + 1}"; filename="${quoted(file.name)}"\r\nContent-Type: ${file.type ?? 'application/octet-stream'}\r\n\r\n`,
      file.bytes,
      '\r\n',
    )
  })
  parts.push(`--${boundary}--\r\n`)
  return { body: Buffer.concat(parts.map((part) => Buffer.from(part))), contentType: `multipart/form-data; boundary=${boundary}` }
}

/** As browsers write it: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
const quoted = (text: string): string => text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
