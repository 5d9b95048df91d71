import { ref, shallowRef } from 'vue'
import { liveShortcuts } from '../lib/keyboard.ts'

/** Is the list of shortcuts open? KitRoot shows it. */
export const shortcutsOpen = ref(false)
/** The shortcuts of the page that asked, taken before the list covers them. */
export const shortcutsShown = shallowRef<{ keys: string; words: string }[]>([])

export function openShortcuts(): void {
  const seen = new Set<string>()
  shortcutsShown.value = liveShortcuts()
    .reverse()
    .map((shortcut) => ({ keys: shortcut.keys, words: shortcut.label?.() ?? '' }))
    .filter(({ keys, words }) => words !== '' && !seen.has(keys) && seen.add(keys))
  shortcutsOpen.value = true
}
