/**
 * What a panel holds. Money is a bigint of micro-units, moments are ISO strings in UTC, days are `YYYY-MM-DD`.
 * Things are never changed in place: `store.put` takes a new one.
 */
export interface Tables {
  account: Account
  user: User
  subaccount: Subaccount
  profile: Profile
  payment: Payment
  expense: Expense
  invoice: Invoice
  contract: Contract
  item: Item
  operation: Operation
  task: Task
  ticket: Ticket
  message: TicketMessage
  file: StoredFile
  statistic: Statistic
  session: PanelSession
  newkey: NewKey
  notice: Notice
  problem: Problem
  module: ProcessingModule
  setting: Setting
}
export type Kind = keyof Tables

export interface Account {
  id: string
  /** The client's e-mail, which the panel uses as the name. */
  name: string
  realname: string
  countryId: string
  provider: string
  registeredAt: string
  label: string
}

export interface User {
  id: string
  /** Staff have none. */
  accountId: string | undefined
  login: string
  email: string
  realname: string
  phone: string
  passwordHash: string
  /** 16 client, 28 department, 29 employee or provider, 30 root on the panel's host. */
  level: number
  totp: boolean
  suspended: boolean
  fields: Record<string, string>
}

/** The purse of an account at one provider. */
export interface Subaccount {
  id: string
  accountId: string
  provider: string
  currency: string
  balance: bigint
  creditLimit: bigint
  postpaid: boolean
  creditBlocked: boolean
  reserved: bigint
}

/** A payer. */
export interface Profile {
  id: string
  accountId: string
  type: string
  name: string
  person: string
  countryId: string
  fields: Record<string, string>
}

export interface Payment {
  id: string
  number: string
  accountId: string
  profileId: string
  methodId: string
  amount: bigint
  currency: string
  status: number
  createdAt: string
  paidAt: string | undefined
  externalId: string
  info: string
  /** When a pledged one must be paid for real. */
  promisedUntil: string | undefined
}

export interface Expense {
  id: string
  accountId: string
  itemId: string | undefined
  operation: string
  name: string
  amount: bigint
  currency: string
  /** Hundredths of a per cent. */
  taxRate: number
  /** What of it no payment has covered yet. */
  unpaid: bigint
  createdAt: string
  /** The day it is for: a day's usage is charged in the night after it. */
  realDay: string
}

export interface Invoice {
  id: string
  number: string
  accountId: string
  amount: bigint
  currency: string
  createdOn: string
  fromDay: string
  toDay: string
  dueOn: string
  paid: boolean
}

export interface Contract {
  id: string
  number: string
  accountId: string
  profileId: string
  signedOn: string
}

/** A service. */
export interface Item {
  id: string
  accountId: string
  name: string
  tariffId: string
  datacenterId: string
  period: string
  remoteid: string
  domain: string
  /** The panel's own value with its suffix: `2`, `5_open`, `3_autosuspend`. */
  status: string
  createdAt: string
  expiresOn: string
  autoprolong: string
  scheduledClose: boolean
  moduleId: string
  suspendedAt: string | undefined
  /** `addon_12` and other fields of the order. */
  fields: Record<string, string>
  /** What the module keeps beside it. */
  parameters: Record<string, string>
  /** What it was before the running operation, if that fails for good. */
  billedUntil: string
}

export interface Operation {
  id: string
  itemId: string
  command: string
  moduleId: string
  createdAt: string
  tries: number
  manual: boolean
  error: string
  history: string[]
  /** When the module runs next; missing while it runs, or when it waits for a person. */
  dueAt: string | undefined
  /** When the built-in module ends; for the outside one it runs in a process. */
  endsAt: string | undefined
  parameters: Record<string, string>
}

export interface Task {
  id: string
  itemId: string
  operationId: string
  type: string
  closed: boolean
  createdAt: string
  parameters: string
}

export interface Ticket {
  id: string
  accountId: string
  subject: string
  departmentId: string
  itemId: string | undefined
  archived: boolean
  createdAt: string
  lastMessageAt: string
  unreadByClient: boolean
  unreadByStaff: boolean
}

export interface TicketMessage {
  id: string
  ticketId: string
  from: 'client' | 'staff' | 'info'
  userId: string | undefined
  body: string
  at: string
  fileIds: string[]
}

export interface StoredFile {
  id: string
  accountId: string
  name: string
  type: string
  base64: string
}

export interface Statistic {
  id: string
  itemId: string
  day: string
  param: string
  /** Millionths of the measure. */
  value: bigint
  measure: string
  /** `poststat` told that its day is complete; until then it is not priced. */
  announced: boolean
  billed: boolean
}

export interface PanelSession {
  id: string
  userId: string
  ip: string
  usedAt: string
  awaitsTotp: boolean
  /** Whom `func=su` has made of it, innermost last. */
  as: string[]
  /** `FUNC.filter` sticks: by function, column and value. */
  filters: Record<string, Record<string, string>>
}

export interface NewKey {
  id: string
  userId: string
}

export interface Notice {
  id: string
  accountId: string
  code: string
  at: string
  facts: Record<string, string>
}

export interface Problem {
  id: string
  name: string
  at: string
}

export interface ProcessingModule {
  id: string
  name: string
  module: string
  parameters: Record<string, string>
  features: string[]
}

export interface Setting {
  id: string
  value: unknown
}
