import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'

// What a first visit and each page load, in gzip. The app is built anew, so that the figures are those of this very source.
const kB = 1000
const limits = { firstLoad: 150 * kB, page: 300 * kB, fonts: 180 * kB }

interface Chunk {
  file: string
  src?: string
  isEntry?: boolean
  imports?: string[]
  dynamicImports?: string[]
  css?: string[]
  assets?: string[]
}

const folder = mkdtempSync(join(tmpdir(), 'straylight-web-'))
let manifest: Record<string, Chunk> = {}

beforeAll(async () => {
  // Vitest says "test" here, with which Vue would be built with its development warnings.
  const { NODE_ENV } = process.env
  process.env.NODE_ENV = 'production'
  await build({
    configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
    logLevel: 'error',
    build: { outDir: folder },
  })
  process.env.NODE_ENV = NODE_ENV
  manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8'))
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const gzip = (file: string) => gzipSync(readFileSync(join(folder, file)), { level: 9 }).length

/** A chunk with everything that it imports before it runs. */
function closure(keys: string[]): Set<string> {
  const found = new Set<string>()
  const add = (key: string) => {
    if (found.has(key)) return
    found.add(key)
    for (const next of manifest[key]?.imports ?? []) add(next)
  }
  keys.forEach(add)
  return found
}
/**
 * What a page runs in the end: also the parts that its components fetch as soon as they are shown (the window of a long table, the library
 * of a chart). What the entry fetches on demand (other pages, the palette, other languages) is not the page's.
 */
function wholePage(keys: string[]): Set<string> {
  const early = closure(base())
  const found = closure(keys)
  for (let before = -1; before !== found.size; ) {
    before = found.size
    const late = [...found].filter((key) => !early.has(key)).flatMap((key) => manifest[key]?.dynamicImports ?? [])
    for (const key of closure(late)) found.add(key)
  }
  return found
}
const scriptOf = (keys: Iterable<string>) =>
  [...new Set([...keys].map((key) => manifest[key]?.file ?? ''))]
    .filter((file) => file.endsWith('.js'))
    .reduce((sum, file) => sum + gzip(file), 0)
const keyOf = (source: string) => Object.keys(manifest).find((key) => manifest[key]?.src === source || key === source)
const known = (source: string): string => {
  const key = keyOf(source)
  if (key === undefined) throw new Error(`nothing was built from ${source}`)
  return key
}

/** What any page needs: the entry and the words of one language, the longer one. */
const base = () => [known('index.html'), known('src/i18n/ru/index.ts')]
const pages = () =>
  Object.keys(manifest).filter((key) => /^src\/(?:account|console|doors)\/.*Page\.vue$/.test(manifest[key]?.src ?? ''))
const frames = () => Object.keys(manifest).filter((key) => /^src\/app\/\w+Frame\.vue$/.test(manifest[key]?.src ?? ''))
const shown = (bytes: number) => `${(bytes / kB).toFixed(1)} kB`

test('the first load is under 150 kB of script', () => {
  const first = scriptOf(closure([...base(), known('src/doors/SignInPage.vue')]))
  process.stdout.write(`first load, sign in: ${shown(first)} of script, gzip\n`)
  expect(first).toBeLessThan(limits.firstLoad)
})

test('no page loads more than 300 kB of script', () => {
  const sizes = pages().map((key) => ({
    page: manifest[key]?.src ?? key,
    bytes: scriptOf(wholePage([...base(), ...(key.startsWith('src/doors') ? [] : frames()), key])),
  }))
  process.stdout.write(`${sizes.map(({ page, bytes }) => `${page}: ${shown(bytes)}`).join('\n')}\n`)
  expect(sizes.length).toBeGreaterThan(5)
  expect(sizes.filter(({ bytes }) => bytes >= limits.page)).toEqual([])
})

test('what a page fetches after it is shown counts too', () => {
  const page = [...base(), known('src/account/servers/ServersPage.vue')]
  const late = [...wholePage(page)].filter((key) => !closure(page).has(key))
  expect(late.map((key) => manifest[key]?.src)).toContain('src/ui/table/RowWindow.vue')
})

test('charts and the palette are loaded on demand', () => {
  const early = closure(base())
  const late = Object.keys(manifest).filter((key) =>
    /uplot|CommandPalette|DateRange|ShortcutsDialog/.test(manifest[key]?.src ?? ''),
  )
  expect(late.length).toBeGreaterThan(1)
  expect(late.filter((key) => early.has(key))).toEqual([])
})

test('all fonts together are under 180 kB', () => {
  const fonts = [...new Set(Object.values(manifest).flatMap(({ file, assets = [] }) => [file, ...assets]))].filter((file) =>
    file.endsWith('.woff2'),
  )
  const sum = fonts.reduce((total, file) => total + statSync(join(folder, file)).size, 0)
  process.stdout.write(`${fonts.length} font files: ${shown(sum)}\n`)
  expect(fonts).toHaveLength(5)
  expect(sum).toBeLessThan(limits.fonts)
})

test('the page asks nobody but its own origin, and has no inline script or style', () => {
  const html = readFileSync(join(folder, 'index.html'), 'utf8')
  const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address as string)
  expect(addresses.filter((address) => !address.startsWith('/') || address.startsWith('//'))).toEqual([])
  expect(html).not.toMatch(/<style|style="|<script(?![^>]*\bsrc=)/)
})
