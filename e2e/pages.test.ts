import { setTimeout as pause } from 'node:timers/promises'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { comparePicture } from './gallery/pictures.ts'
import { accessibilityFindings, isAtRest, isPainted, sidewaysOverflow } from './gallery/visit.ts'
import { type Ids, networkChange, type Target, targets, visit, writeAlike } from './pages.ts'
import { walkByTab } from './walk.ts'
import { hasChromium, type PageOptions, startWorld, type World } from './world.ts'

/** The demo's two weeks end shortly before the pictures are taken. */
const demoAt = new Date('2026-11-22T09:00:00Z')
const picturesAt = new Date('2026-11-22T09:41:00Z')
/** Two digits of a sum that runs by the second may differ, nothing more. */
const tolerance = { ofSquare: 0.2, squares: 0 }

describe.skipIf(!hasChromium)('every page', () => {
  let world: World
  let ids: Ids = { project: '', server: '', brokenServer: '', failedTask: '' }
  /** One browser session for each person and scene; pages are visited in it one after the other. */
  const sessions = new Map<string, { page: Page; context: BrowserContext; complaints: string[] }>()

  async function session(as: Target['as'], scene: Omit<PageOptions, 'as'>) {
    const name = JSON.stringify([as, scene])
    const known = sessions.get(name)
    if (known) return known
    const opened = await world.open({ ...scene, ...(as === 'nobody' ? {} : { as: world[as] }) })
    opened.page.setDefaultTimeout(20_000)
    sessions.set(name, opened)
    return opened
  }

  beforeAll(async () => {
    world = await startWorld({ at: demoAt })
    const { page } = await session('customer', {})
    const list = async (path: string) =>
      ((await (await page.request.get(path)).json()) as { result: { id: string; name: string }[] }).result
    const project = (await list('/v2/projects'))[0]?.id ?? ''
    const server = (await list(`/v2/projects/${project}/servers`)).find(({ name }) => name === 'web-01')?.id ?? ''
    ids = { ...ids, project, server }
  }, 240_000)
  afterEach(() => {
    for (const { complaints } of sessions.values()) complaints.length = 0
  })
  afterAll(() => world?.stop(), 60_000)

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
    const row = page.getByRole('row', { name: /web-01/ })
    await power(page, placeOf(world, ids), 'stop')
    await row.getByText('Stopped').waitFor({ timeout: 60_000 })
    await power(page, placeOf(world, ids), 'start')
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

  test('a page begins at its top with the focus on its heading, and Back leads to where one was', async () => {
    const { page, context } = await world.open({ as: world.customer, height: 420 })
    await page.goto(`/p/${ids.project}/servers?page=2`)
    const link = page.getByRole('link', { name: 'web-01', exact: true })
    await link.waitFor()
    const top = () => page.evaluate<number>(`document.querySelector('main').scrollTop`)
    await page.evaluate(`document.querySelector('main').scrollTop = 60`)
    expect(await top()).toBe(60)
    await link.evaluate((element) => (element as unknown as { click(): void }).click())
    await page.getByRole('heading', { level: 1, name: 'web-01' }).waitFor()
    await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('H1')
    expect(await top()).toBe(0)
    await page.goBack()
    await link.waitFor()
    await expect.poll(top).toBe(60)
    expect(new URL(page.url()).search).toBe('?page=2')
    await context.close()
  })

  test('who signs out in one tab is signed out in the other, and leaves nothing under the bell', async () => {
    const { page, context } = await world.open({ as: world.customer })
    await page.goto('/billing')
    await page.getByRole('heading', { level: 1 }).waitFor()
    const other = await context.newPage()
    await other.goto('/billing')
    await other.locator('.person').click()
    await other.getByRole('menuitem', { name: 'Sign out' }).click()
    await other.waitForURL(/sign-in/)
    await page.waitForURL(/sign-in/)
    await context.close()
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

  describe('at a moment that stands still', () => {
    beforeAll(async () => {
      const { page } = await session('customer', {})
      const place = placeOf(world, ids)
      for (const verb of ['stop', 'start'] as const)
        await taskReaches(page, await power(page, place, verb), ({ state }) => state === 'done')
      const failed = await failedServer(page, place)
      ids = { ...ids, ...failed }
      await world.goOnTo(picturesAt)
      await slowServer(page, place)
      world.stopTime(picturesAt)
      for (const { context } of sessions.values()) await context.close()
      sessions.clear()
    }, 120_000)

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
          await page.mouse.move(0, 0)
          await visit(page, target, ids, options.language)
          expect(await page.evaluate('document.documentElement.lang')).toBe(options.language ?? 'en')
          expect(await accessibilityFindings(page)).toEqual([])
          expect(await sidewaysOverflow(page)).toEqual([])
          // Nobody is signed in at the doors, which the browser writes down.
          const expected = (text: string) =>
            (target.as === 'nobody' && text.includes('status of 401')) || text.includes(networkChange)
          expect(complaints.filter((text) => !expected(text))).toEqual([])
          await isAtRest(page)
          await writeAlike(page)
          expect(await comparePicture(page, `${name}-${scene}`, { folder: 'pages', tolerance })).toBeUndefined()
        },
        60_000,
      )
    })

    // 720 px is a window of 1440 at 200 %.
    test.each(targets.map((target) => [target.name, target] as const))(
      '%s fits 320 px and twice the size, in the longer language',
      async (_name, target) => {
        const { page } = await session(target.as, { width: 320, height: 720, language: 'ru' })
        await page.setViewportSize({ width: 320, height: 720 })
        await visit(page, target, ids, 'ru')
        expect(await sidewaysOverflow(page)).toEqual([])
        await page.setViewportSize({ width: 720, height: 450 })
        await isPainted(page)
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
  })
})

