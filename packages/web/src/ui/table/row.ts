import type { FunctionalComponent, VNodeChild } from 'vue'
import type { RouteLocationRaw } from 'vue-router'
import type { MenuItem } from '../types.ts'

type Slot<Scope> = ((scope: Scope) => unknown) | undefined
export type RowSlots<Row> = { open?: Slot<{ row: Row }> } & {
  [key in `cell-${string}` | `below-${string}`]?: Slot<{ row: Row; value: unknown }>
}

/** What the rows of one table share; the same object for all of them, so that a row is drawn anew only when something of its own changes. */
export interface RowTable<Row> {
  given: {
    rowKey: (row: Row) => string
    rowLabel: (row: Row) => string
    rowTo?: ((row: Row) => RouteLocationRaw | undefined) | undefined
    rowActions?: ((row: Row) => MenuItem[]) | undefined
    rowProgress?: ((row: Row) => number | undefined) | undefined
    rowDisabled?: ((row: Row) => string | undefined) | undefined
    chosen?: ((row: Row) => boolean) | undefined
    progressIn: string
    selectable?: boolean | undefined
    virtual?: boolean | undefined
  }
  slots: RowSlots<Row>
  /** How many columns there are, those of folds and menus included. */
  span: () => number
  focused: (row: Row) => void
  pressed: (event: KeyboardEvent, row: Row) => void
  fold: (row: Row) => void
  activate: (row: Row) => void
  select: (index: number, on: boolean, range: boolean) => void
  openMenu: (row: Row, open: boolean) => void
  menuClosed: (event: Event) => void
}

/** Draws a slot of the table inside a row, so that what the slot reads concerns this cell alone. */
export const Cell: FunctionalComponent<{ of: ((scope: never) => unknown) | undefined; scope: object }> = ({ of, scope }) =>
  of?.(scope as never) as VNodeChild
Cell.props = ['of', 'scope']
