import { expect, test } from 'vitest'
import { countBy, fits } from './list.ts'

test('every word of a search has to be somewhere', () => {
  const texts = ['web-01', '185.46.9.117', undefined, '0190-aa']
  expect(fits('', texts)).toBe(true)
  expect(fits('WEB 9.117', texts)).toBe(true)
  expect(fits('web 10.0', texts)).toBe(false)
})

test('a search on the wrong keyboard layout is understood', () => {
  expect(fits('цуи', ['web-01'])).toBe(true)
  expect(fits('cthdth', ['Сервер'])).toBe(true)
})

test('filters count what fits them', () => {
  expect(countBy([1, 2, 3, 4], { even: (n) => n % 2 === 0, large: (n) => n > 3 })).toEqual({ even: 2, large: 1 })
})
