import { computed, type Ref, watch } from 'vue'

export interface SelectionOptions<Row> {
  rows: () => readonly Row[]
  /** As they stand on screen: a range is what the eye sees between two rows. */
  ordered: Readonly<Ref<readonly Row[]>>
  /** Keys of the selected rows. */
  selected: Ref<string[]>
  rowKey: (row: Row) => string
}

/** Selected rows: one, all, or a range from the last one that was touched, wherever it stands by now. Rows that are gone leave the selection. */
export function useSelection<Row>({ rows, ordered, selected, rowKey }: SelectionOptions<Row>) {
  let anchor: string | undefined
  const anchorIndex = () => (anchor === undefined ? -1 : ordered.value.findIndex((row) => rowKey(row) === anchor))
  const keys = computed(() => new Set(selected.value))
  const selectedRows = computed(() => rows().filter((row) => keys.value.has(rowKey(row))))
  watch(rows, (now) => {
    const present = new Set(now.map(rowKey))
    if (selected.value.some((key) => !present.has(key))) selected.value = selected.value.filter((key) => present.has(key))
  })
  return {
    selectedRows,
    isSelected: (row: Row) => keys.value.has(rowKey(row)),
    /** Of the checkbox in the head. */
    all: computed(() =>
      selectedRows.value.length === 0 ? false : selectedRows.value.length === rows().length ? true : ('mixed' as const),
    ),
    selectAll: (on: boolean | 'mixed') => {
      selected.value = on === true ? rows().map(rowKey) : []
    },
    clear: () => {
      selected.value = []
    },
    /** `index` is a place in the order. With `range` everything from the row touched before up to this one. */
    select(index: number, on: boolean, range = false) {
      const begin = range ? anchorIndex() : -1
      const from = begin < 0 ? index : Math.min(begin, index)
      const to = Math.max(begin, index)
      const next = new Set(selected.value)
      for (const row of ordered.value.slice(from, to + 1)) {
        if (on) next.add(rowKey(row))
        else next.delete(rowKey(row))
      }
      const touched = ordered.value[index]
      anchor = touched && rowKey(touched)
      selected.value = [...next]
    },
    /** Is there a row that a range could begin at? */
    hasAnchor: () => anchorIndex() >= 0,
  }
}
