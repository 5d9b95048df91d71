import { reactive, watch } from 'vue'

/** What a person chose for this browser. `public/boot.js` reads the same before the first paint. */
export interface Preferences {
  theme: 'system' | 'dark' | 'light'
  density: 'comfortable' | 'compact'
  language: 'en' | 'ru'
  /** IANA name; the browser's own when undefined. */
  timeZone: string | undefined
  /** Shortcuts of one letter; people who speak to their computer switch them off (WCAG 2.1.4). */
  singleKeys: boolean
}

const place = 'straylight.preferences'

function saved(): Partial<Preferences> {
  try {
    return JSON.parse(localStorage.getItem(place) ?? '{}')
  } catch {
    return {}
  }
}

const inBrowser = typeof document !== 'undefined'
const kept = inBrowser ? saved() : {}

export const preferences: Preferences = reactive({
  theme: kept.theme === 'dark' || kept.theme === 'light' ? kept.theme : 'system',
  density: kept.density === 'compact' ? 'compact' : 'comfortable',
  language:
    kept.language === 'en' || kept.language === 'ru'
      ? kept.language
      : inBrowser && navigator.language.startsWith('ru')
        ? 'ru'
        : 'en',
  timeZone: kept.timeZone,
  singleKeys: kept.singleKeys !== false,
})

/** The theme that is on screen. */
export const themeOnScreen = (): 'dark' | 'light' =>
  preferences.theme === 'system' ? (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark') : preferences.theme

/** Keeps the document and the browser's storage as the preferences say. Call once. */
export function applyPreferences(): void {
  const apply = () => {
    document.documentElement.dataset.theme = themeOnScreen()
    document.documentElement.dataset.density = preferences.density
  }
  matchMedia('(prefers-color-scheme: light)').addEventListener('change', apply)
  watch(
    preferences,
    () => {
      apply()
      try {
        localStorage.setItem(place, JSON.stringify(preferences))
      } catch {
        // Without storage the choice lasts as long as the page.
      }
    },
    { immediate: true, flush: 'sync' },
  )
}
