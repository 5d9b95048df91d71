import { expect, test } from 'vitest'
import { strengthOf } from '../src/lib/password.ts'

test('a password is judged by its length and variety, not by its signs', () => {
  expect(strengthOf('short', 10)).toEqual({ kind: 'short', missing: 5, marks: 0 })
  expect(strengthOf('aaaaaaaaaaaaaaaa', 10).kind).toBe('weak')
  expect(strengthOf('Password123!', 10).kind).toBe('weak')
  expect(strengthOf('correct horse battery staple', 10).kind).toBe('strong')
})
