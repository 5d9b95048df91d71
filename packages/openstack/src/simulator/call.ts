import type { Who } from './identity/tokens.ts'
import type { World } from './world.ts'

export type JsonObject = Record<string, unknown>

/** One request of somebody to one service, as its handlers see it. */
export interface Call {
  world: World
  method: string
  /** Without the service's prefix. */
  path: string
  params: Record<string, string>
  query: URLSearchParams
  headers: Record<string, string>
  raw: Buffer
  /** The JSON body; an empty object when there is none. */
  body: JsonObject
  who: Who
  /** The microversion that was agreed: 92 for 2.92. */
  version: number
  requestId: string
  /** Where the service is: `http://127.0.0.1:1234/compute`. */
  base: string
}

/** The service refuses; its own error shape is put around it. */
export class Refusal extends Error {
  readonly status: number
  /** The type of error where a service names one (Neutron, Placement). */
  readonly type: string | undefined
  readonly headers: Record<string, string>

  constructor(status: number, message: string, options: { type?: string; headers?: Record<string, string> } = {}) {
    super(message)
    this.status = status
    this.type = options.type
    this.headers = options.headers ?? {}
  }
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const asObject = (value: unknown): JsonObject => (isObject(value) ? value : {})
export const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
export const asArray = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
export const asNumber = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined
}
/** `true`, `"True"`, `"1"`: services take many words for yes. */
export const asFlag = (value: unknown): boolean | undefined => {
  if (typeof value === 'boolean') return value
  const text = String(value).toLowerCase()
  if (['true', '1', 'yes', 'on', 't', 'y'].includes(text)) return true
  return ['false', '0', 'no', 'off', 'f', 'n'].includes(text) ? false : undefined
}
export const strings = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(asObject(value)).map(([key, item]) => [key, String(item)]))
