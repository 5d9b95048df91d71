import { onScopeDispose, ref, shallowReactive } from 'vue'
import type { RouteLocationRaw } from 'vue-router'
import type { IconOf } from '../ui/types.ts'

/** One line of the command palette. */
export interface Command {
  /** Unique: recent choices are remembered by it. */
  id: string
  group: 'commands' | 'resources' | 'pages' | 'customers'
  label: string
  /** A quiet word on the state of the thing. */
  note?: string | undefined
  icon?: IconOf | undefined
  /** Its own shortcut. */
  keys?: string | undefined
  /** Found by these too: ids and addresses (exactly, and first), the name in the other language. */
  aliases?: string[] | undefined
  to?: RouteLocationRaw | undefined
  run?: (() => void) | undefined
  /** Asks for a target in the same box: what is chosen there runs. */
  targets?: (() => Command[] | Promise<Command[]>) | undefined
}

/** Gives commands, at once or from the server; asked whenever the query changes. */
export type CommandSource = (query: string, signal: AbortSignal) => Command[] | Promise<Command[]>

export const paletteOpen = ref(false)
export const openPalette = (): void => {
  paletteOpen.value = true
}

export const commandSources = shallowReactive<CommandSource[]>([])

/** Adds commands for as long as the component lives. */
export function useCommands(source: CommandSource): void {
  commandSources.push(source)
  onScopeDispose(() => {
    const index = commandSources.indexOf(source)
    if (index >= 0) commandSources.splice(index, 1)
  })
}
