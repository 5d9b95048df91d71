import type { HtmlTagDescriptor, Plugin } from 'vite'

/**
 * Asks the browser for the text face before it has read the style sheet. Cyrillic is named in a <meta>, because only
 * public/boot.js knows the person's language at that moment.
 */
export function fontHints(): Plugin {
  return {
    name: 'straylight:font-hints',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        if (!bundle) return []
        const address = (face: string) => Object.keys(bundle).find((file) => file.includes(face))
        const latin = address('ibm-plex-sans-latin-wght')
        const cyrillic = address('ibm-plex-sans-cyrillic-wght')
        const tags: HtmlTagDescriptor[] = []
        if (latin)
          tags.push({
            tag: 'link',
            attrs: { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${latin}`, crossorigin: '' },
            injectTo: 'head-prepend',
          })
        if (cyrillic)
          tags.push({ tag: 'meta', attrs: { name: 'font-cyrillic', content: `/${cyrillic}` }, injectTo: 'head-prepend' })
        return tags
      },
    },
  }
}
