import { inject, type InjectionKey, type Ref, ref } from 'vue'

/** The element that scrolls behind a page: the frame's main area. */
export const scrollerKey: InjectionKey<Ref<HTMLElement | null>> = Symbol('scroller')
export const useScroller = (): Ref<HTMLElement | null> => inject(scrollerKey, ref(null))
