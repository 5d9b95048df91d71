import { inflateSync } from 'node:zlib'

export interface Pixels {
  width: number
  height: number
  /** 4 bytes a pixel: red, green, blue, opacity. */
  data: Uint8Array
}

/**
 * Decodes what Chromium writes: 8 bits a channel, RGB or RGBA, not interlaced (https://www.w3.org/TR/png-3/).
 * @throws Error when the picture is of another kind
 */
export function decodePng(file: Buffer): Pixels {
  const width = file.readUInt32BE(16)
  const height = file.readUInt32BE(20)
  const [depth, colour, , , interlaced] = file.subarray(24, 29)
  const bytes = colour === 6 ? 4 : colour === 2 ? 3 : 0
  if (depth !== 8 || bytes === 0 || interlaced !== 0) throw new Error('Not a picture that Chromium writes.')
  const compressed: Buffer[] = []
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at)
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT') compressed.push(file.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  const filtered = inflateSync(Buffer.concat(compressed))
  const line = width * bytes
  const raw = new Uint8Array(line * height)
  for (let y = 0; y < height; y += 1) unfilterLine(raw, filtered, { y, line, bytes })
  const data = new Uint8Array(width * height * 4).fill(255)
  for (let from = 0, to = 0; from < raw.length; from += bytes, to += 4)
    for (let channel = 0; channel < bytes; channel += 1) data[to + channel] = raw[from + channel] as number
  return { width, height, data }
}

/** Section 9 of the specification: each byte is written as its difference to its neighbours. */
function unfilterLine(raw: Uint8Array, filtered: Buffer, { y, line, bytes }: { y: number; line: number; bytes: number }): void {
  const kind = filtered[y * (line + 1)]
  const from = y * (line + 1) + 1
  const to = y * line
  for (let x = 0; x < line; x += 1) {
    const left = x >= bytes ? (raw[to + x - bytes] as number) : 0
    const up = y > 0 ? (raw[to + x - line] as number) : 0
    const corner = y > 0 && x >= bytes ? (raw[to + x - line - bytes] as number) : 0
    const guess = kind === 0 ? 0 : kind === 1 ? left : kind === 2 ? up : kind === 3 ? (left + up) >> 1 : paeth(left, up, corner)
    raw[to + x] = (filtered[from + x] as number) + guess
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  if (toLeft <= toUp && toLeft <= toCorner) return left
  return toUp <= toCorner ? up : corner
}
