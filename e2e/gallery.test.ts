import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { comparePicture } from './gallery/pictures.ts'
import { buildGallery, serveGallery } from './gallery/serve.ts'
import {
  accessibilityFindings,
  goTo,
  isAtRest,
  isPainted,
  type Scene,
  sidewaysOverflow,
  type Visit,
  visit,
} from './gallery/visit.ts'
import { walkByTab } from './walk.ts'
import { hasChromium, launch } from './world.ts'

// The kit in a real browser, under the platform's content policy.
const sections = ['basics', 'fields', 'choices', 'feedback', 'overlays', 'table', 'long', 'charts']

// Seconds on a quiet machine; a busy one takes its time.
describe.skipIf(!hasChromium)('the gallery of components', { timeout: 180_000 }, () => {
  let browser: Browser
  let served: Awaited<ReturnType<typeof serveGallery>>

  beforeAll(async () => {
    buildGallery()
    served = await serveGallery()
    browser = await launch()
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await served?.close()
  })

  /** A visit that ends by itself; at its end nothing may have been complained about. */
  async function look<T>(section: string, scene: Scene, see: (page: Page) => Promise<T>): Promise<T> {
    const { page, complaints, close } = await visit(browser, served.url, section, scene)
    try {
      const seen = await see(page)
      expect(complaints).toEqual([])
      return seen
    } finally {
      await close()
    }
  }

  const scenes: [string, Scene][] = [
    ['dark', {}],
    ['light', { theme: 'light' }],
    ['ru', { theme: 'light', language: 'ru' }],
    ['390', { width: 390, height: 844 }],
  ]
  describe.each(scenes)('in the scene %s', (name, scene) => {
    let seen: Visit
    beforeAll(async () => {
      seen = await visit(browser, served.url, 'basics', scene)
    }, 60_000)
    afterAll(() => seen?.close())

    test.each(sections)('%s looks as it did, and axe finds nothing', async (section) => {
      await goTo(seen.page, section)
      expect(await accessibilityFindings(seen.page)).toEqual([])
      await isAtRest(seen.page)
      expect(await comparePicture(seen.page, `${section}-${name}`)).toBeUndefined()
      expect(seen.complaints).toEqual([])
    })
  })

  // 720 px is a window of 1440 at 200 %.
  test('nothing scrolls sideways at 320, 390, 720 and 1100 px, in the longer language', async () => {
    const over = await look('basics', { language: 'ru' }, async (page) => {
      const found: string[] = []
      for (const width of [320, 390, 720, 1100]) {
        await page.setViewportSize({ width, height: 720 })
        for (const section of sections) {
          await goTo(page, section)
          found.push(...(await sidewaysOverflow(page)).map((line) => `${section} at ${width}: ${line}`))
        }
      }
      return found
    })
    expect(over).toEqual([])
  })

  test.each(['dark', 'light'] as const)('axe finds nothing in what opens over the page, %s', async (theme) => {
    const findings = await look('overlays', { theme }, async (page) => {
      const found: string[] = []
      const panel = page.locator('main .panel')
      for (const name of ['Dialog', 'Drawer', 'Delete server…', 'Menu', 'Popover', 'Palette', 'Shortcuts']) {
        await panel.getByRole('button', { name, exact: name !== 'Palette' }).click()
        await overlay(page).first().waitFor()
        await isAtRest(page)
        found.push(...(await accessibilityFindings(page, ofPages)).map((line) => `${name}: ${line}`))
        await page.keyboard.press('Escape')
        await overlay(page).first().waitFor({ state: 'detached' })
        await isAtRest(page)
      }
      return found
    })
    expect(findings).toEqual([])
  })

  test('axe finds nothing in the fields once they are wrong, nor in open lists', async () => {
    const findings = await look('fields', {}, async (page) => {
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('alert').first().waitFor()
      const wrong = await accessibilityFindings(page)
      await page.getByRole('combobox', { name: 'Disk type' }).click()
      await page.getByRole('listbox').waitFor()
      await isAtRest(page)
      // While the list is open Tab goes nowhere else, so what is hidden from readers cannot have the focus.
      const list = await accessibilityFindings(page, [...ofPages, 'aria-hidden-focus'])
      await page.keyboard.press('Escape')
      await page.getByRole('listbox').waitFor({ state: 'detached' })
      await page.getByRole('button', { name: /^Period/ }).click()
      await page.getByRole('dialog').waitFor()
      await isAtRest(page)
      return [...wrong, ...list, ...(await accessibilityFindings(page, ofPages))]
    })
    expect(findings).toEqual([])
  })

  describe('by keyboard alone', () => {
    let walker: Visit
    beforeAll(async () => {
      walker = await visit(browser, served.url, 'basics', { theme: 'light' })
    }, 60_000)
    afterAll(() => walker?.close())

    test.each(sections)('Tab reaches everything on %s, shows where it is and is never caught', async (section) => {
      const { page } = walker
      await goTo(page, section)
      // What a field complains about once it was left is there from the start.
      if (section === 'fields') await page.getByRole('button', { name: 'Save' }).click()
      const walk = await walkByTab(page)
      expect(walk.unseen).toEqual([])
      expect(walk.unreached).toEqual([])
      expect(walk.stops).toBeGreaterThan(8)
    })

    test('the first stop leads past the navigation', async () => {
      await look('basics', {}, async (page) => {
        await page.keyboard.press('Tab')
        expect(await focused(page)).toBe('Skip to the page')
        await page.keyboard.press('Enter')
        expect(await page.evaluate('document.activeElement.id')).toBe('main')
      })
    })

    test('a dialog takes the focus into its field and gives it back', async () => {
      await look('overlays', {}, async (page) => {
        const opener = page.locator('main').getByRole('button', { name: 'Delete server…' })
        await opener.focus()
        await page.keyboard.press('Enter')
        const dialog = page.getByRole('dialog', { name: 'Delete server db-01?' })
        await dialog.waitFor()
        await dialog.locator('input:focus').waitFor()
        await page.keyboard.type('db-0')
        expect(await page.getByLabel('Type db-01 to confirm').inputValue()).toBe('db-0')
        await page.keyboard.press('Enter')
        expect(await dialog.isVisible()).toBe(true)
        await page.keyboard.type('1')
        await page.keyboard.press('Escape')
        await dialog.waitFor({ state: 'hidden' })
        expect(await focused(page)).toBe('Delete server…')
        await page.keyboard.press('Enter')
        await dialog.waitFor()
        await dialog.locator('input:focus').waitFor()
        await page.keyboard.type('db-01')
        await page.keyboard.press('Enter')
        await page.getByText('Deleting db-01').waitFor()
      })
    })

    test('a menu is walked with arrows, and what cannot be chosen says why', async () => {
      await look('overlays', {}, async (page) => {
        await page.locator('main').getByRole('button', { name: 'Menu' }).focus()
        await page.keyboard.press('Enter')
        await page.getByRole('menuitem', { name: /Start It runs already/ }).waitFor()
        await page.keyboard.press('End')
        await page.keyboard.press('Enter')
        await page.getByRole('dialog', { name: 'Delete server db-01?' }).waitFor()
      })
    })

    test('the palette opens by Ctrl K, understands the wrong layout and goes there', async () => {
      await look('basics', {}, async (page) => {
        await page.keyboard.press('Control+k')
        await page.getByRole('combobox', { name: 'Search or run a command' }).waitFor()
        await page.keyboard.type('афиду')
        await page.getByText('Nothing found').waitFor()
        await page.keyboard.press('Control+a')
        // «ефиду» is what the keys of "table" write on a Russian layout.
        await page.keyboard.type('ефиду')
        await page.getByRole('option', { name: /Table/ }).waitFor()
        await page.keyboard.press('Enter')
        await page.getByRole('heading', { level: 1, name: 'Servers' }).waitFor()
      })
    })

    test('a command that needs a target asks for it in the same box', async () => {
      await look('basics', {}, async (page) => {
        await page.keyboard.press('Control+k')
        await page.getByRole('combobox', { name: 'Search or run a command' }).fill('>reb')
        await page.getByRole('option', { name: /Reboot server/ }).waitFor()
        await page.keyboard.press('Enter')
        await page.getByRole('option', { name: /db-01/ }).waitFor()
      })
    })

    test('rows are walked, selected and opened; letters are found by their place', async () => {
      await look('table', {}, async (page) => {
        await page.keyboard.press('j')
        expect(await page.evaluate('document.activeElement.dataset.key')).toBe('srv-4c81')
        // The same keys on a Russian layout: о, ч, н.
        await press(page, 'KeyJ', 'о')
        await press(page, 'KeyX', 'ч')
        await page.getByText('1 selected').waitFor()
        await page.keyboard.press('Shift+ArrowDown')
        await page.getByText('2 selected').waitFor()
        await press(page, 'KeyY', 'н')
        await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toBe('srv-19e0')
        await page.keyboard.press('Escape')
        await page.getByText('2 selected').waitFor({ state: 'hidden' })
        await page.keyboard.press('.')
        await page.getByRole('menuitem', { name: /Stop/ }).waitFor()
        await page.keyboard.press('Escape')
        await page.keyboard.press('Enter')
        await page.waitForURL(/open=srv-19e0/)
      })
    })

    test('letters do nothing in a field, and nothing at all when they are switched off', async () => {
      await look('table', {}, async (page) => {
        await page.keyboard.press('/')
        await page.keyboard.type('jx?')
        expect(await page.getByRole('searchbox').inputValue()).toBe('jx?')
        await page.keyboard.press('Escape')
        await page.keyboard.press('Escape')
        await page.keyboard.press('Shift+Slash')
        const list = page.getByRole('dialog', { name: 'Shortcuts of this page' })
        await list.getByText('Next row').waitFor()
        await list.getByRole('switch', { name: 'Shortcuts of one letter' }).click()
        await page.keyboard.press('Escape')
        await list.waitFor({ state: 'hidden' })
        await page.keyboard.press('Shift+Slash')
        await isPainted(page)
        expect(await list.isVisible()).toBe(false)
        await page.keyboard.press('Control+k')
        await page.getByRole('combobox', { name: 'Search or run a command' }).waitFor()
      })
    })

    test('a chart becomes a table by T', async () => {
      await look('charts', {}, async (page) => {
        const chart = page.getByRole('group', { name: 'Charges by day' })
        await chart.focus()
        await page.keyboard.press('t')
        await page.getByRole('columnheader', { name: 'Snapshots' }).waitFor()
      })
    })
  })

  test('the language changes without loading anew', async () => {
    await look('table', {}, async (page) => {
      await page.evaluate('window.stayed = true')
      await page.getByRole('button', { name: /Account of Northlamp/ }).click()
      await page.getByRole('menuitem', { name: 'Русский' }).click()
      await page.getByRole('heading', { level: 1, name: 'Серверы' }).waitFor()
      expect(await page.evaluate('[window.stayed, document.documentElement.lang]')).toEqual([true, 'ru'])
      // «4 820,00»: no-break spaces, a comma.
      await page.getByText('4\u00a0820,00').first().waitFor()
    })
  })

  test('the theme follows the system until one is chosen, and is there before the first paint', async () => {
    const context = await browser.newContext({ colorScheme: 'light' })
    const page = await context.newPage()
    await page.goto(`${served.url}#/basics`)
    const theme = () => page.evaluate<string>('document.documentElement.dataset.theme')
    expect(await theme()).toBe('light')
    await page.locator('h1').waitFor()
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.locator('html[data-theme=dark]').waitFor()
    await page.keyboard.press('Shift+T')
    expect(await theme()).toBe('light')
    await page.reload({ waitUntil: 'commit' })
    await page.locator('html[data-theme]').waitFor()
    expect(await theme()).toBe('light')
    await context.close()
  })

  test('more contrast and less motion are granted', async () => {
    await look('basics', {}, async (page) => {
      const style = (selector: string, property: string) =>
        page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).getPropertyValue('${property}').trim()`)
      await page.emulateMedia({ contrast: 'more' })
      expect(await style('html', '--text-3')).toBe(await style('html', '--text-2'))
      await page.emulateMedia({ contrast: 'no-preference', reducedMotion: 'reduce' })
      expect(await style('.glyph.busy', 'animation-timing-function')).toMatch(/^steps\(3/)
      expect(await style('.button', 'transition-duration')).toBe('0.001s')
    })
  })

  test('the rouble sign comes from our own face', async () => {
    await look('charts', { language: 'ru' }, async (page) => {
      expect(
        await page.evaluate(
          `document.fonts.check('13px "IBM Plex Sans"', '₽') && document.fonts.check('30px "IBM Plex Sans"', 'Я')`,
        ),
      ).toBe(true)
      const loaded = await page.evaluate<string[]>(
        `[...document.fonts].filter((face) => face.status === 'loaded').map((face) => face.family.replaceAll('"', '') + ' ' + face.unicodeRange.includes('U+20A0'))`,
      )
      expect(loaded).toContain('IBM Plex Sans true')
    })
  })

  test('nothing moves when live data arrives', async () => {
    const shift = await look('table', {}, async (page) => {
      await page.evaluate(
        `window.moved = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.moved += entry.value }).observe({ type: 'layout-shift' })`,
      )
      const cells = `JSON.stringify([...document.querySelectorAll('main tr > *')].map((cell) => { const { x, y, width, height } = cell.getBoundingClientRect(); return [x, y, width, height] }))`
      const before = await page.evaluate(cells)
      // As the stream does it, without a hand on the page.
      await page.evaluate(`document.querySelector('button[aria-label="Let states change"]').click()`)
      await page.locator('main tbody').getByText('step 2 of 5').first().waitFor()
      await isAtRest(page)
      expect(await page.evaluate(cells)).toBe(before)
      return page.evaluate<number>('window.moved')
    })
    process.stdout.write(`layout shift when live data arrives: ${shift}\n`)
    expect(shift).toBe(0)
  })

  test('10,000 rows scroll with less work than a frame of 60 a second has room for', async () => {
    const measured = await look('long', {}, async (page) => {
      await page.locator('tbody tr.row').first().waitFor()
      const chrome = await page.context().newCDPSession(page)
      // Processor time of the page's thread: what other programs of the machine take is not counted.
      await chrome.send('Performance.enable', { timeDomain: 'threadTicks' })
      const workMs = async () =>
        ((await chrome.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000
      const before = await workMs()
      const scrolled = await page.evaluate<{ frames: number; dropped: number; longest: number; rows: number }>(scrollMeasure)
      return { ...scrolled, frameMs: ((await workMs()) - before) / scrolled.frames }
    })
    const { frames, dropped, longest, rows, frameMs } = measured
    process.stdout.write(
      `10,000 rows, 3 s of scrolling by 120 px a frame: ${frames} frames, ${dropped} dropped of 60 a second, longest ${longest.toFixed(0)} ms; ${frameMs.toFixed(1)} ms of work a frame, ${rows} rows in the document\n`,
    )
    expect(rows).toBeLessThan(80)
    expect(frameMs).toBeLessThan(1000 / 60)
  })

  describe('looks as it did', () => {
    const acts: [string, string, (page: Page) => Promise<unknown>][] = [
      ['confirm', 'overlays', (page) => page.locator('main').getByRole('button', { name: 'Delete server…' }).click()],
      ['drawer', 'overlays', (page) => page.locator('main').getByRole('button', { name: 'Drawer' }).click()],
      ['menu', 'overlays', (page) => page.locator('main').getByRole('button', { name: 'Menu' }).click()],
      ['impersonation', 'overlays', (page) => page.locator('main').getByRole('button', { name: 'Impersonation' }).click()],
      [
        'palette',
        'charts',
        async (page) => {
          await page.keyboard.press('Control+k')
          await page.getByRole('combobox', { name: 'Search or run a command' }).fill('reb')
        },
      ],
      ['toasts', 'feedback', (page) => page.getByRole('button', { name: 'Show toasts' }).click()],
      ['wrong-fields', 'fields', (page) => page.getByRole('button', { name: 'Save' }).click()],
      [
        'selection',
        'table',
        async (page) => {
          await page.getByRole('checkbox', { name: 'Select build-runner-03' }).click()
          await page.getByRole('checkbox', { name: 'Select cache-01' }).click()
          await page.keyboard.press('j')
        },
      ],
      [
        'operator',
        'table',
        async (page) => {
          await page.getByRole('button', { name: /Account of Northlamp/ }).click()
          await page.getByRole('menuitemcheckbox', { name: 'Operator’s light' }).click()
          await page.mouse.move(0, 0)
        },
      ],
    ]
    test.each(acts)('%s', async (name, section, act) => {
      const differs = await look(section, {}, async (page) => {
        await act(page)
        await isAtRest(page)
        return comparePicture(page, `act-${name}`)
      })
      expect(differs).toBeUndefined()
    })

    test('forced colours', async () => {
      const differs = await look('basics', {}, async (page) => {
        await page.emulateMedia({ forcedColors: 'active' })
        await isAtRest(page)
        return comparePicture(page, 'forced-colors')
      })
      expect(differs).toBeUndefined()
    })
  })
})

/** What is asked of a whole page, not of what lies over it. */
const ofPages = ['region', 'page-has-heading-one']
const overlay = (page: Page) => page.locator('[role=dialog], [role=menu]')
const focused = (page: Page) =>
  page.evaluate<string>('(document.activeElement.getAttribute("aria-label") ?? document.activeElement.innerText).trim()')

/** A key where it is on the keyboard, whatever it writes. */
const press = (page: Page, code: string, key: string) =>
  page.evaluate(
    `document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { code: '${code}', key: '${key}', bubbles: true, cancelable: true }))`,
  )

/** Scrolls a window of rows for three seconds, 120 px a frame, and counts the frames that did not come in time. */
const scrollMeasure = `new Promise((resolve) => {
  const box = document.querySelector('.scroller.virtual')
  const gaps = []
  let last
  const begun = performance.now()
  const step = (now) => {
    if (last !== undefined) gaps.push(now - last)
    last = now
    box.scrollTop += 120
    if (now - begun < 3000) requestAnimationFrame(step)
    else resolve({
      frames: gaps.length,
      dropped: gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / (1000 / 60)) - 1), 0),
      longest: Math.max(...gaps),
      rows: document.querySelectorAll('tbody tr.row').length,
    })
  }
  requestAnimationFrame(step)
})`
