import { getCurrentInstance, onScopeDispose, type Ref, shallowReactive, shallowRef } from 'vue'
import { type Binding, meaningOf, parseKeys, type Stroke } from './keys.ts'
import { type Layer, page, topLayer, useLayer } from './layers.ts'
import { preferences } from './preferences.ts'

/** A shortcut, written as its caps read on a Latin layout: `c`, `?`, `shift+t`, `ctrl+k`, `g d` (one after the other), `esc`, `[`. */
export interface Shortcut extends Binding {
  run: (event: KeyboardEvent) => void
  /** What it does, for the list under `?`. Without it the shortcut is not listed. */
  label?: (() => string) | undefined
  /** Works now? Asked at the press. */
  when?: (() => boolean) | undefined
  /** Works over and under dialogs: the palette. Others belong to the layer of their component. */
  everywhere?: boolean | undefined
}

const shortcuts = shallowReactive<(Shortcut & { layer: Ref<Layer> })[]>([])

/** Those of the topmost layer: a dialog or a menu over a page takes its keys. Oldest first. */
export const liveShortcuts = (top: Layer = topLayer.value): Shortcut[] =>
  shortcuts.filter((shortcut) => shortcut.everywhere || shortcut.layer.value === top)

/** What lay on top when the key went down: an open list may have closed by the time that the press arrives here. */
let topAtPress: Layer = page

/** Does a key pressed here write text? */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit', 'range', 'file'].includes(target.type)
}

/** How long the second key of `g d` may take, in ms. */
const sequencePauseMs = 1200
let begun: { stroke: Stroke; until: number } | undefined

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.repeat || ['Shift', 'Control', 'Alt', 'Meta'].includes(event.key))
    return
  const pressed = { code: event.code, ctrl: event.ctrlKey || event.metaKey, shift: event.shiftKey, alt: event.altKey }
  const meaning = meaningOf(
    pressed,
    liveShortcuts(topAtPress).filter((shortcut) => shortcut.when?.() !== false),
    {
      typing: isTyping(event.target),
      inPopup: event.target instanceof Element && event.target.closest('[role=menu],[role=listbox]') !== null,
      singleKeys: preferences.singleKeys,
      begun: begun && begun.until > event.timeStamp ? begun.stroke : undefined,
    },
  )
  begun = meaning && 'begins' in meaning ? { stroke: meaning.begins, until: event.timeStamp + sequencePauseMs } : undefined
  if (!meaning || !('run' in meaning)) return
  event.preventDefault()
  meaning.run.run(event)
}

let listening = false

/** A shortcut for as long as the component (or effect scope) lives. */
export function useShortcut(
  keys: string,
  run: (event: KeyboardEvent) => void,
  options: Omit<Shortcut, 'keys' | 'run'> = {},
): void {
  // A key that does not exist is said at once, not at its first press.
  parseKeys(keys)
  if (!listening && typeof document !== 'undefined') {
    document.addEventListener('keydown', () => (topAtPress = topLayer.value), { capture: true })
    document.addEventListener('keydown', press)
    listening = true
  }
  const shortcut = { keys, run, ...options, layer: getCurrentInstance() ? useLayer() : shallowRef(page) }
  shortcuts.push(shortcut)
  onScopeDispose(() => {
    const index = shortcuts.indexOf(shortcut)
    if (index >= 0) shortcuts.splice(index, 1)
  })
}
