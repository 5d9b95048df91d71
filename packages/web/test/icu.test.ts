import { expect, test } from 'vitest'
import { formatMessage, namesOf, parseMessage } from '../src/i18n/icu.ts'
import type { Names } from '../src/i18n/types.ts'

const say = (message: string, values: Record<string, string | number>, language = 'en') =>
  formatMessage(parseMessage(message), values, language)

const russian = '{count, plural, one {# сервер} few {# сервера} many {# серверов} other {# сервера}}'

test.each([
  [1, '1 сервер'],
  [2, '2 сервера'],
  [5, '5 серверов'],
  [11, '11 серверов'],
  [21, '21 сервер'],
  [1.5, '1,5 сервера'],
  [12_000, '12 000 серверов'],
])('Russian counts %d as «%s»', (count, words) => {
  expect(say(russian, { count }, 'ru').replaceAll('\u00a0', ' ')).toBe(words)
})

test('English counts one and other', () => {
  const message = '{count, plural, =0 {No servers} one {# server} other {# servers}}'
  expect([0, 1, 2, 1200].map((count) => say(message, { count }))).toEqual([
    'No servers',
    '1 server',
    '2 servers',
    '1,200 servers',
  ])
})

test('names inside a plural and outside of it are filled in', () => {
  expect(say('{name}: {count, plural, one {# of {all}} other {# of {all}}} left', { name: 'web-01', count: 1, all: 3 })).toBe(
    'web-01: 1 of 3 left',
  )
})

test('a selection falls back to other', () => {
  const message = '{kind, select, server {A server} other {A thing}} of {owner}'
  expect([say(message, { kind: 'server', owner: 'Anna' }), say(message, { kind: 'moon', owner: 'Anna' })]).toEqual([
    'A server of Anna',
    'A thing of Anna',
  ])
})

test('an apostrophe is an apostrophe', () => {
  expect(say("{name}'s servers", { name: 'Anna' })).toBe("Anna's servers")
})

test.each(['{count, plural, one {x}}', '{name', 'name}', '{count, ordinal, other {x}}', '{}'])('%s is refused', (message) => {
  expect(() => parseMessage(message)).toThrow(SyntaxError)
})

test('names are those of the message, each once', () => {
  expect(namesOf(parseMessage('{b} {a, plural, one {# {b}} other {{c}}}'))).toEqual(['a', 'b', 'c'])
})

// Read by the compiler alone: each of these lines is `true` or does not compile.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
const readByTheCompiler: [
  Same<Names<'no name'>, never>,
  Same<Names<'{a} and {b}'>, 'a' | 'b'>,
  Same<Names<'{count, plural, one {# server} other {# servers}}'>, 'count'>,
  Same<Names<'{count, plural, one {# of {all}} other {{all} of {rest}}} in {place}'>, 'count' | 'all' | 'rest' | 'place'>,
  Same<Names<'{kind, select, a {x} other {{name}}}.'>, 'kind' | 'name'>,
] = [true, true, true, true, true]

test('the compiler reads the same names as the program', () => {
  expect(readByTheCompiler.every(Boolean)).toBe(true)
})
