import '../../styles/index.css'
import { createApp, nextTick } from 'vue'
import { createRouter, createWebHashHistory } from 'vue-router'
import i18n, { type Language, setLanguage } from '../../i18n/index.ts'
import { applyPreferences, preferences } from '../../lib/preferences.ts'
import Gallery from './Gallery.vue'
import { sections } from './sections.ts'

// `?theme=light&lang=ru&density=compact` sets the scene for pictures.
const scene = new URLSearchParams(location.search)
const theme = scene.get('theme')
if (theme === 'dark' || theme === 'light') preferences.theme = theme
if (scene.get('density') === 'compact') preferences.density = 'compact'
applyPreferences()
await setLanguage((scene.get('lang') as Language | null) ?? preferences.language)
const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    ...sections.map(({ key, page }) => ({ path: `/${key}`, component: page })),
    { path: '/:any(.*)*', redirect: '/basics' },
  ],
})
// Tests wait for it.
router.afterEach(async ({ path }) => {
  await nextTick()
  document.documentElement.dataset.section = path.slice(1)
})
createApp(Gallery).use(i18n).use(router).mount('#app')
