/** Every page of the app. Nothing else writes a path: links, redirects, commands and tests all go through `to`. */
export const pages = {
  home: '/',
  signIn: '/sign-in',
  signUp: '/sign-up',
  dashboard: '/p/:project/dashboard',
  servers: '/p/:project/servers',
  serverNew: '/p/:project/servers/new',
  server: '/p/:project/servers/:id',
  serverHistory: '/p/:project/servers/:id/history',
  serverConsole: '/p/:project/servers/:id/console',
  images: '/p/:project/images',
  keys: '/p/:project/keys',
  volumes: '/p/:project/volumes',
  addresses: '/p/:project/addresses',
  tasks: '/p/:project/tasks',
  billing: '/billing',
  topUp: '/billing/top-up',
  entries: '/billing/entries',
  charges: '/billing/charges',
  profile: '/account/profile',
  security: '/account/security',
  tokens: '/account/tokens',
  operator: '/operator',
  operatorTasks: '/operator/tasks',
  operatorSystems: '/operator/systems',
} as const

export type Page = keyof typeof pages

type Names<Path> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | Names<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never
/** What a page's path needs: `{ project, id }`. */
export type PageParams<P extends Page> = { [Name in Names<(typeof pages)[P]>]: string }
type Query = Record<string, string | undefined>
type Arguments<P extends Page> = [Names<(typeof pages)[P]>] extends [never]
  ? [params?: Record<string, never>, query?: Query]
  : [params: PageParams<P>, query?: Query]

/** The path of a page: `to('server', { project, id })` → `/p/…/servers/…`. */
export function to<P extends Page>(page: P, ...[params, query]: Arguments<P>): string {
  const given: Record<string, string> = params ?? {}
  const path = pages[page].replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(given[name] ?? ''))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, value)
  return search.size > 0 ? `${path}?${search}` : path
}

/** Where to go after signing in: only a path of this app, never another site that a link smuggled in. */
export function safeNext(next: unknown): string | undefined {
  if (typeof next !== 'string' || !/^\/(?![/\\])/.test(next)) return undefined
  const { origin, pathname, search, hash } = new URL(next, 'http://here.invalid')
  const isDoor = pathname === pages.signIn || pathname === pages.signUp
  // `/.//evil.example` is tidied to `//evil.example`, which a browser would take for another site.
  return origin === 'http://here.invalid' && !isDoor && !pathname.startsWith('//') ? pathname + search + hash : undefined
}
