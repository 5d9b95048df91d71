import { expect, test } from 'vitest'
import { compareDecimals, createFormat } from '../src/lib/format.ts'

const en = createFormat('en', 'UTC')
const ru = createFormat('ru', 'UTC')
/** No-break spaces are asserted where they matter and read as spaces elsewhere. */
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ')

test('money is written as its people write it', () => {
  expect(en.money('1284.70', 'EUR')).toBe('€1,284.70')
  expect(ru.money('1284.70', 'RUB')).toBe('1\u00a0284,70\u00a0₽')
  expect(en.money('1284.7', 'USD')).toBe('$1,284.70')
  expect(plain(en.money('12', 'RUB'))).toBe('₽12.00')
})

test('a minus is a minus sign, and zero has none', () => {
  expect(en.money('-5.00', 'EUR')).toBe('\u2212€5.00')
  expect(plain(ru.money('-5', 'RUB'))).toBe('\u22125,00 ₽')
  expect(en.money('-0.001', 'EUR')).toBe('€0.00')
  expect(en.money('500.00', 'EUR', { sign: true })).toBe('+€500.00')
})

test('hourly rates have four places, and what lies beyond is cut, never rounded up', () => {
  expect(en.money('0.058699', 'EUR', { places: 4 })).toBe('€0.0586')
  expect(en.money('9.999999', 'EUR')).toBe('€9.99')
  expect(en.amount('-0.019999')).toBe('\u22120.01')
})

test('a sum larger than a float can hold keeps every digit', () => {
  expect(en.money('90071992547409931234.56', 'EUR')).toBe('€90,071,992,547,409,931,234.56')
})

test('what is no decimal string is refused, not written as NaN', () => {
  for (const wrong of ['', '1e3', '12,50', 'NaN', '1.', '.5']) expect(() => en.money(wrong, 'EUR')).toThrow(RangeError)
})

test('the sign of a currency stands alone in the head of a column', () => {
  expect([en.currencySign('EUR'), ru.currencySign('RUB'), en.currencySign('RUB')]).toEqual(['€', '₽', '₽'])
})

test('percent has a no-break space in Russian and none in English', () => {
  expect([en.percent(0.62), ru.percent(0.62)]).toEqual(['62%', '62\u00a0%'])
})

test('sizes and rates have a no-break space and the letters of the language', () => {
  expect([en.quantity(80, 'GiB'), ru.quantity(80, 'GiB'), ru.quantity(100, 'Mbit/s')]).toEqual([
    '80\u00a0GiB',
    '80\u00a0ГиБ',
    '100\u00a0Мбит/с',
  ])
  expect([0, 512, 1536, 34_145_000_000].map((bytes) => plain(en.bytes(bytes)))).toEqual(['0 B', '512 B', '1.5 KiB', '31.8 GiB'])
})

test.each([
  [0.04, '0.04 s', '0,04 с'],
  [1.84, '1.8 s', '1,8 с'],
  [57, '57 s', '57 с'],
  [348, '5 min 48 s', '5 мин 48 с'],
  [26_820, '7 h 27 min', '7 ч 27 мин'],
  [86_400, '1 d', '1 дн.'],
  [90_000, '1 d 1 h', '1 дн. 1 ч'],
])('%d seconds are %s', (seconds, english, russian) => {
  expect([plain(en.duration(seconds)), plain(ru.duration(seconds))]).toEqual([english, russian])
})

test('a stopwatch runs in minutes and hours', () => {
  expect([57, 63, 3723].map(en.stopwatch)).toEqual(['0:57', '1:03', '1:02:03'])
})

const moment = '2026-11-22T09:41:02Z'

test('dates put the day before the month and have 24 hours', () => {
  expect([en.moment(moment), ru.moment(moment)]).toEqual(['22 Nov 2026, 09:41', '22 ноя 2026, 09:41'])
  expect([en.dayLong(moment), ru.dayLong(moment)]).toEqual(['22 November', '22 ноября'])
  expect([plain(en.full(moment)), plain(ru.full(moment))]).toEqual([
    'Sunday 22 November 2026, 09:41',
    'воскресенье, 22 ноября 2026, 09:41',
  ])
  expect([en.month(moment), ru.month(moment)]).toEqual(['November 2026', 'ноябрь 2026'])
  expect(en.moment('2026-01-01T00:00:00Z')).toBe('1 Jan 2026, 00:00')
  expect(en.utc(moment)).toBe('2026-11-22 09:41:02 UTC')
})

test('a time is written in the time zone of the person', () => {
  expect(createFormat('en', 'Europe/Moscow').moment(moment)).toBe('22 Nov 2026, 12:41')
  expect(createFormat('en', 'Pacific/Kiritimati').day(moment, { year: true })).toBe('22 Nov 2026')
})

test('the year is written when it is not this one', () => {
  const now = Date.parse(moment)
  expect([en.day('2026-03-14T12:00:00Z', { now }), en.day('2025-03-14T12:00:00Z', { now })]).toEqual(['14 Mar', '14 Mar 2025'])
})

test('within an hour time is relative, then it is absolute', () => {
  const now = Date.parse(moment)
  const ago = (seconds: number) => now - seconds * 1000
  expect([14, 240, 3599, 3600, 30 * 3600, 400 * 86_400].map((seconds) => plain(en.relative(ago(seconds), now)))).toEqual([
    '14 s ago',
    '4 min ago',
    '59 min ago',
    '08:41',
    '21 Nov, 03:41',
    '18 Oct 2025',
  ])
  expect([
    plain(en.relative(now + 38_000, now)),
    plain(ru.relative(now + 38_000, now)),
    plain(ru.relative(ago(14), now)),
  ]).toEqual(['in 38 s', 'через 38 с', '14 с назад'])
})

test('web-2 sorts before web-10, and case does not matter', () => {
  expect(['web-10', 'Web-2', 'db-1'].sort(en.compare)).toEqual(['db-1', 'Web-2', 'web-10'])
  expect(['яблоко', 'ёлка', 'ель'].sort(ru.compare)).toEqual(['ёлка', 'ель', 'яблоко'])
})

test('decimal strings compare exactly', () => {
  expect(['10.5', '9.000001', '9', '-1', '90071992547409931.01', '90071992547409931.02'].sort(compareDecimals)).toEqual([
    '-1',
    '9',
    '9.000001',
    '10.5',
    '90071992547409931.01',
    '90071992547409931.02',
  ])
})
