import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { contractAsData } from './build/contract.ts'
import { fontHints } from './build/fonts.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// `vite build` makes the app in dist/; `vite build --mode gallery` makes the gallery of components, which is never shipped.
export default defineConfig(({ mode }) => ({
  root: here('.'),
  plugins: [vue(), contractAsData(), fontHints()],
  resolve: {
    // The build without a message compiler: messages are compiled by src/i18n/icu.ts.
    alias: { 'vue-i18n': 'vue-i18n/dist/vue-i18n.runtime.esm-bundler.js' },
  },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'true',
  },
  build: {
    outDir: mode === 'gallery' ? here('.vite/gallery') : here('dist'),
    emptyOutDir: true,
    manifest: true,
    target: 'es2023',
    // A strict content policy has no place for data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: here(mode === 'gallery' ? 'gallery.html' : 'index.html') },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/v2': { target: process.env.STRAYLIGHT_URL ?? 'http://127.0.0.1:8080', changeOrigin: false } },
  },
}))
