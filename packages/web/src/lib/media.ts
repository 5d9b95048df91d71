import { onScopeDispose, type Ref, ref } from 'vue'

/** Whether a media query fits, as it changes. */
export function useMedia(query: string): Readonly<Ref<boolean>> {
  const media = matchMedia(query)
  const fits = ref(media.matches)
  const change = () => {
    fits.value = media.matches
  }
  media.addEventListener('change', change)
  onScopeDispose(() => media.removeEventListener('change', change))
  return fits
}
