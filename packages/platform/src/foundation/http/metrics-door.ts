import { createHash, timingSafeEqual } from 'node:crypto'
import { forbidden } from '@straylight/kit'
import type { FastifyRequest } from 'fastify'

const digest = (text: string) => createHash('sha256').update(text).digest()

/**
 * The figures tell how busy the service is and what fails, and each look asks the database: they are for who shows the token, or, where none is set,
 * for this machine itself. What a proxy on this machine passes on is not from this machine.
 * @throws CallerError 403
 */
export function refuseStranger(request: FastifyRequest, token: string | undefined): void {
  const { headers, socket } = request
  const shown = /^bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  if (token && shown && timingSafeEqual(digest(shown), digest(token))) return
  const isPassedOn = 'x-forwarded-for' in headers || 'forwarded' in headers || 'x-real-ip' in headers || 'via' in headers
  if (!token && !isPassedOn && /^(?:(?:::ffff:)?127\.|::1$)/.test(socket.remoteAddress ?? '')) return
  throw forbidden('metrics.closed', 'The figures are not for everybody.', {
    description: 'Read them on the machine itself, or send the token of STRAYLIGHT_METRICS_TOKEN as `Authorization: Bearer …`.',
  })
}
