import './styles/index.css'
import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import App from './App.vue'
import { keys } from './app/keys.ts'
import { to } from './app/paths.ts'
import { createQueryClient } from './app/query-client.ts'
import { createAppRouter } from './app/router.ts'
import i18n, { setLanguage } from './i18n/index.ts'
import { applyPreferences, preferences } from './lib/preferences.ts'

const queryClient = createQueryClient(sessionLost)
const router = createAppRouter(queryClient)

/** Leads to sign-in and back to this very page; forms keep what was typed as drafts. */
function sessionLost(): void {
  const { meta, fullPath } = router.currentRoute.value
  if (meta.door) return
  queryClient.removeQueries({ queryKey: keys.account })
  void router.replace(to('signIn', {}, { next: fullPath, ended: '1' }))
}

// After a new version was installed the old pages are gone from the server: the next one is opened by loading the app anew.
router.onError((error, target) => {
  if (/dynamically imported module|Importing a module script failed|Unable to preload/i.test(String(error)))
    location.assign(target.fullPath)
})

applyPreferences()
await setLanguage(preferences.language)
createApp(App).use(i18n).use(router).use(VueQueryPlugin, { queryClient }).mount('#app')
