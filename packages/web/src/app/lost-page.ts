import { shallowRef } from 'vue'
import { t } from '../i18n/index.ts'
import { toast } from '../ui/toasts.ts'

/** A page that could not be opened, with no other one on screen. */
export const lostPage = shallowRef<{ isOnline: boolean; retry: () => void }>()

/** Says that the page at `path` did not load: beside the page that is still there, or instead of none. */
export function tellLostPage(
  path: string,
  { isBlank, ...lost }: { isOnline: boolean; isBlank: boolean; retry: () => void },
): void {
  if (isBlank) lostPage.value = lost
  else
    toast({
      kind: 'error',
      title: t('problems.loadFailed', { what: path.replace(/[?#].*/, '') }),
      text: lostPageWords(lost.isOnline),
      action: { label: t('problems.retry'), run: lost.retry },
    })
}

export const lostPageWords = (isOnline: boolean): string => t(isOnline ? 'problems.pageLost' : 'problems.pageOffline')
