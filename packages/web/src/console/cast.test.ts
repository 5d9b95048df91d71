import { expect, test } from 'vitest'
import { answeredShare, characterOf, confirmedShare, glyphOf } from './cast.ts'
import type { System } from './use-operator.ts'

const system = (given: Partial<System>): System => ({
  system: 'nova',
  state: 'ok',
  calls: 100,
  errors: 0,
  silences: 0,
  p50_ms: 10,
  p95_ms: 20,
  last_error: null,
  last_ok_at: null,
  ...given,
})

test('each system belongs to a character or to the supporting cast', () => {
  expect(['billmanager', 'nova', 'tungsten', 'rabbitmq', 'postgres'].map(characterOf)).toEqual([
    'bill',
    'silicon',
    'fields',
    'rabbit',
    undefined,
  ])
})

test('silence is a state of its own, below an error', () => {
  expect(glyphOf(system({ silences: 1 }))).toBe('silent')
  expect(glyphOf(system({ silences: 1, state: 'err' }))).toBe('err')
  expect(glyphOf(system({ state: 'warn' }))).toBe('warn')
})

test('answered and confirmed are two figures', () => {
  expect(answeredShare(system({ errors: 10 }))).toBe(0.9)
  expect(confirmedShare(system({ errors: 10, silences: 9 }))).toBe(0.9)
  expect(answeredShare(system({ calls: 0 }))).toBeUndefined()
  expect(confirmedShare(system({ calls: 1, errors: 1 }))).toBeUndefined()
})
