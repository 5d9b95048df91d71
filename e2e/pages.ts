import type { Page, Request } from 'playwright-core'
import { isPainted } from './gallery/visit.ts'

/** A page that is looked at in every theme, language and width. */
export interface Target {
  name: string
  as: 'nobody' | 'customer' | 'operator'
  /** `{project}`, `{server}` and the other `Ids` are filled in with what the demo customer has. */
  path: string
  /** The heading by which a person knows that it is there. */
  heading: { en: string | RegExp; ru: string | RegExp }
}

export const targets: Target[] = [
  { name: 'sign-in', as: 'nobody', path: '/sign-in', heading: { en: 'Sign in', ru: 'Вход' } },
  { name: 'sign-up', as: 'nobody', path: '/sign-up', heading: { en: 'Open an account', ru: 'Новая учётная запись' } },
  { name: 'dashboard', as: 'customer', path: '/p/{project}/dashboard', heading: { en: 'Dashboard', ru: 'Сводка' } },
  { name: 'servers', as: 'customer', path: '/p/{project}/servers', heading: { en: 'Servers', ru: 'Серверы' } },
  {
    name: 'create-server',
    as: 'customer',
    path: '/p/{project}/servers/new',
    heading: { en: 'Create server', ru: 'Новый сервер' },
  },
  { name: 'server', as: 'customer', path: '/p/{project}/servers/{server}', heading: { en: 'web-01', ru: 'web-01' } },
  {
    name: 'server-console',
    as: 'customer',
    path: '/p/{project}/servers/{server}/console',
    heading: { en: 'web-01', ru: 'web-01' },
  },
  {
    name: 'server-history',
    as: 'customer',
    path: '/p/{project}/servers/{server}/history',
    heading: { en: 'web-01', ru: 'web-01' },
  },
  {
    name: 'server-broken',
    as: 'customer',
    path: '/p/{project}/servers/{brokenServer}',
    heading: { en: 'api-boot-error', ru: 'api-boot-error' },
  },
  { name: 'images', as: 'customer', path: '/p/{project}/images', heading: { en: 'Images', ru: 'Образы' } },
  { name: 'keys', as: 'customer', path: '/p/{project}/keys', heading: { en: 'SSH keys', ru: 'Ключи SSH' } },
  { name: 'volumes', as: 'customer', path: '/p/{project}/volumes', heading: { en: 'Volumes', ru: 'Диски' } },
  { name: 'addresses', as: 'customer', path: '/p/{project}/addresses', heading: { en: 'Addresses', ru: 'Адреса' } },
  { name: 'tasks', as: 'customer', path: '/p/{project}/tasks', heading: { en: 'Tasks', ru: 'Задачи' } },
  {
    name: 'task',
    as: 'customer',
    path: '/p/{project}/tasks?task={failedTask}',
    heading: { en: 'Tasks', ru: 'Задачи' },
  },
  { name: 'billing', as: 'customer', path: '/billing', heading: { en: 'Billing', ru: 'Счёт' } },
  { name: 'top-up', as: 'customer', path: '/billing/top-up', heading: { en: 'Top up', ru: 'Пополнение' } },
  { name: 'charges', as: 'customer', path: '/billing/charges', heading: { en: 'Billing', ru: 'Счёт' } },
  { name: 'entries', as: 'customer', path: '/billing/entries', heading: { en: 'Billing', ru: 'Счёт' } },
  { name: 'profile', as: 'customer', path: '/account/profile', heading: { en: 'Account', ru: 'Учётная запись' } },
  { name: 'security', as: 'customer', path: '/account/security', heading: { en: 'Account', ru: 'Учётная запись' } },
  { name: 'tokens', as: 'customer', path: '/account/tokens', heading: { en: 'Account', ru: 'Учётная запись' } },
  { name: 'not-found', as: 'customer', path: '/nothing/here', heading: { en: /found no page/, ru: /не нашёл/ } },
  { name: 'operator', as: 'operator', path: '/operator', heading: { en: 'Overview', ru: 'Обзор' } },
  { name: 'operator-tasks', as: 'operator', path: '/operator/tasks?show=all', heading: { en: 'Tasks', ru: 'Задачи' } },
  {
    name: 'operator-task',
    as: 'operator',
    path: '/operator/tasks?show=all&task={failedTask}',
    heading: { en: 'Tasks', ru: 'Задачи' },
  },
  { name: 'operator-systems', as: 'operator', path: '/operator/systems', heading: { en: 'Systems', ru: 'Системы' } },
]

