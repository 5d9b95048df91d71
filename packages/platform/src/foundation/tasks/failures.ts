import { Bug, CallerError, UpstreamError } from '@straylight/kit'
import { type AnyWorkflow, OrderFailed } from './workflow.ts'

/** Whether the very same step may succeed later. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof UpstreamError) return error.retryable
  if (error instanceof OrderFailed || error instanceof CallerError || error instanceof Bug) return false
  // What is left is the machine: the database was away, a socket broke.
  return !(error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError)
}

export const tookTooLong = ({ giveUpMs = 0 }: AnyWorkflow) =>
  new OrderFailed('task.too_long', `It was not done within ${Math.round(giveUpMs / 60_000)} minutes.`)

export const describe = (error: unknown): string =>
  error instanceof UpstreamError
    ? `${error.code}: ${error.message}${error.requestId ? ` (${error.requestId})` : ''}`.slice(0, 2000)
    : String((error as Error)?.message ?? error).slice(0, 2000)

/** A final failure that neither the order nor a lack of room explains: somebody must look. */
export const needsOperator = (error: unknown): boolean =>
  error !== undefined &&
  !(error instanceof OrderFailed) &&
  !(error instanceof CallerError) &&
  !(error instanceof UpstreamError && error.kind === 'limit')

/** What the customer is told. Names of internal systems and their words stay inside. */
export function reasonFor(error: unknown): string {
  if (error instanceof OrderFailed) return error.message
  if (error instanceof UpstreamError && error.kind === 'limit') return 'There is no room for it right now.'
  return 'Something on our side went wrong. An operator has been told.'
}
