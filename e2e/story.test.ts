import { setTimeout as pause } from 'node:timers/promises'
import { parseMicros } from '@straylight/kit/money'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, startWorld, type World } from './world.ts'

const stranger = { name: 'Ada Lampe', email: `ada-${Date.now()}@lampe.example`, password: 'a lamp in a dark room' }

/** Reads from the API with the browser's own session. */
async function read<T>(page: Page, path: string): Promise<T> {
  const answer = await page.request.get(path)
  if (!answer.ok()) throw new Error(`${path} answered ${answer.status()}`)
  return ((await answer.json()) as { result: T }).result
}
const micros = (decimal: string): bigint => parseMicros(decimal) ?? -1n
const balanceOf = (page: Page) =>
  read<{ posted: string; held: string; accrued: string; available: string }>(page, '/v2/billing/balance')

describe.skipIf(!hasChromium)('a stranger gets a server and an exact bill', () => {
  let world: World
  let page: Page
  let complaints: string[]
  let project = ''

  beforeAll(async () => {
    world = await startWorld()
    ;({ page, complaints } = await world.open())
    page.setDefaultTimeout(20_000)
  }, 240_000)
  afterAll(() => world?.stop(), 60_000)

  test('opens an account and sees what to do first', async () => {
    await page.goto('/')
    await page.getByRole('link', { name: 'Open an account' }).click()
    await page.getByLabel('Your name').fill(stranger.name)
    await page.getByLabel('Email').fill(stranger.email)
    await page.getByLabel('Password', { exact: true }).fill('short')
    await page.getByRole('button', { name: 'Open account' }).click()
    await page.getByText('A password has at least 10 characters').first().waitFor()
    await page.getByLabel('Password', { exact: true }).fill(stranger.password)
    await page.getByRole('button', { name: 'Open account' }).click()
    await page.getByRole('heading', { name: 'Three steps to the first server' }).waitFor()
    project = /\/p\/([^/]+)\//.exec(page.url())?.[1] ?? ''
    expect(project).not.toBe('')
  })

  test('makes an SSH key, whose private half is shown once', async () => {
    await page.getByRole('link', { name: 'Add key' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add an SSH key' })
    await dialog.getByRole('radio', { name: 'Make one here' }).click()
    await dialog.getByLabel('Name').fill('laptop')
    await dialog.getByRole('button', { name: 'Make key' }).click()
    const once = page.getByRole('dialog', { name: 'The private half of laptop' })
    await once.getByText('BEGIN OPENSSH PRIVATE KEY').waitFor()
    await once.getByLabel('I have saved it').click()
    await once.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('cell', { name: 'laptop', exact: true }).waitFor()
    expect(await page.getByText('PRIVATE KEY').count()).toBe(0)
  })

  test('tops up', async () => {
    await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Dashboard' }).click()
    await page.getByRole('link', { name: 'Top up' }).first().click()
    await page.getByRole('textbox', { name: 'Amount' }).fill('50')
    await page.getByRole('button', { name: 'Top up €50.00' }).click()
    await page.getByText('€50.00 is on the balance.').waitFor()
    await page.getByRole('link', { name: 'Back' }).last().click()
    await page.getByText('€50.00 is on the balance', { exact: true }).first().waitFor()
  })

  test('orders a server for the price that was shown, and sees it run within a second of its running', async () => {
    await page.getByRole('link', { name: 'Create server' }).click()
    await page.getByRole('radio', { name: /^S1, 1, 2/ }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('web 01')
    await page.getByRole('textbox', { name: 'Name' }).blur()
    await page.getByRole('button', { name: 'Try web-01' }).click()
    await page.getByRole('button', { name: /Create server for €\d+\.\d\d \/ month/ }).click()
    await page.getByRole('heading', { name: 'web-01', level: 1 }).waitFor()
    await page.getByText('Create server web-01').first().waitFor()

    const id = /servers\/([^/?]+)/.exec(page.url())?.[1]
    const running = page.getByRole('main').getByText('Running', { exact: true }).first()
    let asked = Date.now()
    while ((await read<{ status: string }>(page, `/v2/servers/${id}/detail`)).status !== 'ACTIVE') {
      await pause(100)
      asked = Date.now()
    }
    // A busy machine answers slowly; what the page then needs to read again is not the push's fault.
    const oneReadMs = Date.now() - asked
    const active = Date.now()
    await running.waitFor()
    expect(Date.now() - active).toBeLessThan(1000 + 10 * oneReadMs)
    await page.getByText('Live', { exact: true }).first().waitFor()
  }, 120_000)

  test('sees money run by the second', async () => {
    const server = page.url()
    await page.getByRole('link', { name: 'Billing' }).first().click()
    const used = page.getByText(/used since €[\d.]+/)
    const seen = async () => micros(/used since €([\d.]+)/.exec((await used.textContent()) ?? '')?.[1] ?? '')
    await used.waitFor()
    const before = await seen()
    await pause(2500)
    expect(await seen()).toBeGreaterThan(before)
    await page.goto(server)
  })

  test('reads its console', async () => {
    await page.getByRole('link', { name: 'Console log' }).click()
    await page
      .getByRole('log')
      .getByText(/login:|Linux version/)
      .first()
      .waitFor()
  })

  test('stops it', async () => {
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('dialog', { name: 'Stop web-01?' }).getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('main').getByText('Stopped', { exact: true }).first().waitFor({ timeout: 60_000 })
  }, 90_000)

  test('deletes it by its name, with its address', async () => {
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Delete…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Delete server web-01?' })
    const button = dialog.getByRole('button', { name: 'Delete server' })
    expect(await button.getAttribute('aria-disabled')).toBe('true')
    await dialog.getByRole('checkbox', { name: /Also give back address/ }).click()
    await dialog.getByLabel('Type web-01 to confirm').fill('web-01')
    await button.click()
    await page.getByText('web-01 is deleted').waitFor({ timeout: 60_000 })
    expect(await read<unknown[]>(page, `/v2/projects/${project}/servers`)).toEqual([])
    expect(await read<unknown[]>(page, `/v2/projects/${project}/volumes`)).toEqual([])
    expect(await read<unknown[]>(page, `/v2/projects/${project}/addresses`)).toEqual([])
  }, 90_000)

  test('finds the bill exact, to the micro-unit', async () => {
    const balance = await balanceOf(page)
    const charges = await read<{ amount: string; resource_name: string }[]>(page, '/v2/billing/charges')
    const sum = charges.reduce((total, { amount }) => total + micros(amount), 0n)
    expect(sum).toBeGreaterThan(0n)
    expect(balance.held).toBe('0.00')
    expect(micros('50.00') - micros(balance.available)).toBe(sum)

    await page.goto('/billing/charges')
    await page.getByRole('cell', { name: 'web-01', exact: true }).waitFor()
    await page.goto('/billing/entries')
    await page.getByRole('cell', { name: '+50.00' }).waitFor()
  })

  test('loses the session and finds the same place again after signing in', async () => {
    await page.goto(`/p/${project}/servers/new`)
    await page.getByRole('textbox', { name: 'Name' }).fill('kept-name')
    await page.context().clearCookies()
    await page.getByRole('checkbox', { name: 'Public IPv4' }).click()
    await page.getByText('The session ended.').waitFor()
    await page.getByLabel('Email').fill(stranger.email)
    await page.getByLabel('Password', { exact: true }).fill(stranger.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Create server' }).waitFor()
    expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('kept-name')
    expect(await page.getByRole('checkbox', { name: 'Public IPv4' }).getAttribute('aria-checked')).toBe('false')
  })

  test('and nothing on the way broke the content policy or threw', () => {
    // The browser writes down every refusal: 401 before anybody signed in, 409 for the log of a server that is being deleted, 404 afterwards.
    expect(complaints.filter((text) => !/status of (401|404|409)/.test(text))).toEqual([])
  })
})
