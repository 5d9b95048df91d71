import type { Tx } from '../db.ts'

/** Writes that commit together with the move of the step. */
export type Commit = (tx: Tx) => Promise<void>

export type Move<Step extends string> =
  | { kind: 'go'; step: Step; commit?: Commit | undefined }
  | { kind: 'wait'; ms: number; isQueueing?: boolean; commit?: Commit | undefined }
  | { kind: 'done'; commit?: Commit | undefined }

/** The step is over; the next one is `step`. */
export const go = <const Step extends string>(step: Step, commit?: Commit): Move<Step> => ({ kind: 'go', step, commit })
/** Run this step again in `ms` milliseconds, or sooner when something is heard of the subject. It is no failure and counts no attempt. */
export const wait = (ms: number, commit?: Commit): Move<never> => ({ kind: 'wait', ms, commit })
/** The same, where others are only served first: the time is not held against the step. */
export const queueUp = (ms: number): Move<never> => ({ kind: 'wait', ms, isQueueing: true })
/** The task is over. */
export const done = (commit?: Commit): Move<never> => ({ kind: 'done', commit })

export interface TaskOf<Input> {
  id: string
  workflow: string
  subject: { type: string; id: string; name: string }
  accountId: string
  projectId: string | null
  input: Input
  /** From 1; counts only failed tries of the present step. */
  attempt: number
  /** When the present step was first begun. */
  stepStartedAt: Date
  failing: boolean
  cancelled: boolean
  /** Why it failed, in the customer's words. */
  reason: string | null
}

export type Step<Input, Name extends string> = (task: TaskOf<Input>) => Promise<Move<Name>>

/**
 * An order that lives as long as the thing that it makes. Each step is safe to run twice: find, else make, under our own id.
 * `path` lists the steps in the order in which a person sees them; `undo` the tear-down, whose first step runs when a step fails for good
 * or the task is cancelled. A workflow without `undo` ends as failed, after `failed` has written what that means.
 */
export interface Workflow<Input, Name extends string = string> {
  name: string
  path: readonly Name[]
  undo: readonly Name[]
  /** What a person reads for each step. */
  labels: Record<Name, string>
  /** After this many milliseconds an operator is called. */
  deadlineMs: number
  /**
   * After this many milliseconds in which it could run, a step that has not come about turns the task to its tear-down; it is tried once
   * more before. Absent: it is never given up.
   */
  giveUpMs?: number
  /** Goes before what is not: somebody waits for an end of charges. */
  isUrgent?: boolean
  /** No error is final: a tear-down goes on until it is done. */
  persistent?: boolean
  steps: Record<Name, Step<Input, Name>>
  failed?: (tx: Tx, task: TaskOf<Input>) => Promise<void>
}

/** A workflow whose input is not known here. */
export type AnyWorkflow = Workflow<never, string>

/** Misspelt steps do not compile: a step may only `go` to a name of `path` or `undo`. */
export const workflow = <Input, const Name extends string>(definition: Workflow<Input, Name>): Workflow<Input, Name> => definition

/** The order cannot be carried out, and trying again would not help. `message` is for the customer. */
export class OrderFailed extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'OrderFailed'
    this.code = code
  }
}

export interface NewTask<Input> {
  id?: string
  subject: { type: string; id: string; name: string }
  accountId: string
  projectId: string | null
  input: Input
}

export interface TaskLog {
  stepFailed(task: { id: string; workflow: string; step: string }, error: unknown, willRetry: boolean): void
}
