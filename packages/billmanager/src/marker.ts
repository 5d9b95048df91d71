import { refuseField } from './protocol/errors.ts'

/**
 * BILLmanager has no idempotency key, so that our own is written where it can be found again: at the end of a charge's text and of
 * a ticket's subject, ` #u:7f3a`. Keys are 1 to 64 letters, digits, `.`, `_` or `-`.
 */
const marker = /(?:^|\s)#u:([A-Za-z0-9._-]{1,64})\s*$/
const key = /^[A-Za-z0-9._-]{1,64}$/

/** @throws BillmanagerError when the key cannot be written */
export function checkKey(text: string): string {
  if (!key.test(text)) throw refuseField('key', 'a key is 1 to 64 letters, digits, points, underscores or hyphens')
  return text
}

/** A text column holds 255 characters; a marker that the panel cut off would be lost, so the text gives way. */
const columnLength = 255

export function withMarker(text: string, itsKey: string): string {
  const end = ` #u:${checkKey(itsKey)}`
  return `${text
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, columnLength - end.length)}${end}`
}

/** Takes a text and its key apart again. */
export function splitMarker(text: string): { text: string; key: string | undefined } {
  const found = marker.exec(text)
  return found ? { text: text.slice(0, found.index).trimEnd(), key: found[1] } : { text, key: undefined }
}
