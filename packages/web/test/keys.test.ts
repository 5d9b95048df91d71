import { expect, test } from 'vitest'
import { capsOf, meaningOf, parseKeys, type Situation, type Stroke } from '../src/lib/keys.ts'

const free: Situation = { typing: false, inPopup: false, singleKeys: true, begun: undefined }
const stroke = (code: string, more: Partial<Stroke> = {}): Stroke => ({ code, ctrl: false, shift: false, alt: false, ...more })
const bindings = ['c', 'g d', 'g s', 'ctrl+k', '?', '/', 'esc', 'shift+t', '[', 'j'].map((keys) => ({ keys }))
const pressed = (what: Stroke, situation: Partial<Situation> = {}) => {
  const meaning = meaningOf(what, bindings, { ...free, ...situation })
  return meaning === undefined ? undefined : 'run' in meaning ? meaning.run.keys : 'begins'
}

test('a key is where it is: on a Russian layout С is C, and . is /', () => {
  // The layout changes `event.key`; the binding reads `event.code` alone.
  expect(pressed(stroke('KeyC'))).toBe('c')
  expect(pressed(stroke('Slash'))).toBe('/')
  expect(pressed(stroke('Slash', { shift: true }))).toBe('?')
  expect(pressed(stroke('BracketLeft'))).toBe('[')
})

test('two keys one after the other make a sequence', () => {
  expect(pressed(stroke('KeyG'))).toBe('begins')
  expect(pressed(stroke('KeyD'), { begun: stroke('KeyG') })).toBe('g d')
  expect(pressed(stroke('KeyS'), { begun: stroke('KeyG') })).toBe('g s')
  expect(pressed(stroke('KeyD'))).toBeUndefined()
})

test('the second key of a sequence is not taken for a shortcut of its own', () => {
  expect(pressed(stroke('KeyC'), { begun: stroke('KeyG') })).toBeUndefined()
})

test('single letters do not work while someone types; chords with Ctrl do', () => {
  expect(pressed(stroke('KeyC'), { typing: true })).toBeUndefined()
  expect(pressed(stroke('KeyG'), { typing: true })).toBeUndefined()
  expect(pressed(stroke('KeyK', { ctrl: true }), { typing: true })).toBe('ctrl+k')
})

test('single letters can be switched off; chords and Esc stay', () => {
  const off = { singleKeys: false }
  expect([stroke('KeyC'), stroke('KeyG'), stroke('KeyT', { shift: true })].map((one) => pressed(one, off))).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(pressed(stroke('KeyK', { ctrl: true }), off)).toBe('ctrl+k')
  expect(pressed(stroke('Escape'), off)).toBe('esc')
})

test('a menu keeps its letters to itself', () => {
  expect(pressed(stroke('KeyJ'), { inPopup: true })).toBeUndefined()
})

test('another modifier is another key', () => {
  expect(pressed(stroke('KeyC', { ctrl: true }))).toBeUndefined()
  expect(pressed(stroke('KeyC', { alt: true }))).toBeUndefined()
  expect(pressed(stroke('KeyT'))).toBeUndefined()
  expect(pressed(stroke('KeyT', { shift: true }))).toBe('shift+t')
})

test('the binding made last wins', () => {
  const meaning = meaningOf(
    stroke('KeyC'),
    [
      { keys: 'c', from: 'page' },
      { keys: 'c', from: 'panel' },
    ],
    free,
  )
  expect(meaning).toEqual({ run: { keys: 'c', from: 'panel' } })
})

test('a key that does not exist is refused when it is named', () => {
  expect(() => parseKeys('ctrl+я')).toThrow(RangeError)
  expect(() => parseKeys('')).toThrow(RangeError)
})

test('caps show what is printed on them', () => {
  expect(['ctrl+k', 'g d', '?', 'esc', 'shift+t'].map(capsOf)).toEqual([
    ['Ctrl', 'K'],
    ['G', 'D'],
    ['?'],
    ['Esc'],
    ['Shift', 'T'],
  ])
})
