import type { InjectionKey, Ref } from 'vue'

/** The element that scrolls behind a page: the frame's main area. */
export const scrollerKey: InjectionKey<Ref<HTMLElement | null>> = Symbol('scroller')
