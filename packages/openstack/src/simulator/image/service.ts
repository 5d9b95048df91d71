import { Refusal } from '../call.ts'
import { openRoute } from '../router.ts'
import type { ServiceDefinition } from '../service.ts'
import { noSuchPage, webobPage } from '../webob.ts'
import { routes as images } from './images.ts'
import { routes as data } from './image-data.ts'
import { routes as members } from './image-members.ts'
import { routes as schemas } from './schemas.ts'

const numbers = ['2.15', '2.13', '2.12', '2.11', '2.10', '2.9', '2.8', '2.7', '2.6', '2.5', '2.4', '2.3', '2.2', '2.1', '2.0']

const unverified =
  'This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required.'

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
  error: ({ status, message, headers }, accept) => {
    const page = webobPage(status, message, accept)
    return { ...page, headers: { ...page.headers, ...headers } }
  },
  unauthorized: (world, accept) => {
    const page = webobPage(401, unverified, accept)
    return { ...page, headers: { ...page.headers, 'Www-Authenticate': `Keystone uri="${world.url}/identity/v3"` } }
  },
  missingRoute: noSuchPage,
  malformed: new Refusal(400, 'Malformed JSON in request body.'),
}
