import { getCurrentInstance, onScopeDispose, type Ref, ref, shallowReactive } from 'vue'
import { openLayers, useLayer } from './layers.ts'
import { preferences } from './preferences.ts'

/**
 * Shortcuts by physical key, so that they work on a Russian layout too. A shortcut is written as its caps read on a Latin layout:
 * `c`, `?`, `shift+t`, `ctrl+k`, `g d` (one after the other), `esc`, `[`.
 */
export interface Shortcut {
  keys: string
  run: (event: KeyboardEvent) => void
  /** What it does, for the list under `?`. Without it the shortcut is not listed. */
  label?: (() => string) | undefined
  /** Works now? Asked at the press. */
  when?: (() => boolean) | undefined
  /** Works while a field has the focus too. Chords with Ctrl always do. */
  inFields?: boolean | undefined
  /** Works over and under dialogs: the palette. Others belong to the layer of their component. */
  everywhere?: boolean | undefined
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

export interface Stroke {
  code: string
  ctrl: boolean
  shift: boolean
  alt: boolean
}

/** `ctrl+k` → one stroke; `g d` → two. @throws RangeError for a key that is not known */
export function parseKeys(keys: string): Stroke[] {
  return keys.split(' ').map((chord) => {
    const parts = chord === '+' ? ['+'] : chord.split('+')
    const key = (parts.at(-1) ?? '').toLowerCase()
    const code = shifted[key] ?? named[key] ?? (/^[a-z]$/.test(key) ? `Key${key.toUpperCase()}` : /^\d$/.test(key) ? `Digit${key}` : undefined)
    if (code === undefined) throw new RangeError(`"${chord}" of "${keys}" is no key`)
    return { code, ctrl: parts.includes('ctrl'), shift: parts.includes('shift') || key in shifted, alt: parts.includes('alt') }
  })
}

const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform)
const capNames: Record<string, string> = { ctrl: isMac ? '⌘' : 'Ctrl', shift: 'Shift', alt: 'Alt', esc: 'Esc', enter: 'Enter', tab: 'Tab', space: 'Space' }

/** What stands on the key caps: `ctrl+k` → `Ctrl`, `K`. */
export const capsOf = (keys: string): string[] =>
  keys.split(' ').flatMap((chord) => (chord === '+' ? ['+'] : chord.split('+')).map((part) => capNames[part.toLowerCase()] ?? part.toUpperCase()))

const matches = (event: KeyboardEvent, stroke: Stroke): boolean =>
  event.code === stroke.code && (event.ctrlKey || event.metaKey) === stroke.ctrl && event.shiftKey === stroke.shift && event.altKey === stroke.alt

/** Does the key now pressed write text? */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit', 'range'].includes(target.type)
}

/** The last that was registered wins: a dialog over a page takes its keys. */
export const shortcuts = shallowReactive<(Shortcut & { layer: Ref<number> })[]>([])

/** Those that would work now, the topmost layer's. */
export const liveShortcuts = (): Shortcut[] => shortcuts.filter((shortcut) => shortcut.everywhere || shortcut.layer.value === openLayers.value)

let begun: { stroke: Stroke; until: number } | undefined

/** How long the second key of `g d` may take, in ms. */
const sequencePauseMs = 1200

/** Finds and runs what a press means. Returns whether it meant something. */
export function press(event: KeyboardEvent, now = event.timeStamp): boolean {
  if (event.defaultPrevented || event.isComposing || event.repeat) return false
  const typing = isTyping(event.target)
  // An open menu or list has its own keys.
  const inPopup = event.target instanceof Element && event.target.closest('[role=menu],[role=listbox]') !== null
  const first = begun && begun.until > now ? begun.stroke : undefined
  begun = undefined
  const usable = liveShortcuts().reverse().filter((shortcut) => shortcut.when?.() !== false)
  for (const shortcut of usable) {
    const strokes = parseKeys(shortcut.keys)
    const last = strokes.at(-1) as Stroke
    const single = !last.ctrl && !last.alt && !['Escape', 'Enter'].includes(last.code)
    if (single && (!preferences.singleKeys || inPopup)) continue
    if (typing && !last.ctrl && !shortcut.inFields) continue
    if (strokes.length === 1 ? first === undefined && matches(event, last) : first !== undefined && same(first, strokes[0] as Stroke) && matches(event, last)) {
      event.preventDefault()
      shortcut.run(event)
      return true
    }
  }
  if (!typing && !inPopup && preferences.singleKeys && first === undefined) {
    const begins = usable.map((shortcut) => parseKeys(shortcut.keys)).find((strokes) => strokes.length === 2 && matches(event, strokes[0] as Stroke))
    if (begins) begun = { stroke: begins[0] as Stroke, until: now + sequencePauseMs }
  }
  return false
}

const same = (a: Stroke, b: Stroke): boolean => a.code === b.code && a.shift === b.shift && a.ctrl === b.ctrl && a.alt === b.alt

let listening = false

/** A shortcut for as long as the component (or effect scope) lives. */
export function useShortcut(keys: string, run: (event: KeyboardEvent) => void, options: Omit<Shortcut, 'keys' | 'run'> = {}): void {
  if (!listening && typeof document !== 'undefined') {
    document.addEventListener('keydown', (event) => void press(event))
    listening = true
  }
  parseKeys(keys)
  const shortcut = { keys, run, ...options, layer: getCurrentInstance() ? useLayer() : ref(0) }
  shortcuts.push(shortcut)
  onScopeDispose(() => {
    const index = shortcuts.indexOf(shortcut)
    if (index >= 0) shortcuts.splice(index, 1)
  })
}
