import type { SimResponse } from '@straylight/kit/simulator'

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/**
 * WebOb's own page of an error, which Glance sends always and others where nobody catches it: plain text,
 * or for who accepts JSON an object with a trace of HTML in its message.
 * Proof: https://github.com/Pylons/webob/blob/1.8.7/src/webob/exc.py#L285-L300
 */
export function webobPage(status: number, message: string, accept: string | undefined): SimResponse {
  const title = titles[status] ?? 'Error'
  if (accept?.includes('json'))
    return {
      status,
      headers: { 'Content-Type': 'application/json' },
      body: { message: `${message}<br /><br />\n\n\n`, code: `${status} ${title}`, title },
    }
  return {
    status,
    headers: { 'Content-Type': 'text/plain; charset=UTF-8' },
    body: `${status} ${title}\n\n${message}\n\n   `,
  }
}

export const noSuchPage = (allowed: string[], accept: string | undefined): SimResponse =>
  allowed.length > 0
    ? webobPage(405, 'The method specified is not allowed for this resource.', accept)
    : webobPage(404, 'The resource could not be found.', accept)
