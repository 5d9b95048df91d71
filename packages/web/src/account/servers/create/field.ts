import type { OrderField } from '../order.ts'

/** What `useOrder().field(name)` gives to the field of a section. */
export interface SectionField {
  name: OrderField
  error: string | undefined
  suggestion: string | undefined
  onFocusout: () => void
}
