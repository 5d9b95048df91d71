import { randomBytes } from 'node:crypto'
import { type Context, writeFor } from './context.ts'
import type { Outcome } from './outcome.ts'
import { readAmount } from './protocol/amount.ts'
import type { Row } from './protocol/document.ts'
import { BillmanagerError, notFoundThere, refuseField } from './protocol/errors.ts'
import { collect, filterBy, rowsOf } from './protocol/list.ts'

/** The four ids of one client. They are never the same thing: the account holds the money's owner, the user signs in, `su` takes the login. */
export interface Customer {
  accountId: string
  userId: string
  login: string
  /** The purse: one per provider. Charges name it. */
  subaccountId: string
  /** Of the purse, when the panel shows it. */
  currency?: string
}

export interface NewCustomer {
  email: string
  password: string
  name: string
  /** ISO 3166-1 alpha-2, for example `RU`. */
  country: string
  phone?: string
  /** When this order was sent last, for after a restart: an account that has appeared since under the e-mail is then ours. */
  sentAt?: Date | undefined
}

/** `exists` also says whose it is, so that the caller can prove ownership and link. */
export type CreatedCustomer = Outcome<Customer> & { existing?: Customer }

export interface Customers {
  findByEmail(email: string): Promise<Customer | undefined>
  /** All four ids of a client. @throws BillmanagerError not_found */
  link(by: { accountId: string } | { email: string }): Promise<Customer>
  create(customer: NewCustomer): Promise<CreatedCustomer>
  /** Sets a password as staff, or as the client when `current` is given. Believed when one can sign in with it. */
  changePassword(customer: Customer, password: string, current?: string): Promise<Outcome<{ login: string }>>
  /** An address that signs the client in to the panel itself, once. @throws BillmanagerError */
  signInUrl(customer: Customer): Promise<string>
}

export function customersOf(context: Context): Customers {
  const { panel, settings } = context
  const countries = new Map<string, string>()

  async function accountBy(fields: { id: string } | { name: string }): Promise<Row | undefined> {
    const isIt = (row: Row): boolean =>
      'id' in fields ? row.id('id') === fields.id : same(row.text('name'), fields.name) || same(row.text('email'), fields.name)
    for await (const row of rowsOf(panel, 'account', filterBy(fields))) if (isIt(row)) return row
    return undefined
  }

  async function withIds(account: Row): Promise<Customer> {
    const accountId = account.id('id') ?? ''
    const email = account.text('email') || account.text('name')
    const [users, purses] = await Promise.all([
      collect(rowsOf(panel, 'user', { plid: accountId }), (row) => row),
      collect(rowsOf(panel, 'subaccount', { plid: accountId }), (row) => row),
    ])
    const user = users.find((row) => same(row.text('name'), email) || same(row.text('email'), email)) ?? users[0]
    const purse = purses.find((row) => row.raw('project') === settings.provider) ?? purses[0]
    const [userId, subaccountId] = [user?.id('id'), purse?.id('id')]
    if (!user || !purse || !userId || !subaccountId) throw notFoundThere(`account ${accountId} has no user or no purse`)
    const currency = readAmount(purse.text('balance'), '')?.currency
    return { accountId, userId, login: user.text('name') || user.text('email'), subaccountId, ...(currency ? { currency } : {}) }
  }

  async function findByEmail(email: string): Promise<Customer | undefined> {
    const account = await accountBy({ name: email })
    return account && withIds(account)
  }

  async function countryId(code: string): Promise<string> {
    if (countries.size === 0) {
      const form = await panel.call('account.edit')
      // A country is known by its flag: /manimg/common/flag/RU.png (openprovider/op-billmanager5-domains, Api.php, createAccount).
      for (const option of form.options('country')) {
        const flag = /\/([A-Z]{2})\.png$/.exec(option.image)?.[1]
        if (flag) countries.set(flag, option.key)
      }
    }
    const id = countries.get(code.toUpperCase())
    if (id === undefined) throw refuseField('country', `the panel has no country ${code}`)
    return id
  }

  return {
    findByEmail,

    async link(by) {
      const account = await accountBy('accountId' in by ? { id: by.accountId } : { name: by.email })
      if (!account) throw notFoundThere(`no account ${'accountId' in by ? by.accountId : by.email}`)
      return withIds(account)
    },

    async create({ email, password, name, country, phone, sentAt }) {
      const key = email.toLowerCase()
      let existing: Customer | undefined
      const outcome = await writeFor(context, `email:${key}`, {
        name: 'account.edit',
        // While this order is in doubt, the account that appears under its e-mail is taken for ours; afterwards it is somebody's.
        key,
        sentAt,
        forgets: true,
        find: async () => {
          existing = await findByEmail(email)
          if (existing)
            throw new BillmanagerError('exists', {
              kind: 'conflict',
              message: `${email} has an account`,
              retryable: false,
              effect: 'none',
            })
          return undefined
        },
        before: async () => ({ country: await countryId(country) }),
        act: async (known) => {
          const form = {
            email,
            realname: name,
            country: known.country,
            passwd: password,
            confirm: password,
            project: settings.provider,
            phone,
            notify: 'off',
            employee: 'null',
            sok: 'ok',
          }
          return (await panel.call('account.edit', form)).id('id')
        },
        look: async () => findByEmail(email),
      })
      return existing && outcome.outcome === 'refused' ? { ...outcome, existing } : outcome
    },

    async changePassword(customer, password, current) {
      return writeFor(context, customer.accountId, {
        name: 'change of password',
        act: () =>
          current === undefined
            ? panel.call('user.edit', { elid: customer.userId, passwd: password, confirm: password, sok: 'ok' })
            : panel.call(
                'usrparam',
                { elid: customer.userId, old_passwd: current, passwd: password, confirm: password, sok: 'ok' },
                { su: customer.login },
              ),
        look: async () => ((await panel.tryPassword(customer.login, password)) ? { login: customer.login } : undefined),
      })
    },

    async signInUrl(customer) {
      const key = randomBytes(24).toString('hex')
      await panel.call('session.newkey', { username: customer.login, key })
      return `${panel.url}?${new URLSearchParams({ func: 'auth', username: customer.login, key })}`
    },
  }
}

const same = (a: string, b: string): boolean => a !== '' && a.toLowerCase() === b.toLowerCase()
