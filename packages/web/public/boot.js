// Runs before the first paint, so that nobody sees the other theme flash. Plain script from our own origin: the content policy
// forbids inline ones. The names are those of src/lib/preferences.ts.
;(() => {
  var saved = {}
  try {
    saved = JSON.parse(localStorage.getItem('straylight.preferences') || '{}')
  } catch {
    // A browser without storage gets the defaults.
  }
  var root = document.documentElement
  var light = window.matchMedia('(prefers-color-scheme: light)').matches
  root.dataset.theme = saved.theme === 'dark' || saved.theme === 'light' ? saved.theme : light ? 'light' : 'dark'
  root.dataset.density = saved.density === 'compact' ? 'compact' : 'comfortable'
  root.lang = saved.language || ((navigator.language || '').slice(0, 2) === 'ru' ? 'ru' : 'en')
  var link = document.createElement('link')
  var cyrillic = document.querySelector('meta[name=font-cyrillic]')
  if (root.lang === 'ru' && cyrillic) {
    link.rel = 'preload'
    link.as = 'font'
    link.type = 'font/woff2'
    link.crossOrigin = ''
    link.href = cyrillic.content
    document.head.append(link)
  }
})()
