import { posix } from 'node:path'
import ts from 'typescript'
import type { TextFile } from './tree.ts'

export interface Import {
  from: string
  /** A path in the repository when it was given relative to the file, else the name of a package. */
  to: string
  isRelative: boolean
}

/** Everything that a file imports: values, types, re-exports and what it loads later. */
export function importsOf(file: TextFile): Import[] {
  return ts.preProcessFile(scriptOf(file), true, true).importedFiles.map(({ fileName }) => {
    const isRelative = fileName.startsWith('.')
    const plain = fileName.split('?')[0] ?? fileName
    return { from: file.path, to: isRelative ? posix.join(posix.dirname(file.path), plain) : plain, isRelative }
  })
}

const scriptOf = ({ path, text }: TextFile): string =>
  path.endsWith('.vue') ? [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, script]) => script).join('\n') : text

export const describeImport = ({ from, to }: Import): string => `${from} imports ${to}`

/** A way from a thing back to itself, or undefined when there is none. `edges` says what each thing needs. */
export function cycleIn(edges: Map<string, Set<string>>): string[] | undefined {
  const finished = new Set<string>()
  const visit = (node: string, way: string[]): string[] | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node]
    if (finished.has(node)) return undefined
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next, [...way, node])
      if (cycle) return cycle
    }
    finished.add(node)
    return undefined
  }
  for (const node of edges.keys()) {
    const cycle = visit(node, [])
    if (cycle) return cycle
  }
  return undefined
}
