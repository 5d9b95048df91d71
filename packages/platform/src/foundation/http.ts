import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyCookie from '@fastify/cookie'
import fastifyHelmet from '@fastify/helmet'
import fastifyStatic from '@fastify/static'
import fastifySwagger from '@fastify/swagger'
import { type Problem, problem as problemSchema, type Route, routes } from '@straylight/api'
import {
  CallerError,
  type CallerErrorKind,
  type Clock,
  conflict,
  forbidden,
  invalid,
  isId,
  newId,
  notFound,
  unauthenticated,
  UpstreamError,
} from '@straylight/kit'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod'
import { sql } from 'kysely'
import type { Database } from './db.ts'
import type { ChangeFeed } from './events.ts'
import type { Caller, Handler, Outcome } from './handler.ts'
import type { Metrics } from './metrics.ts'
import type { Secrets } from './secrets.ts'

export const sessionCookie = 'straylight_session'

export interface HttpOptions {
  database: Database
  clock: Clock
  secrets: Secrets
  feed: ChangeFeed
  metrics: Metrics
  handlers: Handler[]
  /** Who a bearer token or session cookie speaks for; undefined when it is unknown, expired or revoked. */
  authenticate(token: string): Promise<Caller | undefined>
  logger: FastifyBaseLogger
  /** The built web app; absent in tests that only use the API. */
  webFolder?: string
  secureCookies: boolean
  trustProxy: boolean | string
  ready(): Promise<Record<string, boolean>>
}

const statusOf: Record<CallerErrorKind, number> = {
  invalid: 422,
  unauthenticated: 401,
  payment_required: 402,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  too_many: 429,
}

const titles: Record<number, string> = {
  400: 'Bad request',
  401: 'Not signed in',
  402: 'Too little money',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  415: 'Not JSON',
  422: 'Not valid',
  429: 'Too many requests',
  500: 'Our mistake',
  503: 'Not available now',
}

const bodyLimitBytes = 1024 * 1024
const streamsPerAccount = 20
const nobody = '00000000-0000-0000-0000-000000000000'

