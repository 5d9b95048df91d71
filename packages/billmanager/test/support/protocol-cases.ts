import { money, systemClock, UpstreamError } from '@straylight/kit'
import { panelDay, readDay, readMoment } from '../../src/dates.ts'
import { checkKey, splitMarker, withMarker } from '../../src/marker.ts'
import { readAmount, splitForPanel, writeAmount } from '../../src/protocol/amount.ts'
import { attributeOf, idOf, listOf, memberOf, rawOf, readDocument, textOf } from '../../src/protocol/document.ts'
import {
  afterPart,
  BillmanagerError,
  classifyNoAnswer,
  classifyNonDocument,
  classifyRefusal,
  ignoreMissing,
  longRequestIn,
  lostResult,
  notFoundThere,
  refuseField,
  silentThere,
  worldly,
} from '../../src/protocol/errors.ts'
import { collect, filterBy, rowsOf } from '../../src/protocol/list.ts'
import { Panel } from '../../src/protocol/panel.ts'

/** One thing that the protocol layer must make of what it was given. The tables below take every branch of it (branches.test.ts). */
export interface Case {
  name: string
  /** May answer a promise. */
  see: () => unknown
  expected: unknown
}

const essence = (error: unknown): unknown => {
  if (!(error instanceof BillmanagerError)) return error
  const { reason, kind, code, retryable, effect, field, funds, retryAfterSeconds, status } = error
  return Object.fromEntries(
    Object.entries({ reason, kind, code, retryable, effect, field, funds, retryAfterSeconds, status }).filter(
      ([, value]) => value !== undefined,
    ),
  )
}

const refusal =
  (type: string, object = '', params: Record<string, string> = {}, message = 'text for people') =>
  () =>
    essence(classifyRefusal('some.func', { type, object, message, params }))

const wordless = (type: string) => ({ type, object: '', message: '', params: {} })

/** The name of the error that something throws. */
const thrownBy = (act: () => unknown) => (): unknown => {
  try {
    return act()
  } catch (error) {
    return (error as Error).name
  }
}

const verdict = (reason: string, kind: string, more: Record<string, unknown> = {}) => ({
  reason,
  kind,
  code: `billmanager.${reason}`,
  retryable: false,
  effect: 'none',
  ...more,
})

const page = (status: number, body: string) => () =>
  essence(classifyNonDocument('some.func', { status, headers: {}, body: Buffer.from(body) }))

const eur = (micros: bigint) => money(micros, 'EUR')

