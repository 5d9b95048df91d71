import { onScopeDispose, shallowRef, watchEffect } from 'vue'
import type { Crumb } from '../ui/types.ts'

/** Where the page is, below its project or account. The frame shows it. */
export const crumbs = shallowRef<Crumb[]>([])

/** Said by a page for as long as it is open. */
export function useCrumbs(path: () => Crumb[]): void {
  let own: Crumb[] = []
  watchEffect(() => {
    own = path()
    crumbs.value = own
  })
  onScopeDispose(() => {
    if (crumbs.value === own) crumbs.value = []
  })
}
