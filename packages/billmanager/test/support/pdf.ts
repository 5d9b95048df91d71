import { inflateSync } from 'node:zlib'

/** The text of a PDF as pdfkit writes it with an embedded font: glyphs in hexadecimal, and a table of what each means. */
export function textOfPdf(pdf: Buffer): string {
  const streams: string[] = []
  const raw = pdf.toString('latin1')
  for (const match of raw.matchAll(/stream\r?\n/g)) {
    const from = (match.index ?? 0) + match[0].length
    const bytes = pdf.subarray(from, raw.indexOf('endstream', from))
    try {
      streams.push(inflateSync(bytes).toString('latin1'))
    } catch {
      // Not every stream is deflated.
    }
  }
  const meanings = new Map<number, string>()
  for (const stream of streams)
    for (const [, first = '', list = ''] of stream.matchAll(/<([0-9a-f]{4})> <[0-9a-f]{4}> \[([^\]]*)\]/g))
      [...list.matchAll(/<([0-9a-f ]+)>/g)].forEach(([, code = ''], index) => {
        const units = (code.match(/[0-9a-f]{4}/g) ?? []).map((unit) => Number.parseInt(unit, 16))
        meanings.set(Number.parseInt(first, 16) + index, String.fromCharCode(...units))
      })
  const lines: string[] = []
  for (const stream of streams)
    for (const [, shown = ''] of stream.matchAll(/\[([^\]]*)\] TJ/g))
      lines.push(
        [...shown.matchAll(/<([0-9a-f]+)>/g)]
          .flatMap(([, glyphs = '']) => glyphs.match(/.{4}/g) ?? [])
          .map((glyph) => meanings.get(Number.parseInt(glyph, 16)) ?? '?')
          .join(''),
      )
  return lines.join('\n')
}
