import { onMounted, onScopeDispose, type Ref, ref } from 'vue'

/** Width of an element in CSS pixels, as it changes; charts draw in real pixels, so that their text keeps its size. */
export function useWidth(element: Readonly<Ref<HTMLElement | null>>, fallback: number, least = 120): Ref<number> {
  const width = ref(fallback)
  let observer: ResizeObserver | undefined
  onMounted(() => {
    observer = new ResizeObserver(([entry]) => {
      width.value = Math.max(least, Math.round(entry?.contentRect.width ?? fallback))
    })
    if (element.value) {
      width.value = Math.max(least, Math.round(element.value.clientWidth))
      observer.observe(element.value)
    }
  })
  onScopeDispose(() => observer?.disconnect())
  return width
}
