import { computed, reactive, shallowRef, type WritableComputedRef } from 'vue'
import { type LocationQuery, type LocationQueryRaw, useRoute, useRouter } from 'vue-router'

/** How one value of a list (filter, sort, page) is written in the URL. A value equal to the fallback is left out. */
export interface Codec<T> {
  fallback: T
  read(written: string): T | undefined
  write(value: T): string
}

export const text = (fallback = ''): Codec<string> => ({ fallback, read: (written) => written, write: (value) => value })
export const oneOf = <const V extends string>(values: readonly V[], fallback: NoInfer<V>): Codec<V> => ({
  fallback,
  read: (written) => values.find((value) => value === written),
  write: (value) => value,
})
export const integer = (
  fallback: number,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): Codec<number> => ({
  fallback,
  read: (written) =>
    /^\d{1,15}$/.test(written) && Number(written) >= min && Number(written) <= max ? Number(written) : undefined,
  write: String,
})
/** `name`, or `-name` for the other way round. */
export const sortBy = (fallback: string): Codec<string> => ({
  fallback,
  read: (written) => (/^-?[a-zA-Z_]+$/.test(written) ? written : undefined),
  write: (value) => value,
})

type Codecs = Record<string, Codec<string | number>>
type ValueOf<C> = C extends Codec<infer T> ? T : never
export type UrlState<C> = { -readonly [K in keyof C]: ValueOf<C[K]> }

/** Reads a value from a query; what is not understood is the fallback. */
export function readQuery<T>(query: LocationQuery, name: string, codec: Codec<T>): T {
  const written = query[name]
  return (typeof written === 'string' ? codec.read(written) : undefined) ?? codec.fallback
}

/** The query with some values changed; others in it are kept. */
export function writeQuery(query: LocationQuery, changes: Record<string, string | number>, codecs: Codecs): LocationQueryRaw {
  const next: LocationQueryRaw = { ...query }
  for (const [name, value] of Object.entries(changes)) {
    const codec = codecs[name]
    if (!codec) continue
    if (value === codec.fallback) delete next[name]
    else next[name] = codec.write(value)
  }
  return next
}

/**
 * A list's filter, sort and page, kept in the URL, so that a link shows what its sender saw:
 * `const view = useUrlState({ q: text(), status: oneOf(['all', 'error'], 'all'), sort: sortBy('name') })`, then `v-model="view.q"`.
 * Changes replace the present entry of the history.
 */
export function useUrlState<const C extends Codecs>(codecs: C): UrlState<C> {
  const route = useRoute()
  const router = useRouter()
  const known: Codecs = codecs
  // What was set and is not in the URL yet; several changes in one tick become one navigation.
  const pending = shallowRef<Record<string, string | number>>({})
  let scheduled = false
  const flush = async () => {
    scheduled = false
    const changes = pending.value
    await router.replace({ query: writeQuery(route.query, changes, known), hash: route.hash })
    if (pending.value === changes) pending.value = {}
  }
  const change = (name: string, value: string | number) => {
    pending.value = { ...pending.value, [name]: value }
    if (scheduled) return
    scheduled = true
    queueMicrotask(() => void flush())
  }
  const refs: Record<string, WritableComputedRef<string | number>> = {}
  for (const [name, codec] of Object.entries(known))
    refs[name] = computed({
      get: () => pending.value[name] ?? readQuery(route.query, name, codec),
      set: (value) => change(name, value),
    })
  return reactive(refs) as UrlState<C>
}
