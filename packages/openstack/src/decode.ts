import { UpstreamError } from '@straylight/kit'
import type { ServiceName } from './errors.ts'
import { parseUtc } from './times.ts'

/** Who sent what cannot be read: a service, or the message bus. */
type Sender = ServiceName | 'notifications'

/**
 * Reads the members of one JSON object that a service sent. Whatever is missing or of another type becomes an `UpstreamError` of kind
 * `garbled` that names the member; nothing else is ever thrown. `maybe…` readers give `undefined` for `null` and for a missing member.
 */
export class Fields {
  readonly service: Sender
  /** What is being read, for the message: `server`, `server.flavor`. */
  readonly what: string
  readonly raw: Record<string, unknown>

  constructor(service: Sender, what: string, raw: unknown) {
    this.service = service
    this.what = what
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw garbled(service, `${what} is not an object`)
    this.raw = raw as Record<string, unknown>
  }

  #wrong(name: string, expected: string): UpstreamError {
    return garbled(this.service, `${this.what}.${name} is not ${expected}`)
  }

  has(name: string): boolean {
    return this.raw[name] !== undefined && this.raw[name] !== null
  }

  /** A string; numbers are taken as their text, because some ids are (`os-services`, old flavors). */
  text(name: string): string {
    const value = this.raw[name]
    if (typeof value === 'string') return value
    if (typeof value === 'number') return String(value)
    throw this.#wrong(name, 'a string')
  }

  maybeText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined
  }

  /** A string, or `undefined` where the service says "none" by an empty one, as Nova and Neutron do for ids. */
  filledText(name: string): string | undefined {
    return this.maybeText(name) || undefined
  }

  number(name: string): number {
    const value = this.raw[name]
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number === 'number' && Number.isFinite(number)) return number
    throw this.#wrong(name, 'a number')
  }

  maybeNumber(name: string): number | undefined {
    return this.has(name) && this.raw[name] !== '' ? this.number(name) : undefined
  }

  /** A boolean; the strings of Cinder (`"bootable": "true"`) and Nova (`"config_drive": "True"`, empty for no) count too. */
  flag(name: string): boolean {
    const value = this.raw[name]
    if (typeof value === 'boolean') return value
    if (typeof value === 'string') {
      const word = value.toLowerCase()
      if (word === 'true') return true
      if (word === 'false' || word === '') return false
    }
    throw this.#wrong(name, 'a boolean')
  }

  maybeFlag(name: string): boolean | undefined {
    return this.has(name) ? this.flag(name) : undefined
  }

  date(name: string): Date {
    const value = this.raw[name]
    const date = typeof value === 'string' ? parseUtc(value) : undefined
    if (date) return date
    throw this.#wrong(name, 'a time')
  }

  maybeDate(name: string): Date | undefined {
    return this.has(name) && this.raw[name] !== '' ? this.date(name) : undefined
  }

  child(name: string): Fields {
    return new Fields(this.service, `${this.what}.${name}`, this.raw[name])
  }

  maybeChild(name: string): Fields | undefined {
    return this.has(name) ? this.child(name) : undefined
  }

  list<T>(name: string, decode: (raw: unknown) => T): T[] {
    const value = this.raw[name]
    if (!Array.isArray(value)) throw this.#wrong(name, 'a list')
    return value.map((item) => decode(item))
  }

  /** An empty list when the member is missing or null. */
  maybeList<T>(name: string, decode: (raw: unknown) => T): T[] {
    return this.has(name) ? this.list(name, decode) : []
  }

  texts(name: string): string[] {
    return this.list(name, (item) => {
      if (typeof item === 'string') return item
      throw this.#wrong(name, 'a list of strings')
    })
  }

  maybeTexts(name: string): string[] {
    return this.has(name) ? this.texts(name) : []
  }

  /** An object of strings, such as metadata; numbers and booleans become their text, an absent member an empty object. */
  textMap(name: string): Record<string, string> {
    if (!this.has(name)) return {}
    const map: Record<string, string> = {}
    for (const [key, value] of Object.entries(this.child(name).raw)) if (value !== null) map[key] = String(toPrimitive(value))
    return map
  }
}

const toPrimitive = (value: unknown): string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : JSON.stringify(value)

/** Wraps `new Fields` so that a list's items can be read by a function of one argument. */
export const fields = (service: Sender, what: string, raw: unknown): Fields => new Fields(service, what, raw)

export const garbled = (service: Sender, message: string, options: { retryable?: boolean } = {}): UpstreamError =>
  new UpstreamError({
    service,
    kind: 'garbled',
    code: `${service}.garbled`,
    message: `an answer of ${service} cannot be read: ${message}`,
    retryable: options.retryable === true,
    effect: 'unknown',
  })
