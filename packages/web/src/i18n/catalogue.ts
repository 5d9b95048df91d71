import type { Catalogue, Translation } from './types.ts'

/** An English catalogue of one feature: its keys and names are what the translations must have. */
export const catalogue = <const Messages extends Catalogue>(messages: Messages): Messages => messages

/**
 * A translation of an English catalogue: `export default translationOf<typeof english>()({ … })`. A missing or foreign key, and a missing
 * or foreign `{name}` in a message, do not compile. Only the type of the English file is needed, so its words are not loaded.
 */
export const translationOf =
  <English extends Catalogue>() =>
  <const Own extends Catalogue>(
    messages: Own & Translation<English, Own> & Record<Exclude<keyof Own, keyof English>, never>,
  ): Own =>
    messages
