/** Search as people type: out of order, abbreviated, and on the wrong keyboard layout. */

const latin = '`qwertyuiop[]asdfghjkl;\'zxcvbnm,.~QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>'
const cyrillic = 'ёйцукенгшщзхъфывапролджэячсмитьбюЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ'
const toCyrillic = new Map([...latin].map((character, index) => [character, [...cyrillic][index] as string]))
const toLatin = new Map([...cyrillic].map((character, index) => [character, [...latin][index] as string]))

/** What the same keys write on the other layout: `ыук` → `ser`, `cthdth` → `сервер`. */
export function otherLayout(text: string): string {
  const map = /[а-яё]/i.test(text) ? toLatin : toCyrillic
  return [...text].map((character) => map.get(character) ?? character).join('')
}

/** Where the characters of the query stand in the text, or undefined. Words' beginnings are preferred to their middles. */
export function matchPositions(query: string, text: string): number[] | undefined {
  const haystack = text.toLowerCase()
  const positions: number[] = []
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const found = wordPositions(word, haystack)
    if (!found) return undefined
    positions.push(...found)
  }
  return positions.sort((a, b) => a - b)
}

const boundary = (text: string, at: number) => at === 0 || /[^\p{L}\p{N}]/u.test(text[at - 1] as string)
const run = (start: number, length: number) => Array.from({ length }, (_, index) => start + index)

function wordPositions(word: string, haystack: string): number[] | undefined {
  for (let at = haystack.indexOf(word); at >= 0; at = haystack.indexOf(word, at + 1))
    if (boundary(haystack, at)) return run(at, word.length)
  const inside = haystack.indexOf(word)
  if (inside >= 0) return run(inside, word.length)
  if (word.length < 2) return undefined
  // Letters in order, each at a word's beginning or right after the one before: `csv` finds "create server".
  const positions: number[] = []
  let from = 0
  for (const character of word) {
    let at = haystack.indexOf(character, from)
    while (at >= 0 && !(positions.length > 0 && at === (positions.at(-1) as number) + 1) && !boundary(haystack, at))
      at = haystack.indexOf(character, at + 1)
    if (at < 0) return undefined
    positions.push(at)
    from = at + 1
  }
  return positions
}

/** How well a query fits a text: 0 not at all, more is better. Both layouts are tried. */
export function matchScore(query: string, text: string): number {
  const own = scoreOf(query, text)
  return own > 0 ? own : scoreOf(otherLayout(query), text) * 0.9
}

/** Positions to light up, in whichever layout fits. */
export const litPositions = (query: string, text: string): number[] =>
  matchPositions(query, text) ?? matchPositions(otherLayout(query), text) ?? []

function scoreOf(query: string, text: string): number {
  if (query.trim() === '') return 1
  const positions = matchPositions(query, text)
  if (!positions || positions.length === 0) return 0
  const first = positions[0] as number
  let joined = 0
  positions.forEach((position, index) => {
    if (index > 0 && position === (positions[index - 1] as number) + 1) joined += 1
  })
  return 1 + joined * 2 + (first === 0 ? 5 : boundary(text, first) ? 3 : 0) + positions.length / Math.max(8, text.length)
}
