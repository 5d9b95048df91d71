import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { builtWeb } from '../packages/platform/src/web-build.ts'

/** What a browser loads, gzip: the first load, and each page with everything that it needs. */
interface Chunk {
  file: string
  src?: string
  isEntry?: boolean
  isDynamicEntry?: boolean
  imports?: string[]
  css?: string[]
}

const dist = await builtWeb(console.log)
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>
const weight = (file: string) => gzipSync(readFileSync(join(dist, file))).length

function filesOf(name: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[name]
  if (!chunk || seen.has(chunk.file)) return seen
  seen.add(chunk.file)
  for (const css of chunk.css ?? []) seen.add(css)
  for (const needed of chunk.imports ?? []) filesOf(needed, seen)
  return seen
}

const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`
const sum = (files: Iterable<string>, ending: string) =>
  [...files].filter((file) => file.endsWith(ending)).reduce((total, file) => total + weight(file), 0)
const entry = Object.keys(manifest).find((name) => manifest[name]?.isEntry) ?? ''
const first = filesOf(entry)
console.log(`first load: script ${kib(sum(first, '.js'))}, style ${kib(sum(first, '.css'))} (gzip)`)
for (const name of Object.keys(manifest)
  .filter((name) => manifest[name]?.isDynamicEntry && /Page\.vue|Server[A-Z]\w*\.vue/.test(name))
  .sort()) {
  const files = filesOf(name, new Set(first))
  console.log(`  ${(name.split('/').at(-1) ?? name).padEnd(26)} ${kib(sum(files, '.js') + sum(files, '.css'))} in all`)
}
const fonts = readdirSync(join(dist, 'assets')).filter((file) => file.endsWith('.woff2'))
console.log(
  `fonts, all subsets: ${kib(fonts.reduce((total, file) => total + readFileSync(join(dist, 'assets', file)).length, 0))}`,
)
