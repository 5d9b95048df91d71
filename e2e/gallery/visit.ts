import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'

/** The moment of the examples. */
const moment = new Date('2026-11-22T09:41:00Z')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export interface Scene {
  theme?: 'dark' | 'light'
  language?: 'en' | 'ru'
  width?: number
  height?: number
}

export interface Visit {
  page: Page
  /** What the browser complained about: errors, refused styles, requests to strangers. */
  complaints: string[]
  close: () => Promise<void>
}

/** Opens a section of the gallery and waits until its face and fonts are there. */
export async function visit(browser: Browser, url: string, section: string, scene: Scene = {}): Promise<Visit> {
  const { theme = 'dark', language = 'en', width = 1440, height = 900 } = scene
  const context = await browser.newContext({
    viewport: { width, height },
    locale: language,
    timezoneId: 'UTC',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  // As a script of the browser's own it is outside the page's content policy.
  await context.addInitScript({ content: axe })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`a request to ${request.url()}`)
  })
  await page.clock.install({ time: moment })
  await page.goto(`${url}?theme=${theme}&lang=${language}#/${section}`)
  await page.locator('h1').waitFor()
  await page.evaluate('document.fonts.ready')
  return { page, complaints, close: () => context.close() }
}

/** Everything stands still and the clock shows the moment of the examples: for pictures. */
export async function freeze(page: Page): Promise<void> {
  await page.clock.setFixedTime(moment)
  // Running seconds are set back to the moment at their next tick.
  await page.waitForTimeout(1200)
}

/** What axe finds, one line for each rule and place. `without`: rules that do not apply, such as `region` to what lies over the page. */
export async function accessibilityFindings(page: Page, without: string[] = []): Promise<string[]> {
  const rules = JSON.stringify(Object.fromEntries(without.map((rule) => [rule, { enabled: false }])))
  const found = await page.evaluate<{ id: string; nodes: { target: unknown; failureSummary: string }[] }[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: ${rules} }).then(({ violations }) => violations)`,
  )
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${String(target)} ${failureSummary.replaceAll(/\s+/g, ' ')}`),
  )
}

/** Elements that reach over the right edge of the page, outside of what scrolls by itself. */
export const sidewaysOverflow = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
    const main = document.querySelector('main')
    const over = [document.documentElement, main].filter((element) => element && element.scrollWidth > element.clientWidth)
    if (over.length === 0) return []
    const edge = main.getBoundingClientRect().right
    return [...main.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > edge + 1).slice(0, 5).map((element) => element.outerHTML.slice(0, 120))
  })()`)
