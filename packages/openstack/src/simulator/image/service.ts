import { Refusal } from '../call.ts'
import { openRoute } from '../router.ts'
import type { ServiceDefinition } from '../service.ts'
import { routes as images } from './images.ts'
import { routes as data } from './image-data.ts'
import { routes as members } from './image-members.ts'
import { routes as schemas } from './schemas.ts'

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

const text = (status: number, message: string) => ({
  status,
  headers: { 'Content-Type': 'text/plain; charset=UTF-8' },
  // WebOb's plain page, blanks included.
  body: `${status} ${titles[status] ?? 'Error'}\n\n${message}\n\n   `,
})

const numbers = ['2.15', '2.13', '2.12', '2.11', '2.10', '2.9', '2.8', '2.7', '2.6', '2.5', '2.4', '2.3', '2.2', '2.1', '2.0']

export const image: ServiceDefinition = {
  name: 'image',
  prefix: '/image',
  routes: [
    ...(['/', '/versions'] as const).map((path) =>
      openRoute('GET', path, (call) => ({
        status: path === '/' ? 300 : 200,
        body: {
          versions: numbers.map((number, i) => ({
            id: `v${number}`,
            status: i === 0 ? 'CURRENT' : 'SUPPORTED',
            links: [{ rel: 'self', href: `${call.base}/v2/` }],
          })),
        },
      })),
    ),
    ...images,
    ...data,
    ...members,
    ...schemas,
  ],
  headers: (requestId) => ({ 'X-Openstack-Request-Id': requestId, Date: new Date().toUTCString() }),
  error: ({ status, message, headers }) => {
    const response = text(status, message)
    return { ...response, headers: { ...response.headers, ...headers } }
  },
  unauthorized: (world) => {
    const response = text(
      401,
      'This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required.',
    )
    return { ...response, headers: { ...response.headers, 'Www-Authenticate': `Keystone uri="${world.url}/identity/v3"` } }
  },
  missingRoute: (allowed) =>
    allowed.length > 0
      ? text(405, 'The method specified is not allowed for this resource.')
      : text(404, 'The resource could not be found.'),
  malformed: new Refusal(400, 'Malformed JSON in request body.'),
}
