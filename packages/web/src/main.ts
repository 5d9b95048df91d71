import './styles/index.css'
import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import App from './App.vue'
import { keys } from './app/keys.ts'
import { lostPage, tellLostPage } from './app/lost-page.ts'
import { to } from './app/paths.ts'
import { createQueryClient } from './app/query-client.ts'
import { createAppRouter } from './app/router.ts'
import i18n, { setLanguage } from './i18n/index.ts'
import { afterLostCode, codeArrived, isLostCode } from './lib/lost-page.ts'
import { applyPreferences, preferences } from './lib/preferences.ts'

const queryClient = createQueryClient(sessionLost)
const router = createAppRouter(queryClient)

/** Leads to sign-in and back to this very page. An order for a server waits there as its draft; other forms begin anew. */
function sessionLost(): void {
  const { meta, fullPath } = router.currentRoute.value
  if (meta.door) return
  queryClient.removeQueries({ queryKey: keys.account })
  void router.replace(to('signIn', {}, { next: fullPath, ended: '1' }))
}

router.onError((error, { fullPath }) => {
  if (!isLostCode(error)) return
  const isOnline = navigator.onLine
  if (afterLostCode(sessionStorage, fullPath, isOnline) === 'reload') return location.assign(fullPath)
  tellLostPage(fullPath, {
    isOnline,
    isBlank: router.currentRoute.value.matched.length === 0,
    // A browser may remember that code was missing; loading the app anew asks for it again.
    retry: () => void (navigator.onLine ? location.assign(fullPath) : router.push(fullPath)),
  })
})
router.afterEach((_target, _from, failure) => {
  if (failure) return
  codeArrived(sessionStorage)
  lostPage.value = undefined
})

applyPreferences()
await setLanguage(preferences.language)
createApp(App).use(i18n).use(router).use(VueQueryPlugin, { queryClient }).mount('#app')
