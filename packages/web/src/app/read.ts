import { useQuery, type QueryKey } from '@tanstack/vue-query'
import { type ComputedRef, type MaybeRefOrGetter, type Ref, computed, toValue } from 'vue'

/** One thing that the page shows. */
export interface Reading<T> {
  /** The last answer; it stays while a newer one is on its way or fails. */
  data: Ref<T | undefined>
  error: Ref<Error | null>
  /** There is no answer yet. */
  isPending: Ref<boolean>
  isFetching: Ref<boolean>
  /** `data` is a preview, or the answer for what was asked before. */
  isPlaceholderData: Ref<boolean>
  /** The page has nothing to show and knows why. */
  failed: ComputedRef<Error | undefined>
  /** When the answer arrived, ms since 1970. */
  dataUpdatedAt: Ref<number>
  refetch: () => Promise<unknown>
}

interface ReadOptions<T> {
  /** Until this is true nothing is asked. */
  when?: MaybeRefOrGetter<boolean>
  /** Asks again by itself; for what no event tells of. */
  everyMs?: MaybeRefOrGetter<number | false>
  staleMs?: number
  /** Shows the answer for the key before while the answer for the next key is on its way. */
  keepPrevious?: boolean
  /** What to show until the first answer, when something else has read it already. */
  preview?: () => T | undefined
}

export function useReading<T>(
  key: MaybeRefOrGetter<QueryKey>,
  read: (signal: AbortSignal) => Promise<T>,
  options: ReadOptions<T> = {},
): Reading<T> {
  const query = useQuery<unknown, Error>({
    queryKey: computed(() => toValue(key)),
    queryFn: ({ signal }) => read(signal),
    enabled: computed(() => toValue(options.when ?? true)),
    refetchInterval: () => toValue(options.everyMs ?? false),
    ...(options.staleMs === undefined ? {} : { staleTime: options.staleMs }),
    placeholderData: (previous: unknown) => options.preview?.() ?? (options.keepPrevious ? previous : undefined),
  })
  return {
    // The key names what was read, so what lies under it is what `read` answers.
    data: query.data as Ref<T | undefined>,
    error: query.error,
    isPending: query.isPending,
    isFetching: query.isFetching,
    isPlaceholderData: query.isPlaceholderData,
    failed: computed(() => (query.data.value === undefined ? (query.error.value ?? undefined) : undefined)),
    dataUpdatedAt: query.dataUpdatedAt,
    refetch: query.refetch,
  }
}
