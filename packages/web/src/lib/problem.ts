import { ApiError } from '@straylight/api'
import { format, t } from '../i18n/index.ts'
import type { ShownProblem } from '../ui/types.ts'
import { wordsForCode } from './problem-words.ts'

/** What any error says to a person, in the language on screen: what happened, what it means for data and money, what to do. */
export function shownProblem(error: unknown): ShownProblem {
  if (!(error instanceof ApiError)) return { message: t('problems.ours'), description: t('problems.oursHint') }
  const { status, problem } = error
  const shown = (message: string, description: string): ShownProblem => ({
    message,
    description,
    status,
    ...(problem ? { requestId: problem.request_id } : {}),
  })
  if (problem) {
    const words = wordsForCode(problem.error_code)
    if (words) return shown(words.message, words.description)
  }
  const facts = problem?.facts ?? {}
  if (status === 0) return shown(t('problems.unreachable'), t('problems.unreachableHint'))
  if (status === 402) return shown(t('problems.money'), moneyHint(facts))
  if (status === 403) return shown(t('problems.notAllowed'), t('problems.notAllowedHint'))
  if (status === 404) return shown(t('problems.notFound'), t('problems.notFoundHint'))
  if (status === 429)
    return shown(
      t('problems.tooMany'),
      typeof facts.wait_seconds === 'number'
        ? t('problems.waitHint', { time: format.duration(Math.max(1, facts.wait_seconds)) })
        : t('problems.tooManyHint'),
    )
  if (status === 502 || status === 503 || status === 504) return shown(t('problems.unavailable'), t('problems.unavailableHint'))
  if (status >= 500 || !problem) return shown(t('problems.ours'), t('problems.oursHint'))
  return shown(problem.message, problem.description)
}

/** A refusal for money carries what was needed and what there is, as decimal strings. */
function moneyHint({ need, have, currency }: Record<string, unknown>): string {
  if (typeof need !== 'string' || typeof have !== 'string' || typeof currency !== 'string') return t('problems.moneyHintShort')
  return t('problems.moneyHint', { need: format.money(need, currency), have: format.money(have, currency) })
}

/** The same as one line, for banners and toasts. */
export function problemLine(error: unknown): string {
  const { message, description } = shownProblem(error)
  return [/[.!?…]$/.test(message) ? message : `${message}.`, description].filter(Boolean).join(' ')
}

/** Errors of fields in a problem document, by field. */
export const fieldErrors = (error: unknown): Record<string, string> =>
  error instanceof ApiError ? Object.fromEntries((error.problem?.errors ?? []).map(({ field, message }) => [field, message])) : {}

export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.status === 404
export const isTooLittleMoney = (error: unknown): boolean => error instanceof ApiError && error.status === 402
