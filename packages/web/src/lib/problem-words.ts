import { t } from '../i18n/index.ts'

/** Codes of the service that have words of their own here, in each language; the rest is told by its status. */
const known = [
  'account_wrong_credentials',
  'account_email_taken',
  'account_password_guessable',
  'account_wrong_password',
  'keypair_not_a_key',
  'keypair_name_taken',
  'keypair_too_many',
  'project_too_many',
  'server_too_many',
  'token_too_many',
  'server_not_stopped',
  'server_not_running',
  'server_busy',
  'server_not_built',
  'console_not_available',
  'volume_in_use',
  'address_in_use',
  'top_up_amount',
  'top_up_method_not_offered',
  'request_already_done',
  'account_too_many_sign_ups',
  'server_part_unknown',
  'task_not_waiting',
  'request_foreign_origin',
  'request_still_running',
] as const

/** `server.not_stopped` → what happened and what to do, in the language on screen. */
export function wordsForCode(code: string): { message: string; description: string } | undefined {
  const key = known.find((one) => one === code.replace(/\./g, '_'))
  return key && { message: `${t(`problems.${key}`)}.`, description: t(`problems.${key}_hint`) }
}
