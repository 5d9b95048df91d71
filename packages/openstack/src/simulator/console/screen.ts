import { letterRow, letterWidth, lineHeight } from './font.ts'

/** A picture of 4 bytes per pixel: blue, green, red and nothing. */
export interface Picture {
  width: number
  height: number
  pixels: Buffer
}

const width = 640
const height = 400
const columns = Math.floor((width - 8) / letterWidth)
const lines = Math.floor((height - 8) / lineHeight)

/** The last lines of a text, light grey on black, with a cursor after them: a text console. */
export function screenOf(text: string, isRunning: boolean): Picture {
  const pixels = Buffer.alloc(width * height * 4)
  if (!isRunning) return { width, height, pixels }
  const rows = text
    .split('\n')
    .flatMap((line) => (line === '' ? [''] : (line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [])))
    .slice(0, -1)
    .slice(-lines)
  for (const [line, row] of rows.entries())
    for (const [column, letter] of [...row].entries()) drawLetter(pixels, letter, 4 + column * letterWidth, 4 + line * lineHeight)
  const last = rows.at(-1) ?? ''
  drawBlock(pixels, 4 + last.length * letterWidth, 4 + (rows.length - 1) * lineHeight)
  return { width, height, pixels }
}

function drawLetter(pixels: Buffer, letter: string, x: number, y: number): void {
  for (let row = 0; row < 7; row++) {
    const bits = letterRow(letter, row)
    for (let column = 0; column < 5; column++)
      if (bits & (16 >> column)) pixels.fill(0xc8, offset(x + column, y + row), offset(x + column, y + row) + 3)
  }
}

function drawBlock(pixels: Buffer, x: number, y: number): void {
  if (x + 5 > width) return
  for (let row = 0; row < 8; row++) pixels.fill(0xc8, offset(x, y + row), offset(x + 5, y + row))
}

const offset = (x: number, y: number): number => (y * width + x) * 4
