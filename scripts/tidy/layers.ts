import { type Import, importsOf } from './imports.ts'
import { isCode, isTest, type TextFile } from './tree.ts'

/** Which packages of ours a package may know: kit ← api ← web, cli; kit ← protocols; all of these ← platform. */
export const mayKnow: Record<string, readonly string[]> = {
  kit: [],
  api: ['kit'],
  openstack: ['kit'],
  tungsten: ['kit'],
  billmanager: ['kit'],
  platform: ['kit', 'api', 'openstack', 'tungsten', 'billmanager'],
  web: ['kit', 'api'],
  cli: ['kit', 'api'],
}

const packageOf = (path: string) => /^packages\/([^/]+)\//.exec(path)?.[1]

/** Imports that know a package which theirs must not, or that reach into another package by a path. */
export const wrongPackages = (files: TextFile[]): Import[] =>
  files.filter(isCode).flatMap((file) => {
    const own = packageOf(file.path)
    if (own === undefined) return []
    return importsOf(file).filter(({ to, isRelative }) => {
      const other = isRelative ? packageOf(to) : /^@straylight\/([^/]+)/.exec(to)?.[1]
      if (isRelative) return other !== own
      return other !== undefined && other !== own && !mayKnow[own]?.includes(other)
    })
  })

const platform = 'packages/platform/src/'

/** foundation ← modules ← app ← main: a file may import its own level's or a lower one. */
const levels = ['foundation', 'module', 'app', 'main'] as const

/** Of a file in the platform's src/: its level, and the module that it belongs to. */
function place(path: string): { level: number; module: string } {
  const [first = '', ...rest] = path.slice(platform.length).split('/')
  if (rest.length === 0) return { level: levels.indexOf(first === 'app.ts' ? 'app' : 'main'), module: first }
  return { level: levels.indexOf(first === 'foundation' ? 'foundation' : 'module'), module: first }
}

const platformImports = (files: TextFile[]): Import[] =>
  files
    .filter((file) => file.path.startsWith(platform) && file.path.endsWith('.ts') && !isTest(file))
    .flatMap((file) => importsOf(file).filter(({ to, isRelative }) => isRelative && to.startsWith(platform)))

export const upwardImports = (files: TextFile[]): Import[] =>
  platformImports(files).filter(({ from, to }) => place(to).level > place(from).level)

/** Imports that pass by the index.ts of a folder that has one. */
export function bypassingImports(files: TextFile[]): Import[] {
  const indexes = new Set(files.map(({ path }) => path).filter((path) => path.endsWith('/index.ts')))
  return platformImports(files).filter(({ from, to }) => {
    const folders = to.split('/').slice(0, -1)
    return folders.some((_, depth) => {
      const folder = folders.slice(0, depth + 1).join('/')
      return indexes.has(`${folder}/index.ts`) && !from.startsWith(`${folder}/`) && to !== `${folder}/index.ts`
    })
  })
}

/** Which modules of the platform each module needs. */
export function moduleEdges(files: TextFile[]): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>()
  const module = levels.indexOf('module')
  for (const { from, to } of platformImports(files)) {
    const [a, b] = [place(from), place(to)]
    if (a.level !== module || b.level !== module || a.module === b.module) continue
    edges.set(a.module, (edges.get(a.module) ?? new Set()).add(b.module))
  }
  return edges
}