export const errorCases: Case[] = [
  { name: 'a wrong password', see: refusal('auth', 'badpassword'), expected: verdict('auth', 'unauthenticated') },
  { name: 'a missing right', see: refusal('access', 'payment'), expected: verdict('forbidden', 'forbidden') },
  { name: 'an unknown function', see: refusal('missed', 'func'), expected: verdict('not_found', 'not_found') },
  { name: 'an unknown object', see: refusal('missed', 'elid'), expected: verdict('not_found', 'not_found') },
  { name: 'a missing field', see: refusal('missed', 'person'), expected: verdict('invalid', 'invalid', { field: 'person' }) },
  {
    name: 'a bad field',
    see: refusal('value', 'amount', { value: '-1' }),
    expected: verdict('invalid', 'invalid', { field: 'amount' }),
  },
  { name: 'a bad field without a name', see: refusal('value'), expected: verdict('invalid', 'invalid') },
  { name: 'a duplicate', see: refusal('exists', 'email_exist'), expected: verdict('exists', 'conflict') },
  { name: 'a running operation', see: refusal('runningoperation'), expected: verdict('busy', 'conflict', { retryable: true }) },
  {
    name: 'a mail too soon after another',
    see: refusal('min_email_send_timeout', '', { object: 'email', value: '57' }),
    expected: verdict('busy', 'limit', { retryable: true, retryAfterSeconds: 57 }),
  },
  {
    name: 'the vendor’s own sample of no money',
    see: refusal('not_enough_money', '', {
      amount: '0.1048',
      have: '0.00',
      currency: 'EUR',
      deficit: '0.1048',
      limit: '0.00',
      reserved: '0.00',
      available: '0.00',
    }),
    expected: verdict('insufficient_funds', 'limit', {
      funds: {
        need: eur(104_800n),
        have: eur(0n),
        credit: eur(0n),
        reserved: eur(0n),
        available: eur(0n),
        deficit: eur(104_800n),
      },
    }),
  },
  {
    name: 'no money, told in part',
    see: refusal('not_enough_money', '', { amount: '5' }),
    expected: verdict('insufficient_funds', 'limit', {
      funds: Object.fromEntries(
        ['need', 'have', 'credit', 'reserved', 'available', 'deficit'].map((name) => [
          name,
          money(name === 'need' ? 5_000_000n : 0n, ''),
        ]),
      ),
    }),
  },
  { name: 'no money, without figures', see: refusal('not_enough_money'), expected: verdict('insufficient_funds', 'limit') },
  {
    name: 'a word that nobody knows',
    see: refusal('flux_capacitor', 'x'),
    expected: verdict('unknown', 'failed', { effect: 'unknown' }),
  },
  {
    name: 'a word that objects inherit',
    see: refusal('constructor'),
    expected: verdict('unknown', 'failed', { effect: 'unknown' }),
  },
  {
    name: 'a refusal without words',
    see: refusal('', '', {}, ''),
    expected: verdict('unknown', 'failed', { effect: 'unknown' }),
  },
  {
    name: 'an empty answer',
    see: page(200, ' \n'),
    expected: verdict('pending', 'unavailable', { retryable: true, effect: 'unknown', status: 200 }),
  },
  {
    name: 'a long request',
    see: page(200, '<html><script>location="/long_1a2b?billmgr"</script>'),
    expected: verdict('pending', 'unavailable', { retryable: true, effect: 'unknown', status: 200 }),
  },
  {
    name: 'a captcha page',
    see: page(200, '<html>prove that you are human</html>'),
    expected: verdict('unavailable', 'garbled', { retryable: true, effect: 'unknown', status: 200 }),
  },
  {
    name: 'a proxy that keeps us out',
    see: page(403, 'Forbidden'),
    expected: verdict('unavailable', 'garbled', { retryable: true, status: 403 }),
  },
  {
    name: 'a proxy that gave up waiting',
    see: page(460, ''),
    expected: verdict('unavailable', 'garbled', { retryable: true, effect: 'unknown', status: 460 }),
  },
  {
    name: 'a proxy without a panel behind it',
    see: page(502, '<h1>Bad Gateway</h1>'),
    expected: verdict('unavailable', 'unavailable', { retryable: true, effect: 'unknown', status: 502 }),
  },
  {
    name: 'a refused connection',
    see: () =>
      essence(
        classifyNoAnswer(
          'some.func',
          new UpstreamError({
            service: 'billmanager',
            kind: 'unreachable',
            code: 'billmanager.unreachable',
            message: 'ECONNREFUSED',
            retryable: true,
            effect: 'none',
          }),
        ),
      ),
    expected: verdict('unavailable', 'unreachable', { retryable: true }),
  },
  {
    name: 'a refusal that was classified before',
    see: () => essence(classifyNoAnswer('some.func', refuseField('key', 'too long'))),
    expected: verdict('invalid', 'invalid', { field: 'key' }),
  },
  {
    name: 'a mistake of ours',
    see: () => String(classifyNoAnswer('some.func', new TypeError('x is undefined'))),
    expected: 'TypeError: x is undefined',
  },
  {
    name: 'something that we know not to be there',
    see: () => essence(notFoundThere('gone')),
    expected: verdict('not_found', 'not_found'),
  },
  {
    name: 'silence',
    see: () => essence(silentThere('nothing came')),
    expected: verdict('pending', 'silent', { retryable: true, effect: 'unknown' }),
  },
  {
    name: 'a refusal when a part was done',
    see: () => essence(afterPart(refuseField('value', 'too long'))),
    expected: verdict('invalid', 'invalid', { effect: 'unknown' }),
  },
  {
    name: 'the result of a slow call that is lost',
    see: () => essence(lostResult('some.func', classifyRefusal('some.func', wordless('access')))),
    expected: verdict('pending', 'unavailable', { retryable: true, effect: 'unknown' }),
  },
  {
    name: 'a failure of the world',
    see: () => essence(worldly(notFoundThere('gone'))),
    expected: verdict('not_found', 'not_found'),
  },
  { name: 'a mistake that goes on up', see: thrownBy(() => worldly(new TypeError('x is undefined'))), expected: 'TypeError' },
  { name: 'what may be gone', see: () => ignoreMissing(notFoundThere('gone')), expected: undefined },
  {
    name: 'another failure of what may be gone',
    see: thrownBy(() => ignoreMissing(refuseField('key', 'too long'))),
    expected: 'BillmanagerError',
  },
  { name: 'no long request', see: () => longRequestIn('so long, billing'), expected: undefined },
]

