import { passwordLength } from '@straylight/api'
import { t } from '../i18n/index.ts'

/** What a new password lacks; length is all that is asked of it. */
export function passwordMistake(password: string): string | undefined {
  const missing = passwordLength.min - [...password].length
  return missing > 0 ? t('doors.passwordShort', { min: passwordLength.min, missing }) : undefined
}
