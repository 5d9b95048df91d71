/**
 * The part of ICU MessageFormat that the catalogues use: `{name}`, `{count, plural, one {…} other {…}}`, `{kind, select, a {…} other {…}}`,
 * and `#` for the number of the plural around it. An apostrophe is an apostrophe: nothing is quoted.
 */
export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'value'; name: string }
  | { kind: 'number' }
  | { kind: 'plural' | 'select'; name: string; branches: Record<string, Part[]> }

export type Values = Record<string, string | number>

/** Reads a message. @throws SyntaxError that names the message and the place */
export function parseMessage(message: string): Part[] {
  let at = 0
  const fail = (what: string): never => {
    throw new SyntaxError(`${what} at ${at} of «${message}»`)
  }
  const word = (): string => {
    const found = /^\s*([\w=]+)\s*/.exec(message.slice(at))
    if (!found) return fail('a name is missing')
    at += found[0].length
    return found[1] as string
  }
  const expect = (character: string): void => {
    if (message[at] !== character) fail(`"${character}" is missing`)
    at += 1
  }
  const parts = (inPlural: boolean, nested: boolean): Part[] => {
    const found: Part[] = []
    let text = ''
    const flush = () => {
      if (text) found.push({ kind: 'text', text })
      text = ''
    }
    while (at < message.length && message[at] !== '}') {
      const character = message[at] as string
      if (character === '#' && inPlural) {
        flush()
        found.push({ kind: 'number' })
        at += 1
      } else if (character === '{') {
        flush()
        found.push(argument(inPlural))
      } else {
        text += character
        at += 1
      }
    }
    flush()
    if (!nested && at < message.length) fail('a brace is closed that was not opened')
    return found
  }
  const argument = (inPlural: boolean): Part => {
    expect('{')
    const name = word()
    if (message[at] === '}') {
      at += 1
      return { kind: 'value', name }
    }
    expect(',')
    const kind = word()
    if (kind !== 'plural' && kind !== 'select') return fail(`"${kind}" is no kind of argument`)
    expect(',')
    const branches: Record<string, Part[]> = {}
    while (message.slice(at).trimStart()[0] !== '}') {
      if (at >= message.length) fail('a brace is not closed')
      const key = word()
      expect('{')
      branches[key] = parts(inPlural || kind === 'plural', true)
      expect('}')
    }
    at = message.indexOf('}', at) + 1
    if (!branches.other) fail('the branch "other" is missing')
    return { kind, name, branches }
  }
  return parts(false, false)
}

const plurals = new Map<string, Intl.PluralRules>()
const numbers = new Map<string, Intl.NumberFormat>()
function kept<T>(map: Map<string, T>, language: string, make: () => T): T {
  const value = map.get(language) ?? make()
  map.set(language, value)
  return value
}
const write = (language: string, value: string | number | undefined): string =>
  typeof value === 'number'
    ? kept(numbers, language, () => new Intl.NumberFormat(language, { maximumFractionDigits: 6 })).format(value)
    : (value ?? '')

/** Resolves plurals and selections; what remains is text and the names of plain values, in order. */
export function resolveMessage(
  parts: Part[],
  values: Values,
  language: string,
  around?: number,
): ({ text: string } | { name: string })[] {
  const resolved = (part: Part) => {
    switch (part.kind) {
      case 'text':
        return [{ text: part.text }]
      case 'value':
        return [{ name: part.name }]
      case 'number':
        return [{ text: write(language, around) }]
      case 'select': {
        const branch = part.branches[String(values[part.name])] ?? part.branches.other ?? []
        return resolveMessage(branch, values, language, around)
      }
      case 'plural': {
        const count = Number(values[part.name])
        const rule = kept(plurals, language, () => new Intl.PluralRules(language)).select(count)
        const branch = part.branches[`=${count}`] ?? part.branches[rule] ?? part.branches.other ?? []
        return resolveMessage(branch, values, language, count)
      }
    }
  }
  return parts.flatMap(resolved)
}

/** Writes a message with its values. */
export const formatMessage = (parts: Part[], values: Values, language: string): string =>
  resolveMessage(parts, values, language)
    .map((piece) => ('text' in piece ? piece.text : write(language, values[piece.name])))
    .join('')

/** Names of everything a message needs, for the completeness test. */
export const namesOf = (parts: Part[]): string[] =>
  [
    ...new Set(
      parts.flatMap((part) =>
        ('name' in part ? [part.name] : []).concat('branches' in part ? Object.values(part.branches).flatMap(namesOf) : []),
      ),
    ),
  ].sort()
