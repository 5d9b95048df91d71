import { nextTick, onMounted, onScopeDispose, type Ref, ref, watch } from 'vue'

/**
 * Widths of a table's columns as shares of its width, measured from the head once the first rows are there, so that later changes inside a
 * cell do not move the others. They are measured anew when `cause` changes and when the table's own width does.
 */
export function useColumnWidths(root: Readonly<Ref<HTMLElement | null>>, cause: Readonly<Ref<unknown>>): Ref<string[]> {
  const widths = ref<string[]>([])
  let seen = 0
  let observer: ResizeObserver | undefined

  async function measure() {
    widths.value = []
    await nextTick()
    const table = root.value?.querySelector('table')
    const heads = [...(table?.querySelectorAll<HTMLElement>(':scope > thead > tr > th') ?? [])]
    // On phones rows are laid out otherwise and the head is not shown.
    if (!table || heads.every((head) => head.offsetWidth === 0) || table.querySelector('tbody > tr.row') === null) return
    const whole = table.getBoundingClientRect().width
    seen = whole
    widths.value = heads.map((head) => `${((head.getBoundingClientRect().width / whole) * 100).toFixed(3)}%`)
  }
  onMounted(() => {
    observer = new ResizeObserver(() => {
      const whole = root.value?.querySelector('table')?.getBoundingClientRect().width ?? 0
      if (Math.abs(whole - seen) > 1) void measure()
    })
    if (root.value) observer.observe(root.value)
    void measure()
    // Widths in a fallback face are not those of the real one.
    void document.fonts?.ready.then(measure)
  })
  onScopeDispose(() => observer?.disconnect())
  watch(cause, (now, before) => {
    if (JSON.stringify(now) !== JSON.stringify(before)) void measure()
  })
  return widths
}
