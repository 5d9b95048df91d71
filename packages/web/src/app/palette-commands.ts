import type { Project, Server } from '@straylight/api'
import { CreditCard, FolderClosed, Languages, LogOut, Plus, Server as ServerIcon, SunMoon } from 'lucide-vue-next'
import type { Ref } from 'vue'
import { t } from '../i18n/index.ts'
import { type Command, useCommands } from '../lib/palette.ts'
import { stateOf } from '../ui/states.ts'
import { type Page, pages, to } from './paths.ts'
import { turnLanguage } from './person-menu.ts'
import { turnTheme } from './theme.ts'

const projectPages = [
  'dashboard',
  'servers',
  'images',
  'keys',
  'volumes',
  'addresses',
  'tasks',
] as const satisfies readonly Page[]
const shortcutOf: Partial<Record<Page, string>> = {
  dashboard: 'g d',
  servers: 'g s',
  volumes: 'g v',
  addresses: 'g a',
  billing: 'g b',
}

/** Commands for the person alone, in both consoles. */
const personal = (signOut: () => void): Command[] => [
  { id: 'theme', group: 'commands', label: t('nav.theme'), icon: SunMoon, keys: 'shift+t', run: turnTheme },
  { id: 'language', group: 'commands', label: t('nav.language'), icon: Languages, run: turnLanguage },
  { id: 'sign-out', group: 'commands', label: t('nav.signOut'), icon: LogOut, run: signOut },
]

interface CustomerThings {
  projectId: Ref<string>
  servers: Ref<Server[] | undefined>
  projects: Ref<Project[] | undefined>
  signOut: () => void
}

export function useCustomerCommands({ projectId, servers, projects, signOut }: CustomerThings): void {
  useCommands(() => {
    const project = projectId.value
    const inProject: Command[] = project
      ? [
          {
            id: 'create-server',
            group: 'commands',
            label: t('servers.create'),
            icon: Plus,
            aliases: ['create server', 'создать сервер'],
            to: to('serverNew', { project }),
          },
          ...projectPages.map(
            (page): Command => ({
              id: `page-${page}`,
              group: 'pages',
              label: t(`nav.${page}`),
              keys: shortcutOf[page],
              aliases: [pages[page]],
              to: to(page, { project }),
            }),
          ),
        ]
      : []
    return [
      ...inProject,
      {
        id: 'top-up',
        group: 'commands',
        label: t('nav.topUp'),
        icon: CreditCard,
        aliases: ['top up', 'пополнить'],
        to: to('topUp'),
      },
      { id: 'page-billing', group: 'pages', label: t('nav.billing'), keys: shortcutOf.billing, to: to('billing') },
      { id: 'page-profile', group: 'pages', label: t('nav.profile'), to: to('profile') },
      { id: 'page-tokens', group: 'pages', label: t('account.tokens'), to: to('tokens') },
      ...personal(signOut),
      ...(servers.value ?? []).map(
        (server): Command => ({
          id: `server-${server.id}`,
          group: 'resources',
          label: server.name,
          note: [t(stateOf(server.status, 'server').label), server.ip[0]].filter(Boolean).join(' · '),
          icon: ServerIcon,
          aliases: [server.id, ...server.ip],
          to: to('server', { project: server.project, id: server.id }),
        }),
      ),
      ...(projects.value ?? []).map(
        (one): Command => ({
          id: `project-${one.id}`,
          group: 'resources',
          label: t('nav.switchProject', { name: one.display_name }),
          icon: FolderClosed,
          aliases: [one.id],
          to: to('dashboard', { project: one.id }),
        }),
      ),
    ]
  })
}

export function useOperatorCommands(signOut: () => void): void {
  useCommands(() => [
    { id: 'page-operator', group: 'pages', label: t('operator.title'), to: to('operator') },
    { id: 'page-operator-tasks', group: 'pages', label: t('operator.tasks'), keys: 'g t', to: to('operatorTasks') },
    { id: 'page-operator-systems', group: 'pages', label: t('operator.systems'), keys: 'g y', to: to('operatorSystems') },
    ...personal(signOut),
  ])
}
