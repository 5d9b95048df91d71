import { expect, test } from 'vitest'
import { litPositions, matchScore, otherLayout } from '../src/lib/match.ts'
import { rank, readQuery } from '../src/lib/palette-rank.ts'
import type { Command } from '../src/lib/palette.ts'

test('the wrong layout is read as the right one', () => {
  expect([otherLayout('ыук'), otherLayout('cthdth'), otherLayout('185.46')]).toEqual(['ser', 'сервер', '185ю46'])
})

test('what does not fit has no score', () => {
  expect(matchScore('volume', 'Reboot server')).toBe(0)
})

test('letters of words in order find the words, also on the wrong layout', () => {
  expect(matchScore('reb ser', 'Reboot server')).toBeGreaterThan(0)
  expect(matchScore('csv', 'Create server volume')).toBeGreaterThan(0)
  expect(matchScore('куи', 'Reboot server')).toBeGreaterThan(0)
  expect(matchScore('gthtp', 'Перезагрузить сервер')).toBeGreaterThan(0)
})

test('the beginning of the name goes before the beginning of a word, that before its middle', () => {
  const scores = ['rebrand-site', 'web reboots', 'zebreb'].map((text) => matchScore('reb', text))
  expect(scores).toEqual([...scores].sort((a, b) => b - a))
  expect(new Set(scores).size).toBe(3)
})

test('what was found is lit where it stands', () => {
  expect(litPositions('reb', 'Reboot')).toEqual([0, 1, 2])
  expect(litPositions('куи', 'Reboot')).toEqual([0, 1, 2])
  expect(litPositions('ser', 'Reboot server')).toEqual([7, 8, 9])
})

const command = (id: string, label: string, more: Partial<Command> = {}): Command => ({ id, label, group: 'commands', ...more })
const all = [
  command('reboot', 'Reboot server'),
  command('page', 'Servers', { group: 'pages', aliases: ['Серверы'] }),
  command('web-01', 'web-01', { group: 'resources', aliases: ['srv-4c81', '185.46.9.117'] }),
  command('web-010', 'web-010', { group: 'resources', aliases: ['srv-4c8', '185.46.9.11'] }),
  command('anna', 'Anna Ivanova', { group: 'customers' }),
]
const ids = (typed: string, recent: string[] = [], group?: Command['group']) =>
  rank(all, readQuery(typed), group, recent).map(({ id }) => id)

test('ids and addresses match exactly first', () => {
  expect(ids('185.46.9.11')[0]).toBe('web-010')
  expect(ids('185.46.9.117')[0]).toBe('web-01')
  expect(ids('#srv-4c8')).toEqual(['web-010', 'web-01'])
})

test('a name of the other language is found', () => {
  expect(ids('серв')).toContain('page')
})

test('a sign narrows: > commands, @ people', () => {
  expect([ids('>ser'), ids('@an')]).toEqual([['reboot'], ['anna']])
})

test('with nothing typed what was chosen last comes first', () => {
  expect(ids('', ['anna', 'page']).slice(0, 2)).toEqual(['anna', 'page'])
})

test('a kind can be narrowed to', () => {
  expect(ids('', [], 'resources')).toEqual(['web-01', 'web-010'])
})
