import { ApiError } from '@straylight/api'
import { t } from '../i18n/index.ts'
import type { ShownProblem } from '../ui/types.ts'

/** What any error says to a person. An ApiError brings its problem document; what is not one is told plainly. */
export function shownProblem(error: unknown): ShownProblem {
  if (error instanceof ApiError) {
    const { problem, status } = error
    if (problem) return { message: problem.message, description: problem.description, requestId: problem.request_id, status }
    return status === 0 ? { message: t('ui.unreachable'), status } : { message: t('ui.answered', { status: String(status) }), status }
  }
  return { message: error instanceof Error ? error.message : String(error) }
}

/** Errors of fields in a problem document, by field. */
export const fieldErrors = (error: unknown): Record<string, string> =>
  error instanceof ApiError ? Object.fromEntries((error.problem?.errors ?? []).map(({ field, message }) => [field, message])) : {}
