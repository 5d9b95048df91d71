import type { QueryClient } from '@tanstack/vue-query'
import { type RouteRecordRaw, type Router, createRouter, createWebHistory } from 'vue-router'
import { pages, to } from './paths.ts'
import { keepToOnePerson } from './person.ts'
import { entryNow, focusPage, Places, scrollersOnScreen } from './places.ts'
import { knownProjects, lastProject } from './project.ts'
import { knownAccount } from './session.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Open to everyone; the person who is signed in already is led on. */
    door?: true
    /** Staff only. */
    operator?: true
    /** The entry of the navigation that is lit. */
    nav?: string
  }
}

// Each page is loaded when it is opened.
const account: RouteRecordRaw[] = [
  { path: pages.dashboard, meta: { nav: 'dashboard' }, component: () => import('../account/dashboard/DashboardPage.vue') },
  { path: pages.servers, meta: { nav: 'servers' }, component: () => import('../account/servers/ServersPage.vue') },
  { path: pages.serverNew, meta: { nav: 'servers' }, component: () => import('../account/servers/CreateServerPage.vue') },
  {
    path: pages.server,
    meta: { nav: 'servers' },
    component: () => import('../account/servers/ServerPage.vue'),
    children: [
      { path: '', component: () => import('../account/servers/ServerOverview.vue') },
      { path: pages.serverConsole, component: () => import('../account/servers/ServerConsoleLog.vue') },
      { path: pages.serverHistory, component: () => import('../account/servers/ServerHistory.vue') },
    ],
  },
  { path: pages.images, meta: { nav: 'images' }, component: () => import('../account/images/ImagesPage.vue') },
  { path: pages.keys, meta: { nav: 'keys' }, component: () => import('../account/keys/KeysPage.vue') },
  { path: pages.volumes, meta: { nav: 'volumes' }, component: () => import('../account/volumes/VolumesPage.vue') },
  { path: pages.addresses, meta: { nav: 'addresses' }, component: () => import('../account/addresses/AddressesPage.vue') },
  { path: pages.tasks, meta: { nav: 'tasks' }, component: () => import('../account/tasks/TasksPage.vue') },
  { path: pages.billing, meta: { nav: 'billing' }, component: () => import('../account/billing/BillingPage.vue') },
  { path: pages.topUp, meta: { nav: 'billing' }, component: () => import('../account/billing/TopUpPage.vue') },
  { path: pages.entries, meta: { nav: 'billing' }, component: () => import('../account/billing/EntriesPage.vue') },
  { path: pages.charges, meta: { nav: 'billing' }, component: () => import('../account/billing/ChargesPage.vue') },
  { path: pages.profile, meta: { nav: 'profile' }, component: () => import('../account/profile/ProfilePage.vue') },
  { path: pages.security, meta: { nav: 'profile' }, component: () => import('../account/profile/SecurityPage.vue') },
  { path: pages.tokens, meta: { nav: 'profile' }, component: () => import('../account/profile/TokensPage.vue') },
]

const operator: RouteRecordRaw[] = [
  { path: pages.operator, meta: { nav: 'operator' }, component: () => import('../console/OverviewPage.vue') },
  { path: pages.operatorTasks, meta: { nav: 'tasks' }, component: () => import('../console/TasksPage.vue') },
  { path: pages.operatorSystems, meta: { nav: 'systems' }, component: () => import('../console/SystemsPage.vue') },
]

export function createAppRouter(client: QueryClient): Router {
  keepToOnePerson(client)
  const places = new Places(scrollersOnScreen, entryNow())
  const notFound = () => import('./NotFoundPage.vue')
  const router = createRouter({
    history: createWebHistory(),
    // Called when the new page stands. `saved` is there for those that the person comes back to.
    scrollBehavior(target, from, saved) {
      const isOther = target.path !== from.path
      if (saved) void places.comeBack(entryNow())
      else if (isOther) places.begin(entryNow())
      else places.stay(entryNow())
      if (isOther && from.matched.length > 0) void focusPage()
      return saved ?? (isOther ? { top: 0 } : false)
    },
    routes: [
      { path: pages.signIn, meta: { door: true }, component: () => import('../doors/SignInPage.vue') },
      { path: pages.signUp, meta: { door: true }, component: () => import('../doors/SignUpPage.vue') },
      { path: pages.home, component: notFound, beforeEnter: async () => homeOf(client) },
      { path: '/p/:project', redirect: ({ params }) => to('dashboard', { project: String(params.project) }) },
      { path: '/account', redirect: to('profile') },
      { path: '/', component: () => import('./AccountFrame.vue'), children: account },
      { path: '/', meta: { operator: true }, component: () => import('./ConsoleFrame.vue'), children: operator },
      { path: '/:rest(.*)*', component: () => import('./AccountFrame.vue'), children: [{ path: '', component: notFound }] },
    ],
  })
  router.beforeResolve(() => places.leave())
  router.beforeEach(async (target) => {
    // When the service cannot say who is there, the page opens and tells it; its own calls will show why.
    const person = await knownAccount(client).catch(() => 'unknown' as const)
    if (target.meta.door) return person !== undefined && person !== 'unknown' ? { path: pages.home, replace: true } : true
    if (person === undefined)
      return { path: to('signIn', {}, target.fullPath === '/' ? {} : { next: target.fullPath }), replace: true }
    if (target.meta.operator && person !== 'unknown' && person.role !== 'operator')
      return { path: '/not-for-customers', replace: true }
    return true
  })
  return router
}

/** Where a person begins: staff in the console, a customer in the project that was open last. */
async function homeOf(client: QueryClient): Promise<string | true> {
  const person = await knownAccount(client).catch(() => undefined)
  if (person?.role === 'operator') return to('operator')
  const projects = await knownProjects(client).catch(() => [])
  const project = projects.find(({ id }) => id === lastProject()) ?? projects[0]
  return project ? to('dashboard', { project: project.id }) : to('billing')
}