/** Where to order: the address of the service, a project, a server in it. */
interface Place {
  origin: string
  project: string
  server: string
}
const placeOf = ({ url }: World, { project, server }: Ids): Place => ({ origin: url, project, server })

/** Stops or starts the server, once only: a second order carries the same key. @returns the id of the task */
async function power(page: Page, { origin, server }: Place, verb: 'stop' | 'start'): Promise<string> {
  const answer = await page.request.post(`/v2/servers/${server}/${verb}`, {
    headers: { origin, 'idempotency-key': `web-01-${verb}` },
  })
  if (!answer.ok()) throw new Error(`web-01 did not ${verb}: ${answer.status()} ${await answer.text()}`)
  return answer.headers()['x-task-id'] ?? ''
}

/** A server that cannot be built, so that pages have something to say about it. */
async function failedServer(page: Page, place: Place): Promise<Pick<Ids, 'brokenServer' | 'failedTask'>> {
  const { server, task } = await orderServer(page, place, 'api-boot-error')
  await taskReaches(page, task, ({ state }) => state === 'failed')
  return { brokenServer: server, failedTask: task }
}
/** A server that takes its time. */
async function slowServer(page: Page, place: Place): Promise<void> {
  const { task } = await orderServer(page, place, 'build-slow-boot')
  await taskReaches(page, task, ({ step_name }) => step_name === 'Starting it')
}

async function orderServer(page: Page, { origin, project }: Place, name: string): Promise<{ server: string; task: string }> {
  const images = (await (await page.request.get(`/v2/projects/${project}/images`)).json()) as { result: { id: string }[] }
  const answer = await page.request.post(`/v2/projects/${project}/servers`, {
    headers: { origin, 'idempotency-key': name },
    data: {
      name,
      image: images.result[0]?.id,
      flavor: { vcpus: 2, ram: 4 },
      storages: [{ size: 40, bootable: true }],
      addresses: [],
      keypairs: [],
    },
  })
  if (!answer.ok()) throw new Error(`${name} was not ordered: ${answer.status()} ${await answer.text()}`)
  const { result } = (await answer.json()) as { result: { id: string } }
  return { server: result.id, task: answer.headers()['x-task-id'] ?? '' }
}

async function taskReaches(page: Page, id: string, isThere: (task: { state: string; step_name: string }) => boolean) {
  for (;;) {
    const answer = await page.request.get(`/v2/tasks/${id}`)
    const { result } = (await answer.json()) as { result: { state: string; step_name: string } }
    if (isThere(result)) return
    await pause(200)
  }
}