const doc = (value: unknown) => readDocument(JSON.stringify({ doc: value }))

export const documentCases: Case[] = [
  { name: 'the text of an element', see: () => textOf({ $: 'Active  ', $orig: '2' }), expected: 'Active' },
  { name: 'the value behind it', see: () => rawOf({ $: 'Active', $orig: '2' }), expected: '2' },
  { name: 'a value without one behind it', see: () => rawOf({ $: ' 12 ' }), expected: '12' },
  { name: 'a flat value', see: () => textOf(' 1 '), expected: '1' },
  { name: 'a number', see: () => textOf(12.5), expected: '12.5' },
  { name: 'a great number', see: () => textOf(10n), expected: '10' },
  { name: 'true', see: () => textOf(true), expected: 'on' },
  { name: 'false', see: () => textOf(false), expected: 'off' },
  { name: 'null', see: () => textOf(null), expected: '' },
  { name: 'an element without text', see: () => textOf({ id: {} }), expected: '' },
  { name: 'an element whose text is an element', see: () => textOf({ $: { $: 'x' } }), expected: '' },
  { name: 'the first of several', see: () => textOf([{ $: 'a' }, { $: 'b' }]), expected: 'a' },
  { name: 'an attribute', see: () => attributeOf({ $id: '42' }, 'id'), expected: '42' },
  { name: 'a member of what is no element', see: () => memberOf('text', 'length'), expected: undefined },
  { name: 'a member that objects inherit', see: () => memberOf({}, 'constructor'), expected: undefined },
  { name: 'one row', see: () => listOf({ id: 1 }), expected: [{ id: 1 }] },
  { name: 'two rows', see: () => listOf([1, 2]), expected: [1, 2] },
  { name: 'no rows', see: () => [listOf(undefined), listOf(null), listOf('')], expected: [[], [], []] },
  { name: 'an id', see: () => idOf({ $: '77' }), expected: '77' },
  { name: 'no choice', see: () => [idOf({ $: 'null' }), idOf(undefined)], expected: [undefined, undefined] },
  { name: 'a flag', see: () => doc({ a: { $: 'on' }, b: 'yes', c: { $: 'off' } })?.flag('b'), expected: true },
  { name: 'a total', see: () => doc({ p_elems: { $: '12' } })?.total, expected: 12 },
  { name: 'no total', see: () => doc({})?.total, expected: undefined },
  {
    name: 'the rows of one inner list among others',
    see: () =>
      doc({
        list: [
          { $name: 'other', elem: [{ id: '1' }] },
          { $name: 'methodlist', elem: { id: '2' } },
        ],
      })
        ?.inner('list', 'methodlist', 'elem')
        .map((row) => row.raw('id')),
    expected: ['2'],
  },
  {
    name: 'the rows of an inner list without a name',
    see: () =>
      doc({ mlist: { message: { body: 'hello' } } })
        ?.inner('mlist', 'messages', 'message')
        .map((row) => row.text('body')),
    expected: ['hello'],
  },
  {
    name: 'what can be chosen',
    see: () =>
      doc({
        slist: [
          {
            $name: 'country',
            val: [
              { $key: 'null', $: '--' },
              { $key: '182', $: 'Russia', $image: '/flag/RU.png' },
            ],
          },
        ],
      })?.options('country'),
    expected: [{ key: '182', text: 'Russia', image: '/flag/RU.png' }],
  },
  {
    name: 'ok',
    see: () => [doc({ ok: {} })?.saysOk, doc({ show_success: { $: 'yes' } })?.saysOk, doc({})?.saysOk],
    expected: [true, true, false],
  },
  { name: 'no error', see: () => doc({ ok: {} })?.error, expected: undefined },
  {
    name: 'an error with one parameter as an object',
    see: () =>
      doc({ error: { $type: 'value', $object: 'amount', param: { $name: 'value', $: '-1' }, msg: { $: 'bad' } } })?.error,
    expected: { type: 'value', object: 'amount', message: 'bad', params: { value: '-1' } },
  },
  {
    name: 'an error with several parameters, one of them nameless and one of them wicked',
    see: () =>
      doc({
        error: {
          $type: 'x',
          param: [{ $name: 'a', $: '1' }, { $: '2' }, { $name: '__proto__', $: '3' }],
          group: { $: 'template' },
        },
      })?.error,
    expected: { type: 'x', object: '', message: 'template', params: { a: '1' } },
  },
  {
    name: 'an error that is a bare text',
    see: () => doc({ error: 'no' })?.error,
    expected: { type: '', object: '', message: 'no', params: {} },
  },
  { name: 'bytes', see: () => readDocument(Buffer.from('{"doc":{"ok":{}}}'))?.saysOk, expected: true },
  { name: 'a page', see: () => readDocument('<html>'), expected: undefined },
  {
    name: 'JSON that is no document',
    see: () => [readDocument('[]'), readDocument('{"doc":"x"}'), readDocument('null')],
    expected: [undefined, undefined, undefined],
  },
  { name: 'has', see: () => [doc({ a: {} })?.has('a'), doc({})?.has('a')], expected: [true, false] },
  { name: 'the attribute of a row', see: () => doc({ elem: { $id: '5' } })?.elements[0]?.attribute('id'), expected: '5' },
  { name: 'the id of a row', see: () => doc({ elem: { item: { $: '5' } } })?.elements[0]?.id('item'), expected: '5' },
]

