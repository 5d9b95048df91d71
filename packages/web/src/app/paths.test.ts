import { expect, test } from 'vitest'
import { safeNext, to } from './paths.ts'

test('a path is built from the page and its parameters', () => {
  expect(to('server', { project: 'p1', id: 's 1' })).toBe('/p/p1/servers/s%201')
  expect(to('billing')).toBe('/billing')
})

test('a query goes behind the path, absent values left out', () => {
  expect(to('servers', { project: 'p1' }, { status: 'ACTIVE', search: undefined })).toBe('/p/p1/servers?status=ACTIVE')
  expect(to('topUp', {}, { amount: '100.00' })).toBe('/billing/top-up?amount=100.00')
})

test('after signing in only paths of this app are followed', () => {
  expect(safeNext('/p/1/servers?status=ERROR#top')).toBe('/p/1/servers?status=ERROR#top')
  for (const bad of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '',
    undefined,
    ['/a'],
    '/sign-in?next=/sign-in',
    '/\t/evil.example',
    '/.//evil.example/x',
    '/a/..//evil.example',
    '/%2e//evil.example',
  ])
    expect(safeNext(bad), String(bad)).toBeUndefined()
})
