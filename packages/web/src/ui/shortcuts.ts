import { ref } from 'vue'

/** Is the list of shortcuts open? KitRoot shows it. */
export const shortcutsOpen = ref(false)
export const openShortcuts = (): void => {
  shortcutsOpen.value = true
}
