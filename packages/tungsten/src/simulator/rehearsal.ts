import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * A call that is to answer as if it had been done (a fault `silent-ok`): its handler runs, and what it has changed is put back before the answer
 * goes out. Nothing of it reaches the data file, the change feed or the counters.
 */
interface Rehearsal {
  key: string
  steps: (() => void)[]
}

const current = new AsyncLocalStorage<Rehearsal | undefined>()
const open = new Map<string, Rehearsal>()
let count = 0

/** With it a call of one of these servers to another belongs to the rehearsal of its caller. */
export const rehearsalHeader = 'x-simulator-rehearsal'

export async function rehearse<T>(act: () => Promise<T>): Promise<T> {
  const rehearsal: Rehearsal = { key: String(++count), steps: [] }
  open.set(rehearsal.key, rehearsal)
  try {
    return await current.run(rehearsal, act)
  } finally {
    open.delete(rehearsal.key)
    for (const step of rehearsal.steps.reverse()) step()
  }
}

/** Runs what a request asks for: as part of the rehearsal that it names, as one of its own, or in earnest. */
export function inEarnestOrNot<T>(
  request: { method: string; silent: boolean; headers: Record<string, string> },
  act: () => Promise<T>,
): Promise<T> {
  const joined = open.get(request.headers[rehearsalHeader] ?? '')
  if (joined) return current.run(joined, act)
  return request.silent && request.method !== 'GET' ? rehearse(act) : current.run(undefined, act)
}

/** The header for calls that belong to this rehearsal, if this is one. */
export function rehearsalHeaders(): Record<string, string> {
  const key = current.getStore()?.key
  return key === undefined ? {} : { [rehearsalHeader]: key }
}

/** @returns whether this is a rehearsal, in which case `undo` will be called at its end, the last one first */
export function undoAfterRehearsal(undo: () => void): boolean {
  const rehearsal = current.getStore()
  rehearsal?.steps.push(undo)
  return rehearsal !== undefined
}

export const isRehearsal = (): boolean => current.getStore() !== undefined
