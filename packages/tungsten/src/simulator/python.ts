/**
 * Values as Python prints them: the server builds its error texts with `%s` and `pformat`, and clients have been seen to match them.
 */
export function repr(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, item]) => `${quoted(key)}: ${repr(item)}`)
      .join(', ')}}`
  return String(value)
}

/** `%s`: texts without quotes. */
export const plain = (value: unknown): string => (typeof value === 'string' ? value : repr(value))

const lineWidth = 80

/** `pprint.pformat` of a list of texts: one line when it fits, else one element per line. */
export function pformat(list: readonly string[]): string {
  const line = repr([...list])
  return line.length <= lineWidth ? line : `[${list.map(quoted).join(',\n ')}]`
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`
}
