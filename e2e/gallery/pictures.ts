import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { decodePng, type Pixels } from './png.ts'

const kept = fileURLToPath(new URL('../screenshots/', import.meta.url))
const results = fileURLToPath(new URL('../test-results/', import.meta.url))

/** The major version of Chromium that took the pictures: another one draws letters otherwise, so its pictures say nothing. */
const takenBy = join(kept, 'chromium.txt')
export const picturesAreOf = existsSync(takenBy) ? readFileSync(takenBy, 'utf8').trim() : ''
export const majorOf = (version: string): string => version.split('.')[0] ?? ''

/** The edges of a letter are drawn a little differently by each version of Chromium: a pixel is another one beyond this much of 255. */
const channelTolerance = 24
/** Pictures are compared in squares of this many px, so that a small thing counts where it is … */
const square = 24

/** How much may differ before a picture is another one. */
export interface Tolerance {
  /** Share of a square's pixels that differ before the square is another one. */
  ofSquare: number
  /** So many squares may be others. */
  squares: number
}
/** The fonts are our own and the examples stand still, so nothing differs but edges. */
const edgesOnly: Tolerance = { ofSquare: 0.12, squares: 0 }

/** `UPDATE_SCREENSHOTS=1` takes the pictures anew instead of comparing; one that is as good as the same stays, so that few files change. */
const update = process.env.UPDATE_SCREENSHOTS === '1'
const asGoodAsTheSame: Tolerance = { ofSquare: 0.02, squares: 0 }

/**
 * Compares the page with its picture in the repository; not in another Chromium than the one that took it, which a skipped test then says.
 * @returns a sentence when they differ, with the new picture beside, or when
 * there is none
 */
export async function comparePicture(
  page: Page,
  name: string,
  { folder = 'gallery', tolerance = edgesOnly }: { folder?: string; tolerance?: Tolerance } = {},
): Promise<string | undefined> {
  const major = majorOf(page.context().browser()?.version() ?? '')
  if (update) writeFileSync(takenBy, `${major}\n`)
  else if (major !== picturesAreOf) return undefined
  const taken = await page.screenshot({ animations: 'disabled', caret: 'hide' })
  const path = join(kept, folder, `${name}.png`)
  const difference = existsSync(path)
    ? differenceOf(readFileSync(path), taken, update ? asGoodAsTheSame : tolerance)
    : 'there is no picture of it'
  if (difference === undefined) return undefined
  const to = join(update ? kept : results, folder, `${name}.png`)
  mkdirSync(dirname(to), { recursive: true })
  writeFileSync(to, taken)
  return update ? undefined : `${name}: ${difference}. See ${to}; UPDATE_SCREENSHOTS=1 takes it over.`
}

function differenceOf(before: Buffer, after: Buffer, tolerance: Tolerance): string | undefined {
  if (before.equals(after)) return undefined
  const [was, is] = [decodePng(before), decodePng(after)]
  if (was.width !== is.width || was.height !== is.height)
    return `it was ${was.width} x ${was.height} px and is ${is.width} x ${is.height} px`
  const others = differentSquares(was, is).filter(({ share }) => share > tolerance.ofSquare)
  if (others.length <= tolerance.squares) return undefined
  const places = others.slice(0, 5).map(({ x, y, share }) => `${x},${y} (${Math.round(share * 100)} %)`)
  return `${others.length} squares of ${square} px differ, at ${places.join(' ')}`
}

function differentSquares(was: Pixels, is: Pixels): { x: number; y: number; share: number }[] {
  const columns = Math.ceil(was.width / square)
  const counts = new Map<number, number>()
  for (let pixel = 0, at = 0; at < was.data.length; pixel += 1, at += 4) {
    if (!isOther(was.data, is.data, at)) continue
    const place = Math.floor(Math.floor(pixel / was.width) / square) * columns + Math.floor((pixel % was.width) / square)
    counts.set(place, (counts.get(place) ?? 0) + 1)
  }
  return [...counts].map(([place, count]) => ({
    x: (place % columns) * square,
    y: Math.floor(place / columns) * square,
    share: count / square ** 2,
  }))
}

function isOther(was: Uint8Array, is: Uint8Array, at: number): boolean {
  for (let channel = at; channel < at + 3; channel += 1)
    if (Math.abs((was[channel] as number) - (is[channel] as number)) > channelTolerance) return true
  return false
}
