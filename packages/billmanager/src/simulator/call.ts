import { el, type El, parent } from './element.ts'
import type { Account, Kind, PanelSession, Tables, User } from './entities.ts'
import { missing, noAccess } from './refusal.ts'
import type { ReceivedFile } from './request.ts'
import type { Daily } from './daily.ts'
import type { Engine } from './engine.ts'
import type { World } from './world.ts'

/** What a function answers: a document, bytes, or a place to go to. */
export type Answer =
  | { kind: 'document'; elements: El[]; cookie?: string }
  | { kind: 'bytes'; type: string; name: string; make: () => Buffer | Promise<Buffer> }
  | { kind: 'redirect'; location: string; cookie?: string }

export const document = (...elements: El[]): Answer => ({ kind: 'document', elements })
export const ok = (...more: El[]): Answer => document(el('ok'), ...more)
export const okWithId = (id: string): Answer => ok(el('id', id))

/** The panel as its functions see it. */
export interface Panel {
  world: World
  engine: Engine
  daily: Daily
}

/** One call of one function. */
export class Call {
  readonly panel: Panel
  readonly func: string
  readonly files: ReceivedFile[]
  readonly lang: 'en' | 'ru'
  /** Who proved themselves. */
  readonly caller: User
  /** In whose name: the caller, or whom `su` names. */
  readonly user: User
  readonly session: PanelSession | undefined
  readonly ip: string
  /** A form is only shown. */
  readonly isShown: boolean
  readonly #values: ReadonlyMap<string, string>
  /** Parameters that the function has read, or said to know. */
  readonly known = new Set<string>()

  constructor(given: {
    panel: Panel
    func: string
    files: ReceivedFile[]
    lang: 'en' | 'ru'
    caller: User
    user: User
    session: PanelSession | undefined
    ip: string
    isShown: boolean
    values: ReadonlyMap<string, string>
  }) {
    this.panel = given.panel
    this.func = given.func
    this.files = given.files
    this.lang = given.lang
    this.caller = given.caller
    this.user = given.user
    this.session = given.session
    this.ip = given.ip
    this.isShown = given.isShown
    this.#values = given.values
  }

  get world(): World {
    return this.panel.world
  }

  /** `sok=ok`: the form is to be applied. */
  get sent(): boolean {
    return this.#values.get('sok') === 'ok'
  }

  has(name: string): boolean {
    this.known.add(name)
    return this.#values.has(name)
  }

