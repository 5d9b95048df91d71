import { Languages, LogOut, Settings, SunMoon } from 'lucide-vue-next'
import { type ComputedRef, computed, ref } from 'vue'
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

/** The newest toast that stood under the bell when it was last opened; ids rise. Both frames have the same bell. */
const seen = ref(0)

/** What was said in toasts stands under the bell; `unread` until it is opened. */
export function useBell(): { bell: ComputedRef<MenuItem[]>; unread: ComputedRef<boolean>; openBell: () => void } {
  const bell = computed(() =>
    toastHistory.slice(0, 12).map(
      (one): MenuItem => ({
        label: one.title,
        note: [one.text, format.clock(one.at)].filter(Boolean).join(' · '),
        onSelect: one.action?.run,
      }),
    ),
  )
  const newest = () => toastHistory[0]?.id ?? 0
  return {
    bell,
    unread: computed(() => newest() > seen.value),
    openBell: () => {
      seen.value = newest()
    },
  }
}
