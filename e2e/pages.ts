import type { Page } from 'playwright-core'

/** A page that is looked at in every theme, language and width. */
export interface Target {
  name: string
  as: 'nobody' | 'customer' | 'operator'
  /** `{project}` and `{server}` are filled in with what the demo customer has. */
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
  { name: 'images', as: 'customer', path: '/p/{project}/images', heading: { en: 'Images', ru: 'Образы' } },
  { name: 'keys', as: 'customer', path: '/p/{project}/keys', heading: { en: 'SSH keys', ru: 'Ключи SSH' } },
  { name: 'volumes', as: 'customer', path: '/p/{project}/volumes', heading: { en: 'Volumes', ru: 'Диски' } },
  { name: 'addresses', as: 'customer', path: '/p/{project}/addresses', heading: { en: 'Addresses', ru: 'Адреса' } },
  { name: 'tasks', as: 'customer', path: '/p/{project}/tasks', heading: { en: 'Tasks', ru: 'Задачи' } },
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
  { name: 'operator-systems', as: 'operator', path: '/operator/systems', heading: { en: 'Systems', ru: 'Системы' } },
]

/** Opens a page and waits until it has everything: its heading, no skeleton, nothing on its way. */
export async function visit(
  page: Page,
  target: Target,
  ids: { project: string; server: string },
  language: 'en' | 'ru' = 'en',
): Promise<void> {
  await page.goto(target.path.replace('{project}', ids.project).replace('{server}', ids.server))
  await page.getByRole('heading', { level: 1, name: target.heading[language] }).waitFor()
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  await page.evaluate('document.fonts.ready')
}
