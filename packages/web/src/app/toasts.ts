import { ApiError } from '@straylight/api'
import { t } from '../i18n/index.ts'
import { toast } from '../ui/toasts.ts'
import { problemLine } from '../lib/problem.ts'

/** Tells that an order was not taken. A lost session is told by the way to sign-in. */
export function tellFailure(title: string, error: unknown, again?: () => void): void {
  if (error instanceof ApiError && error.status === 401) return
  const requestId = error instanceof ApiError ? error.problem?.request_id : undefined
  toast({
    kind: 'error',
    title,
    text: problemLine(error),
    ...(requestId ? { requestId } : {}),
    ...(again ? { action: { label: t('problems.retry'), run: again } } : {}),
  })
}
