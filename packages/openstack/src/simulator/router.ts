import type { SimResponse } from '@straylight/kit/simulator'
import type { Call } from './call.ts'

export type Handler = (call: Call) => SimResponse

export interface Route {
  method: string
  segments: string[]
  handle: Handler
  /** Answered without a token. */
  open: boolean
}

/** `route('GET', '/servers/:id', showServer)`. */
export function route(method: string, path: string, handle: Handler): Route {
  return { method, segments: path.split('/').slice(1), handle, open: false }
}

/** A route that needs no token: version documents, sign-in. */
export const openRoute = (method: string, path: string, handle: Handler): Route => ({
  ...route(method, path, handle),
  open: true,
})

export interface Match {
  route: Route
  params: Record<string, string>
}

/** Finds the route of a request; static segments win over parameters. HEAD falls back to GET. */
export class Router {
  readonly #byLength = new Map<number, Route[]>()

  constructor(routes: Route[]) {
    for (const each of routes) {
      const list = this.#byLength.get(each.segments.length) ?? []
      list.push(each)
      this.#byLength.set(each.segments.length, list)
    }
    for (const list of this.#byLength.values()) list.sort((a, b) => dynamic(a) - dynamic(b))
  }

  /** The match, or the methods that the path allows (none when there is no such path). */
  find(method: string, path: string): Match | string[] {
    const parts = path.split('/').slice(1)
    const candidates = (this.#byLength.get(parts.length) ?? []).filter((each) => fits(each, parts))
    const chosen =
      candidates.find((each) => each.method === method) ?? candidates.find((each) => method === 'HEAD' && each.method === 'GET')
    if (!chosen) return [...new Set(candidates.map((each) => each.method))]
    const params: Record<string, string> = {}
    for (const [i, segment] of chosen.segments.entries())
      if (segment.startsWith(':')) params[segment.slice(1)] = decode(parts[i] as string)
    return { route: chosen, params }
  }
}

const dynamic = (each: Route): number => each.segments.filter((segment) => segment.startsWith(':')).length

const fits = (each: Route, parts: string[]): boolean =>
  each.segments.every((segment, i) => (segment.startsWith(':') ? parts[i] !== '' : segment === parts[i]))

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
