import type { KeyOf } from '../i18n/index.ts'

/** The ten glyphs: a shape of its own for each state, colour only confirms it. */
export const glyphs = ['ok', 'off', 'busy', 'queued', 'hold', 'warn', 'err', 'silent', 'done', 'skip'] as const
export type Glyph = (typeof glyphs)[number]

/** What kind of thing has the status: the same word of the API reads differently for a server and for a volume. */
export type Kind = 'server' | 'volume' | 'address' | 'image' | 'task' | 'step' | 'system' | 'other'

export interface State {
  glyph: Glyph
  label: KeyOf<'states'>
}

/** One place that says how a status of the API looks and reads. Kinds go before `other`; what is unknown is an error. */
const table: { [K in Kind]?: Record<string, State> } = {
  server: {
    ACTIVE: { glyph: 'ok', label: 'states.running' },
  },
  volume: {
    AVAILABLE: { glyph: 'off', label: 'states.free' },
    IN_USE: { glyph: 'ok', label: 'states.inUse' },
  },
  address: {
    ACTIVE: { glyph: 'ok', label: 'states.inUse' },
    DOWN: { glyph: 'off', label: 'states.free' },
  },
  task: {
    queued: { glyph: 'queued', label: 'states.queued' },
    running: { glyph: 'busy', label: 'states.runningTask' },
    // It looks again at what it waits for, several times a second: to a person it runs.
    waiting: { glyph: 'busy', label: 'states.runningTask' },
    stuck: { glyph: 'warn', label: 'states.stuck' },
    silent: { glyph: 'silent', label: 'states.silent' },
    done: { glyph: 'done', label: 'states.done' },
    failed: { glyph: 'err', label: 'states.failed' },
    cancelled: { glyph: 'skip', label: 'states.cancelled' },
  },
  step: {
    queued: { glyph: 'queued', label: 'states.queued' },
    running: { glyph: 'busy', label: 'states.runningTask' },
    waiting: { glyph: 'busy', label: 'states.waiting' },
    silent: { glyph: 'silent', label: 'states.silent' },
    done: { glyph: 'done', label: 'states.done' },
    failed: { glyph: 'err', label: 'states.failed' },
    skipped: { glyph: 'skip', label: 'states.skipped' },
  },
  system: {
    ok: { glyph: 'ok', label: 'states.healthy' },
    warn: { glyph: 'warn', label: 'states.attention' },
    err: { glyph: 'err', label: 'states.error' },
    silent: { glyph: 'silent', label: 'states.silent' },
    off: { glyph: 'off', label: 'states.notSetUp' },
  },
  other: {
    ACTIVE: { glyph: 'ok', label: 'states.active' },
    AVAILABLE: { glyph: 'ok', label: 'states.available' },
    READY: { glyph: 'ok', label: 'states.ready' },
    IN_USE: { glyph: 'ok', label: 'states.inUse' },
    STOPPED: { glyph: 'off', label: 'states.stopped' },
    DOWN: { glyph: 'off', label: 'states.free' },
    BUILDING: { glyph: 'busy', label: 'states.building' },
    CREATING: { glyph: 'busy', label: 'states.creating' },
    STARTING: { glyph: 'busy', label: 'states.starting' },
    STOPPING: { glyph: 'busy', label: 'states.stopping' },
    REBOOTING: { glyph: 'busy', label: 'states.rebooting' },
    RESIZING: { glyph: 'busy', label: 'states.resizing' },
    ATTACHING: { glyph: 'busy', label: 'states.attaching' },
    DETACHING: { glyph: 'busy', label: 'states.detaching' },
    PROCESSING: { glyph: 'busy', label: 'states.processing' },
    CHANGING: { glyph: 'busy', label: 'states.changing' },
    UPDATING: { glyph: 'busy', label: 'states.updating' },
    RESTORE: { glyph: 'busy', label: 'states.restoring' },
    BACKUP: { glyph: 'busy', label: 'states.backup' },
    DELETING: { glyph: 'busy', label: 'states.deleting' },
    SUSPENDED: { glyph: 'hold', label: 'states.suspended' },
    DEGRADED: { glyph: 'warn', label: 'states.attention' },
    ERROR: { glyph: 'err', label: 'states.error' },
  },
}

/** How a status of the API looks and reads. */
export const stateOf = (status: string, kind: Kind = 'other'): State =>
  table[kind]?.[status] ?? table.other?.[status] ?? { glyph: 'err', label: 'states.error' }

/** Every entry of the table, for the gallery and the tests. */
export const allStates = (): { kind: Kind; status: string; state: State }[] =>
  Object.entries(table).flatMap(([kind, states]) =>
    Object.entries(states).map(([status, state]) => ({ kind: kind as Kind, status, state })),
  )
