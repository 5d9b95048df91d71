import type { LedgerEntry } from '@straylight/api'
import { t } from '../../i18n/index.ts'

const codes = [
  'top_up',
  'usage',
  'usage_correction',
  'bonus',
  'promise',
  'promise_end',
  'refund',
  'correction',
  'write_off',
] as const

/** What an entry is, in the language on screen; an event that this app does not know is told in the service's words. */
export function entryWords(entry: Pick<LedgerEntry, 'code' | 'description'>): string {
  const code = codes.find((one) => one === entry.code)
  return code ? t(`billing.code_${code}`) : entry.description
}
