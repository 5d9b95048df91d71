import { computed, inject, type InjectionKey, onScopeDispose, provide, type Ref, shallowRef, watch } from 'vue'

/** A dialog, menu, list or panel that lies open over the page; the page itself is `page`. */
export type Layer = symbol
export const page: Layer = Symbol('page')

/** What lies open, the newest last. They may close in any order: a menu closes after the dialog that it opened has opened. */
const open = shallowRef<readonly Layer[]>([])
/** The layer that has the keys: shortcuts of those beneath do not work. */
export const topLayer = computed<Layer>(() => open.value.at(-1) ?? page)

const layerKey: InjectionKey<Ref<Layer>> = Symbol('layer')
const pageLayer: Ref<Layer> = shallowRef(page)

/** The layer that a component lives in. */
export const useLayer = (): Ref<Layer> => inject(layerKey, pageLayer)

/**
 * For everything that `Esc` or a press beside it closes: a layer of its own while it is open, for what it contains. While it is closed
 * what it contains (the button that opens it) belongs to the layer around.
 */
export function useOpenLayer(isOpen: Ref<boolean>): void {
  const own: Layer = Symbol('layer')
  const around = useLayer()
  provide(
    layerKey,
    computed(() => (open.value.includes(own) ? own : around.value)),
  )
  const close = () => {
    if (open.value.includes(own)) open.value = open.value.filter((layer) => layer !== own)
  }
  watch(
    isOpen,
    (now) => {
      if (!now) close()
      else if (!open.value.includes(own)) open.value = [...open.value, own]
    },
    { immediate: true },
  )
  onScopeDispose(close)
}
