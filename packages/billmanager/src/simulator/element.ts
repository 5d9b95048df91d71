/** One element of a panel's document, before it is written as JSON, XML or text. */
export interface El {
  name: string
  attributes?: Record<string, string>
  /** Missing in an element that only holds others, and in an empty one (`<ok/>`). */
  text?: string
  children?: El[]
  /** Written as an array even when it is the only one of its name. */
  always?: 'array'
}

export const el = (name: string, text?: string, attributes?: Record<string, string>): El => ({
  name,
  ...(text === undefined ? {} : { text }),
  ...(attributes ? { attributes } : {}),
})

export const parent = (name: string, children: El[], attributes?: Record<string, string>): El => ({
  name,
  children,
  ...(attributes ? { attributes } : {}),
})

/** Elements that come as an array even when there is one of them, as public callers read them (`slist[0]`, `list.find(…)`). */
const alwaysArrays = new Set(['slist', 'list', 'mlist', 'val'])

/** As `out=json` writes it: text in `$`, attributes with `$` before their name, an array only where there are several. */
export function toJson(children: El[], singleRowAsObject: boolean): Record<string, unknown> {
  const byName = new Map<string, El[]>()
  for (const child of children) {
    const same = byName.get(child.name)
    if (same) same.push(child)
    else byName.set(child.name, [child])
  }
  const json: Record<string, unknown> = {}
  for (const [name, same] of byName) {
    const values = same.map((one) => elementJson(one, singleRowAsObject))
    const isRow = name === 'elem' || name === 'message' || name === 'param' || name === 'file'
    const isArray = values.length > 1 || alwaysArrays.has(name) || same[0]?.always === 'array' || (isRow && !singleRowAsObject)
    json[name] = isArray ? values : values[0]
  }
  return json
}

function elementJson({ attributes = {}, text, children = [] }: El, singleRowAsObject: boolean): Record<string, unknown> {
  const json: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(attributes)) json[`$${name}`] = value
  if (text !== undefined) json.$ = text
  return Object.assign(json, toJson(children, singleRowAsObject))
}

export function toXml(children: El[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<doc>${children.map(elementXml).join('')}</doc>\n`
}

function elementXml({ name, attributes = {}, text = '', children = [] }: El): string {
  const inside = `${escapeXml(text)}${children.map(elementXml).join('')}`
  const opening = `${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
    .join('')}`
  return inside === '' ? `<${opening}/>` : `<${opening}>${inside}</${name}>`
}

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** As `mgrctl -o text` writes it: a line per row, `name=value` pairs. */
export function toText(children: El[]): string {
  const rows = children.filter(({ name }) => name === 'elem')
  const lines = (rows.length > 0 ? rows : [parent('doc', children)]).map((row) =>
    (row.children ?? [])
      .filter(({ text, children: inner }) => text !== undefined || inner === undefined)
      .map(({ name, text = '' }) => `${name}=${text}`)
      .join(' '),
  )
  return `${lines.join('\n')}\n`
}

/** The rows of a list, as `out=csv` writes them. */
export function toCsv(children: El[]): string {
  const rows = children.filter(({ name }) => name === 'elem')
  const columns = [...new Set(rows.flatMap((row) => (row.children ?? []).map(({ name }) => name)))]
  const cell = (text: string): string => (/[;"\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const lines = rows.map((row) =>
    columns.map((column) => cell(row.children?.find(({ name }) => name === column)?.text ?? '')).join(';'),
  )
  return `${[columns.join(';'), ...lines].join('\n')}\n`
}
