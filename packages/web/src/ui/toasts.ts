import { shallowReactive } from 'vue'
import { presentMs } from '../lib/now.ts'

export interface Toast {
  id: number
  kind: 'done' | 'busy' | 'error'
  title: string
  text?: string | undefined
  /** One action: "Follow", "Undo", "Try again". */
  action?: { label: string; run: () => void } | undefined
  requestId?: string | undefined
  at: number
}

/** On screen, at most three. */
export const toasts = shallowReactive<Toast[]>([])
/** All of them, newest first: what stands under the bell. */
export const toastHistory = shallowReactive<Toast[]>([])

const most = 3
const kept = 50
let last = 0

/** Says what happened, with one way on or back: `toast({ kind: 'done', title: 'Snapshot started', action: { label: 'Follow', run } })`. Errors stay until closed. */
export function toast(given: Omit<Toast, 'id' | 'at'>): number {
  last += 1
  const made: Toast = { ...given, id: last, at: presentMs() }
  toasts.push(made)
  if (toasts.length > most) toasts.splice(0, toasts.length - most)
  toastHistory.unshift(made)
  toastHistory.length = Math.min(toastHistory.length, kept)
  return made.id
}

/** Nothing that was said to one person stands there for the next. */
export function clearToasts(): void {
  toasts.length = 0
  toastHistory.length = 0
}

export function dismissToast(id: number): void {
  const index = toasts.findIndex((one) => one.id === id)
  if (index >= 0) toasts.splice(index, 1)
}
