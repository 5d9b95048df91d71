import { expect, test } from 'vitest'
import { memoryStorage } from '../../test/storage.ts'
import { afterLostCode, codeArrived, isLostCode } from './lost-page.ts'

test('a page whose code is missing is loaded anew once, then told of', () => {
  const storage = memoryStorage()
  expect(afterLostCode(storage, '/billing', true)).toBe('reload')
  expect(afterLostCode(storage, '/billing', true)).toBe('tell')
  expect(afterLostCode(storage, '/p/1/servers', true)).toBe('reload')
})

test('a page that opened may be loaded anew another time', () => {
  const storage = memoryStorage()
  afterLostCode(storage, '/billing', true)
  codeArrived(storage)
  expect(afterLostCode(storage, '/billing', true)).toBe('reload')
})

test('without a network nothing is loaded anew: the browser would show its own page', () => {
  expect(afterLostCode(memoryStorage(), '/billing', false)).toBe('tell')
})

test('without a storage there is no loop', () => {
  const forbidden: Storage = {
    ...memoryStorage(),
    setItem: () => {
      throw new Error('SecurityError')
    },
  }
  expect(afterLostCode(forbidden, '/billing', true)).toBe('tell')
})

test('only missing code is taken for missing code', () => {
  expect(isLostCode(new TypeError('Failed to fetch dynamically imported module: http://h/assets/a.js'))).toBe(true)
  expect(isLostCode(new TypeError('Importing a module script failed.'))).toBe(true)
  expect(isLostCode(new Error('Unable to preload CSS for /assets/a.css'))).toBe(true)
  expect(isLostCode(new Error('x is not a function'))).toBe(false)
})
