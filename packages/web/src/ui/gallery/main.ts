import '../../styles/index.css'
import { createApp } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import i18n, { setLanguage } from '../../i18n/index.ts'
import { applyPreferences, preferences } from '../../lib/preferences.ts'
import Gallery from './Gallery.vue'

applyPreferences()
await setLanguage(preferences.language)
const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:any(.*)*', component: Gallery }] })
createApp(Gallery).use(i18n).use(router).mount('#app')
