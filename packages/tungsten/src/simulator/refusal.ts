import type { SimResponse } from '@straylight/kit/simulator'

/** The server says no: a status and a text, sent the way this API sends them. */
export class Refused extends Error {
  readonly status: number
  constructor(status: number, text: string) {
    super(text)
    this.name = 'Refused'
    this.status = status
  }
}

export const textType = { 'content-type': 'text/html; charset=UTF-8' }

/** Errors are plain text that calls itself HTML, except 412, which has no handler of its own and comes as Bottle's page. */
export function refusal(status: number, message: string): SimResponse {
  return { status, headers: textType, body: status === 412 ? bottlePage('412 Precondition Failed', message) : message }
}

export const bottlePage = (title: string, message: string): string => `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
<html><head><title>Error: ${title}</title></head>
<body><h1>Error: ${title}</h1><p>Sorry, the requested URL caused an error:</p><pre>${message}</pre></body></html>
`

/** What keystonemiddleware answers in front of the API. */
export const unauthenticated = (keystoneUrl: string): SimResponse => ({
  status: 401,
  headers: { 'content-type': 'application/json', 'www-authenticate': `Keystone uri="${keystoneUrl}"` },
  body: JSON.stringify({
    error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
  }),
})

/** Unsigned 64-bit numbers do not fit a JavaScript number; marked texts become numbers when the answer is written. */
const mark = '\u0000u64:'
export const unsigned64 = (value: bigint): string => `${mark}${value}`

export const jsonAnswer = (body: unknown, headers: Record<string, string> = {}): SimResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body).replace(/"\\u0000u64:(\d+)"/g, '$1'),
})

/** A success that has nothing to say: 200, no body, and still text/html. */
export const emptyAnswer: SimResponse = { status: 200, headers: textType, body: '' }
