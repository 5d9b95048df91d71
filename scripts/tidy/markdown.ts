import { posix } from 'node:path'
import type { TextFile } from './tree.ts'

export const isMarkdown = ({ path }: { path: string }): boolean => path.endsWith('.md')

const withoutCode = (text: string) => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '')

/** The anchor that a heading gets, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')

const anchorsOf = (text: string) =>
  new Set([...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading)))

/** Links of a document to something that is not there. `known` are all paths of the repository. */
export function deadLinks(file: TextFile, files: Map<string, string>, known: Set<string>): string[] {
  const dead = (target: string): boolean => {
    if (/^(?:https?|mailto):/.test(target)) return false
    const [address = '', anchor] = target.split('#')
    const path = address === '' ? file.path : posix.normalize(posix.join(posix.dirname(file.path), address)).replace(/\/$/, '')
    const isFolder = [...known].some((other) => other.startsWith(`${path}/`))
    if (!known.has(path) && !isFolder) return true
    return anchor !== undefined && !anchorsOf(files.get(path) ?? '').has(anchor)
  }
  return [...withoutCode(file.text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter(dead)
    .map((target) => `${file.path} links to ${target}`)
}

/** Paths in code marks, from the root or from the document's own package, that lead nowhere. */
export function deadPaths(file: TextFile, known: Set<string>): string[] {
  const own = /^packages\/[^/]+\//.exec(file.path)?.[0] ?? ''
  const isThere = (path: string) => known.has(path) || [...known].some((other) => other.startsWith(`${path}/`))
  return [...file.text.matchAll(/`((?:packages|docs|scripts|e2e|bench|src|test|migrations|examples)\/[\w./-]+)`/g)]
    .map(([, path = '']) => path.replace(/\/$/, ''))
    .filter((path) => !isThere(path) && !isThere(own + path))
    .map((path) => `${file.path} names ${path}`)
}
