import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { Agent } from 'undici'
import { Bug, type HttpRequest, undiciSend, UpstreamError } from './index.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

/** A neighbour that does what the test says, and its address. */
async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/thing`
}
const order = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  service: 'neighbour',
  method: 'POST',
  url,
  ...more,
})
const send = undiciSend()

describe('an exchange', () => {
  test('gives status, headers and the whole body', async () => {
    const url = await listen((_request, response) => {
      response.writeHead(201, { 'X-Id': 'a', 'Set-Cookie': ['b', 'c'] })
      response.write('half')
      response.end(' whole')
    })
    const { status, headers, body } = await send(order(url))
    expect([status, headers['x-id'], headers['set-cookie'], body.toString()]).toEqual([201, 'a', 'b, c', 'half whole'])
  })

  test('that was refused has surely had no effect', async () => {
    const url = await listen(() => {})
    await new Promise((resolve) => servers.pop()?.close(resolve))
    await expect(send(order(url))).rejects.toMatchObject({
      kind: 'unreachable',
      code: 'neighbour.unreachable',
      retryable: true,
      effect: 'none',
    })
  })

  test.each(['ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])(
    'that came no further than %s has surely had no effect',
    async (code) => {
      const dispatcher = new Agent({ connect: (_options, done) => done(Object.assign(new Error(code), { code }), null) })
      await expect(undiciSend({ dispatcher })(order('http://nowhere/'))).rejects.toMatchObject({
        kind: 'unreachable',
        effect: 'none',
      })
    },
  )

  test('that was cut off may have had its effect', async () => {
    const url = await listen((request) => request.socket.destroy())
    await expect(send(order(url))).rejects.toMatchObject({ kind: 'unreachable', retryable: true, effect: 'unknown' })
    const half = await listen((request, response) => {
      response.writeHead(200, { 'content-length': '10' })
      response.write('half', () => request.socket.destroy())
    })
    await expect(send(order(half))).rejects.toMatchObject({ kind: 'unreachable', retryable: true, effect: 'unknown' })
  })

  test('that takes too long may have had its effect, whether it was begun to be answered or not', async () => {
    const silent = await listen(() => {})
    const late = await listen((_request, response) => void response.writeHead(200).write('half'))
    for (const url of [silent, late])
      await expect(send(order(url, { timeoutMs: 60 }))).rejects.toMatchObject({
        kind: 'timeout',
        code: 'neighbour.timeout',
        message: expect.stringContaining('no answer within 60 ms'),
        retryable: true,
        effect: 'unknown',
      })
  })

  test('whose answer is too large is garbled, and may have had its effect', async () => {
    const url = await listen((_request, response) => response.end('x'.repeat(2000)))
    await expect(undiciSend({ maxBodyBytes: 1000 })(order(url))).rejects.toMatchObject({
      kind: 'garbled',
      code: 'neighbour.answer_too_large',
      retryable: false,
      effect: 'unknown',
    })
    expect((await undiciSend({ maxBodyBytes: 2000 })(order(url))).body).toHaveLength(2000)
  })

  test('that cannot be sent at all is our own mistake, not one of the neighbour', async () => {
    const url = await listen((_request, response) => response.end())
    const malformed = [
      order('nonsense'),
      order('http://'),
      order('ftp://127.0.0.1/'),
      order(url, { headers: { 'x-id': 'a\nb' } }),
      order(url, { headers: { 'x id': 'a' } }),
      order(url, { method: 'G T' }),
      order(url, { headers: { 'content-length': '3' }, body: 'four' }),
    ]
    for (const request of malformed) {
      const error = await send(request).catch((thrown: unknown) => thrown)
      expect([request, error]).toEqual([request, expect.any(Bug)])
      expect(error).not.toBeInstanceOf(UpstreamError)
    }
  })
})
