import type { Problem } from '@straylight/api'
import { CallerError, type CallerErrorKind, UpstreamError } from '@straylight/kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { isDatabaseAway } from '../db.ts'

export const bodyLimitBytes = 1024 * 1024

/** The status that each kind of a caller's mistake is answered with. */
export const statusOf: Record<CallerErrorKind, number> = {
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

/** Answers an error as a problem document (RFC 9457); what is our fault is logged with the request's id. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
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
  if (error instanceof UpstreamError || isDatabaseAway(error))
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
