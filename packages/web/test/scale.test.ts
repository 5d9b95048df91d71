import { expect, test } from 'vitest'
import { axisRoom, placesOf, roundScale } from '../src/lib/scale.ts'

test('a ruler has round steps and reaches the top', () => {
  expect(roundScale(560)).toEqual({ max: 600, ticks: ['0', '200', '400', '600'] })
  expect(roundScale(18.7)).toEqual({ max: 20, ticks: ['0', '5', '10', '15', '20'] })
  expect(roundScale(0).max).toBeGreaterThan(0)
  for (const top of [0.013, 1, 3.3, 9.99, 10, 412.6, 123_456]) {
    const { max, ticks } = roundScale(top)
    expect([max >= top, ticks.length >= 3 && ticks.length <= 6, max < top * 2]).toEqual([true, true, true])
  }
})

test('ticks are exact, however small or large', () => {
  expect(roundScale(0.3).ticks).toEqual(['0', '0.1', '0.2', '0.3'])
  expect(roundScale(9.99).ticks).toEqual(['0', '2.5', '5', '7.5', '10'])
  expect(roundScale(0.0007).ticks).toEqual(['0', '0.0002', '0.0004', '0.0006', '0.0008'])
  expect(roundScale(4e8).ticks).toEqual(['0', '100000000', '200000000', '300000000', '400000000'])
  expect(['5', '2.5', '0.0002'].map(placesOf)).toEqual([0, 1, 4])
})

test('the column of an axis is as wide as its longest label', () => {
  expect(axisRoom(['0', '60\u00a0000\u00a0₽'])).toBeGreaterThan(axisRoom(['0', '€600']))
})
