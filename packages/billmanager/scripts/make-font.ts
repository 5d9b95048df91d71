/**
 * Makes the font of the simulated panel's documents: `node make-font.ts OUT.ttf NAME IN.woff2 …`
 *
 * pdfkit can embed a WOFF2 font only while no glyph is composed of others, and most Cyrillic letters are composed of Latin ones
 * (fontkit's TTFSubset reads the untransformed `glyf` table). So the outlines of the letters that documents need are read from the
 * WOFF2 files, first file first, and written as one plain TrueType font of simple glyphs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import PDFDocument from 'pdfkit'

const [out, familyName, ...sources] = process.argv.slice(2)
if (!out || !familyName || sources.length === 0) throw new Error('usage: make-font.ts OUT.ttf NAME IN.woff2 …')

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const wanted = [
  ...range(0x20, 0x7e),
  ...range(0xa0, 0xff),
  0x401,
  ...range(0x410, 0x44f),
  0x451,
  0x2013,
  0x2014,
  0x2018,
  0x2019,
  0x201c,
  0x201d,
  0x201e,
  0x2026,
  0x202f,
  0x20ac,
  0x20bd,
  0x2116,
  0x2212,
]

const fonts = sources.map((source) => new PDFDocument({ size: 'A4', margin: 0 }).font(readFileSync(source))._font.font)
const main = fonts[0]
if (!main) throw new Error('no font')

interface Outline {
  advance: number
  contours: { x: number; y: number; on: boolean }[][]
}
type Command = { command: string; args: number[] }

function contoursOf(commands: Command[]): Outline['contours'] {
  const contours: Outline['contours'] = []
  for (const { command, args } of commands) {
    const points = args.map(Math.round)
    const [a = 0, b = 0, c = 0, d = 0] = points
    const current = contours.at(-1)
    if (command === 'moveTo') contours.push([{ x: a, y: b, on: true }])
    else if (command === 'lineTo') current?.push({ x: a, y: b, on: true })
    else if (command === 'quadraticCurveTo') current?.push({ x: a, y: b, on: false }, { x: c, y: d, on: true })
    else if (command !== 'closePath') throw new Error(`an outline with ${command}`)
  }
  for (const contour of contours) {
    const [first, last] = [contour[0], contour.at(-1)]
    if (contour.length > 1 && first && last?.on && first.x === last.x && first.y === last.y) contour.pop()
  }
  return contours.filter((contour) => contour.length > 1)
}

const codes: number[] = []
const outlines: Outline[] = [{ advance: Math.round(main.unitsPerEm / 2), contours: [] }]
for (const code of wanted) {
  const font = fonts.find((one) => one.hasGlyphForCodePoint(code))
  if (!font) continue
  const glyph = font.glyphForCodePoint(code)
  codes.push(code)
  outlines.push({ advance: Math.round(glyph.advanceWidth), contours: contoursOf(glyph.path.commands) })
}

/** Big-endian numbers, one after another: `u16`, `i16`, `u32` and bytes. */
class Bytes {
  readonly #parts: Buffer[] = []
  u16(...values: number[]): this {
    for (const value of values) this.#parts.push(Buffer.of((value >> 8) & 255, value & 255))
    return this
  }
  u32(...values: number[]): this {
    for (const value of values) {
      const part = Buffer.alloc(4)
      part.writeUInt32BE(value >>> 0)
      this.#parts.push(part)
    }
    return this
  }
  u8(...values: number[]): this {
    this.#parts.push(Buffer.from(values.map((value) => value & 255)))
    return this
  }
  raw(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes))
    return this
  }
  end(alignTo = 1): Buffer {
    const all = Buffer.concat(this.#parts)
    return Buffer.concat([all, Buffer.alloc((alignTo - (all.length % alignTo)) % alignTo)])
  }
}

const boxOf = ({ contours }: Outline): [number, number, number, number] => {
  const points = contours.flat()
  if (points.length === 0) return [0, 0, 0, 0]
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)]
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}

function glyphBytes(outline: Outline): Buffer {
  const { contours } = outline
  if (contours.length === 0) return Buffer.alloc(0)
  const bytes = new Bytes().u16(contours.length, ...boxOf(outline))
  let end = -1
  for (const contour of contours) {
    end += contour.length
    bytes.u16(end)
  }
  bytes.u16(0)
  const points = contours.flat()
  for (const { on } of points) bytes.u8(on ? 1 : 0)
  let [x, y] = [0, 0]
  for (const point of points) {
    bytes.u16(point.x - x)
    x = point.x
  }
  for (const point of points) {
    bytes.u16(point.y - y)
    y = point.y
  }
  return bytes.end(4)
}

const glyphs = outlines.map(glyphBytes)
const boxes = outlines.map(boxOf).filter((_, index) => (glyphs[index]?.length ?? 0) > 0)
const box = [0, 1, 2, 3].map((side) => (side < 2 ? Math.min : Math.max)(...boxes.map((one) => one[side] ?? 0))) as [
  number,
  number,
  number,
  number,
]
const { unitsPerEm, ascent, descent, capHeight, xHeight } = main
const maxPoints = Math.max(...outlines.map(({ contours }) => contours.flat().length))
const maxContours = Math.max(...outlines.map(({ contours }) => contours.length))

