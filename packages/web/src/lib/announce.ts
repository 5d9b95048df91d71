import { ref } from 'vue'

/** What screen readers hear next; KitRoot holds the live region. */
export const announcement = ref('')

export function announce(words: string): void {
  // The same words twice in a row are said twice: the region has to change in between.
  announcement.value = ''
  setTimeout(() => {
    announcement.value = words
  }, 50)
}
