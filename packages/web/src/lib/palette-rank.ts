import { matchScore } from './match.ts'
import type { Command } from './palette.ts'

export type PaletteMode = 'all' | 'commands' | 'ids' | 'people'

/** `>reb` asks for commands only, `#4c81` for ids, `@anna` for people. */
export function readQuery(typed: string): { mode: PaletteMode; words: string } {
  const mode = ({ '>': 'commands', '#': 'ids', '@': 'people' } as Record<string, PaletteMode>)[typed[0] ?? '']
  return mode ? { mode, words: typed.slice(1).trim() } : { mode: 'all', words: typed.trim() }
}

/**
 * What is offered, best first: an id or address that matches exactly, then by how well the words fit; recent choices first when
 * nothing was typed.
 */
export function rank(
  commands: Command[],
  { mode, words }: { mode: PaletteMode; words: string },
  group: Command['group'] | undefined,
  recent: string[],
): Command[] {
  const allowed = commands.filter(
    (command) =>
      (group === undefined || command.group === group) &&
      (mode === 'all' ||
        (mode === 'commands' && command.group === 'commands') ||
        (mode === 'people' && command.group === 'customers') ||
        (mode === 'ids' && command.aliases !== undefined)),
  )
  const scored = allowed.map((command, index) => {
    const place = recent.indexOf(command.id)
    if (words === '') return { command, index, score: place >= 0 ? 1000 - place : 1 }
    const asked = words.toLowerCase()
    const exact = command.aliases?.some((alias) => alias.toLowerCase() === asked) ?? false
    const begins = command.aliases?.some((alias) => alias.toLowerCase().startsWith(asked)) ?? false
    if (mode === 'ids') return { command, index, score: exact ? 1000 : begins ? 500 : 0 }
    const alias = Math.max(0, ...(command.aliases ?? []).map((one) => matchScore(words, one)))
    return {
      command,
      index,
      score:
        (exact ? 1000 : begins ? 100 : 0) +
        Math.max(
          matchScore(words, command.label),
          alias * 0.8,
          matchScore(words, `${command.label} ${command.note ?? ''}`) * 0.5,
        ),
    }
  })
  return scored
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ command }) => command)
}

const place = 'straylight.recent'
const most = 12

/** Ids of the latest choices, newest first. */
export function recentIds(): string[] {
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(place) ?? '[]')
    return Array.isArray(saved) ? saved.filter((id) => typeof id === 'string') : []
  } catch {
    return []
  }
}

export function remember(id: string): void {
  try {
    localStorage.setItem(place, JSON.stringify([id, ...recentIds().filter((one) => one !== id)].slice(0, most)))
  } catch {
    // Without storage nothing is recent.
  }
}