/** Serves every handler on the path of its route, behind one gate, and the documents and pages beside them. */
export async function buildHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { database, clock } = options
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
          'The API of a cloud account: projects, servers, money. Every write takes an Idempotency-Key; every error is a problem document (RFC 9457) whose `error_code` is stable.',
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

  function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const answer = toProblem(error, request)
    if (answer.status >= 500)
      request.log.error({ err: error, route: request.routeOptions.config.route?.name, requestId: request.id }, 'a request failed')
    if (error instanceof CallerError && error.retryAfterSeconds !== undefined)
      reply.header('retry-after', String(Math.ceil(error.retryAfterSeconds)))
    return reply
      .status(answer.status)
      .type('application/problem+json')
      .serializer((payload: unknown) => JSON.stringify(payload))
      .send(answer)
  }

  // ── the gate ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

  async function whoIs(request: FastifyRequest): Promise<Caller | undefined> {
    const header = request.headers.authorization
    if (header !== undefined) {
      const [scheme, token] = header.split(' ')
      return scheme?.toLowerCase() === 'bearer' && token ? options.authenticate(token) : undefined
    }
    const token = request.cookies[sessionCookie]
    if (!token) return undefined
    if (request.method !== 'GET' && request.method !== 'HEAD') refuseForgery(request)
    return options.authenticate(token)
  }

  /** A cookie goes along with requests that other sites make, so a write by cookie must come from a page of ours. */
  function refuseForgery(request: FastifyRequest): void {
    const { origin, host } = request.headers
    const site = request.headers['sec-fetch-site']
    const ours = origin !== undefined ? URL.canParse(origin) && new URL(origin).host === host : site === 'same-origin'
    if (!ours)
      throw forbidden('request.foreign_origin', 'This request does not come from a page of this service.', {
        description: 'Programs send an API token in the Authorization header instead of the cookie.',
      })
  }

  async function gate(
    route: Route,
    request: FastifyRequest,
  ): Promise<{ caller: Caller | undefined; project: { id: string; accountId: string } | undefined }> {
    if (route.permission === 'anyone') return { caller: undefined, project: undefined }
    const caller = await whoIs(request)
    if (!caller)
      throw unauthenticated('account.not_signed_in', 'You are not signed in.', {
        description: 'Sign in, or send an API token as `Authorization: Bearer …`. A token may have expired or been revoked.',
      })
    request.callerAccountId = caller.accountId
    if (route.permission === 'operator' && caller.role !== 'operator')
      throw forbidden('account.not_operator', 'This needs an operator of the service.', {
        description: 'Ask an operator to do it.',
      })
    if (route.permission !== 'project') return { caller, project: undefined }
    const params = request.params as { project_id?: string; id?: string }
    const id = params.project_id ?? params.id ?? ''
    const owner = isId(id)
      ? await database.db.selectFrom('resource').select(['project_id', 'account_id']).where('id', '=', id).executeTakeFirst()
      : undefined
    // Somebody else's is answered exactly as one that does not exist.
    if (!owner || owner.account_id !== caller.accountId)
      throw notFound(
        `${params.project_id ? 'project' : route.audit.split('.')[0]}.unknown`,
        `There is nothing with the id ${id}.`,
        {
          description: 'It may have been deleted, or belong to another account.',
        },
      )
    request.subjectProjectId = owner.project_id
    return { caller, project: { id: owner.project_id, accountId: owner.account_id } }
  }

  // ── routes ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  const streams = new Map<string, number>()
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
        tags: [route.tag],
        ...(route.permission === 'anyone' ? { security: [] } : { security: [{ token: [] }, { session: [] }] }),
        ...(route.params ? { params: route.params } : {}),
        ...(route.query ? { querystring: route.query } : {}),
        ...(route.body ? { body: route.body } : {}),
        response: route.response ? { [route.status]: route.response, default: problemSchema } : { default: problemSchema },
      },
      // The gate stands before validation: who may not call learns nothing about what a right call is.
      preValidation: async (request) => {
        request.gate = await gate(route, request)
      },
      handler: async (request, reply) => {
        const { caller, project } = request.gate ?? { caller: undefined, project: undefined }
        if (route.streams) return stream(request, reply, caller as Caller)
        const abort = new AbortController()
        request.raw.once('aborted', () => abort.abort())
        const call = {
          params: request.params,
          query: request.query,
          body: request.body,
          caller,
          project,
          db: database.db,
          tx: database.db,
          clock,
          request: {
            id: request.id,
            ip: request.ip,
            userAgent: (request.headers['user-agent'] ?? '').slice(0, 300),
            signal: abort.signal,
          },
        }
        const outcome = writes
          ? await write(route, request, caller, (tx) => run({ ...call, tx } as never))
          : await run(call as never)
        if (outcome.taskId) reply.header('x-task-id', outcome.taskId)
        if ('replayed' in outcome) reply.header('idempotent-replayed', 'true')
        if (outcome.session) setSession(reply, outcome.session)
        if (outcome.session === null) reply.clearCookie(sessionCookie, { path: '/' })
        reply.header('cache-control', 'no-store')
        return reply.status(route.status).send(route.status === 204 ? undefined : outcome.data)
      },
      onResponse: async (request, reply) => {
        if (!writes && route.permission !== 'operator') return
        const params = request.params as { id?: string; project_id?: string } | undefined
        await database.db
          .insertInto('audit')
          .values({
            at: clock.now(),
            action: route.audit,
            account_id: request.callerAccountId ?? null,
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

  function setSession(reply: FastifyReply, session: { token: string; expiresAt: Date }): void {
    reply.setCookie(sessionCookie, session.token, {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: options.secureCookies,
      expires: session.expiresAt,
    })
  }

  /** One transaction takes an order: the handler's rows, money and task, and the record of its Idempotency-Key. */
  async function write(
    route: Route,
    request: FastifyRequest,
    caller: Caller | undefined,
    run: (tx: unknown) => Promise<Outcome<Route>>,
  ): Promise<Outcome<Route>> {
    const key = request.headers['idempotency-key']
    if (key === undefined) return database.db.transaction().execute(run)
    if (typeof key !== 'string' || key.length < 1 || key.length > 255)
      throw invalid('request.idempotency_key', 'The Idempotency-Key is not usable.', {
        description: 'Send one key of 1 to 255 characters, for example a UUID.',
      })
    const accountId = caller?.accountId ?? nobody
    const fingerprint = createHash('sha256')
      .update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`)
      .digest()
    return database.db.transaction().execute(async (tx) => {
      const lock = await sql<{
        got: boolean
      }>`select pg_try_advisory_xact_lock(hashtextextended(${`idempotency:${accountId}:${key}`}, 0)) as got`.execute(tx)
      if (!lock.rows[0]?.got)
        throw conflict('request.still_running', 'A request with this Idempotency-Key is still running.', {
          description: 'Ask again in a moment: you will get its answer.',
          retryAfterSeconds: 1,
        })
      const earlier = await tx
        .selectFrom('idempotency')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('key', '=', key)
        .executeTakeFirst()
      if (earlier) {
        if (!earlier.fingerprint.equals(fingerprint))
          throw invalid('request.idempotency_mismatch', 'This Idempotency-Key was used for another request.', {
            description: 'Use a new key for a new request.',
          })
        const outcome = JSON.parse(options.secrets.open('idempotency', earlier.answer)) as Outcome<Route> & {
          session?: { token: string; expiresAt: string }
        }
        return {
          ...outcome,
          ...(outcome.session
            ? { session: { token: outcome.session.token, expiresAt: new Date(outcome.session.expiresAt) } }
            : {}),
          replayed: true,
        } as Outcome<Route>
      }
      const outcome = await run(tx)
      await tx
        .insertInto('idempotency')
        .values({
          account_id: accountId,
          key,
          fingerprint,
          status: route.status,
          answer: options.secrets.seal('idempotency', JSON.stringify(outcome)),
          created_at: clock.now(),
        })
        .execute()
      return outcome
    })
  }

  /** Server-sent events: what changed in the caller's account, and a comment every 15 s so that proxies and clients know that it lives. */
  function stream(request: FastifyRequest, reply: FastifyReply, caller: Caller): FastifyReply {
    const open = streams.get(caller.accountId) ?? 0
    if (open >= streamsPerAccount)
      throw new CallerError('too_many', 'events.too_many_streams', `This account has ${open} event streams open.`, {
        description: 'Close some of them first.',
        retryAfterSeconds: 30,
      })
    streams.set(caller.accountId, open + 1)
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-request-id': request.id,
    })
    raw.write('retry: 2000\nevent: hello\ndata: {}\n\n')
    const end = options.feed.onAccount(caller.accountId, ({ type, id, projectId }) => {
      // A reader that does not keep up is let go; it connects again and reads what it missed.
      if (raw.writableLength > 256 * 1024) raw.destroy()
      else raw.write(`event: change\ndata: ${JSON.stringify({ type, id, ...(projectId ? { project_id: projectId } : {}) })}\n\n`)
    })
    const beat = setInterval(() => raw.write(': still here\n\n'), 15_000)
    raw.once('close', () => {
      clearInterval(beat)
      end()
      const left = (streams.get(caller.accountId) ?? 1) - 1
      if (left > 0) streams.set(caller.accountId, left)
      else streams.delete(caller.accountId)
    })
    return reply
  }

  // ── beside the API ────────────────────────────────────────────────────────────────────────────────────────────────────────

  app.get('/healthz', { schema: { hide: true } }, async () => ({ ok: true }))
  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const parts = await options.ready()
    const ok = Object.values(parts).every(Boolean)
    return reply.status(ok ? 200 : 503).send({ ok, parts })
  })
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(options.metrics.registry.contentType).send(await options.metrics.registry.metrics()),
  )
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

/** Files with a hash in their name never change; pages do. */
function freshPages(reply: FastifyReply, path: string): void {
  if (!path.includes('/assets/')) reply.header('cache-control', 'no-cache')
}

const errorsPage = fileURLToPath(new URL('../../../../docs/errors.md', import.meta.url))

const docsPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Straylight API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head><body><div id="docs"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>`
const docsScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, tryItOutEnabled: false, validatorUrl: null })`

function toProblem(error: unknown, request: FastifyRequest): Problem {
  const base = (status: number, code: string, message: string, description: string): Problem => ({
    type: `/docs/errors#${code}`,
    title: titles[status] ?? 'Error',
    status,
    detail: `${message} ${description}`.trim(),
    instance: request.url.split('?')[0] ?? '',
    code: status,
    error_code: code,
    message,
    description,
    request_id: request.id,
  })
  if (error instanceof CallerError)
    return {
      ...base(statusOf[error.kind], error.code, error.message, error.description ?? ''),
      ...(error.fields ? { errors: error.fields } : {}),
      ...(error.facts ? { facts: error.facts } : {}),
    }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({
      field: issue.instancePath.replace(/^\//, '').replaceAll('/', '.') || error.validationContext || 'body',
      message: issue.message ?? 'is not valid',
    }))
    const first = errors[0]
    return {
      ...base(
        422,
        'request.invalid',
        first ? `${first.field}: ${first.message}.` : 'The request is not valid.',
        'Nothing was changed. Mend the named fields and send it again.',
      ),
      errors,
    }
  }
  const status = (error as { statusCode?: number }).statusCode
  if (status === 413) return base(413, 'request.too_large', `The body is larger than ${bodyLimitBytes} bytes.`, 'Send less.')
  if (status === 415) return base(415, 'request.not_json', 'The body is not JSON.', 'Send `content-type: application/json`.')
  if (status !== undefined && status >= 400 && status < 500)
    return base(status, 'request.malformed', 'The request cannot be read.', 'Check its address and headers.')
  if (error instanceof UpstreamError)
    return base(
      503,
      'service.unavailable',
      'A part of the service does not answer now.',
      'Nothing was changed. Try again in a minute.',
    )
  return base(
    500,
    'service.bug',
    'Something on our side went wrong.',
    'Nothing was changed. The request id helps support to find the cause.',
  )
}

declare module 'fastify' {
  interface FastifyContextConfig {
    route?: Route
  }
  interface FastifyRequest {
    gate?: { caller: Caller | undefined; project: { id: string; accountId: string } | undefined }
    callerAccountId?: string
    subjectProjectId?: string
  }
}