export const dateCases: Case[] = [
  { name: 'a day', see: () => readDay('2024-06-04 10:00'), expected: '2024-06-04' },
  { name: 'no day', see: () => readDay('soon'), expected: undefined },
  {
    name: 'a moment in the panel’s zone',
    see: () => readMoment('2024-06-04 10:00:05', '+03:00')?.toISOString(),
    expected: '2024-06-04T07:00:05.000Z',
  },
  {
    name: 'a moment without seconds',
    see: () => readMoment('2024-06-04T10:00', '-05:30')?.toISOString(),
    expected: '2024-06-04T15:30:00.000Z',
  },
  {
    name: 'a moment that is a day',
    see: () => readMoment('2024-06-04', '+00:00')?.toISOString(),
    expected: '2024-06-04T00:00:00.000Z',
  },
  {
    name: 'no moment',
    see: () => [readMoment('', '+00:00'), readMoment('2024-99-04', '+00:00')],
    expected: [undefined, undefined],
  },
  {
    name: 'the panel’s day, east and west of Greenwich and without a zone',
    see: () => ['+03:00', '-03:00', ''].map((offset) => panelDay(new Date('2024-06-04T22:00:00Z'), offset)),
    expected: ['2024-06-05', '2024-06-04', '2024-06-04'],
  },
  {
    name: 'the panel’s day, west, after midnight',
    see: () => panelDay(new Date('2024-06-04T01:00:00Z'), '-03:00'),
    expected: '2024-06-03',
  },
]

export const markerCases: Case[] = [
  { name: 'a key', see: () => checkKey('k-1'), expected: 'k-1' },
  { name: 'no key', see: thrownBy(() => checkKey('with blanks')), expected: 'BillmanagerError' },
  { name: 'a text with its key', see: () => withMarker(' an \n hour ', 'k-1'), expected: 'an hour #u:k-1' },
  { name: 'a text that gives way', see: () => withMarker('x'.repeat(300), 'k-1').length, expected: 255 },
  { name: 'a marker', see: () => splitMarker('an hour #u:k-1'), expected: { text: 'an hour', key: 'k-1' } },
  { name: 'no marker', see: () => splitMarker('an hour'), expected: { text: 'an hour', key: undefined } },
]

/** A panel whose answers are given, one a page; the cases see the ids that came and what was asked for. */
function listed(pages: unknown[], options: { newestFirst?: boolean; pageSize?: number; isEnough?: () => boolean } = {}) {
  return async () => {
    const asked: string[] = []
    const panel = new Panel({
      url: 'https://panel.test',
      credentials: { kind: 'authinfo', username: 'a', password: 'b' },
      clock: systemClock(),
      send: async ({ body }) => {
        const form = new URLSearchParams(String(body))
        asked.push(`${form.get('p_num')} of ${form.get('p_cnt')} by ${form.get('p_col')}`)
        return { status: 200, headers: {}, body: Buffer.from(JSON.stringify({ doc: pages[asked.length - 1] ?? {} })) }
      },
      language: 'en',
      timeoutMs: 1000,
      longRequest: { everyMs: 1, atMostMs: 1 },
    })
    const ids = await collect(rowsOf(panel, 'some.list', filterBy({}), options), (row) => row.id('id'))
    return { ids, asked }
  }
}
const rows = (...ids: string[]) => ids.map((id) => ({ id: { $: id } }))

