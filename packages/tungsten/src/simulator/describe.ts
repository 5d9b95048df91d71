import { resourceTypes } from './schema.ts'

/** What a call is about, for faults and the journal: `create virtual-network`, `ref-update`. */
export function describe(method: string, path: string): string {
  const [, first = '', id, verb] = path.split('/')
  if (verb !== undefined) return verb
  if (!resourceTypes.has(first) && !resourceTypes.has(first.replace(/s$/, ''))) return first
  const words: Record<string, string> = {
    GET: id === undefined ? 'list' : 'read',
    POST: 'create',
    PUT: 'update',
    DELETE: 'delete',
  }
  const type = id === undefined ? first.replace(/s$/, '') : first
  return `${words[method] ?? method} ${type}`.trim()
}
