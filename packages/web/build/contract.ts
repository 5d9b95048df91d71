import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const source = (path: string) => fileURLToPath(new URL(`../../api/src/${path}`, import.meta.url))

/**
 * The browser needs the contract's paths, limits and rules, not its schemas: answers are typed at compile time and the server validates.
 * `@straylight/api` is therefore read at build time and shipped as plain data, without zod (about 40 kB gzip).
 * What is neither data nor listed here does not exist in the browser; the build says so by name.
 */
export function contractAsData(): Plugin {
  const id = '\0straylight-api'
  return {
    name: 'straylight:contract-as-data',
    enforce: 'pre',
    resolveId: (wanted) => (wanted === '@straylight/api' ? id : undefined),
    async load(wanted) {
      if (wanted !== id) return undefined
      const contract: Record<string, unknown> = await import(source('index.ts'))
      const lines = [
        `export { ApiError, createClient, pathOf } from ${JSON.stringify(source('client.ts'))}`,
        `export { serverCan } from ${JSON.stringify(source('rules.ts'))}`,
      ]
      const written = new Set(['ApiError', 'createClient', 'pathOf', 'serverCan'])
      for (const [name, value] of Object.entries(contract)) {
        if (written.has(name)) continue
        if (name === 'routes') lines.push(`export const routes = ${JSON.stringify(bare(value as Record<string, RouteLike>))}`)
        else if (isPlain(value)) lines.push(`export const ${name} = ${JSON.stringify(value)}`)
      }
      return lines.join('\n')
    },
  }
}

interface RouteLike {
  name: string
  method: string
  path: string
}

const bare = (routes: Record<string, RouteLike>) =>
  Object.fromEntries(Object.entries(routes).map(([key, { name, method, path }]) => [key, { name, method, path }]))

/** Numbers, strings, and lists and plain objects of them; a schema is an object with a prototype of its own. */
function isPlain(value: unknown): boolean {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true
  if (Array.isArray(value)) return value.every(isPlain)
  if (typeof value !== 'object') return false
  const prototype = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isPlain)
}
