import { expect, test } from 'vitest'
import { clearToasts, toast } from '../ui/toasts.ts'
import { initialsOf, useBell } from './person-menu.ts'

test('what was said is unread until the bell is opened, and again when more is said', () => {
  const { bell, unread, openBell } = useBell()
  expect([bell.value.length, unread.value]).toEqual([0, false])
  toast({ kind: 'done', title: 'web-01 created' })
  expect([bell.value.length, unread.value]).toEqual([1, true])
  openBell()
  expect([bell.value.length, unread.value]).toEqual([1, false])
  // The console's frame has the same bell.
  expect(useBell().unread.value).toBe(false)
  toast({ kind: 'done', title: 'web-02 created' })
  expect(unread.value).toBe(true)
  clearToasts()
  expect([bell.value.length, unread.value]).toEqual([0, false])
})

test('initials are those of the first two words', () => {
  expect([initialsOf('Northlamp Ltd'), initialsOf('мария'), initialsOf('')]).toEqual(['NL', 'М', ''])
})
