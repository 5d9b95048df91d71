import { Refusal } from '../call.ts'
import type { ServiceDefinition } from '../service.ts'
import { clientsFault, unauthenticated } from './answers.ts'
import { routes as applicationCredentials } from './application-credentials.ts'
import { routes as authentication } from './authentication.ts'
import { routes as catalog } from './catalog.ts'
import { routes as domains } from './domains.ts'
import { routes as groups } from './groups.ts'
import { routes as projects } from './projects.ts'
import { routes as roles } from './roles.ts'
import { routes as users } from './users.ts'

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

export const identity: ServiceDefinition = {
  name: 'identity',
  prefix: '/identity',
  routes: [...authentication, ...catalog, ...domains, ...projects, ...users, ...groups, ...roles, ...applicationCredentials],
  headers: (requestId) => ({ Vary: 'X-Auth-Token', 'x-openstack-request-id': requestId }),
  error: ({ status, message, headers }) => ({
    status,
    headers,
    body: { error: { code: status, message, title: titles[status] ?? 'Error' } },
  }),
  unauthorized: (world) => ({
    status: 401,
    headers: { 'WWW-Authenticate': `Keystone uri="${world.url}/identity/v3"` },
    body: { error: { code: 401, message: unauthenticated, title: 'Unauthorized' } },
  }),
  // Routes come from Flask, whose own pages answer what it does not know.
  missingRoute: (allowed) =>
    allowed.length > 0
      ? {
          status: 405,
          headers: { Allow: allowed.join(', ') },
          body: { message: 'The method is not allowed for the requested URL.' },
        }
      : { status: 404, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body: flaskNotFound },
  malformed: new Refusal(400, `Expecting to find valid JSON in request body. ${clientsFault()}`),
}

const flaskNotFound = `<!doctype html>
<html lang=en>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>
`
