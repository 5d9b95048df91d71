import type { SimResponse } from '@straylight/kit/simulator'

/** An exception of Neutron on its way to the caller. */
export class NeutronError extends Error {
  readonly status: number
  readonly type: string
  constructor(status: number, type: string, message: string) {
    super(message)
    this.name = 'NeutronError'
    this.status = status
    this.type = type
  }
}

export const badRequest = (message: string) => new NeutronError(400, 'HTTPBadRequest', message)
export const invalidInput = (message: string) => new NeutronError(400, 'InvalidInput', `Invalid input for operation: ${message}.`)
export const hidden = () => new NeutronError(404, 'HTTPNotFound', 'The resource could not be found.')
export const forbidden = (rules: readonly string[]) => {
  const names = rules.map((rule) => `rule:${rule}`)
  return new NeutronError(
    403,
    'PolicyNotAuthorized',
    `${names.length > 1 ? `(${names.join(' and ')})` : names[0]} is disallowed by policy`,
  )
}

/** Something that Neutron itself stumbled over; the caller learns nothing. */
export const failed = () =>
  new NeutronError(500, 'HTTPInternalServerError', 'Request Failed: internal server error while processing your request.')

/** An answer of the backend that the plugin could not make an exception of: it goes on with nothing and breaks where nobody catches it. */
export class Collapsed extends Error {}

const jsonType = { 'content-type': 'application/json' }
export const json = (status: number, body: unknown): SimResponse => ({ status, headers: jsonType, body: JSON.stringify(body) })

export function answerToError(error: unknown, accept: string | undefined): SimResponse {
  if (error instanceof NeutronError)
    return json(error.status, { NeutronError: { type: error.type, message: error.message, detail: '' } })
  if (error instanceof Collapsed) return collapse(accept)
  throw error
}

const sentence = 'The server has either erred or is incapable of performing the requested operation.'

/** What oslo.middleware puts in place of an exception that escaped: JSON for who asks for it, a page for everybody else. */
function collapse(accept: string | undefined): SimResponse {
  const title = 'Internal Server Error'
  if (accept?.includes('application/json'))
    return json(500, { message: `${sentence}<br /><br />\n\n\n`, code: `500 ${title}`, title })
  const page = `<html>\n <head>\n  <title>500 ${title}</title>\n </head>\n <body>\n  <h1>500 ${title}</h1>\n  ${sentence}<br /><br />\n\n\n\n </body>\n</html>`
  return { status: 500, headers: { 'content-type': 'text/html; charset=UTF-8' }, body: page }
}
