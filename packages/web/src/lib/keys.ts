/** Shortcuts as they are written, `ctrl+k`, `g d`, `?`, and what they mean on a keyboard: physical keys, whatever the layout. */

export interface Stroke {
  /** `KeyboardEvent.code`: where the key is, not what it writes. */
  code: string
  ctrl: boolean
  shift: boolean
  alt: boolean
}

const named: Record<string, string> = {
  '/': 'Slash',
  '.': 'Period',
  '[': 'BracketLeft',
  ']': 'BracketRight',
  esc: 'Escape',
  enter: 'Enter',
  tab: 'Tab',
  space: 'Space',
  up: 'ArrowUp',
  down: 'ArrowDown',
  left: 'ArrowLeft',
  right: 'ArrowRight',
}
/** Shifted signs of a Latin layout and the keys that they stand on. */
const shifted: Record<string, string> = { '?': 'Slash', '>': 'Period', '#': 'Digit3', '@': 'Digit2' }

/** `ctrl+k` → one stroke; `g d` → two. @throws RangeError for a key that is not known */
export function parseKeys(keys: string): Stroke[] {
  return keys.split(' ').map((chord) => {
    const parts = chord.toLowerCase().split('+')
    const key = parts.at(-1) ?? ''
    const code =
      shifted[key] ??
      named[key] ??
      (/^[a-z]$/.test(key) ? `Key${key.toUpperCase()}` : /^\d$/.test(key) ? `Digit${key}` : undefined)
    if (code === undefined) throw new RangeError(`"${chord}" of "${keys}" is no key`)
    return { code, ctrl: parts.includes('ctrl'), shift: parts.includes('shift') || key in shifted, alt: parts.includes('alt') }
  })
}

const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform ?? '')
const capNames: Record<string, string> = {
  ctrl: isMac ? '⌘' : 'Ctrl',
  shift: 'Shift',
  alt: 'Alt',
  esc: 'Esc',
  enter: 'Enter',
  tab: 'Tab',
  space: 'Space',
}

/** What stands on the key caps: `ctrl+k` → `Ctrl`, `K`. */
export const capsOf = (keys: string): string[] =>
  keys.split(' ').flatMap((chord) => chord.split('+').map((part) => capNames[part.toLowerCase()] ?? part.toUpperCase()))

export const sameStroke = (a: Stroke, b: Stroke): boolean =>
  a.code === b.code && a.shift === b.shift && a.ctrl === b.ctrl && a.alt === b.alt

export interface Binding {
  keys: string
  /** Works while a field has the focus too. Chords with Ctrl always do. */
  inFields?: boolean | undefined
}

export interface Situation {
  /** The key writes text where the focus is. */
  typing: boolean
  /** The focus is in a menu or a list, which has keys of its own. */
  inPopup: boolean
  /** Shortcuts of one letter are switched on. */
  singleKeys: boolean
  /** The first key of a sequence that was pressed a moment ago. */
  begun: Stroke | undefined
}

/** What a press means: the shortcut to run (the last that was registered wins), or the beginning of a sequence, or nothing. */
export function meaningOf<B extends Binding>(
  pressed: Stroke,
  bindings: readonly B[],
  situation: Situation,
): { run: B } | { begins: Stroke } | undefined {
  const { typing, inPopup, singleKeys, begun } = situation
  const newest = [...bindings].reverse()
  for (const binding of newest) {
    const strokes = parseKeys(binding.keys)
    const last = strokes.at(-1) as Stroke
    const single = !last.ctrl && !last.alt && !['Escape', 'Enter'].includes(last.code)
    if (single && (!singleKeys || inPopup)) continue
    if (typing && !last.ctrl && !binding.inFields) continue
    if (!sameStroke(pressed, last)) continue
    if (strokes.length === 1 ? begun === undefined : begun !== undefined && sameStroke(begun, strokes[0] as Stroke))
      return { run: binding }
  }
  if (typing || inPopup || !singleKeys || begun !== undefined) return undefined
  const sequence = newest
    .map((binding) => parseKeys(binding.keys))
    .find((strokes) => strokes.length === 2 && sameStroke(pressed, strokes[0] as Stroke))
  return sequence ? { begins: sequence[0] as Stroke } : undefined
}
