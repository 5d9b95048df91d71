import { formatMicros } from '@straylight/kit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAmount, splitForPanel, writeAmount } from '../src/protocol/amount.ts'
import { type Doc, readDocument } from '../src/protocol/document.ts'
import { BillmanagerError, classifyNonDocument, classifyRefusal } from '../src/protocol/errors.ts'
import { amountCases, dateCases, documentCases, errorCases, listCases, markerCases } from './support/protocol-cases.ts'

describe('a failure is classified once', () => {
  test.each(errorCases)('$name', ({ see, expected }) => expect(see()).toEqual(expected))
})
describe('a document is read', () => {
  test.each(documentCases)('$name', ({ see, expected }) => expect(see()).toEqual(expected))
})
describe('a sum is read', () => {
  test.each(amountCases)('$name', ({ see, expected }) => expect(see()).toEqual(expected))
})

describe('lists, days and markers', () => {
  test.each([...listCases, ...dateCases, ...markerCases])('$name', async ({ see, expected }) =>
    expect(await see()).toEqual(expected),
  )
})

const name = fc.stringMatching(/^[a-z_]{1,12}$/).filter((text) => !['elem', 'p_elems'].includes(text))
const word = fc.string({ maxLength: 12 }).map((text) => text.trim())

/** The ways in which versions of BILLmanager write one and the same cell. */
const spellings = (text: string, raw: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constant({ $: text, $orig: raw }),
    fc.constant({ $: `${text}  `, $orig: ` ${raw}` }),
    fc.constant([{ $: text, $orig: raw }]),
    ...(text === raw ? [fc.constant<unknown>({ $: text }), fc.constant<unknown>(text), fc.constant<unknown>(` ${text}\n`)] : []),
  )

describe('whatever a panel writes', () => {
  test('rows read the same in every spelling', () => {
    const table = fc.array(fc.dictionary(name, fc.tuple(word, fc.boolean()), { maxKeys: 4, noNullPrototype: true }), {
      maxLength: 4,
    })
    const written = table.chain((rows) => {
      const cells = rows.map((row) =>
        fc.record(
          Object.fromEntries(
            Object.entries(row).map(([column, [text, hasRaw]]) => {
              const raw = hasRaw && text !== '' ? `raw_${text}` : text
              return [column, spellings(text, raw === '' ? text : raw)]
            }),
          ),
        ),
      )
      return fc.tuple(fc.constant(rows), fc.tuple(...cells), fc.boolean())
    })
    fc.assert(
      fc.property(written, ([rows, cells, oneAsObject]) => {
        const elem = cells.length === 0 ? {} : { elem: cells.length === 1 && oneAsObject ? cells[0] : cells }
        const doc = readDocument(JSON.stringify({ doc: elem })) as Doc
        expect(doc.elements).toHaveLength(rows.length)
        rows.forEach((row, index) => {
          for (const [column, [text, hasRaw]] of Object.entries(row)) {
            expect(doc.elements[index]?.text(column)).toBe(text)
            expect(doc.elements[index]?.raw(column)).toBe(hasRaw && text !== '' ? `raw_${text}` : text)
          }
        })
      }),
    )
  })

  test('no body makes reading it throw, and no error in it goes unclassified', () => {
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ doc: value })),
      fc
        .jsonValue()
        .map((value) =>
          JSON.stringify({ doc: { error: value, elem: value, slist: value, list: value, mlist: value, p_elems: value } }),
        ),
    )
    fc.assert(
      fc.property(bodies, fc.integer({ min: 200, max: 599 }), (body, status) => {
        const doc = readDocument(body)
        if (!doc) {
          expect(classifyNonDocument('f', { status, headers: {}, body: Buffer.from(body) })).toBeInstanceOf(BillmanagerError)
          return
        }
        if (doc.error) expect(classifyRefusal('f', doc.error)).toBeInstanceOf(BillmanagerError)
        for (const row of [doc, ...doc.elements, ...doc.inner('list', 'x', 'elem'), ...doc.inner('mlist', 'x', 'message')]) {
          expect(typeof row.text('a')).toBe('string')
          expect(typeof row.raw('a')).toBe('string')
          expect(typeof row.flag('a')).toBe('boolean')
        }
        expect(Array.isArray(doc.options('country'))).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('whatever sum a panel shows', () => {
  const grouped = (whole: string, sign: string): string => whole.replace(/\B(?=(\d{3})+$)/g, sign)
  const shown = fc
    .record({
      micros: fc
        .bigInt({ min: -999_999_999_999_990_000n, max: 999_999_999_999_990_000n })
        .map((micros) => (micros / 100n) * 100n),
      decimal: fc.constantFrom('.', ','),
      group: fc.constantFrom('', ' ', '\u00a0', '\u202f', "'"),
      unit: fc.constantFrom([' EUR', 'EUR'], [' €', 'EUR'], ['', 'XXX'], [' руб.', 'RUB'], [' RUB / day', 'RUB'], [' ₽', 'RUB']),
      minus: fc.constantFrom('-', '−'),
    })
    .map(({ micros, decimal, group, unit, minus }) => {
      const [whole = '', fraction = ''] = formatMicros(micros < 0n ? -micros : micros).split('.')
      return {
        text: `${micros < 0n ? minus : ''}${grouped(whole, group)}${decimal}${fraction}${unit[0]}`,
        micros,
        currency: unit[1] as string,
      }
    })

  test('it reads back exactly', () => {
    fc.assert(
      fc.property(shown, ({ text, micros, currency }) => {
        expect(readAmount(text, 'XXX')).toEqual({ micros, currency })
      }),
    )
  })

  test('no text makes reading it throw', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('EUR', 'RUB'), (text, currency) => {
        const sum = readAmount(text, currency)
        if (sum) expect(typeof sum.micros).toBe('bigint')
      }),
    )
  })

  test('what is split for the panel adds up, and the panel can keep its part', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), (micros) => {
        const { chargeable, rest } = splitForPanel(micros)
        expect(chargeable + rest).toBe(micros)
        expect(rest < 100n && rest > -100n).toBe(true)
        expect(writeAmount(chargeable)).toBeDefined()
      }),
    )
  })
})
