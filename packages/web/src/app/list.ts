import { otherLayout } from '../lib/match.ts'
import { integer, oneOf, sortBy, text, useUrlState } from '../lib/url-state.ts'

export interface ListView<F extends string> {
  q: string
  show: F | 'all'
  sort: string
  /** How many pages of rows are shown. */
  page: number
}

/** A list's search, filter, order and length, kept in the URL, so that a link shows what its sender saw. */
export function useListView<const F extends string>(filters: readonly F[], order: string): ListView<F> {
  const codecs = {
    q: text(),
    show: oneOf<string>(['all', ...filters], 'all'),
    sort: sortBy(order),
    page: integer(1, { min: 1, max: 2000 }),
  }
  // `oneOf` reads nothing but the filters.
  return useUrlState(codecs) as ListView<F>
}

/** Does every word of the query stand somewhere in the texts? The other keyboard layout is understood too. */
export function fits(query: string, texts: readonly (string | undefined)[]): boolean {
  const within = texts.filter(Boolean).join(' ').toLowerCase()
  const holds = (words: string) =>
    words
      .toLowerCase()
      .split(/\s+/)
      .every((word) => within.includes(word))
  return holds(query) || holds(otherLayout(query))
}

/** How many fit each filter. */
export const countBy = <T, F extends string>(
  things: readonly T[],
  filters: Record<F, (thing: T) => boolean>,
): Record<F, number> =>
  Object.fromEntries(
    Object.entries<(thing: T) => boolean>(filters).map(([name, test]) => [name, things.filter(test).length]),
  ) as Record<F, number>
