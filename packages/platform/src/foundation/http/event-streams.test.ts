import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChangeFeed } from '../events.ts'
import type { Caller } from '../handler.ts'
import { EventStreams } from './event-streams.ts'

const caller: Caller = {
  accountId: 'a1',
  role: 'customer',
  email: 'lena@example.com',
  credentialId: 'c1',
  credential: 'session',
}
let app: FastifyInstance
let isIn: () => Promise<boolean>

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  isIn = async () => true
  // The feed is never started: nothing changes here.
  const streams = new EventStreams(new ChangeFeed('postgres://nowhere.invalid/none'))
  app = fastify()
  app.get('/events', (request, reply) => streams.open(request, reply, caller, () => isIn()))
  await app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  await app.close()
  vi.useRealTimers()
})

/** A stream that is open, and what it has said so far. */
async function listen() {
  const { port } = app.server.address() as { port: number }
  const controller = new AbortController()
  const response = await fetch(`http://127.0.0.1:${port}/events`, { signal: controller.signal })
  const stream = { said: '', ended: false, leave: () => controller.abort() }
  void (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) stream.said += decoder.decode(chunk)
    stream.ended = true
  })().catch(() => {})
  await expect.poll(() => stream.said).toContain('event: hello')
  return stream
}

test('every 15 s a beat is an event that pages hear, so that silence means a lost stream', async () => {
  const stream = await listen()
  vi.advanceTimersByTime(14_000)
  expect(stream.said).not.toContain('beat')
  vi.advanceTimersByTime(1000)
  await expect.poll(() => stream.said).toContain('event: beat\ndata: {}\n\n')
  vi.advanceTimersByTime(15_000)
  await expect.poll(() => stream.said.split('event: beat').length - 1).toBe(2)
  stream.leave()
})

test('a database that is away ends no stream, a sign-out does with the next beat', async () => {
  const stream = await listen()
  isIn = () => Promise.reject(new Error('no connection'))
  vi.advanceTimersByTime(15_000)
  await expect.poll(() => stream.said).toContain('event: beat')
  isIn = async () => false
  vi.advanceTimersByTime(15_000)
  await expect.poll(() => stream.ended).toBe(true)
})
