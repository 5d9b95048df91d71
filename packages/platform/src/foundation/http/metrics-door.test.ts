import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { refuseStranger } from './metrics-door.ts'

const isLetIn = (from: string, headers: Record<string, string> = {}, token?: string) => {
  try {
    refuseStranger({ headers, socket: { remoteAddress: from } } as unknown as FastifyRequest, token)
    return true
  } catch (error) {
    expect(error).toMatchObject({ kind: 'forbidden', code: 'metrics.closed' })
    return false
  }
}

test('without a token only this machine may look, and nobody through a proxy on it', () => {
  expect(isLetIn('127.0.0.1')).toBe(true)
  expect(isLetIn('::1')).toBe(true)
  expect(isLetIn('::ffff:127.0.0.1')).toBe(true)
  expect(isLetIn('203.0.113.1')).toBe(false)
  expect(isLetIn('::127.0.0.1.example')).toBe(false)
  expect(isLetIn('127.0.0.1', { 'x-forwarded-for': '127.0.0.1' })).toBe(false)
  expect(isLetIn('127.0.0.1', { forwarded: 'for=203.0.113.1' })).toBe(false)
})

test('with one, whoever shows it may look from anywhere, and nobody else', () => {
  expect(isLetIn('203.0.113.1', { authorization: 'Bearer secret', 'x-forwarded-for': '198.51.100.1' }, 'secret')).toBe(true)
  expect(isLetIn('127.0.0.1', { authorization: 'Bearer other' }, 'secret')).toBe(false)
  expect(isLetIn('127.0.0.1', {}, 'secret')).toBe(false)
  expect(isLetIn('203.0.113.1', { authorization: 'Bearer ' }, '')).toBe(false)
})
