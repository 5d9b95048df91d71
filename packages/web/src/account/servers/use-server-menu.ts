import type { Server } from '@straylight/api'
import { Copy, Pencil, Play, Power, RotateCw, SquareTerminal, Trash2 } from 'lucide-vue-next'
import { type MaybeRefOrGetter, type Ref, ref, toValue } from 'vue'
import { useRouter } from 'vue-router'
import { to } from '../../app/paths.ts'
import { tellFailure } from '../../app/toasts.ts'
import { t } from '../../i18n/index.ts'
import { copyText } from '../../lib/copy.ts'
import type { Command } from '../../lib/palette.ts'
import { toast } from '../../ui/toasts.ts'
import type { BulkAction, MenuItem } from '../../ui/types.ts'
import { type ServerVerb, whyNot } from './server-words.ts'
import { useServerAction } from './use-servers.ts'

/** What has to be asked before it is done; ServerDialogs asks it. */
export interface Asked {
  what: 'stop' | 'reboot' | 'delete' | 'rename'
  servers: Server[]
}

export interface ServerMenu {
  asked: Ref<Asked | undefined>
  menuOf: (server: Server) => MenuItem[]
  /** The same for the palette, where what cannot be done now is left out. */
  commandsOf: (server: Server) => Command[]
  bulk: () => BulkAction<Server>[]
  act: (verb: 'start' | 'stop' | 'reboot', servers: Server[]) => Promise<void>
  ask: (what: Asked['what'], servers: Server[]) => void
}

/** Everything that can be done with servers, in one place for the list, the page and the palette. */
export function useServerMenu(project: MaybeRefOrGetter<string>): ServerMenu {
  const router = useRouter()
  const action = useServerAction(project)
  const asked = ref<Asked>()
  const place = (id: string) => ({ project: toValue(project), id })
  const ask = (what: Asked['what'], servers: Server[]) => {
    asked.value = { what, servers }
  }

  async function act(verb: 'start' | 'stop' | 'reboot', servers: Server[]) {
    const outcomes = await Promise.allSettled(servers.map((server) => action.mutateAsync({ verb, id: server.id })))
    const taken = servers.filter((_, index) => outcomes[index]?.status === 'fulfilled')
    const [first] = taken
    if (first)
      toast({
        kind: 'busy',
        title:
          taken.length === 1
            ? t(({ start: 'servers.started', stop: 'servers.stopping', reboot: 'servers.rebooting' } as const)[verb], {
                name: first.name,
              })
            : t('servers.ordered', { count: taken.length }),
        action: {
          label: t('servers.follow'),
          run: () =>
            void router.push(
              taken.length === 1 ? to('serverHistory', place(first.id)) : to('tasks', { project: toValue(project) }),
            ),
        },
      })
    outcomes.forEach((outcome, index) => {
      const server = servers[index]
      if (outcome.status === 'rejected' && server)
        tellFailure(t('servers.failedTo', { name: server.name }), outcome.reason, () => void act(verb, [server]))
    })
  }

  const menuOf = (server: Server): MenuItem[] => [
    {
      label: t('servers.start'),
      icon: Play,
      disabledReason: whyNot('start', server),
      onSelect: () => void act('start', [server]),
    },
    { label: t('servers.stop'), icon: Power, disabledReason: whyNot('stop', server), onSelect: () => ask('stop', [server]) },
    {
      label: t('servers.reboot'),
      icon: RotateCw,
      disabledReason: whyNot('reboot', server),
      onSelect: () => ask('reboot', [server]),
    },
    {
      label: t('server.console'),
      icon: SquareTerminal,
      disabledReason: whyNot('consoleLog', server),
      to: to('serverConsole', place(server.id)),
    },
    {
      label: t('servers.rename'),
      icon: Pencil,
      disabledReason: whyNot('rename', server),
      onSelect: () => ask('rename', [server]),
    },
    { label: t('servers.copyId'), icon: Copy, keys: 'y', onSelect: () => void copyText(server.id) },
    '-',
    {
      label: t('servers.delete'),
      icon: Trash2,
      danger: true,
      disabledReason: whyNot('delete', server),
      onSelect: () => ask('delete', [server]),
    },
  ]

  const commandsOf = (server: Server): Command[] => commandsIn(menuOf(server), server.name)

  /** A bulk action is dead with the reason of the first server that it does not suit. */
  const whyNotAll = (verb: ServerVerb) => (servers: Server[]) => {
    const odd = servers.find((server) => whyNot(verb, server) !== undefined)
    return odd && t('servers.reasonSome', { name: odd.name, reason: whyNot(verb, odd) ?? '' })
  }
  const bulk = (): BulkAction<Server>[] => [
    {
      label: t('servers.start'),
      icon: Play,
      disabledReason: whyNotAll('start'),
      onSelect: (servers) => void act('start', servers),
    },
    { label: t('servers.stop'), icon: Power, disabledReason: whyNotAll('stop'), onSelect: (servers) => ask('stop', servers) },
    {
      label: t('servers.reboot'),
      icon: RotateCw,
      disabledReason: whyNotAll('reboot'),
      onSelect: (servers) => ask('reboot', servers),
    },
    {
      label: t('servers.delete'),
      icon: Trash2,
      danger: true,
      disabledReason: whyNotAll('delete'),
      onSelect: (servers) => ask('delete', servers),
    },
  ]
  return { asked, menuOf, commandsOf, bulk, act, ask }
}

/** Entries of a menu of the thing `name` as lines of the palette; dead ones are left out. */
export const commandsIn = (menu: readonly MenuItem[], name: string): Command[] =>
  menu.flatMap((item): Command[] =>
    item === '-' || item.disabledReason !== undefined
      ? []
      : [
          {
            id: `open-server-${item.label}`,
            group: 'commands',
            label: item.label,
            note: name,
            icon: item.icon,
            to: item.to,
            run: item.onSelect,
          },
        ],
  )
