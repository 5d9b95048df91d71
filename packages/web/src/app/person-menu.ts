import { Languages, LogOut, Settings, SunMoon } from 'lucide-vue-next'
import { type ComputedRef, computed, ref, watch } from 'vue'
import { useRouter } from 'vue-router'
import { format, language, languages, setLanguage, t } from '../i18n/index.ts'
import { toast, toastHistory } from '../ui/toasts.ts'
import type { MenuItem } from '../ui/types.ts'
import { problemLine } from '../lib/problem.ts'
import { to } from './paths.ts'
import { useAccount, useSignOut } from './session.ts'
import { turnTheme } from './theme.ts'

export const turnLanguage = (): void => void setLanguage(languages.find((one) => one !== language.value) ?? 'en')

/** Who is signed in, and what concerns the person rather than the project. */
export function usePersonMenu() {
  const account = useAccount()
  const router = useRouter()
  const out = useSignOut()
  async function signOut() {
    try {
      await out.mutateAsync()
      await router.push(to('signIn'))
    } catch (error) {
      toast({ kind: 'error', title: t('nav.signOut'), text: problemLine(error) })
    }
  }
  const person = computed(() => {
    const name = account.data.value?.name ?? ''
    return {
      name,
      initials: initialsOf(name),
      items: [
        { label: t('nav.profile'), icon: Settings, to: to('profile') },
        { label: t('nav.theme'), icon: SunMoon, keys: 'shift+t', onSelect: turnTheme },
        { label: t('nav.language'), icon: Languages, onSelect: turnLanguage },
        '-' as const,
        { label: t('nav.signOut'), icon: LogOut, onSelect: () => void signOut() },
      ] satisfies MenuItem[],
    }
  })
  return { person, signOut }
}

/** "Northlamp Ltd" → "NL". */
export const initialsOf = (name: string): string =>
  name
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => [...word][0]?.toLocaleUpperCase() ?? '')
    .join('')

/** What was said in toasts stands under the bell. */
export function useBell(): { bell: ComputedRef<MenuItem[]>; unread: ComputedRef<boolean> } {
  const seen = ref(0)
  watch(
    () => toastHistory.length,
    (length) => {
      if (length < seen.value) seen.value = length
    },
  )
  const bell = computed(() =>
    toastHistory.slice(0, 12).map(
      (one): MenuItem => ({
        label: one.title,
        note: [one.text, format.clock(one.at)].filter(Boolean).join(' · '),
        onSelect: one.action?.run,
      }),
    ),
  )
  return { bell, unread: computed(() => false) }
}
