import { expect, test } from 'vitest'
import { AdjustableClock } from './clock.ts'
import { Pacer } from './pacer.ts'

const start = new Date('2026-11-22T09:00:00Z')

test('turns are one interval apart, in the order of asking, and are kept until they are used', () => {
  const clock = new AdjustableClock('still', start)
  const pacer = new Pacer({ clock, perSecond: 2 })
  // One second's worth at once.
  expect([pacer.turn('a'), pacer.turn('b')]).toEqual([0, 0])
  expect([pacer.turn('c'), pacer.turn('d')]).toEqual([500, 1000])
  clock.advance(500)
  expect([pacer.turn('d'), pacer.turn('c')]).toEqual([500, 0])
  // c has used its turn and stands behind d now.
  expect(pacer.turn('c')).toBe(1000)
  clock.advance(1000)
  expect([pacer.turn('d'), pacer.turn('c')]).toEqual([0, 0])
})

test('however many ask at once, no second sees more than its share beside the burst', () => {
  const clock = new AdjustableClock('still', start)
  const pacer = new Pacer({ clock, perSecond: 1.5 })
  const waiting = new Set(Array.from({ length: 60 }, (_, n) => `server-${n}`))
  const startedAtMs: number[] = []
  while (waiting.size > 0) {
    for (const key of waiting)
      if (pacer.turn(key) === 0) {
        waiting.delete(key)
        startedAtMs.push(clock.now().getTime() - start.getTime())
      }
    clock.advance(100)
  }
  expect(Math.max(...startedAtMs)).toBeGreaterThan((58 / 1.5) * 1000)
  for (const from of startedAtMs)
    expect(startedAtMs.filter((atMs) => atMs >= from && atMs < from + 10_000).length).toBeLessThanOrEqual(17)
})

test('turns that are never used do not pile up', () => {
  const clock = new AdjustableClock('still', start)
  const pacer = new Pacer({ clock, perSecond: 1 })
  for (let n = 0; n < 5; n++) pacer.turn(`cancelled-${n}`)
  clock.advance(3_600_000)
  expect(pacer.turn('later')).toBe(0)
})
