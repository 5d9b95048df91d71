import { formatMicros, type Money } from '@straylight/kit'

/** BILLmanager keeps four decimals: https://www.ispsystem.com/docs/billmanager-kb/troubleshooting/the-service-stops-spontaneously */
export const panelStepMicros = 100n

const symbols: Record<string, string> = {
  '€': 'EUR',
  $: 'USD',
  '₽': 'RUB',
  'руб.': 'RUB',
  руб: 'RUB',
  'р.': 'RUB',
  '£': 'GBP',
  '₸': 'KZT',
  '₴': 'UAH',
}
const markup = /<[^>]*>/g
const blanks = /[\s\u00a0\u2007\u2009\u202f]/g
const figure = /([-−+]?)(\d[\d.,']*)/
const codes = /(?<![A-Za-z])([A-Z]{3})(?![A-Za-z])/

/**
 * Reads a sum as the panel shows it: `12.30 EUR`, `12,30 €`, `-0.10 EUR`, `1 234.50 RUB`, `€5`, `0.10 EUR / day`, `<b>3.00</b> EUR`, `0.1048`.
 * A lone comma or point is the decimal sign; of two different ones the last is. `undefined` when there is no figure, or more than six decimals.
 * @param currency used when the text names none
 */
export function readAmount(text: string, currency: string): Money | undefined {
  const plain = text.replace(markup, '')
  const compact = plain.replace(blanks, '')
  const [matched, sign = '', written = ''] = figure.exec(compact) ?? []
  if (matched === undefined) return undefined
  const digits = written.replace(/[.,']+$/, '').replaceAll("'", '')
  const decimalAt = decimalSign(digits)
  const whole = (decimalAt < 0 ? digits : digits.slice(0, decimalAt)).replace(/[.,]/g, '')
  const fraction = decimalAt < 0 ? '' : digits.slice(decimalAt + 1)
  if (whole.length > 15 || fraction.length > 6) return undefined
  const negative = sign === '-' || sign === '−' || /[-−][€$₽£₸₴]\d/.test(compact)
  const micros = BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
  return { micros: negative ? -micros : micros, currency: currencyIn(plain) ?? currency }
}

/** Where the decimal sign stands; -1 when all signs only group the thousands. */
function decimalSign(digits: string): number {
  const point = digits.lastIndexOf('.')
  const comma = digits.lastIndexOf(',')
  if (point >= 0 && comma >= 0) return Math.max(point, comma)
  const last = Math.max(point, comma)
  const sign = point >= 0 ? '.' : ','
  return last >= 0 && digits.indexOf(sign) === last ? last : -1
}

function currencyIn(text: string): string | undefined {
  const code = codes.exec(text)?.[1]
  if (code) return code
  for (const [symbol, currency] of Object.entries(symbols)) if (text.includes(symbol)) return currency
  return undefined
}

/** Writes a sum for a parameter: `0.1048`, at most four decimals. `undefined` when it is finer than the panel can keep. */
export const writeAmount = (micros: bigint): string | undefined =>
  micros % panelStepMicros === 0n ? formatMicros(micros) : undefined

/**
 * Splits a sum into what the panel can keep (four decimals, towards zero) and the rest, in micro-units.
 * Carry the rest to the next charge, or the two ledgers drift.
 */
export function splitForPanel(micros: bigint): { chargeable: bigint; rest: bigint } {
  const rest = micros % panelStepMicros
  return { chargeable: micros - rest, rest }
}
