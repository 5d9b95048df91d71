import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { comparePicture } from './gallery/pictures.ts'
import { accessibilityFindings, sidewaysOverflow } from './gallery/visit.ts'
import { type Target, targets, visit } from './pages.ts'
import { walkByTab } from './walk.ts'
import { hasChromium, type PageOptions, startWorld, type World } from './world.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What differs from day to day and from one demo to the next: times, ids, addresses, sums that run, and drawings of them. */
const volatile = [
  'time',
  'code',
  'figure',
  'svg.beam',
  '.fact',
  '.hero',
  '.facts dd',
  '.status',
  '.live',
  '.terminal pre',
  '.count',
  'main td.right',
  '.words .note',
  '.reading',
  '.event .time',
  '.top',
]

describe.skipIf(!hasChromium)('every page', () => {
  let world: World
  let ids = { project: '', server: '' }
  /** One browser session for each person and scene; pages are visited in it one after the other. */
  const sessions = new Map<string, { page: Page; context: BrowserContext; complaints: string[] }>()

  async function session(as: Target['as'], scene: Omit<PageOptions, 'as'>) {
    const name = JSON.stringify([as, scene])
    const known = sessions.get(name)
    if (known) return known
    const opened = await world.open({ ...scene, ...(as === 'nobody' ? {} : { as: world[as] }) })
    // As a script of the browser's own, axe is outside the page's content policy.
    await opened.context.addInitScript({ content: axe })
    opened.page.setDefaultTimeout(20_000)
    sessions.set(name, opened)
    return opened
  }

  beforeAll(async () => {
    world = await startWorld()
    const { page } = await session('customer', {})
    const list = async (path: string) =>
      ((await (await page.request.get(path)).json()) as { result: { id: string; name: string }[] }).result
    const project = (await list('/v2/projects'))[0]?.id ?? ''
    const server = (await list(`/v2/projects/${project}/servers`)).find(({ name }) => name === 'web-01')?.id ?? ''
    ids = { project, server }
  }, 240_000)
  afterEach(() => {
    for (const { complaints } of sessions.values()) complaints.length = 0
  })
  afterAll(() => world?.stop(), 60_000)

  const scenes: [string, Omit<PageOptions, 'as'>][] = [
    ['dark', {}],
    ['light', { theme: 'light' }],
    ['ru', { theme: 'light', language: 'ru' }],
    ['390', { width: 390, height: 844 }],
  ]
  describe.each(scenes)('in the scene %s', (scene, options) => {
    test.each(targets.map((target) => [target.name, target] as const))(
      '%s is readable by everyone, fits, and looks as it did',
      async (name, target) => {
        const { page, complaints } = await session(target.as, options)
        await visit(page, target, ids, options.language)
        expect(await page.evaluate('document.documentElement.lang')).toBe(options.language ?? 'en')
        expect(await accessibilityFindings(page)).toEqual([])
        expect(await sidewaysOverflow(page)).toEqual([])
        // Nobody is signed in at the doors, which the browser writes down.
        expect(complaints.filter((text) => !(target.as === 'nobody' && text.includes('status of 401')))).toEqual([])
        await page.mouse.move(0, 0)
        const picture = await comparePicture(world.browser, page, `${name}-${scene}`, {
          folder: 'pages',
          mask: volatile.map((selector) => page.locator(selector)),
          tolerance: 0.02,
        })
        expect(picture).toBeUndefined()
      },
      60_000,
    )
  })

  test.each(targets.map((target) => [target.name, target] as const))(
    '%s fits 320 px in the longer language',
    async (_name, target) => {
      const { page } = await session(target.as, { width: 320, height: 720, language: 'ru' })
      await visit(page, target, ids, 'ru')
      expect(await sidewaysOverflow(page)).toEqual([])
    },
    60_000,
  )

  test.each(targets.map((target) => [target.name, target] as const))(
    '%s is walked by keyboard alone, always with a ring, never caught',
    async (_name, target) => {
      const { page } = await session(target.as, { theme: 'light' })
      await visit(page, target, ids)
      const walk = await walkByTab(page)
      expect(walk.unseen).toEqual([])
      expect(walk.unreached).toEqual([])
      expect(walk.stops).toBeGreaterThan(3)
    },
    90_000,
  )

  test('nothing moves on a list when a server changes under it', async () => {
    const { page } = await session('customer', {})
    const servers = targets.find(({ name }) => name === 'servers')
    if (!servers) throw new Error('the servers are a page')
    await visit(page, servers, ids)
    await page.getByText('Live', { exact: true }).first().waitFor()
    // A figure that stands right and becomes longer in its own cell counts as a shift of its text; what must not move is any box.
    await page.evaluate(`window.moved = []; new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries())
        for (const { node, previousRect, currentRect } of sources)
          if (JSON.stringify(previousRect) !== JSON.stringify(currentRect)) window.moved.push([value, node?.outerHTML ?? node?.textContent])
    }).observe({ type: 'layout-shift' })`)
    const order = (verb: string) =>
      page.request.post(`/v2/servers/${ids.server}/${verb}`, {
        headers: { origin: world.url, 'idempotency-key': `${verb}-${Date.now()}` },
      })
    await order('stop')
    const row = page.getByRole('row', { name: /web-01/ })
    await row.getByText('Stopped').waitFor({ timeout: 60_000 })
    await order('start')
    await row.getByText('Running').waitFor({ timeout: 60_000 })
    expect(await page.evaluate('window.moved')).toEqual([])
  }, 150_000)

  test('a list is filtered, sorted and searched by its address alone', async () => {
    const { page } = await session('customer', {})
    await page.goto(`/p/${ids.project}/servers?q=web&sort=-name`)
    await page.getByRole('row', { name: /web-02/ }).waitFor()
    expect((await page.getByRole('link', { name: /^web-0/ }).allTextContents()).map((text) => text.trim())).toEqual([
      'web-02',
      'web-01',
    ])
    expect(await page.getByRole('searchbox').inputValue()).toBe('web')
    await page.getByRole('button', { name: /^Stopped/ }).click()
    await page.getByText('No server fits this search').waitFor()
    expect(new URL(page.url()).search).toContain('show=stopped')
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await page.getByRole('row', { name: /old-blog/ }).waitFor()
  })

  test('a page of a server that is not there says so and leads on', async () => {
    const { page } = await session('customer', {})
    await page.goto(`/p/${ids.project}/servers/01900000-0000-7000-8000-000000000000`)
    await page.getByText('No server with this id in').waitFor()
    await page.getByRole('link', { name: 'All servers' }).waitFor()
  })

  test('a customer finds no operator console', async () => {
    const { page } = await session('customer', {})
    await page.goto('/operator/tasks')
    await page.getByRole('heading', { name: /found no page/ }).waitFor()
  })
})
