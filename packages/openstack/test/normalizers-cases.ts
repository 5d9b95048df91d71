import { Fields } from '../src/decode.ts'
import type { RuleMatch } from '../src/network/rule-match.ts'

const ssh: RuleMatch = { direction: 'ingress', ipVersion: 4, protocol: 'tcp', portFrom: 22, portTo: 22 }
const all: RuleMatch = { direction: 'ingress', ipVersion: 4 }

/** Two notations of a rule, and whether they let the same through. */
export const ruleCases: { says: string; one: RuleMatch; other: RuleMatch; isSame: boolean }[] = [
  { says: 'itself', one: ssh, other: { ...ssh }, isSame: true },
  { says: 'a protocol by its number', one: ssh, other: { ...ssh, protocol: '6' }, isSame: true },
  { says: 'a protocol in capitals', one: ssh, other: { ...ssh, protocol: 'TCP' }, isSame: true },
  { says: 'everywhere, named or not', one: ssh, other: { ...ssh, remoteCidr: '0.0.0.0/0' }, isSame: true },
  { says: 'everywhere, as an empty text', one: ssh, other: { ...ssh, remoteCidr: '', remoteGroupId: '' }, isSame: true },
  {
    says: 'everywhere in IPv6',
    one: { ...ssh, ipVersion: 6 },
    other: { ...ssh, ipVersion: 6, remoteCidr: '::/0' },
    isSame: true,
  },
  { says: "Tungsten's any", one: all, other: { ...all, protocol: 'any', portFrom: 0, portTo: 65_535 }, isSame: true },
  { says: 'no protocol as an empty text', one: all, other: { ...all, protocol: '' }, isSame: true },
  {
    says: 'ICMP of IPv6 under each of its names',
    one: { ...all, ipVersion: 6, protocol: 'icmp' },
    other: { ...all, ipVersion: 6, protocol: 'icmpv6' },
    isSame: true,
  },
  {
    says: 'ICMP of IPv6 by its number',
    one: { ...all, ipVersion: 6, protocol: '58' },
    other: { ...all, ipVersion: 6, protocol: 'ipv6-icmp' },
    isSame: true,
  },
  { says: 'ICMP of IPv4 stays what it is', one: { ...all, protocol: 'icmp' }, other: { ...all, protocol: '1' }, isSame: true },
  { says: 'another direction', one: ssh, other: { ...ssh, direction: 'egress' }, isSame: false },
  { says: 'another version', one: ssh, other: { ...ssh, ipVersion: 6 }, isSame: false },
  { says: 'another protocol', one: ssh, other: { ...ssh, protocol: 'udp' }, isSame: false },
  { says: 'another first port', one: ssh, other: { ...ssh, portFrom: 21 }, isSame: false },
  { says: 'another last port', one: ssh, other: { ...ssh, portTo: 23 }, isSame: false },
  {
    says: 'all ports but the first',
    one: { ...ssh, portFrom: 1, portTo: 65_535 },
    other: { ...ssh, portFrom: 0, portTo: 65_535 },
    isSame: false,
  },
  {
    says: 'all ports but the last',
    one: { ...ssh, portFrom: 0, portTo: 65_534 },
    other: { ...ssh, portFrom: 0, portTo: 65_535 },
    isSame: false,
  },
  { says: 'from one place only', one: ssh, other: { ...ssh, remoteCidr: '10.0.0.0/8' }, isSame: false },
  { says: 'from one group only', one: ssh, other: { ...ssh, remoteGroupId: 'g' }, isSame: false },
]

/** A time as some service writes it, and as everybody does. */
export const timeCases: [text: string, iso: string | undefined][] = [
  ['2026-11-22T05:49:01Z', '2026-11-22T05:49:01.000Z'],
  ['2026-11-22T05:49:17.000000', '2026-11-22T05:49:17.000Z'],
  ['2026-11-22T05:49:17.9', '2026-11-22T05:49:17.900Z'],
  ['2026-11-22 05:49:17.240729', '2026-11-22T05:49:17.240Z'],
  ['2026-11-22 05:49:01+00:00', '2026-11-22T05:49:01.000Z'],
  ['2026-11-22T05:48:50.224282+0000', '2026-11-22T05:48:50.224Z'],
  ['2026-11-22T08:49:01+03:00', '2026-11-22T05:49:01.000Z'],
  ['2026-11-22T01:49:01-0400', '2026-11-22T05:49:01.000Z'],
  ['2026-13-01T05:49:01Z', undefined],
  ['2026-11-22', undefined],
  ['yesterday', undefined],
  ['', undefined],
]

/** Our range, theirs, bounds of the call, and what is agreed on. */
export const versionCases: {
  says: string
  ours: [string, string]
  theirs: [string, string]
  bounds?: { atLeast?: string; atMost?: string }
  agreed: string | undefined
}[] = [
  { says: 'theirs is older', ours: ['2.79', '2.93'], theirs: ['2.1', '2.87'], agreed: '2.87' },
  { says: 'theirs is newer', ours: ['2.79', '2.93'], theirs: ['2.1', '2.100'], agreed: '2.93' },
  { says: '2.9 is older than 2.10', ours: ['2.1', '2.10'], theirs: ['2.1', '2.9'], agreed: '2.9' },
  { says: 'the call is older', ours: ['2.79', '2.93'], theirs: ['2.1', '2.93'], bounds: { atMost: '2.87' }, agreed: '2.87' },
  {
    says: 'the call bounds nothing',
    ours: ['2.79', '2.93'],
    theirs: ['2.1', '2.90'],
    bounds: { atMost: '2.95' },
    agreed: '2.90',
  },
  {
    says: 'the call needs what they have',
    ours: ['2.79', '2.93'],
    theirs: ['2.1', '2.90'],
    bounds: { atLeast: '2.87' },
    agreed: '2.90',
  },
  {
    says: 'the call needs what they have not',
    ours: ['2.79', '2.93'],
    theirs: ['2.1', '2.90'],
    bounds: { atLeast: '2.92' },
    agreed: undefined,
  },
  { says: 'theirs is too old', ours: ['2.79', '2.93'], theirs: ['2.1', '2.60'], agreed: undefined },
  { says: 'theirs is too new', ours: ['2.79', '2.93'], theirs: ['2.95', '2.100'], agreed: undefined },
  {
    says: 'the call is older than they go',
    ours: ['2.1', '2.93'],
    theirs: ['2.90', '2.93'],
    bounds: { atMost: '2.87' },
    agreed: undefined,
  },
]

