import { describe, expect, test } from 'vitest'
import { isSameRule, normalizeRule } from '../src/network/rule-match.ts'
import { parseUtc } from '../src/times.ts'
import { agree, formatVersion, fromVersionDocument, parseVersion, type Version } from '../src/versions.ts'
import { fieldCases, type Refused, readField, ruleCases, timeCases, versionCases } from './normalizers-cases.ts'

const version = (text: string): Version => parseVersion(text) as Version

describe('a member of an answer', () => {
  test.each(fieldCases)('read as $read: $value gives $gives', ({ read, value, gives }) => {
    const isRefused = typeof gives === 'object' && gives !== null && 'refused' in gives
    if (isRefused) expect(() => readField(read, value)).toThrow(`thing.member ${(gives as Refused).refused}`)
    else expect(readField(read, value)).toEqual(gives)
  })
})

describe('two notations of a rule', () => {
  test.each(ruleCases)('$says: $isSame', ({ one, other, isSame }) => {
    expect(isSameRule(one, other)).toBe(isSame)
    expect(isSameRule(other, one)).toBe(isSame)
  })

  test('what is normal stays as it is', () => {
    for (const { one } of ruleCases) expect(normalizeRule(normalizeRule(one))).toEqual(normalizeRule(one))
  })
})

describe('a time', () => {
  test.each(timeCases)('%s is %s', (text, iso) => expect(parseUtc(text)?.toISOString()).toBe(iso))
})

describe('the version to speak', () => {
  test.each(versionCases)('$says: $agreed', ({ ours, theirs, bounds, agreed }) => {
    const range = ([min, max]: [string, string]) => ({ min: version(min), max: version(max) })
    const ask = () => agree('nova', range(ours), range(theirs), bounds)
    if (agreed === undefined) expect(ask).toThrow(expect.objectContaining({ kind: 'invalid', code: 'nova.version_not_spoken' }))
    else expect(formatVersion(ask())).toBe(agreed)
  })

  test('is read from every shape of version document', () => {
    expect(fromVersionDocument('nova', { version: { version: '2.93', min_version: '2.1' } }).max).toEqual({ major: 2, minor: 93 })
    const cinder = {
      versions: [
        { id: 'v2.0', version: '', min_version: '' },
        { id: 'v3.0', version: '3.70', min_version: '3.0' },
      ],
    }
    expect(fromVersionDocument('cinder', cinder)).toEqual({ min: { major: 3, minor: 0 }, max: { major: 3, minor: 70 } })
    const several = {
      versions: [
        { max_version: '1.9', min_version: '1.0' },
        { max_version: '1.39', min_version: '1.0' },
      ],
    }
    expect(fromVersionDocument('placement', several).max).toEqual({ major: 1, minor: 39 })
    expect(() => fromVersionDocument('nova', { versions: [{ version: '', min_version: '' }] })).toThrow('names no microversion')
    expect(parseVersion('2')).toBeUndefined()
  })
})
