/**
 * The one place that knows how BILLmanager writes its documents as JSON. Text of an element is `{"$":"text"}`, an attribute `a` is
 * the key `"$a"`, and everything is a string. Beyond that it is loose, so nothing here ever throws:
 * one row comes as an object and none as a missing key; a rendered value carries its raw one in `$orig`; texts are padded;
 * an empty choice is `"null"`; some versions answer flat values (`"id":"1"`).
 * Read from the clients of Karantir-dev/billing-typescript (src/Redux) and of the public Python and PHP callers.
 */

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The member `name` of an element; `undefined` when it has none, or when it is no element. */
export function memberOf(value: unknown, name: string): unknown {
  const one = firstOf(value)
  return isObject(one) && Object.hasOwn(one, name) ? one[name] : undefined
}

/** An element that came once, several times or not at all, as a list. */
export function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  return value === undefined || value === null || value === '' ? [] : [value]
}

const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value)

function scalarText(value: unknown): string {
  if (typeof value === 'string') return value.trim()
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return ''
}

/** The text that a person sees, trimmed; `''` when there is none. */
export function textOf(value: unknown): string {
  const one = firstOf(value)
  if (!isObject(one)) return scalarText(one)
  return Object.hasOwn(one, '$') ? scalarText(one.$) : ''
}

/** The value behind the text: `$orig` where there is one, else the text. */
export function rawOf(value: unknown): string {
  const one = firstOf(value)
  const original = isObject(one) && Object.hasOwn(one, '$orig') ? scalarText(one.$orig) : ''
  return original === '' ? textOf(one) : original
}

/** The attribute `name` of an element, trimmed; `''` when it has none. */
export const attributeOf = (value: unknown, name: string): string => scalarText(memberOf(value, `$${name}`))

/** An id; `undefined` for what BILLmanager writes when nothing is chosen. */
export function idOf(value: unknown): string | undefined {
  const raw = rawOf(value)
  return raw === '' || raw === 'null' ? undefined : raw
}

export interface Option {
  key: string
  text: string
  image: string
}

/** An element with members: a row of a list, a message, a form. */
export class Row {
  readonly value: unknown
  constructor(value: unknown) {
    this.value = value
  }
  has(name: string): boolean {
    return memberOf(this.value, name) !== undefined
  }
  text(name: string): string {
    return textOf(memberOf(this.value, name))
  }
  raw(name: string): string {
    return rawOf(memberOf(this.value, name))
  }
  id(name: string): string | undefined {
    return idOf(memberOf(this.value, name))
  }
  attribute(name: string): string {
    return attributeOf(this.value, name)
  }
  /** `on`, `yes`, `1` and `true` are true in one version or another. */
  flag(name: string): boolean {
    return ['on', 'yes', '1', 'true'].includes(this.raw(name).toLowerCase())
  }
  rows(name: string): Row[] {
    return listOf(memberOf(this.value, name)).map((value) => new Row(value))
  }
}

/** What the panel says instead of a result. `params` are its facts, by name. */
export interface PanelErrorDocument {
  type: string
  object: string
  message: string
  params: Record<string, string>
}

/** The document of one answer: `{"doc": …}`. */
export class Doc extends Row {
  /** The rows of a list. */
  get elements(): Row[] {
    return this.rows('elem')
  }
  /** How many rows the whole list has; `undefined` when the panel does not say. */
  get total(): number | undefined {
    const text = this.raw('p_elems')
    return /^\d{1,12}$/.test(text) ? Number(text) : undefined
  }
  /** The rows of the inner list called `name` (`<list name="methodlist">`, `<mlist name="messages">`). */
  inner(kind: 'list' | 'mlist', name: string, row: string): Row[] {
    return this.rows(kind)
      .filter((list) => list.attribute('name') === name || list.attribute('name') === '')
      .flatMap((list) => list.rows(row))
  }
  /** What a form lets one choose in its field `name`. */
  options(name: string): Option[] {
    return this.rows('slist')
      .filter((list) => list.attribute('name') === name)
      .flatMap((list) => list.rows('val'))
      .map((row) => ({ key: row.attribute('key'), text: textOf(row.value), image: row.attribute('image') }))
      .filter((option) => option.key !== '' && option.key !== 'null')
  }
  /** It says that it did something. Its absence of an error alone proves nothing. */
  get saysOk(): boolean {
    return this.has('ok') || this.flag('show_success')
  }
  get error(): PanelErrorDocument | undefined {
    const [error] = this.rows('error')
    if (!error) return undefined
    const params: Record<string, string> = {}
    for (const param of error.rows('param')) {
      const name = param.attribute('name')
      if (name !== '' && name !== '__proto__') params[name] = textOf(param.value)
    }
    return {
      type: error.attribute('type'),
      object: error.attribute('object'),
      message: error.text('msg') || error.text('group') || textOf(error.value),
      params,
    }
  }
}

/** Reads the body of an answer; `undefined` when it is no document (a page, an empty body, a string). Never throws. */
export function readDocument(body: Buffer | string): Doc | undefined {
  const text = typeof body === 'string' ? body : body.toString('utf8')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const doc = memberOf(json, 'doc')
  return isObject(doc) ? new Doc(doc) : undefined
}
