import { UpstreamError } from '@straylight/kit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classify, garbled } from '../src/errors.ts'
import { errorCases } from './errors-cases.ts'
import { samplesOf } from './replay.ts'

describe('an answer that is no success', () => {
  test.each(errorCases)('$says: $means.code', ({ method = 'POST', path = '/things', status, headers, body, means }) => {
    const error = classify({ method, path, status, body, ...(headers ? { headers } : {}) })
    expect(error).toBeInstanceOf(UpstreamError)
    expect(error).toMatchObject({ service: 'tungsten', status, ...means })
  })

  test('every refusal that was recorded has a meaning of its own, none is a server error that we would repeat', () => {
    const recordings = ['tf-config', 'opensdn-config', 'opensdn-config-advanced', 'tf-rbac', 'opensdn-rbac', 'tf-cloud-admin']
    const refusals = recordings.flatMap(samplesOf).filter(({ response }) => response.status >= 400)
    expect(refusals.length).toBeGreaterThan(60)
    for (const { request, response } of refusals) {
      const body = response.text ?? JSON.stringify(response.body)
      const error = classify({ method: request.method, path: request.path.split('?', 1)[0] ?? '', status: response.status, body })
      expect(error.retryable && request.method !== 'GET').toBe(false)
      expect(error.message.length).toBeLessThan(500)
    }
  })

  test('says no more than a short sentence, whatever comes', () => {
    const error = classify({ method: 'GET', path: '/virtual-networks', status: 500, body: `<b>${'x'.repeat(10_000)}</b>` })
    expect(error.message.length).toBeLessThan(350)
    expect(error.message).not.toContain('<b>')
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
    ]) {
      const started = performance.now()
      const { message } = classify({ method: 'GET', path: '/virtual-networks', status: 502, body })
      expect([body.slice(0, 40), performance.now() - started < 200]).toEqual([body.slice(0, 40), true])
      expect(message.length).toBeLessThan(400)
    }
  })

  test('nothing makes the classification fail', () => {
    const body = fc.oneof(fc.string(), fc.json(), fc.constantFrom(...errorCases.map((one) => one.body)))
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE')
    fc.assert(
      fc.property(method, fc.webPath(), fc.integer({ min: 100, max: 599 }), body, (verb, path, status, text) => {
        const error = classify({ method: verb, path, status, body: text })
        expect(error.code).toMatch(/^tungsten\.[a-z_]+$/)
        if (verb === 'GET' || verb === 'HEAD') expect(error.effect).toBe('none')
      }),
      { numRuns: 2000 },
    )
  })

  test('an answer that cannot be read may have had its effect', () => {
    expect(garbled('list of project', 'expected JSON')).toMatchObject({ kind: 'garbled', effect: 'unknown', retryable: false })
  })
})
