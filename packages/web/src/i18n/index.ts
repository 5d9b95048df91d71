import { computed, ref, shallowRef } from 'vue'
import { createI18n } from 'vue-i18n'
import { createFormat, type Format } from '../lib/format.ts'
import { preferences } from '../lib/preferences.ts'
import type english from './en/index.ts'
import { formatMessage, type Part, parseMessage, resolveMessage, type Values } from './icu.ts'
import type { Names } from './types.ts'

export const languages = ['en', 'ru'] as const
export type Language = (typeof languages)[number]
export const languageNames: Record<Language, string> = { en: 'English', ru: 'Русский' }

type English = typeof english
/** Every key there is: `common.save`, `servers.title`. */
export type Key = { [Feature in keyof English & string]: `${Feature}.${keyof English[Feature] & string}` }[keyof English & string]
/** Keys of one feature, for tables that name their words: `KeyOf<'states'>`. */
export type KeyOf<Feature extends keyof English & string> = Extract<Key, `${Feature}.${string}`>
type MessageOf<K extends Key> = K extends `${infer Feature}.${infer Rest}`
  ? Feature extends keyof English
    ? Rest extends keyof English[Feature]
      ? English[Feature][Rest] & string
      : never
    : never
  : never
export type NamesOf<K extends Key> = Names<MessageOf<K>>
export type ValuesOf<K extends Key> = Record<NamesOf<K>, string | number>
type Given<K extends Key> = [NamesOf<K>] extends [never] ? [] : [values: ValuesOf<K>]

const load: Record<Language, () => Promise<{ default: Words }>> = {
  en: () => import('./en/index.ts'),
  ru: () => import('./ru/index.ts'),
}

const i18n = createI18n({
  legacy: false,
  locale: 'en' as Language,
  missingWarn: false,
  fallbackWarn: false,
  messages: {},
})
/** The plugin for `app.use`. */
export default i18n

const current = ref<Language>('en')
/** The language on screen. */
export const language = computed(() => current.value)

type Words = Record<string, Record<string, string>>
const words = shallowRef<Words>({})

/** A message as vue-i18n takes it when it is not to compile it: a function, read at its first use. */
function compiled(message: string, language: Language) {
  let parts: Part[] | undefined
  return ({ values }: { values: unknown }) => {
    parts ??= parseMessage(message)
    return formatMessage(parts, values as Values, language)
  }
}
const mapped = <From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))

/** Loads a language and shows it; nothing is reloaded. Await it once before mounting. */
export async function setLanguage(wanted: Language): Promise<void> {
  const { default: messages } = await load[wanted]()
  i18n.global.setLocaleMessage(
    wanted,
    mapped(messages, (feature) => mapped(feature, (message) => compiled(message, wanted))),
  )
  words.value = messages
  i18n.global.locale.value = wanted
  current.value = wanted
  preferences.language = wanted
  document.documentElement.lang = wanted
}

/** The words of a key in the language on screen: `t('servers.selected', { count: 2 })`. Reactive in templates and computed values. */
export function t<K extends Key>(key: K, ...[values]: Given<K>): string {
  return i18n.global.t(key, (values ?? {}) as Record<string, unknown>)
}

/** A message in pieces, for <Phrase>: text, and the names where something richer than text stands. */
export function piecesOf(key: Key, values: Values): ({ text: string } | { name: string })[] {
  const [feature = '', name = ''] = key.split('.')
  return resolveMessage(parseMessage(words.value[feature]?.[name] ?? key), values, current.value)
}

const formats = computed<Format>(() => createFormat(current.value, preferences.timeZone))
/** Money, sizes, times in the language and time zone of the person: `format.money('412.60', 'EUR')`. Reactive like `t`. */
export const format: Format = new Proxy({} as Format, { get: (_, name: keyof Format) => formats.value[name] })
