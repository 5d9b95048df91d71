import type { ServerResponse } from 'node:http'
import { CallerError } from '@straylight/kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ChangeFeed } from '../events.ts'
import type { Caller } from '../handler.ts'

const streamsPerAccount = 20
const beatMs = 15_000
const slowReaderBytes = 256 * 1024

/**
 * Server-sent events: what changed in the caller's account, and a beat every 15 s so that proxies and clients know that it lives.
 * The beat is an event, not a comment: browsers show no comment to the page.
 */
export class EventStreams {
  readonly #feed: ChangeFeed
  readonly #open = new Map<string, number>()
  readonly #responses = new Set<ServerResponse>()

  constructor(feed: ChangeFeed) {
    this.#feed = feed
    // Who connects again reads again: nobody goes on believing in what a lost change would have told him.
    feed.onGap(() => {
      for (const raw of this.#responses) raw.end()
    })
  }

  /**
   * @param isStillIn asked with every beat, so that who signs out or revokes a token is not listened to for longer
   * @throws CallerError 429 when the account has 20 streams open
   */
  open(request: FastifyRequest, reply: FastifyReply, caller: Caller, isStillIn: () => Promise<boolean>): FastifyReply {
    const { accountId } = caller
    const open = this.#open.get(accountId) ?? 0
    if (open >= streamsPerAccount)
      throw new CallerError('too_many', 'events.too_many_streams', `This account has ${open} event streams open.`, {
        description: 'Close some of them first.',
        retryAfterSeconds: 30,
      })
    this.#open.set(accountId, open + 1)
    // What other plugins have set (the security headers) is taken along: from here on the framework sends nothing.
    const headers = reply.getHeaders()
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, {
      ...(headers as Record<string, string>),
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-request-id': request.id,
    })
    this.#responses.add(raw)
    raw.write('retry: 2000\nevent: hello\ndata: {}\n\n')
    const end = this.#feed.onAccount(accountId, ({ type, id, projectId }) => {
      // A reader that does not keep up is let go; it connects again and reads what it missed.
      if (raw.writableLength > slowReaderBytes) raw.destroy()
      else raw.write(`event: change\ndata: ${JSON.stringify({ type, id, ...(projectId ? { project_id: projectId } : {}) })}\n\n`)
    })
    const beat = setInterval(async () => {
      // A database that is away says nothing of who is in.
      if (await isStillIn().catch(() => true)) raw.write('event: beat\ndata: {}\n\n')
      else raw.end()
    }, beatMs)
    raw.once('close', () => {
      clearInterval(beat)
      end()
      this.#responses.delete(raw)
      const left = (this.#open.get(accountId) ?? 1) - 1
      if (left > 0) this.#open.set(accountId, left)
      else this.#open.delete(accountId)
    })
    return reply
  }
}
