import { type ComputedRef, computed, onScopeDispose, type Ref, shallowRef, watch } from 'vue'

/** `value` as it was when it had not changed for `ms`; `isSettled` while that is what it still is. */
export function useSettled<T>(value: ComputedRef<T>, ms: number): { settled: Ref<T>; isSettled: ComputedRef<boolean> } {
  const settled = shallowRef(value.value) as Ref<T>
  watch(value, (next, _before, onCleanup) => {
    const timer = setTimeout(() => (settled.value = next), ms)
    onCleanup(() => clearTimeout(timer))
  })
  return { settled, isSettled: computed(() => settled.value === value.value) }
}

/** Waits until `condition` holds: true as soon as it does, false after `ms` or when the component has gone. */
export function useUntil(condition: Ref<boolean>, ms: number): () => Promise<boolean> {
  const giveUp = new Set<() => void>()
  onScopeDispose(() => {
    for (const end of giveUp) end()
  })
  return () =>
    new Promise((resolve) => {
      const end = (outcome: boolean) => {
        clearTimeout(timer)
        stop?.()
        giveUp.delete(fail)
        resolve(outcome)
      }
      const fail = () => end(false)
      const timer = setTimeout(fail, ms)
      let stop: (() => void) | undefined
      giveUp.add(fail)
      if (condition.value) end(true)
      else
        stop = watch(condition, (holds) => {
          if (holds) end(true)
        })
    })
}
