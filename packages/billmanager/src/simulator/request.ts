import type { SimRequest } from '@straylight/kit/simulator'

export interface ReceivedFile {
  field: string
  name: string
  type: string
  bytes: Buffer
}

export interface Form {
  values: Map<string, string>
  files: ReceivedFile[]
}

/** The parameters of a call: the address's query and the body's form, which wins. */
export function readForm(request: Pick<SimRequest, 'query' | 'headers' | 'body'>): Form {
  const values = new Map<string, string>(request.query)
  const files: ReceivedFile[] = []
  const type = request.headers['content-type'] ?? ''
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(type)?.[1]
  if (boundary !== undefined) readParts(request.body, boundary, values, files)
  else if (request.body.length > 0)
    for (const [name, value] of new URLSearchParams(request.body.toString('utf8'))) values.set(name, value)
  return { values, files }
}

function readParts(body: Buffer, boundary: string, values: Map<string, string>, files: ReceivedFile[]): void {
  const mark = Buffer.from(`--${boundary}`)
  const between = Buffer.from('\r\n\r\n')
  let at = body.indexOf(mark)
  while (at >= 0) {
    const start = at + mark.length + 2
    const end = body.indexOf(mark, start)
    if (end < 0) return
    const headEnd = body.indexOf(between, start)
    if (headEnd >= 0 && headEnd < end) {
      const head = body.toString('utf8', start, headEnd)
      const bytes = Buffer.from(body.subarray(headEnd + between.length, end - 2))
      const name = decodeQuoted(/[; ]name="([^"]*)"/.exec(head)?.[1] ?? '')
      const filename = /filename="([^"]*)"/.exec(head)?.[1]
      if (filename === undefined) values.set(name, bytes.toString('utf8'))
      else
        files.push({ field: name, name: decodeQuoted(filename), type: /content-type: *([^\r\n]+)/i.exec(head)?.[1] ?? '', bytes })
    }
    at = end
  }
}

const decodeQuoted = (text: string): string => text.replaceAll('%22', '"').replaceAll('%0D', '\r').replaceAll('%0A', '\n')

/** Which function a request is for, without reading all of a long body. */
export function functionOf(request: Pick<SimRequest, 'query' | 'headers' | 'body'>): string | undefined {
  const type = request.headers['content-type'] ?? ''
  if (type.startsWith('multipart/'))
    return (
      /name="func"\r\n\r\n([^\r\n]*)/.exec(request.body.toString('utf8', 0, 65_536))?.[1] ??
      request.query.get('func') ??
      undefined
    )
  const inBody = request.body.length > 0 ? new URLSearchParams(request.body.toString('utf8')).get('func') : undefined
  return inBody ?? request.query.get('func') ?? undefined
}