export const listCases: Case[] = [
  { name: 'an empty list', see: listed([{}]), expected: { ids: [], asked: ['1 of 500 by +id'] } },
  {
    name: 'pages until the total is read',
    see: listed(
      [
        { elem: rows('1', '2'), p_elems: '3' },
        { elem: rows('3'), p_elems: '3' },
      ],
      { pageSize: 2 },
    ),
    expected: { ids: ['1', '2', '3'], asked: ['1 of 2 by +id', '2 of 2 by +id'] },
  },
  {
    name: 'pages without a total, newest first, until one is short',
    see: listed([{ elem: rows('3', '2') }, { elem: rows('1') }], { pageSize: 2, newestFirst: true }),
    expected: { ids: ['3', '2', '1'], asked: ['1 of 2 by -id', '2 of 2 by -id'] },
  },
  {
    name: 'full pages without a total, until one is empty',
    see: listed([{ elem: rows('1') }, {}], { pageSize: 1 }),
    expected: { ids: ['1'], asked: ['1 of 1 by +id', '2 of 1 by +id'] },
  },
  {
    name: 'pages that were enough',
    see: listed([{ elem: rows('1') }, { elem: rows('2') }], { pageSize: 1, isEnough: () => true }),
    expected: { ids: ['1'], asked: ['1 of 1 by +id'] },
  },
  {
    name: 'a row that moved to the next page, and one without an id',
    see: listed(
      [
        { elem: rows('1', '2'), p_elems: '4' },
        { elem: [{ name: 'x' }, ...rows('2')], p_elems: '4' },
      ],
      { pageSize: 2 },
    ),
    expected: { ids: ['1', '2'], asked: ['1 of 2 by +id', '2 of 2 by +id'] },
  },
]

listCases.push({
  name: 'a list without an end',
  see: () =>
    listed(
      Array.from({ length: 1001 }, (_, page) => ({ elem: rows(String(page + 1)) })),
      { pageSize: 1 },
    )().catch(essence),
  expected: verdict('unavailable', 'garbled'),
})

export const amountCases: Case[] = [
  { name: 'code behind', see: () => readAmount('12.30 EUR', 'USD'), expected: eur(12_300_000n) },
  { name: 'symbol behind, comma', see: () => readAmount('12,30 €', 'USD'), expected: eur(12_300_000n) },
  { name: 'below zero', see: () => readAmount('-0.10 EUR', 'EUR'), expected: eur(-100_000n) },
  { name: 'below zero, in typography', see: () => readAmount('−0,10 €', 'EUR'), expected: eur(-100_000n) },
  { name: 'symbol before', see: () => readAmount('€5', 'USD'), expected: eur(5_000_000n) },
  { name: 'symbol between sign and figure', see: () => readAmount('-€5.00', 'USD'), expected: eur(-5_000_000n) },
  { name: 'thousands in blanks', see: () => readAmount('1 234 567.89 RUB', 'EUR'), expected: money(1_234_567_890_000n, 'RUB') },
  { name: 'thousands in commas', see: () => readAmount('1,234,567.89 USD', 'EUR'), expected: money(1_234_567_890_000n, 'USD') },
  { name: 'thousands in points', see: () => readAmount('1.234.567,89', 'EUR'), expected: eur(1_234_567_890_000n) },
  { name: 'thousands only', see: () => readAmount('1.234.567', 'EUR'), expected: eur(1_234_567_000_000n) },
  { name: 'four decimals', see: () => readAmount('0.1048', 'EUR'), expected: eur(104_800n) },
  { name: 'a price per day', see: () => readAmount('0.00 EUR / day', 'USD'), expected: eur(0n) },
  { name: 'a price in HTML', see: () => readAmount('<b class="p-7">3.00</b> руб.', 'EUR'), expected: money(3_000_000n, 'RUB') },
  { name: 'a figure with a full stop', see: () => readAmount('5.', 'EUR'), expected: eur(5_000_000n) },
  { name: 'no figure', see: () => [readAmount('', 'EUR'), readAmount('free', 'EUR')], expected: [undefined, undefined] },
  { name: 'more decimals than we hold', see: () => readAmount('0.1234567', 'EUR'), expected: undefined },
  { name: 'more than there is money', see: () => readAmount('1234567890123456', 'EUR'), expected: undefined },
  {
    name: 'writing',
    see: () => [writeAmount(104_800n), writeAmount(5_000_000n), writeAmount(1n)],
    expected: ['0.1048', '5.00', undefined],
  },
  { name: 'splitting', see: () => splitForPanel(104_877n), expected: { chargeable: 104_800n, rest: 77n } },
  { name: 'splitting below zero', see: () => splitForPanel(-104_877n), expected: { chargeable: -104_800n, rest: -77n } },
]
