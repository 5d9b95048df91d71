/** The part of pdfkit that is used here; the package brings no types. */
declare module 'pdfkit' {
  interface Glyph {
    id: number
    advanceWidth: number
    path: { commands: { command: string; args: number[] }[] }
  }
  interface Font {
    unitsPerEm: number
    ascent: number
    descent: number
    capHeight: number
    xHeight: number
    hasGlyphForCodePoint(code: number): boolean
    glyphForCodePoint(code: number): Glyph
  }
  interface TextOptions {
    width?: number
    align?: 'left' | 'right' | 'center'
    continued?: boolean
    lineBreak?: boolean
  }
  export default class PDFDocument {
    constructor(options: {
      size: string
      margin: number
      info?: Record<string, string | Date>
      compress?: boolean
      lang?: string
    })
    readonly page: { width: number; height: number }
    /** The font in use. */
    readonly _font: { font: Font }
    x: number
    y: number
    registerFont(name: string, source: Uint8Array): this
    font(name: string | Uint8Array): this
    fontSize(size: number): this
    fillColor(color: string): this
    strokeColor(color: string): this
    lineWidth(width: number): this
    moveTo(x: number, y: number): this
    lineTo(x: number, y: number): this
    stroke(): this
    text(text: string, options?: TextOptions): this
    text(text: string, x: number, y: number, options?: TextOptions): this
    moveDown(lines?: number): this
    heightOfString(text: string, options?: TextOptions): number
    addPage(): this
    on(event: 'data', listener: (chunk: Buffer) => void): this
    on(event: 'end' | 'error', listener: (error?: Error) => void): this
    end(): void
  }
}
