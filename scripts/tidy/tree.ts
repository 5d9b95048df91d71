import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../steps.ts'

export interface TextFile {
  /** From the root of the repository, with `/`. */
  path: string
  text: string
}

const ignored = readFileSync(join(root, '.gitignore'), 'utf8').split('\n').filter(Boolean)
const ignoredFolders = new Set(['.git', ...ignored.filter((line) => line.endsWith('/')).map((line) => line.slice(0, -1))])
const ignoredEndings = ignored.filter((line) => line.startsWith('*')).map((line) => line.slice(1))

/** Paths of all files that belong to the repository, also of new ones that are not committed yet. */
export function paths(folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return ignoredFolders.has(entry.name) ? [] : paths(path)
    return ignoredEndings.some((ending) => path.endsWith(ending)) ? [] : [path]
  })
}

export const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const textual = /\.(?:ts|js|mjs|vue|css|html|json|jsonl|md|sql|xml|txt|yml|sh)$|(?:^|\/)(?:\.\w+|[A-Z]+|run)$/

/** Every file of the repository that people or programs read as text. */
export const textFiles = (): TextFile[] =>
  paths()
    .filter((path) => textual.test(path))
    .map((path) => ({ path, text: read(path) }))

export const isCode = ({ path }: { path: string }): boolean => /\.(?:ts|js|mjs|vue)$/.test(path)
export const isTest = ({ path }: { path: string }): boolean => /\.test\.ts$|\/test\//.test(path)
/** The folder names of packages/. */
export const packageNames = (): string[] => [
  ...new Set(
    paths('packages')
      .filter((path) => path.endsWith('/package.json'))
      .map((path) => path.split('/')[1] ?? ''),
  ),
]

/** `path:line` of each line that matches, for messages that lead to the place. */
export const linesWith = ({ path, text }: TextFile, pattern: RegExp): string[] =>
  text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : []))
