import { computed, inject, type InjectionKey, onScopeDispose, provide, type Ref, ref, watch } from 'vue'

/** How many dialogs lie over the page. Shortcuts work for the topmost layer alone. */
export const openLayers = ref(0)
const layerKey: InjectionKey<Ref<number>> = Symbol('layer')

/** The layer that a component lives in: 0 is the page. */
export const useLayer = (): Ref<number> => inject(layerKey, ref(0))

/** For dialogs: counts this one while it is open, and puts what it contains one layer higher. */
export function useModalLayer(open: Ref<boolean>): void {
  const own = ref(0)
  provide(
    layerKey,
    computed(() => own.value),
  )
  const close = () => {
    if (own.value === 0) return
    openLayers.value -= 1
    own.value = 0
  }
  watch(
    open,
    (isOpen) => {
      if (isOpen && own.value === 0) own.value = openLayers.value += 1
      else if (!isOpen) close()
    },
    { immediate: true },
  )
  onScopeDispose(close)
}
