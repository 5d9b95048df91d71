import { readdirSync, readFileSync } from 'node:fs'
import { UpstreamError } from '@straylight/kit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classify } from '../src/index.ts'
import { errorCases } from './errors-cases.ts'

const bytes = (body: string | object): Buffer => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))

describe('an answer that is no success', () => {
  test.each(errorCases)(
    '$says: $means.code',
    ({ service, method = 'POST', url = 'http://cloud/v2/things?name=x', status, headers = {}, body, means }) => {
      const error = classify(service, { method, url }, { status, headers, body: bytes(body) })
      expect(error).toBeInstanceOf(UpstreamError)
      expect(error).toMatchObject({ service, status, ...means })
    },
  )

  test('its message never holds more than the words of its error', () => {
    const body = { forbidden: { code: 403, message: 'x'.repeat(10_000) }, secret: 'of somebody else' }
    const { message } = classify(
      'nova',
      { method: 'GET', url: 'http://cloud/v2.1/servers?name=private' },
      { status: 403, headers: {}, body: bytes(body) },
    )
    expect(message.length).toBeLessThan(400)
    expect(message).not.toContain('somebody')
    expect(message).not.toContain('private')
  })

  test('pages that are made to be long to read are read in no time', () => {
    const length = 200_000
    const fill = (piece: string) => piece.repeat(length / piece.length)
    for (const body of [
      fill('<'),
      fill('<pre>'),
      fill('<style'),
      fill('<title>'),
      `<pre>${fill('<')}`,
      JSON.stringify({ message: fill('<').slice(0, 60_000), title: '' }),
      JSON.stringify({ NeutronError: { type: `${'InUse'.repeat(12_000)}!`, message: '' } }),
    ]) {
      const started = performance.now()
      const { message } = classify(
        'neutron',
        { method: 'GET', url: 'http://cloud/v2.0/networks' },
        { status: 409, headers: {}, body: bytes(body) },
      )
      expect([body.slice(0, 40), performance.now() - started < 200]).toEqual([body.slice(0, 40), true])
      expect(message.length).toBeLessThan(400)
    }
  })

  test('nothing makes it fail, and what it says is always one of our kinds', () => {
    const kinds = [
      'timeout',
      'unavailable',
      'garbled',
      'unauthenticated',
      'forbidden',
      'not_found',
      'conflict',
      'limit',
      'invalid',
    ]
    const body = fc.oneof(
      fc.uint8Array(),
      fc.string().map((text) => Buffer.from(text)),
      fc.json().map((text) => Buffer.from(text)),
      fc.constantFrom(...errorCases.map(({ body }) => bytes(body))),
    )
    const service = fc.constantFrom('keystone', 'nova', 'cinder', 'glance', 'neutron', 'octavia', 'placement', 'toString')
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE')
    fc.assert(
      fc.property(service, method, fc.integer({ min: 300, max: 599 }), body, fc.webUrl(), (name, verb, status, content, url) => {
        const error = classify(name, { method: verb, url }, { status, headers: {}, body: Buffer.from(content) })
        expect(kinds).toContain(error.kind)
        expect(error.code.startsWith(`${name}.`)).toBe(true)
        if (verb === 'GET' || verb === 'HEAD') expect(error.effect).toBe('none')
        if (error.kind === 'unavailable') expect(error.retryable).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the recorded refusals', () => {
  const folder = new URL('./samples/errors/', import.meta.url)
  const expected: Record<string, string> = {
    '07': 'keystone.credentials_refused',
    '28': 'neutron.exists',
    '41': 'nova.not_found',
    '42': 'cinder.wrong_state',
    '47': 'nova.root_volume',
    '55': 'nova.wrong_state',
    '72': 'nova.quota_exceeded',
    '73': 'cinder.quota_exceeded',
    '77': 'cinder.wrong_state',
    '79': 'nova.not_found',
    '81': 'nova.unauthenticated',
    '91': 'cinder.nova_uses_attachment',
    '92': 'cinder.nova_uses_attachment',
    '93': 'cinder.nova_uses_attachment',
  }

  interface Exchange {
    request: { method: string; url: string }
    response: { status: number; headers: Record<string, string>; body: unknown }
  }

  test.each(readdirSync(folder))('%s', (file) => {
    const { request, response } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Exchange
    const service = /^\d+(?:-[AB])?-(\w+)-/.exec(file)?.[1] ?? ''
    const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]))
    const error = classify(service, request, { status: response.status, headers, body: bytes(response.body as object) })
    expect(error.code).toBe(expected[file.slice(0, 2)])
    expect(error.effect).toBe('none')
    expect(error.requestId).toMatch(/^req-/)
  })
})
