import type { Component } from 'vue'
import type { RouteLocationRaw } from 'vue-router'

/** An icon of Lucide: `import { Server } from 'lucide-vue-next'`. */
export type IconOf = Component

/** What a menu offers. `'-'` is a rule; the dangerous entry comes last, after one. */
export type MenuItem =
  | '-'
  | {
      label: string
      icon?: IconOf | undefined
      /** Shown beside, as `KeyCaps` reads it. */
      keys?: string | undefined
      danger?: boolean | undefined
      /** The entry stays and says why it cannot be chosen now. */
      disabledReason?: string | undefined
      /** A second, quiet line. */
      note?: string | undefined
      checked?: boolean | undefined
      to?: RouteLocationRaw | undefined
      href?: string | undefined
      onSelect?: (() => void) | undefined
    }

export interface Crumb {
  label: string
  to?: RouteLocationRaw | undefined
}

export interface NavItem {
  key: string
  label: string
  icon: IconOf
  to: RouteLocationRaw
  count?: number | undefined
}
export interface NavGroup {
  label?: string | undefined
  items: NavItem[]
}

/** One of a few: option cards, segments, radios, selects. `value` is a string; `disabledReason` says why it cannot be had. */
export interface Option<V extends string = string> {
  value: V
  label: string
  note?: string | undefined
  icon?: IconOf | undefined
  disabledReason?: string | undefined
}

export interface Column<Row> {
  key: string
  label: string
  /** Numbers and money stand right. */
  align?: 'left' | 'right' | undefined
  /** Gives the value to sort by; decimal strings with `decimal: true` are compared exactly. Absent: the column does not sort. */
  sort?: ((row: Row) => string | number | null | undefined) | undefined
  decimal?: boolean | undefined
  /** Of the column, such as `'120px'`. */
  width?: string | undefined
  /** Not shown until it is chosen. */
  hidden?: boolean | undefined
  /** Cannot be hidden. The first column never can. */
  fixed?: boolean | undefined
  /**
   * Where it stands in the two-line row of a phone; the first column is the title. `state`: a StateBadge, its glyph before the title and
   * its words below it. Default: hidden.
   */
  phone?: 'state' | 'line' | 'value' | 'hidden' | undefined
}

export interface BulkAction<Row> {
  label: string
  icon?: IconOf | undefined
  danger?: boolean | undefined
  /** Why it does not suit these rows; undefined when it does. */
  disabledReason?: ((rows: Row[]) => string | undefined) | undefined
  onSelect: (rows: Row[]) => void
}

/** A step of a long task, named for what the customer gets. */
export interface TaskStep {
  label: string
  state: 'queued' | 'running' | 'waiting' | 'silent' | 'done' | 'failed' | 'skipped'
  /** Seconds it took so far. */
  seconds?: number | undefined
  /** Seconds it usually takes; shown while it runs. */
  usualSeconds?: number | undefined
  reason?: string | undefined
}

/** What an error says to a person: a problem document, or the little that is known without one. */
export interface ShownProblem {
  message: string
  description?: string | undefined
  requestId?: string | undefined
  status?: number | undefined
}
