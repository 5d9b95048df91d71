import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Locator, Page } from 'playwright-core'

const kept = fileURLToPath(new URL('../screenshots/', import.meta.url))
const results = fileURLToPath(new URL('../test-results/', import.meta.url))

/** Edges of letters differ between versions of Chromium: a pixel counts as different beyond this much of 255 in any channel … */
const channelTolerance = 40
/** … and a picture when more than this share of its pixels are. */
const shareTolerance = 0.006

interface PictureOptions {
  /** Of the pictures, below `screenshots/`. */
  folder?: string
  /** What differs from day to day: it is painted over. */
  mask?: Locator[]
  tolerance?: number
}

/** `UPDATE_SCREENSHOTS=1` takes the pictures anew instead of comparing. */
const update = process.env.UPDATE_SCREENSHOTS === '1'

/**
 * Compares the page with its picture in the repository. @returns a sentence when they differ, with the new picture beside; a picture
 * that is not there yet is taken.
 */
export async function comparePicture(
  browser: Browser,
  page: Page,
  name: string,
  { folder = 'gallery', mask = [], tolerance = shareTolerance }: PictureOptions = {},
): Promise<string | undefined> {
  const taken = await page.screenshot({ animations: 'disabled', caret: 'hide', mask, maskColor: '#808080' })
  const path = join(kept, folder, `${name}.png`)
  if (update || !existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, taken)
    return undefined
  }
  const { width, height, share } = await difference(browser, readFileSync(path), taken)
  if (width && height && share <= tolerance) return undefined
  mkdirSync(join(results, folder), { recursive: true })
  writeFileSync(join(results, folder, `${name}.png`), taken)
  return width && height ? `${name}: ${(share * 100).toFixed(2)} % of the pixels differ` : `${name}: the size differs`
}

interface Difference {
  /** Are they the same? */
  width: boolean
  height: boolean
  share: number
}

/** Decodes both in a canvas of the browser, which spares a library. */
async function difference(browser: Browser, before: Buffer, after: Buffer): Promise<Difference> {
  const page = await browser.newPage()
  try {
    const given = JSON.stringify([before.toString('base64'), after.toString('base64'), channelTolerance])
    return await page.evaluate<Difference>(
      `(async ([before, after, tolerance]) => {
        const read = async (data) => {
          const image = new Image()
          image.src = 'data:image/png;base64,' + data
          await image.decode()
          const canvas = new OffscreenCanvas(image.width, image.height)
          const context = canvas.getContext('2d')
          context.drawImage(image, 0, 0)
          return context.getImageData(0, 0, image.width, image.height)
        }
        const [a, b] = await Promise.all([read(before), read(after)])
        const same = { width: a.width === b.width, height: a.height === b.height }
        if (!same.width || !same.height) return { ...same, share: 1 }
        let different = 0
        for (let at = 0; at < a.data.length; at += 4)
          if (Math.max(Math.abs(a.data[at] - b.data[at]), Math.abs(a.data[at + 1] - b.data[at + 1]), Math.abs(a.data[at + 2] - b.data[at + 2])) > tolerance) different += 1
        return { ...same, share: different / (a.data.length / 4) }
      })(${given})`,
    )
  } finally {
    await page.close()
  }
}
