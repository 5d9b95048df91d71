import { garbled } from './errors.ts'

/**
 * Reads one value out of parsed JSON. `at` names the place for the operator.
 * A decoder throws nothing but an `UpstreamError` of kind `garbled`, whatever it is given.
 */
export type Decoder<T> = (value: unknown, at: string) => T
export type Decoded<D> = D extends Decoder<infer T> ? T : never

const wanted = (at: string, expected: string, value: unknown) =>
  garbled(
    at,
    `expected ${expected}, got ${value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`}`,
  )

export const text: Decoder<string> = (value, at) => {
  if (typeof value !== 'string') throw wanted(at, 'a text', value)
  return value
}

/** Numbers arrive as numbers or, from older writers, as texts: the server converts what it is given, it does not convert what it has stored. */
export const whole: Decoder<number> = (value, at) => {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) throw wanted(at, 'a number', value)
  return number
}

export const yesNo: Decoder<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw wanted(at, 'true or false', value)
  return value
}

/** Whatever it is: a part of the schema that we do not read. */
export const anything: Decoder<unknown> = (value) => value

/** A word out of a list that newer servers may extend: known words are suggested, unknown ones pass. */
export const word =
  <W extends string>(..._known: W[]): Decoder<W | (string & {})> =>
  (value, at) =>
    text(value, at)

export const list =
  <T>(item: Decoder<T>): Decoder<T[]> =>
  (value, at) => {
    if (!Array.isArray(value)) throw wanted(at, 'a list', value)
    return value.map((element, index) => item(element, `${at}[${index}]`))
  }

export type Fields = Record<string, Decoder<unknown>>

export const asObject: Decoder<Record<string, unknown>> = (value, at) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wanted(at, 'an object', value)
  return value as Record<string, unknown>
}

/** A structure of the schema: every field may be absent or null; fields that we do not know are kept, so that what was read can be written back. */
export type Structure<F extends Fields> = { [K in keyof F]?: Decoded<F[K]> | null }

export const structure = <const F extends Fields>(fields: F): Decoder<Structure<F>> => {
  const names = Object.keys(fields)
  return (value, at) => {
    const read: Record<string, unknown> = { ...asObject(value, at) }
    for (const name of names) {
      const part = read[name]
      if (part !== undefined && part !== null) read[name] = (fields[name] as Decoder<unknown>)(part, `${at}.${name}`)
    }
    return read as Structure<F>
  }
}

/** Parses a JSON body. */
export function parseJson(body: string, at: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw garbled(at, 'expected JSON', error)
  }
}
