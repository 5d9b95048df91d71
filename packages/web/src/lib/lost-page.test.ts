import { expect, test } from 'vitest'
import { afterLostCode, codeArrived, isLostCode } from './lost-page.ts'

function tab(): Storage {
  const entries = new Map<string, string>()
  return {
    get length() {
      return entries.size
    },
    clear: () => entries.clear(),
    key: (index) => [...entries.keys()][index] ?? null,
    getItem: (name) => entries.get(name) ?? null,
    setItem: (name, value) => void entries.set(name, value),
    removeItem: (name) => void entries.delete(name),
  }
}

test('a page whose code is missing is loaded anew once, then told of', () => {
  const storage = tab()
  expect(afterLostCode(storage, '/billing', true)).toBe('reload')
  expect(afterLostCode(storage, '/billing', true)).toBe('tell')
  expect(afterLostCode(storage, '/p/1/servers', true)).toBe('reload')
})

test('a page that opened may be loaded anew another time', () => {
  const storage = tab()
  afterLostCode(storage, '/billing', true)
  codeArrived(storage)
  expect(afterLostCode(storage, '/billing', true)).toBe('reload')
})

test('without a network nothing is loaded anew: the browser would show its own page', () => {
  expect(afterLostCode(tab(), '/billing', false)).toBe('tell')
})

test('without a storage there is no loop', () => {
  const forbidden: Storage = {
    ...tab(),
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
