import { type Ref, type WritableComputedRef, computed, shallowRef } from 'vue'

/** A thing that a confirm asks about. The dialog is open while there is one, and remembers it while it closes. */
export interface AskedAbout<T> {
  thing: Ref<T | undefined>
  open: WritableComputedRef<boolean>
  ask: (thing: T) => void
}

/** @param reset forgets what went wrong with the thing before. */
export function useAsked<T>(reset: () => void): AskedAbout<T> {
  const thing = shallowRef<T>()
  const isOpen = shallowRef(false)
  return {
    thing,
    open: computed({
      get: () => isOpen.value,
      set: (open) => {
        isOpen.value = open
      },
    }),
    ask(next) {
      reset()
      thing.value = next
      isOpen.value = true
    },
  }
}