/** What is filled into paths. */
export type Ids = Record<'project' | 'server' | 'brokenServer' | 'failedTask', string>

/** Opens a page and waits until it has everything: its heading, nothing on its way, no skeleton. */
export async function visit(page: Page, target: Target, ids: Ids, language: 'en' | 'ru' = 'en'): Promise<void> {
  const path = target.path.replace(/\{(\w+)\}/g, (_, name) => ids[name as keyof Ids])
  const heading = page.getByRole('heading', { level: 1, name: target.heading[language] })
  for (;;) {
    const requests = watchRequests(page)
    await page.goto(path, { waitUntil: 'commit' })
    const isThere = await Promise.race([heading.waitFor().then(() => true), requests.networkChanged])
    await requests.end()
    if (isThere && !requests.hasNetworkChanged()) break
  }
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  await isPainted(page)
}

/** Chromium drops what is on its way, also over loopback, when an interface of the machine comes or goes: then a page is opened anew. */
export const networkChange = 'net::ERR_NETWORK_CHANGED'

function watchRequests(page: Page) {
  const open = new Set<Request>()
  let changed = false
  let tell: (isThere: false) => void
  const networkChanged = new Promise<false>((resolve) => {
    tell = resolve
  })
  const begin = (request: Request) => {
    if (!request.url().endsWith('/v2/events')) open.add(request)
  }
  const end = (request: Request) => {
    open.delete(request)
    if (request.failure()?.errorText !== networkChange) return
    changed = true
    tell(false)
  }
  page.on('request', begin).on('requestfinished', end).on('requestfailed', end)
  return {
    networkChanged,
    hasNetworkChanged: () => changed,
    /** Waits until everything but the open stream has been answered. What an answer lets the page ask for is asked for within two frames. */
    async end() {
      do await isPainted(page)
      while (open.size > 0)
      page.off('request', begin).off('requestfinished', end).off('requestfailed', end)
    },
  }
}

/** What the service makes up anew each time, written alike on the page that is open: ids, addresses, how long an answer took, what a console says. */
export async function writeAlike(page: Page): Promise<void> {
  await page.evaluate(alike)
  // Columns are as wide as what they held: they are measured anew when the window changes.
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 }
  await page.setViewportSize({ width: width - 8, height })
  await isPainted(page)
  await page.setViewportSize({ width, height })
  await isPainted(page)
}
const alike = `{
    const alike = [
      [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '01990c5e-7d20-7aa1-b3c4-5d6e7f809101'],
      [/\\b[0-9a-f]{4,8}…[0-9a-f]{4,6}\\b/g, '0199…9101'],
      [/\\b10\\.\\d+\\.\\d+\\.\\d+/g, '10.20.0.35'],
      [/\\b172\\.24\\.\\d+\\.\\d+/g, '172.24.4.117'],
      [/\\b([0-9a-f]{2}:){5}[0-9a-f]{2}/g, 'fa:16:3e:10:20:30'],
      [/[A-Za-z0-9+/]{40,}=*/g, 'AAAAC3NzaC1lZDI1NTE5AAAAIBLx0fWmZl3sCqN0e9dQkGJ7'],
      [/\\b\\d\\d:\\d\\d:\\d\\d\\b/g, '09:41:02'],
      [/[\\d.,]+(?=[\\s\\u00a0](ms|мс|s|с)(?!\\p{L}))/gu, '9'],
    ]
    // When each step of a task ran; by a rule, since the page sets its own styles anew each second.
    const bars = new CSSStyleSheet()
    bars.replaceSync('.track > .bar { left: 20% !important; right: 50% !important }')
    document.adoptedStyleSheets = [bars]
    // A guest writes what it likes on its console.
    for (const console of document.querySelectorAll('.terminal pre'))
      console.textContent = '[  130.004161] systemd[1]: Finished logrotate.service - Rotate log files.\\n'.repeat(60)
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const { data } = texts.currentNode
      const written = alike.reduce((text, [pattern, instead]) => text.replace(pattern, instead), data)
      if (written !== data) texts.currentNode.data = written
    }
  }`
