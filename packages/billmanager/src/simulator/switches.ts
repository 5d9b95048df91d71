/** The ways in which a panel can be difficult. Each is taken from what public callers met, or from the vendor's pages (see the README). */
export interface Switches {
  /** A form sent without `sok=ok` answers OK instead of the form, and does nothing either way. */
  noSokIsSilentOk: boolean
  /** The panel's host has `etc/billmgr.DoNothing`: modules end well without doing anything and without their callback. */
  doNothing: boolean
  /** Parameters that a function does not know are ignored; off, they are refused, which shows a caller's slips. */
  ignoreUnknownParams: boolean
  /** Milliseconds until lists and forms show a write. */
  visibilityDelayMs: number
  /** A list of one row has it as an object. */
  singleRowAsObject: boolean
  /** An order answers OK without the id of the new service. */
  dropOrderId: boolean
  /** Every answer comes as a page with the address of the result, which stays empty so many times first. `false`: at once. */
  longRequest: false | number
  sessionExpiryMs: number
  /** A session is refused from another address (`X-Forwarded-For`). */
  ipBoundSession: boolean
  /** `FUNC.filter` stays in the session and narrows later lists. */
  stickyFilters: boolean
  /** A guard answers a captcha page in place of the panel. */
  htmlCaptchaPage: boolean
  /** Money is moved and the connection is cut before the answer. */
  timeoutAfterCommit: boolean
  /** The module's callback comes twice. */
  duplicateCallback: boolean
  /** The module's callback comes so many milliseconds late. */
  lateCallback: number
  /** What becomes of a prepaid service whose daily usage cannot be paid. */
  usageShortage: 'ignore' | 'suspend'
  /** `authinfo` is refused, as if the caller were not on the list of addresses. */
  authinfoRestricted: boolean
  /** The language of texts: as asked (`lang`), or always one. */
  localisedTexts: 'asked' | 'en' | 'ru'
  moneyFormat: '12.30 EUR' | '12,30 €' | '12.30'
  /** Milliseconds until a failed operation is run again. */
  retryEvery: number
  /** After so many tries an operation waits for a person, with a task for the staff. */
  maxTry: number
  /** Days after an automatic suspension until a service is deleted; 0: never. */
  deleteAfterDays: number
  /** Deletion by the client: at once, or when the paid period ends. */
  deletion: 'immediately' | 'after paid period'
  /** The kinds of promised payment that this panel has. */
  promised: 'none' | 'function' | 'paymethod'
  /** Milliseconds that the built-in module takes for one operation. */
  operationMs: number
}

export const defaultSwitches = (): Switches => ({
  noSokIsSilentOk: false,
  doNothing: false,
  ignoreUnknownParams: true,
  visibilityDelayMs: 0,
  singleRowAsObject: true,
  dropOrderId: false,
  longRequest: false,
  sessionExpiryMs: 3_600_000,
  ipBoundSession: true,
  stickyFilters: true,
  htmlCaptchaPage: false,
  timeoutAfterCommit: false,
  duplicateCallback: false,
  lateCallback: 0,
  usageShortage: 'ignore',
  authinfoRestricted: false,
  localisedTexts: 'asked',
  moneyFormat: '12.30 EUR',
  retryEvery: 300_000,
  maxTry: 5,
  deleteAfterDays: 30,
  deletion: 'immediately',
  promised: 'function',
  operationMs: 5_000,
})

const choices: { [K in keyof Switches]?: readonly Switches[K][] } = {
  usageShortage: ['ignore', 'suspend'],
  localisedTexts: ['asked', 'en', 'ru'],
  moneyFormat: ['12.30 EUR', '12,30 €', '12.30'],
  deletion: ['immediately', 'after paid period'],
  promised: ['none', 'function', 'paymethod'],
}

/** Checks switches that come from outside. @throws Error that says which one is wrong, and how */
export function readSwitches(changes: unknown): Partial<Switches> {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) throw new Error('switches are an object')
  const defaults = defaultSwitches()
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(defaults, name)) throw new Error(`no switch ${name}; there are ${Object.keys(defaults).join(', ')}`)
    const allowed: readonly unknown[] | undefined = choices[name as keyof Switches]
    if (allowed) {
      if (!allowed.includes(value)) throw new Error(`${name} is one of ${allowed.join(', ')}`)
    } else if (name === 'longRequest') {
      if (value !== false && !isCount(value)) throw new Error('longRequest is false or a number of empty answers')
    } else if (typeof defaults[name as keyof Switches] === 'number') {
      if (!isCount(value)) throw new Error(`${name} is a whole number, not below zero`)
    } else if (typeof value !== 'boolean') throw new Error(`${name} is true or false`)
  }
  return changes as Partial<Switches>
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
