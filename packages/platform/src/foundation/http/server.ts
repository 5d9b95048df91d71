import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyCookie from '@fastify/cookie'
import fastifyHelmet from '@fastify/helmet'
import fastifyStatic from '@fastify/static'
import fastifySwagger from '@fastify/swagger'
import { problem as problemSchema, type Route, routes } from '@straylight/api'
import { type Clock, invalid, newId, notFound } from '@straylight/kit'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, LogController } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Database, Tx } from '../db.ts'
import type { ChangeFeed } from '../events.ts'
import type { Handler, Outcome } from '../handler.ts'
import type { Metrics } from '../metrics.ts'
import type { Secrets } from '../secrets.ts'
import { EventStreams } from './event-streams.ts'
import { type Authenticate, callerOf, projectOf, deviceCookie, sessionCookie, setDevice, setSession, whoIs } from './gate.ts'
import { answerKept, takeOrder, UnderWay, wishOf } from './idempotency.ts'
import { refuseStranger } from './metrics-door.ts'
import { bodyLimitBytes, sendProblem } from './problems.ts'

export interface HttpOptions {
  database: Database
  clock: Clock
  secrets: Secrets
  feed: ChangeFeed
  metrics: Metrics
  handlers: Handler[]
  authenticate: Authenticate
  logger: FastifyBaseLogger
  /** The built web app; absent in tests that only use the API. */
  webFolder?: string
  secureCookies: boolean
  trustProxy: boolean | string
  metricsToken: string | undefined
  ready(): Promise<Record<string, boolean>>
}