export interface Refused {
  refused: string
}
const refused = (words: string): Refused => ({ refused: words })

const fieldReaders = {
  text: (fields: Fields) => fields.text('member'),
  maybeText: (fields: Fields) => fields.maybeText('member'),
  filledText: (fields: Fields) => fields.filledText('member'),
  number: (fields: Fields) => fields.number('member'),
  maybeNumber: (fields: Fields) => fields.maybeNumber('member'),
  flag: (fields: Fields) => fields.flag('member'),
  maybeFlag: (fields: Fields) => fields.maybeFlag('member'),
  date: (fields: Fields) => fields.date('member'),
  maybeDate: (fields: Fields) => fields.maybeDate('member'),
  texts: (fields: Fields) => fields.texts('member'),
  maybeTexts: (fields: Fields) => fields.maybeTexts('member'),
  textMap: (fields: Fields) => fields.textMap('member'),
  child: (fields: Fields) => fields.maybeChild('member')?.text('name'),
  children: (fields: Fields) => fields.maybeList('member', (raw) => new Fields('nova', 'item', raw).text('name')),
}
type FieldReader = keyof typeof fieldReaders

export const readField = (read: FieldReader, value: unknown): unknown =>
  fieldReaders[read](new Fields('nova', 'thing', { member: value }))

/** A reader of one member, what the service sent there, and what is made of it; `undefined` as value is a missing member. */
export const fieldCases: { read: FieldReader; value: unknown; gives: unknown | Refused }[] = [
  { read: 'text', value: 'x', gives: 'x' },
  { read: 'text', value: 7, gives: '7' },
  { read: 'text', value: null, gives: refused('is not a string') },
  { read: 'maybeText', value: null, gives: undefined },
  { read: 'maybeText', value: undefined, gives: undefined },
  { read: 'maybeText', value: '', gives: '' },
  { read: 'maybeText', value: {}, gives: refused('is not a string') },
  { read: 'filledText', value: '', gives: undefined },
  { read: 'filledText', value: 'x', gives: 'x' },
  { read: 'number', value: 5, gives: 5 },
  { read: 'number', value: '5', gives: 5 },
  { read: 'number', value: '', gives: refused('is not a number') },
  { read: 'number', value: 'large', gives: refused('is not a number') },
  { read: 'number', value: Number.POSITIVE_INFINITY, gives: refused('is not a number') },
  { read: 'maybeNumber', value: '', gives: undefined },
  { read: 'maybeNumber', value: null, gives: undefined },
  { read: 'maybeNumber', value: 0, gives: 0 },
  { read: 'flag', value: true, gives: true },
  { read: 'flag', value: 'True', gives: true },
  { read: 'flag', value: 'false', gives: false },
  { read: 'flag', value: '', gives: false },
  { read: 'flag', value: 'maybe', gives: refused('is not a boolean') },
  { read: 'flag', value: 1, gives: refused('is not a boolean') },
  { read: 'maybeFlag', value: null, gives: undefined },
  { read: 'maybeFlag', value: false, gives: false },
  { read: 'date', value: '2026-11-22T05:49:01Z', gives: new Date('2026-11-22T05:49:01Z') },
  { read: 'date', value: 'soon', gives: refused('is not a time') },
  { read: 'date', value: 1, gives: refused('is not a time') },
  { read: 'maybeDate', value: '', gives: undefined },
  { read: 'maybeDate', value: null, gives: undefined },
  { read: 'maybeDate', value: '2026-11-22 05:49:01', gives: new Date('2026-11-22T05:49:01Z') },
  { read: 'texts', value: ['a', 'b'], gives: ['a', 'b'] },
  { read: 'texts', value: [1], gives: refused('is not a list of strings') },
  { read: 'texts', value: 'a', gives: refused('is not a list') },
  { read: 'maybeTexts', value: null, gives: [] },
  { read: 'maybeTexts', value: ['a'], gives: ['a'] },
  { read: 'textMap', value: null, gives: {} },
  { read: 'textMap', value: { a: 'x', b: 1, c: true, d: null, e: { f: 1 } }, gives: { a: 'x', b: '1', c: 'true', e: '{"f":1}' } },
  { read: 'textMap', value: [], gives: refused('is not an object') },
  { read: 'children', value: undefined, gives: [] },
  { read: 'children', value: [{ name: 'a' }], gives: ['a'] },
  { read: 'children', value: {}, gives: refused('is not a list') },
  { read: 'child', value: { name: 'a' }, gives: 'a' },
  { read: 'child', value: null, gives: undefined },
  { read: 'child', value: 1, gives: refused('is not an object') },
]
