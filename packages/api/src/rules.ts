import type { ServerStatus } from './contract/servers.ts'

/**
 * What can be done in which state, with the reason when it cannot: the server refuses by it, buttons explain themselves by it.
 * A reason is a code, so that each language says it in its own words; `message` is the English one.
 */
export interface Rule<S extends string> {
  (thing: { status: S }): boolean
  reason(thing: { status: S }): { code: string; message: string } | undefined
}

function rule<S extends string>(code: string, allowed: readonly S[], message: (status: S) => string): Rule<S> {
  const can = (thing: { status: S }) => allowed.includes(thing.status)
  return Object.assign(can, {
    reason: (thing: { status: S }) => (can(thing) ? undefined : { code, message: message(thing.status) }),
  })
}

const busy: Partial<Record<ServerStatus, string>> = {
  BUILDING: 'is being built',
  STARTING: 'is starting',
  STOPPING: 'is stopping',
  REBOOTING: 'is rebooting',
  DELETING: 'is being deleted',
  ERROR: 'is in error',
  ACTIVE: 'is running',
  STOPPED: 'is stopped',
}
const needs = (what: string) => (status: ServerStatus) => `The server ${busy[status] ?? status}; ${what}`

export const serverCan = {
  start: rule<ServerStatus>('server.not_stopped', ['STOPPED'], needs('only a stopped server can be started')),
  stop: rule<ServerStatus>('server.not_running', ['ACTIVE'], needs('only a running server can be stopped')),
  reboot: rule<ServerStatus>('server.not_running', ['ACTIVE'], needs('only a running server can be rebooted')),
  rename: rule<ServerStatus>(
    'server.busy',
    ['ACTIVE', 'STOPPED', 'BUILDING', 'STARTING', 'STOPPING', 'REBOOTING', 'ERROR'],
    needs('it cannot be renamed any more'),
  ),
  console: rule<ServerStatus>('server.not_running', ['ACTIVE', 'REBOOTING'], needs('only a running server has a console')),
  consoleLog: rule<ServerStatus>(
    'server.not_built',
    ['ACTIVE', 'REBOOTING', 'STOPPED', 'STARTING', 'STOPPING'],
    needs('it has not written anything yet'),
  ),
  delete: rule<ServerStatus>(
    'server.busy',
    ['ACTIVE', 'STOPPED', 'ERROR', 'BUILDING', 'STARTING', 'STOPPING', 'REBOOTING'],
    needs('that is under way'),
  ),
}
