import { AdjustableClock, compose, type HttpRequest, type HttpResponse, type Send, UpstreamError } from '@straylight/kit'
import { expect, test } from 'vitest'
import { withRetry } from '../src/index.ts'

const answer = (status: number, headers: Record<string, string> = {}, body = ''): HttpResponse => ({
  status,
  headers,
  body: Buffer.from(body),
})
const unreachable = (retryable: boolean) =>
  new UpstreamError({
    service: 'nova',
    kind: 'unreachable',
    code: 'nova.unreachable',
    message: 'reset',
    retryable,
    effect: 'unknown',
  })

/** Sends to one that gives these answers in turn; every sleep of the layer is noted and over at once. */
function sendTo(answers: (HttpResponse | Error)[], options: { random?: () => number; attempts?: number } = {}) {
  const slept: number[] = []
  const clock = new AdjustableClock('still')
  const sent: string[] = []
  const last: Send = async (request) => {
    sent.push(request.method)
    const next = answers[Math.min(sent.length, answers.length) - 1] as HttpResponse | Error
    if (next instanceof Error) throw next
    return next
  }
  const hurried = {
    now: () => clock.now(),
    sleep: async (ms: number) => {
      slept.push(ms)
    },
  }
  return { send: compose(last, withRetry({ clock: hurried, random: () => 0.999_999, ...options })), slept, sent }
}

const request = (method: string): HttpRequest => ({ service: 'nova', method, url: 'http://nova/v2.1/servers' })

test('a read is repeated until it is answered well, with growing pauses', async () => {
  const { send, slept } = sendTo([answer(503), answer(500), unreachable(true), answer(200)])
  expect((await send(request('GET'))).status).toBe(200)
  expect(slept.map(Math.round)).toEqual([250, 500, 1000])
})

test('a pause is between half and all of its length', async () => {
  const { send, slept } = sendTo([answer(503), answer(200)], { random: () => 0 })
  await send(request('HEAD'))
  expect(slept).toEqual([125])
})

test('after four attempts the last answer stands', async () => {
  const { send, sent } = sendTo([answer(503)])
  expect((await send(request('GET'))).status).toBe(503)
  expect(sent).toHaveLength(4)
  const failing = sendTo([unreachable(true)], { attempts: 2 })
  await expect(failing.send(request('GET'))).rejects.toMatchObject({ code: 'nova.unreachable' })
  expect(failing.sent).toHaveLength(2)
})

test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('a write (%s) is sent once, whatever comes of it', async (method) => {
  const answered = sendTo([answer(503), answer(200)])
  expect((await answered.send(request(method))).status).toBe(503)
  expect(answered.sent).toHaveLength(1)
  const failing = sendTo([unreachable(true), answer(200)])
  await expect(failing.send(request(method))).rejects.toBeInstanceOf(UpstreamError)
  expect(failing.sent).toHaveLength(1)
})

test('what will not change is not asked again', async () => {
  for (const status of [400, 403, 404]) {
    const { send, sent } = sendTo([answer(status), answer(200)])
    expect((await send(request('GET'))).status).toBe(status)
    expect(sent).toHaveLength(1)
  }
  const lasting = sendTo([unreachable(false), answer(200)])
  await expect(lasting.send(request('GET'))).rejects.toMatchObject({ kind: 'unreachable' })
  const ours = sendTo([new TypeError('ours'), answer(200)])
  await expect(ours.send(request('GET'))).rejects.toThrow('ours')
  expect(ours.sent).toHaveLength(1)
})

test('a refused token is for who has the tokens, and not asked with again', async () => {
  const { send, sent } = sendTo([answer(401), answer(200)])
  expect((await send(request('GET'))).status).toBe(401)
  expect(sent).toHaveLength(1)
})

test('the sentence of Galera is worth another try under whatever status', async () => {
  const { send, sent } = sendTo([answer(400, {}, 'WSREP has not yet prepared node for application use'), answer(200)])
  expect((await send(request('GET'))).status).toBe(200)
  expect(sent).toHaveLength(2)
})

test('the pause that was asked for is kept, up to ten seconds', async () => {
  const short = sendTo([answer(429, { 'retry-after': '3' }), answer(200)])
  await short.send(request('GET'))
  expect(short.slept).toEqual([3000])
  const long = sendTo([answer(503, { 'retry-after': '3600' }), answer(200)])
  await long.send(request('GET'))
  expect(long.slept).toEqual([10_000])
  const dated = sendTo([answer(503, { 'retry-after': 'Sun, 22 Nov 2026 10:00:00 GMT' }), answer(200)])
  await dated.send(request('GET'))
  expect(dated.slept.map(Math.round)).toEqual([250])
})
