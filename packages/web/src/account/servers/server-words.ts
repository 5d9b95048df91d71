import { type Server, type ServerStatus, serverCan } from '@straylight/api'
import { format, t } from '../../i18n/index.ts'

/** Filters of the list, in the order of the chips. */
export const serverFilters = {
  running: (server: Server) => server.status === 'ACTIVE',
  changing: (server: Server) => isChanging(server.status),
  stopped: (server: Server) => server.status === 'STOPPED',
  error: (server: Server) => server.status === 'ERROR',
}
export type ServerFilter = keyof typeof serverFilters

export const isChanging = (status: ServerStatus): boolean => !['ACTIVE', 'STOPPED', 'ERROR'].includes(status)

export type ServerVerb = keyof typeof serverCan
const reasons = ['not_running', 'not_stopped', 'busy', 'not_built'] as const

/** Why something cannot be done with a server now, by the rule by which the service would refuse it; undefined when it can. */
export function whyNot(verb: ServerVerb, server: { status: ServerStatus }): string | undefined {
  const refusal = serverCan[verb].reason(server)
  if (!refusal) return undefined
  const reason = reasons.find((one) => `server.${one}` === refusal.code)
  return reason ? t(`servers.reason_${reason}`) : `${refusal.message}.`
}

/** The second line of a state: progress, or why it is in error, or what is still charged. */
export function stateNote(server: Server): string | undefined {
  if (server.status === 'ERROR') return server.reason
  if (server.task && isChanging(server.status)) return t('servers.stepOf', { step: server.task.step, steps: server.task.steps })
  if (server.status === 'STOPPED') return server.addresses.length > 0 ? t('servers.stillCharged') : t('servers.stillChargedDisk')
  return undefined
}

/** How far a change has come: the step under way counts half. Share of one. */
export const progressOf = (server: Server): number | undefined =>
  server.task && isChanging(server.status) && server.task.steps > 0 ? (server.task.step - 0.5) / server.task.steps : undefined

export const sizeWords = ({ vcpus, ram }: { vcpus: number; ram: number }): string =>
  t('servers.sizeOf', { vcpus, memory: format.quantity(ram, 'GiB') })

/** "Ubuntu 24.04". */
export const systemWords = (system: { distribution: string; version: string }): string =>
  `${system.distribution.charAt(0).toUpperCase()}${system.distribution.slice(1)} ${system.version}`.trim()

/** Trouble first, then what changes, then by name. */
export const byTrouble = (a: Server, b: Server): number => weight(a) - weight(b) || format.compare(a.name, b.name)
const weight = ({ status }: Server) => (status === 'ERROR' ? 0 : isChanging(status) ? 1 : status === 'ACTIVE' ? 2 : 3)
