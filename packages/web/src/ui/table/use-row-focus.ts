import { computed, nextTick, type Ref, ref } from 'vue'

export interface RowFocusOptions<Row> {
  root: Readonly<Ref<HTMLElement | null>>
  ordered: Readonly<Ref<readonly Row[]>>
  /** How many rows can be reached: those of the pages shown so far. */
  reach: () => number
  rowKey: (row: Row) => string
  /** Brings a row that does not exist yet onto the screen (virtual rows). */
  reveal: (index: number) => void
}

/** The row under the keyboard: one row is in the tab order, arrows and `j` `k` move it. */
export function useRowFocus<Row>({ root, ordered, reach, rowKey, reveal }: RowFocusOptions<Row>) {
  const key = ref<string>()
  const index = computed(() => ordered.value.findIndex((row) => rowKey(row) === key.value))
  const current = computed<Row | undefined>(() => ordered.value[index.value])

  /** Is the keyboard in the table? */
  const active = () => root.value?.contains(document.activeElement) === true && current.value !== undefined

  async function focusRow(wanted: number): Promise<void> {
    const place = Math.min(Math.max(0, wanted), reach() - 1)
    const row = ordered.value[place]
    if (!row) return
    key.value = rowKey(row)
    reveal(place)
    // A virtual row comes into being within a few frames.
    for (let frame = 0; frame < 6; frame += 1) {
      await nextTick()
      const element = root.value?.querySelector<HTMLElement>(`tr[data-key="${CSS.escape(key.value)}"]`)
      if (element) return element.focus()
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
  }
  return {
    key,
    index,
    current,
    focusRow,
    active,
    /**
     * Where `by` rows further is: from the row that has the keyboard, also when it was scrolled out of a window and is no more. Who comes
     * from elsewhere comes back to the row of before, at first to the first one.
     */
    next(by: number): number {
      if (!current.value) return 0
      const lost = document.activeElement === null || document.activeElement === document.body
      return active() || lost ? Math.min(Math.max(0, index.value + by), reach() - 1) : index.value
    },
    /** The row that Tab goes to: where one was, else the first. */
    isTabStop: (row: Row) => (current.value ? rowKey(row) === key.value : row === ordered.value[0]),
  }
}