const loca = new Bytes()
let offset = 0
for (const glyph of glyphs) {
  loca.u32(offset)
  offset += glyph.length
}
loca.u32(offset)

/** Segments of consecutive codes, format 4. */
function cmap(): Buffer {
  const segments: { from: number; to: number; glyph: number }[] = []
  codes.forEach((code, index) => {
    const last = segments.at(-1)
    if (last && last.to + 1 === code) last.to = code
    else segments.push({ from: code, to: code, glyph: index + 1 })
  })
  segments.push({ from: 0xffff, to: 0xffff, glyph: 0 })
  const count = segments.length
  const power = 2 ** Math.floor(Math.log2(count))
  const table = new Bytes()
    .u16(4, 16 + 8 * count, 0, count * 2, power * 2, Math.log2(power), (count - power) * 2)
    .u16(...segments.map(({ to }) => to), 0)
    .u16(...segments.map(({ from }) => from))
    .u16(...segments.map(({ from, glyph }) => (from === 0xffff ? 1 : glyph - from)))
    .u16(...segments.map(() => 0))
    .end()
  return new Bytes().u16(0, 1, 3, 1).u32(12).raw(table).end()
}

function names(): Buffer {
  const texts: [number, string][] = [
    [1, familyName ?? ''],
    [2, 'Regular'],
    [4, familyName ?? ''],
    [6, (familyName ?? '').replaceAll(' ', '')],
    [13, 'SIL Open Font License, Version 1.1'],
  ]
  const strings = texts.map(([, text]) => Buffer.from(text, 'utf16le').swap16())
  const table = new Bytes().u16(0, texts.length, 6 + 12 * texts.length)
  let at = 0
  texts.forEach(([id], index) => {
    const length = strings[index]?.length ?? 0
    table.u16(3, 1, 0x409, id, length, at)
    at += length
  })
  for (const text of strings) table.raw(text)
  return table.end()
}

const tables: Record<string, Buffer> = {
  'OS/2': new Bytes()
    .u16(4, Math.round(unitsPerEm / 2), 400, 5, 0)
    .u16(650, 600, 0, 75, 650, 600, 0, 350, 50, 300, 0)
    .u8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    .u32(0, 0, 0, 0)
    .raw(Buffer.from('STRL'))
    .u16(0x40, codes[0] ?? 0, codes.at(-1) ?? 0, ascent, descent, 0, ascent, -descent)
    .u32(0, 0)
    .u16(Math.round(xHeight), Math.round(capHeight), 0, 32, 1)
    .end(),
  cmap: cmap(),
  glyf: Buffer.concat(glyphs),
  head: new Bytes()
    .u32(0x10000, 0x10000, 0, 0x5f0f3cf5)
    .u16(3, unitsPerEm)
    .u32(0, 0, 0, 0)
    .u16(...box, 0, 8, 2, 1, 0)
    .end(),
  hhea: new Bytes()
    .u32(0x10000)
    .u16(
      ascent,
      descent,
      0,
      Math.max(...outlines.map(({ advance }) => advance)),
      0,
      0,
      box[2],
      1,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      outlines.length,
    )
    .end(),
  hmtx: new Bytes().u16(...outlines.flatMap((outline) => [outline.advance, boxOf(outline)[0]])).end(),
  loca: loca.end(),
  maxp: new Bytes().u32(0x10000).u16(outlines.length, maxPoints, maxContours, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0).end(),
  name: names(),
  post: new Bytes().u32(0x30000, 0).u16(-100, 50).u32(0, 0, 0, 0, 0).end(),
}

function checksum(table: Buffer): number {
  const padded = Buffer.concat([table, Buffer.alloc((4 - (table.length % 4)) % 4)])
  let sum = 0
  for (let at = 0; at < padded.length; at += 4) sum = (sum + padded.readUInt32BE(at)) >>> 0
  return sum
}

function assemble(): Buffer {
  const tags = Object.keys(tables).sort()
  const power = 2 ** Math.floor(Math.log2(tags.length))
  const head = new Bytes().u32(0x10000).u16(tags.length, power * 16, Math.log2(power), (tags.length - power) * 16)
  let at = 12 + 16 * tags.length
  const bodies: Buffer[] = []
  for (const tag of tags) {
    const table = tables[tag] as Buffer
    head.raw(Buffer.from(tag)).u32(checksum(table), at, table.length)
    const padded = Buffer.concat([table, Buffer.alloc((4 - (table.length % 4)) % 4)])
    bodies.push(padded)
    at += padded.length
  }
  return Buffer.concat([head.end(), ...bodies])
}

const whole = assemble()
tables.head?.writeUInt32BE((0xb1b0afba - checksum(whole)) >>> 0, 8)
writeFileSync(out, assemble())
process.stdout.write(
  `${out}: ${outlines.length} glyphs, ${assemble().length} bytes; missing ${wanted.filter((code) => !codes.includes(code)).map((code) => code.toString(16))}\n`,
)