/** Serves every handler on the path of its route, behind one gate, and the documents and pages beside them. */
export async function buildHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { database, clock, authenticate } = options
  const app = Fastify({
    loggerInstance: options.logger,
    // What a request was is in the audit log and the figures; the log is for what went wrong.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    // An open event stream must not hold up the end.
    forceCloseConnections: true,
    genReqId: () => `req-${newId()}`,
    trustProxy: options.trustProxy,
    routerOptions: { maxParamLength: 200 },
    ajv: { customOptions: { coerceTypes: false } },
  }) as unknown as FastifyInstance

  // Fastify shows a body that was not sent as null; to a schema it is absent.
  app.setValidatorCompiler((part) => {
    const validate = validatorCompiler(part as Parameters<typeof validatorCompiler>[0])
    return (data: unknown) => validate(part.httpPart === 'body' ? (data ?? undefined) : data)
  })
  app.setSerializerCompiler(serializerCompiler)
  await app.register(fastifyCookie)
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: options.secureCookies ? { maxAge: 31_536_000 } : false,
    referrerPolicy: { policy: 'same-origin' },
  })
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Straylight',
        version: '2',
        description:
          'The API of a cloud account: projects, servers, money. Every write takes an Idempotency-Key, and gives its first answer again for a week unless it says otherwise; every error is a problem document (RFC 9457) whose `error_code` is stable.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API token from the account, or the token that sign-in answered',
          },
          session: { type: 'apiKey', in: 'cookie', name: sessionCookie },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })

  // Clients send `content-type: application/json` with an empty body on actions and deletes; that is no body.
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    if (text === '') return done(null, undefined)
    try {
      const body: unknown = JSON.parse(text as string)
      done(null, body)
    } catch {
      done(invalid('request.not_json', 'The body is not JSON.', { description: 'Send a JSON object.' }))
    }
  })

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  app.addHook('onResponse', async (request, reply) => {
    const name = request.routeOptions.config.route?.name ?? 'page'
    options.metrics.httpSeconds.observe({ route: name, status: String(reply.statusCode) }, reply.elapsedTime / 1000)
  })
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply))
  app.setNotFoundHandler((request, reply) => {
    const wantsPage =
      request.method === 'GET' && (request.headers.accept ?? '').includes('text/html') && !request.url.startsWith('/v2/')
    if (wantsPage && options.webFolder && existsSync(join(options.webFolder, 'index.html')))
      return reply.header('cache-control', 'no-cache').sendFile('index.html', options.webFolder)
    return sendProblem(
      notFound('route.unknown', `There is nothing at ${request.method} ${request.url.split('?')[0]}.`, {
        description: 'The API is described at /docs.',
      }),
      request,
      reply,
    )
  })

  // ── routes ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  const streams = new EventStreams(options.feed)
  const underWay = new UnderWay()
  const books = { db: database.db, clock, secrets: options.secrets }
  const answer = (route: Route, reply: FastifyReply, outcome: Outcome<Route>) => {
    if (outcome.taskId) reply.header('x-task-id', outcome.taskId)
    if ('replayed' in outcome) reply.header('idempotent-replayed', 'true')
    if (outcome.session !== undefined) setSession(reply, outcome.session, { secure: options.secureCookies })
    if (outcome.device !== undefined) setDevice(reply, outcome.device, { secure: options.secureCookies })
    reply.header('cache-control', 'no-store')
    return reply.status(route.status).send(route.status === 204 ? undefined : outcome.data)
  }
  const eventStream: Handler = { route: routes.events, run: async () => ({ data: undefined }) }

  for (const { route, run } of [...options.handlers, eventStream]) {
    const writes = route.method !== 'GET'
    app.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      config: { route },
      schema: {
        operationId: route.name,
        summary: route.summary,
        ...(route.kept ? { description: aboutKey[route.kept] } : {}),
        tags: [route.tag],
        ...(route.permission === 'anyone' ? { security: [] } : { security: [{ token: [] }, { session: [] }] }),
        ...(route.params ? { params: route.params } : {}),
        ...(route.query ? { querystring: route.query } : {}),
        ...(route.body ? { body: route.body } : {}),
        response: route.response ? { [route.status]: route.response, default: problemSchema } : { default: problemSchema },
      },
      // The gate stands before validation: who may not call learns nothing about what a right call is. A wish that was granted is answered
      // before it is asked whose the thing is: it may be gone by that wish.
      preValidation: async (request, reply) => {
        const caller = await callerOf(route, request, authenticate)
        const wish = wishOf(route, request, caller)
        const earlier = wish && (await answerKept(database.db, options.secrets, route, wish))
        if (earlier) return answer(route, reply, earlier)
        request.passed = { caller, wish, project: await projectOf(route, request, { db: database.db, caller }) }
      },
      handler: async (request, reply) => {
        const { caller, project, wish } = request.passed ?? {}
        if (route.streams && caller)
          return streams.open(request, reply, caller, async () => (await whoIs(request, authenticate)) !== undefined)
        const call = {
          params: request.params,
          query: request.query,
          body: request.body,
          caller,
          project,
          db: database.db,
          tx: database.db,
          clock,
          concerns(accountId: string) {
            request.concernsAccountId = accountId
          },
          request: {
            id: request.id,
            ip: request.ip,
            userAgent: (request.headers['user-agent'] ?? '').slice(0, 300),
            device: request.cookies[deviceCookie],
          },
        }
        if (!writes) return answer(route, reply, await run(call as never))
        const take = (write: (tx: Tx) => Promise<Outcome<Route>>) => takeOrder(books, { route, wish, run: write })
        if (!route.slow) return answer(route, reply, await take((tx) => run({ ...call, tx } as never)))
        const outcome = await underWay.alone(wish, async () => {
          let taken = false
          const outcome = await run({
            ...call,
            take(write: (tx: Tx) => Promise<Outcome<Route>>) {
              taken = true
              return take(write)
            },
          } as never)
          return taken || !wish ? outcome : take(async () => outcome)
        })
        return answer(route, reply, outcome)
      },
      onResponse: async (request, reply) => {
        if (!writes && route.permission !== 'operator') return
        // Of what nobody we know was refused there is nothing to tell, and whoever likes could fill the table with it.
        if (reply.statusCode >= 400 && request.concernsAccountId === undefined) return
        const params = request.params as { id?: string; project_id?: string } | undefined
        await database.db
          .insertInto('audit')
          .values({
            at: clock.now(),
            action: route.audit,
            account_id: request.concernsAccountId ?? null,
            project_id: request.subjectProjectId ?? null,
            subject_id: params?.id ?? params?.project_id ?? null,
            status: reply.statusCode,
            ip: request.ip,
            user_agent: (request.headers['user-agent'] ?? '').slice(0, 300),
            request_id: request.id,
          })
          .execute()
          .catch((error: unknown) => request.log.error({ err: error }, 'the audit record of a request could not be written'))
      },
    })
  }

  // ── beside the API ────────────────────────────────────────────────────────────────────────────────────────────────────────

  app.get('/healthz', { schema: { hide: true } }, async () => ({ ok: true }))
  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const parts = await options.ready()
    const ok = Object.values(parts).every(Boolean)
    return reply.status(ok ? 200 : 503).send({ ok, parts })
  })
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    refuseStranger(request, options.metricsToken)
    return reply.type(options.metrics.registry.contentType).send(await options.metrics.registry.metrics())
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())

  const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  await app.register(fastifyStatic, { root: swaggerUi, prefix: '/docs/assets/', index: false, decorateReply: true })
  app.get('/docs', { schema: { hide: true } }, async (_request, reply) => reply.type('text/html').send(docsPage))
  app.get('/docs/errors', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send(readFileSync(errorsPage)),
  )
  app.get('/docs/start.js', { schema: { hide: true } }, async (_request, reply) => reply.type('text/javascript').send(docsScript))
  if (options.webFolder && existsSync(options.webFolder))
    await app.register(fastifyStatic, {
      root: options.webFolder,
      prefix: '/',
      decorateReply: false,
      immutable: true,
      maxAge: '365d',
      index: 'index.html',
      wildcard: true,
      setHeaders: freshPages,
    })
  return app
}

const aboutKey: Record<NonNullable<Route['kept']>, string> = {
  deed: 'The answer holds what is shown only once and is not kept: repeated with the same Idempotency-Key it is refused with 409 `request.already_done`, and nothing is done twice.',
  nothing: 'Each call makes a new one; an Idempotency-Key changes nothing.',
}

/** Files with a hash in their name never change; pages do. */
function freshPages(reply: FastifyReply, path: string): void {
  if (!path.includes('/assets/')) reply.header('cache-control', 'no-cache')
}

const errorsPage = fileURLToPath(new URL('../../../../../docs/errors.md', import.meta.url))

const docsPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Straylight API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head><body><div id="docs"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>`
const docsScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, tryItOutEnabled: false, validatorUrl: null })`

declare module 'fastify' {
  interface FastifyContextConfig {
    route?: Route
  }
}