  param(name: string): string {
    this.known.add(name)
    return (this.#values.get(name) ?? '').trim()
  }

  /** An id; `undefined` for an empty choice. */
  idParam(name: string): string | undefined {
    const value = this.param(name)
    return value === '' || value === 'null' ? undefined : value
  }

  /** @throws PanelRefusal `missed` */
  required(name: string): string {
    const value = this.param(name)
    if (value === '') throw missing(name as 'elid')
    return value
  }

  get names(): IterableIterator<string> {
    return this.#values.keys()
  }

  /** Every parameter that is no word of the protocol. */
  fields(except: string[] = []): Record<string, string> {
    const fields: Record<string, string> = {}
    for (const [name, value] of this.#values)
      if (!protocolWords.has(name) && !except.includes(name)) {
        this.known.add(name)
        fields[name] = value
      }
    return fields
  }

  /** The thing that `elid` (or another parameter) names: as it is seen in a form that is only shown, as it is for what acts. */
  thing<K extends Kind>(kind: K, parameter = 'elid'): Tables[K] | undefined {
    const id = this.required(parameter)
    return this.isShown ? this.world.store.seenOne(kind, id) : this.world.store.get(kind, id)
  }

  get isStaff(): boolean {
    return this.user.level >= 28
  }

  /** The client in whose name it is called. @throws PanelRefusal for staff, who have no account */
  get account(): Account {
    const account = this.world.store.get('account', this.user.accountId)
    if (!account) throw noAccess(this.func)
    return account
  }

  /** Whether a thing may be touched: one's own, or anyone's for staff. */
  owns(accountId: string): boolean {
    return this.isStaff || this.user.accountId === accountId
  }

  say(texts: { en: string; ru: string }): string {
    return texts[this.lang]
  }
}

/** Words of the protocol itself, which every function takes. */
export const protocolWords = new Set(
  'func out lang auth authinfo su sok elid plid elname clicked_button snext sv_field sv_autocomplete p_num p_cnt p_col p_sort p_order filter clickstat key username newface sfrom operafake progressid'.split(
    ' ',
  ),
)

export interface PanelFunction {
  /** The least level that may call it; 0 for anybody. */
  level: number
  /** A form: without `sok=ok` it only shows itself. */
  isForm?: boolean
  /** Staff may call it together with `su`, which otherwise makes a client of them. */
  keepsLevel?: boolean
  /** It moves money, for the switch that cuts the line afterwards. */
  movesMoney?: boolean
  /** Parameters that it takes without reading them at once. */
  fields?: readonly string[]
  run(call: Call): Answer
}

/** A cell of a row: its text, or its text and the value behind it. */
export type Cell = string | { text: string; raw: string }
export type ListRow = Record<string, Cell>

const pageSize = 50

/** A list: filtered (inline, or as `FUNC.filter` left it in the session), sorted, one page of it. */
export function listAnswer(
  call: Call,
  rows: (ListRow & { id: Cell })[],
  hidden: (row: ListRow & { id: Cell }) => Record<string, string> = () => ({}),
): Answer {
  const columns = new Set(rows.flatMap((row) => [...Object.keys(row), ...Object.keys(hidden(row))]))
  const filter = filterOf(call, columns)
  const kept = rows.filter((row) =>
    Object.entries(filter).every(([column, wanted]) => fits({ ...hidden(row), ...row }, column, wanted)),
  )
  const sorting = call.param('p_col')
  if (sorting !== '') kept.sort(byColumn(sorting.replace(/^[+-]/, ''), sorting.startsWith('-') ? -1 : 1))
  const size = Number(call.param('p_cnt')) || pageSize
  const page = Math.max(1, Number(call.param('p_num')) || 1)
  const shown = kept.slice((page - 1) * size, page * size)
  return document(
    ...shown.map((row) =>
      parent(
        'elem',
        Object.entries(row).map(([name, cell]) => cellElement(name, cell)),
      ),
    ),
    el('p_elems', String(kept.length)),
    el('p_num', String(page)),
    el('p_cnt', String(size)),
  )
}

export const cellElement = (name: string, cell: Cell): El =>
  typeof cell === 'string' ? el(name, cell) : el(name, cell.text, { orig: cell.raw })
const rawOf = (cell: Cell | undefined): string => (cell === undefined ? '' : typeof cell === 'string' ? cell : cell.raw)
const textOf = (cell: Cell | undefined): string => (cell === undefined ? '' : typeof cell === 'string' ? cell : cell.text)

/** Columns where a filter finds a part of the text, as people type it; others must be equal. */
const textColumns = new Set(['name', 'realname', 'email', 'subject', 'locale_name', 'number', 'login', 'domain', 'sender_name'])

function filterOf(call: Call, columns: Set<string>): Record<string, string> {
  if (call.param('filter') !== 'on') {
    const sticky = call.session?.filters[call.func]
    return call.world.switches.stickyFilters && sticky ? sticky : {}
  }
  const filter: Record<string, string> = {}
  for (const name of call.names) {
    if (protocolWords.has(name)) continue
    const column = name.replace(/(start|end)$/, '')
    // A list without rows cannot know its columns; then any is taken.
    const isKnown = columns.size === 0 || columns.has(name) || (column !== name && columns.has(dateColumn(column)))
    if (isKnown || columns.has(dateColumn(name))) {
      call.known.add(name)
      filter[name] = call.param(name)
    }
  }
  return filter
}

/** The filter calls it `createdate`, the column `create_date`. */
const dateColumn = (name: string): string => ({ createdate: 'create_date', paydate: 'pay_date' })[name] ?? name

function fits(row: ListRow, name: string, wanted: string): boolean {
  const period = /^(.+?)(start|end)$/.exec(name)
  const column = dateColumn(period?.[1] ?? name)
  if (period && !(name in row)) {
    const day = rawOf(row[column]).slice(0, 10)
    return period[2] === 'start' ? day >= wanted : day !== '' && day <= wanted
  }
  // `createdate=other` only says that a period follows.
  if (dateColumn(name) !== name || wanted === '') return true
  const cell = row[name]
  if (textColumns.has(name)) return textOf(cell).toLowerCase().includes(wanted.toLowerCase())
  return rawOf(cell) === wanted
}

const byColumn = (column: string, direction: number) => (a: ListRow, b: ListRow) => {
  const [left, right] = [rawOf(a[column]), rawOf(b[column])]
  const isNumber = /^\d+$/.test(left) && /^\d+$/.test(right)
  return direction * (isNumber ? Number(left) - Number(right) : left < right ? -1 : left > right ? 1 : 0)
}

/** A form: its fields as they are, and what may be chosen in it. */
export const formAnswer = (fields: Record<string, string>, ...more: El[]): Answer =>
  document(...Object.entries(fields).map(([name, value]) => el(name, value)), ...more)

export const selectList = (name: string, options: { key: string; text: string; image?: string }[]): El =>
  parent(
    'slist',
    options.map(({ key, text, image }) => el('val', text, { key, ...(image ? { image } : {}) })),
    { name },
  )
