import { expect, test } from 'vitest'
import { nextTick, ref } from 'vue'
import { readNumber, slideOf, useNumberText } from './number-text.ts'

const box = (value: number | undefined, limits = { min: 1, max: 500, step: 1 } as { min: number; max: number; step: number }) => {
  const model = ref<number | undefined>(value)
  return { model, ...useNumberText(model, () => limits) }
}

test('what is written is the value, also out of range, and leaving the box does not change it', () => {
  const { model, text, typed, left } = box(80)
  typed('800')
  expect([model.value, text.value]).toEqual([800, '800'])
  left()
  expect([model.value, text.value]).toEqual([800, '800'])
  typed('64,5')
  left()
  expect([model.value, text.value]).toEqual([64.5, '64.5'])
})

test('a box that was emptied or holds no number has no value, and the text stays', async () => {
  const { model, text, typed, left } = box(80)
  typed('')
  await nextTick()
  expect([model.value, text.value]).toEqual([undefined, ''])
  typed('2')
  typed('200')
  expect(model.value).toBe(200)
  typed('2oo')
  left()
  await nextTick()
  expect([model.value, text.value]).toEqual([undefined, '2oo'])
})

test('a value from elsewhere is written, and no number is an empty box', () => {
  const { model, text } = box(80)
  model.value = 1024
  expect(text.value).toBe('1024')
  model.value = Number.NaN
  expect(text.value).toBe('')
})

test('arrow keys stay within the limits', () => {
  const { model, text, step, typed } = box(495)
  step(10)
  expect([model.value, text.value]).toEqual([500, '500'])
  typed('')
  step(-1)
  expect(model.value).toBe(1)
})

test('numbers are read with spaces and a comma', () => {
  expect(['1 024', '1\u00a0024', '0,5', '-3', '', '4 GiB', '1e3'].map(readNumber)).toEqual([
    1024,
    1024,
    0.5,
    -3,
    undefined,
    undefined,
    undefined,
  ])
})

test('the slider ends where it is told, reaches as far as the number, and never over the limit', () => {
  const limits = { min: 5, max: 4096, slideTo: 500 }
  expect(slideOf(80, limits)).toEqual({ most: 500, at: 80 })
  expect(slideOf(800, limits)).toEqual({ most: 800, at: 800 })
  expect(slideOf(9000, limits)).toEqual({ most: 4096, at: 4096 })
  expect(slideOf(2, limits)).toEqual({ most: 500, at: 5 })
  expect(slideOf(Number.NaN, limits)).toEqual({ most: 500, at: 5 })
})
