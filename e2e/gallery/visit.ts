import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'

/** The moment of the examples. */
const moment = new Date('2026-11-22T09:41:00Z')

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

/** Opens the gallery at a section, at the moment of the examples, and waits until its face and fonts are there. */
export async function visit(browser: Browser, url: string, section: string, scene: Scene = {}): Promise<Visit> {
  const { theme = 'dark', language = 'en', width = 1440, height = 900 } = scene
  const context = await browser.newContext({
    viewport: { width, height },
    locale: language,
    timezoneId: 'UTC',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`a request to ${request.url()}`)
  })
  await context.addInitScript({ content: almostStill(moment) })
  await page.goto(`${url}?theme=${theme}&lang=${language}#/${section}`)
  await isThere(page, section)
  return { page, complaints, close: () => context.close() }
}

/**
 * A clock that shows `at` and moves by a thousandth of the real time; timers run as ever. It may not stand still, since Vue passes over an
 * event that is not younger than its listener: https://github.com/vuejs/core/blob/main/packages/runtime-dom/src/modules/events.ts
 */
export const almostStill = (at: Date): string => `{
  const real = Date
  const now = () => ${at.getTime()} + performance.now() / 1000
  window.Date = class extends real {
    constructor(...given) {
      if (given.length === 0) super(now())
      else super(...given)
    }
    static now = now
  }
}`

/** Goes on to another section of the gallery that is open. */
export async function goTo(page: Page, section: string): Promise<void> {
  await page.evaluate(`location.hash = '#/${section}'`)
  await isThere(page, section)
}

async function isThere(page: Page, section: string): Promise<void> {
  // Not by a function that waits in the page: the content policy forbids it to be made there.
  await page.locator(`html[data-section="${section}"]`).waitFor()
  await isPainted(page)
}

/** Until the fonts are there and two frames have been drawn with them. */
export const isPainted = (page: Page): Promise<void> =>
  page.evaluate(
    'document.fonts.ready.then(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))))',
  )

/** Until nothing moves any more: what opens slides for a moment. */
export const isAtRest = (page: Page): Promise<void> =>
  page.evaluate(`(async () => {
    const moving = () => document.getAnimations().filter(({ playState, effect }) => playState === 'running' && effect?.getComputedTiming().endTime !== Infinity)
    for (;;) {
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      const now = moving()
      if (now.length === 0) return
      await Promise.allSettled(now.map(({ finished }) => finished))
    }
  })()`)

/** What axe finds, one line for each rule and place. `without`: rules that do not apply, such as `region` to what lies over the page. */
export async function accessibilityFindings(page: Page, without: string[] = []): Promise<string[]> {
  const rules = JSON.stringify(Object.fromEntries(without.map((rule) => [rule, { enabled: false }])))
  // Run by the debugger it is outside the page's content policy.
  if (!(await page.evaluate<boolean>(`'axe' in window`))) await page.evaluate(axe.source)
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
