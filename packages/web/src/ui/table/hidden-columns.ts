import { type Ref, ref, watch } from 'vue'

/** Keys of the columns that a person hid in a table, kept in this browser. */
export function useHiddenColumns(table: string, fallback: () => string[]): Ref<string[]> {
  const place = `straylight.columns.${table}`
  const hidden = ref(fallback())
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(place) ?? 'null')
    if (Array.isArray(saved) && saved.every((key) => typeof key === 'string')) hidden.value = saved
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  watch(hidden, (keys) => {
    try {
      localStorage.setItem(place, JSON.stringify(keys))
    } catch {
      // As above.
    }
  })
  return hidden
}
