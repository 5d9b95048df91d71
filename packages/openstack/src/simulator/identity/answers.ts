import { type Call, Refusal } from '../call.ts'
import type { World } from '../world.ts'

export const unauthenticated = 'The request you have made requires authentication.'

export function clientsFault(): string {
  return 'The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.'
}

/** @throws Refusal 403 naming the policy, unless the caller is an administrator or `also` holds. */
export function requireAdmin(call: Call, policy: string, also = false): void {
  if (!call.who.isAdmin && !also) throw forbidden(policy)
}

export const forbidden = (policy: string): Refusal =>
  new Refusal(403, `You are not authorized to perform the requested action: identity:${policy}.`)

export const notFound = (what: string, id: string): Refusal => new Refusal(404, `Could not find ${what}: ${id}.`)

/** A collection as Keystone lists it. */
export function collection(call: Call, name: string, items: unknown[]): { status: number; body: unknown } {
  const query = call.query.toString()
  const self = `${call.base}${call.path}${query === '' ? '' : `?${decodeURIComponent(query)}`}`
  return { status: 200, body: { [name]: items, links: { next: null, self, previous: null } } }
}

export const selfLink = (world: World, path: string): { self: string } => ({ self: `${world.url}/identity/v3/${path}` })

/** Keeps those whose property is what the query asks for. */
export function matching<T>(
  items: T[],
  query: URLSearchParams,
  readers: Record<string, (item: T) => string | boolean | null | undefined>,
): T[] {
  return items.filter((item) =>
    Object.entries(readers).every(([name, read]) => {
      const wanted = query.get(name)
      if (wanted === null) return true
      const actual = read(item)
      if (typeof actual === 'boolean') return actual === !['0', 'false', 'False'].includes(wanted)
      return actual === wanted
    }),
  )
}
