import { type Call, Refusal } from '../call.ts'
import { type Handler, type Route, route } from '../router.ts'

export const computeRoute = (method: string, path: string, handle: Handler): Route => route(method, `/v2.1${path}`, handle)

export const policy = (name: string): Refusal => new Refusal(403, `Policy doesn't allow os_compute_api:${name} to be performed.`)

export function requireAdmin(call: Call, name: string): void {
  if (!call.who.isAdmin) throw policy(name)
}

export const bad = (message: string): Refusal => new Refusal(400, message)
export const missing = (message: string): Refusal => new Refusal(404, message)
export const conflicting = (message: string): Refusal => new Refusal(409, message)

export const invalidField = (name: string, value: unknown, reason: string): Refusal =>
  bad(`Invalid input for field/attribute ${name}. Value: ${python(value)}. ${reason}`)

/** A value as Python prints it: Nova's validation quotes bodies so. */
export function python(value: unknown, nested = false): string {
  if (value === null || value === undefined) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (typeof value === 'string') return nested ? `'${value}'` : value
  if (Array.isArray(value)) return `[${value.map((item) => python(item, true)).join(', ')}]`
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, item]) => `'${key}': ${python(item, true)}`)
      .join(', ')}}`
  return String(value)
}

export const links = (call: Call, path: string) => [
  { rel: 'self', href: `${call.base}/v2.1/${path}` },
  { rel: 'bookmark', href: `${call.base}/${path}` },
]

export const bookmark = (call: Call, path: string) => [{ rel: 'bookmark', href: `${call.base}/${path}` }]
