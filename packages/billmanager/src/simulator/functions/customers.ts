import { type Call, formAnswer, listAnswer, okWithId, ok, type PanelFunction, selectList, document } from '../call.ts'
import { findUser } from '../access.ts'
import { el } from '../element.ts'
import type { Account, User } from '../entities.ts'
import { badValue, missing, refuse } from '../refusal.ts'
import { hashOf, shownMoment } from '../world.ts'
import { readSum } from '../purse.ts'

export const countryOptions = (call: Call): { key: string; text: string; image?: string }[] => [
  { key: 'null', text: '--' },
  ...call.world.catalogue.countries.map((country) => ({
    key: country.id,
    text: call.say(country),
    image: `/manimg/common/flag/${country.code}.png`,
  })),
]

/** A client: the account, its purse, and its first user, whose login is the e-mail. */
export function createClient(call: Call): { account: Account; user: User } {
  const { world } = call
  const { store } = world
  const email = call.param('email').toLowerCase()
  const [password, countryId] = [call.param('passwd'), call.param('country')]
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw badValue('email', email)
  if (password.length < 6) throw badValue('passwd', '')
  if (call.has('confirm') && call.param('confirm') !== password) throw badValue('confirm', '')
  if (!world.catalogue.countries.some(({ id }) => id === countryId)) throw badValue('country', countryId)
  if (call.param('realname') === '') throw badValue('realname', '')
  if (findUser(world, email)) throw refuse('exists', 'email_exist', { value: email })
  const account = store.put('account', {
    id: store.nextId('account'),
    name: email,
    realname: call.param('realname'),
    countryId,
    provider: '1',
    registeredAt: world.now().toISOString(),
    label: call.param('label'),
  })
  store.put('subaccount', {
    id: store.nextId('subaccount'),
    accountId: account.id,
    provider: '1',
    currency: world.catalogue.currency.code,
    balance: 0n,
    creditLimit: 0n,
    postpaid: false,
    creditBlocked: false,
    reserved: 0n,
  })
  const user = store.put('user', {
    id: store.nextId('user'),
    accountId: account.id,
    login: email,
    email,
    realname: call.param('realname'),
    phone: call.param('phone'),
    passwordHash: hashOf(password),
    level: 16,
    totp: false,
    suspended: false,
    fields: {},
  })
  return { account, user }
}

export const customerFunctions: Record<string, PanelFunction> = {
  account: {
    level: 28,
    run(call) {
      const { world } = call
      const purses = new Map(world.store.seen('subaccount').map((purse) => [purse.accountId, purse]))
      return listAnswer(
        call,
        world.store.seen('account').map((account) => ({
          id: account.id,
          name: account.name,
          realname: account.realname,
          project: 'Provider',
          balance: world.money(purses.get(account.id)?.balance ?? 0n),
          account_status: 'active',
          tz_registration_date: shownMoment(account.registeredAt),
        })),
        (row) => ({ email: String(row.name) }),
      )
    },
  },

  'account.edit': {
    level: 28,
    isForm: true,
    fields: [
      'email',
      'realname',
      'country',
      'passwd',
      'confirm',
      'project',
      'phone',
      'verify_email',
      'notify',
      'employee',
      'label',
      'attitude',
    ],
    run(call) {
      const { store } = call.world
      const id = call.idParam('elid')
      if (id === undefined)
        return call.sent ? okWithId(createClient(call).account.id) : document(selectList('country', countryOptions(call)))
      const account = call.thing('account')
      if (!account) throw missing('elid')
      if (!call.sent)
        return formAnswer({
          elid: id,
          email: account.name,
          realname: account.realname,
          country: account.countryId,
          label: account.label,
        })
      const changed = { ...account }
      if (call.has('realname')) changed.realname = call.param('realname')
      if (call.has('label')) changed.label = call.param('label')
      store.put('account', changed)
      return ok()
    },
  },

  user: {
    level: 16,
    run(call) {
      const accountId = call.isStaff ? call.idParam('plid') : call.account.id
      return listAnswer(
        call,
        call.world.store
          .seen('user')
          .filter((user) => user.accountId !== undefined && (accountId === undefined || user.accountId === accountId))
          .map((user) => ({
            id: user.id,
            name: user.login,
            email: user.email,
            realname: user.realname,
            account: user.accountId ?? '',
            self: user.id === call.user.id ? 'on' : 'off',
          })),
      )
    },
  },

  'user.edit': {
    level: 28,
    isForm: true,
    fields: ['email', 'name', 'realname', 'phone', 'passwd', 'confirm', 'default_access_allow', 'verify_email'],
    run(call) {
      const { store } = call.world
      const user = call.thing('user')
      if (!user) throw missing('elid')
      if (!call.sent)
        return formAnswer({ elid: user.id, name: user.login, email: user.email, realname: user.realname, phone: user.phone })
      const password = call.param('passwd')
      if (password !== '' && password.length < 6) throw badValue('passwd', '')
      if (password !== call.param('confirm')) throw badValue('confirm', '')
      store.put('user', {
        ...user,
        realname: call.has('realname') ? call.param('realname') : user.realname,
        phone: call.has('phone') ? call.param('phone') : user.phone,
        passwordHash: password === '' ? user.passwordHash : hashOf(password),
      })
      return ok()
    },
  },

  'user.suspend': { level: 28, run: (call) => setSuspended(call, true) },
  'user.resume': { level: 28, run: (call) => setSuspended(call, false) },

  subaccount: {
    level: 28,
    run(call) {
      const accountId = call.idParam('plid')
      return listAnswer(
        call,
        call.world.store
          .seen('subaccount')
          .filter((purse) => accountId === undefined || purse.accountId === accountId)
          .map((purse) => ({
            id: purse.id,
            account: purse.accountId,
            project: { text: 'Provider', raw: purse.provider },
            balance: call.world.money(purse.balance, purse.currency),
            creditlimit: call.world.money(purse.creditLimit, purse.currency),
            reserved: call.world.money(purse.reserved, purse.currency),
            postpaid: purse.postpaid ? 'on' : 'off',
            creditblocked: purse.creditBlocked ? 'on' : 'off',
          })),
      )
    },
  },

  'subaccount.edit': {
    level: 28,
    isForm: true,
    fields: ['creditlimit', 'postpaid'],
    run(call) {
      const { store, exact } = call.world
      const purse = call.thing('subaccount')
      if (!purse) throw missing('elid')
      if (!call.sent)
        return formAnswer({
          elid: purse.id,
          balance: exact(purse.balance),
          creditlimit: exact(purse.creditLimit),
          postpaid: purse.postpaid ? 'on' : 'off',
          reserved: exact(purse.reserved),
        })
      const limit = call.param('creditlimit')
      const creditLimit = limit === '' ? purse.creditLimit : /^0+([.,]0+)?$/.test(limit) ? 0n : readSum('creditlimit', limit)
      const postpaid = call.has('postpaid') ? call.param('postpaid') === 'on' : purse.postpaid
      // The two exclude each other: https://www.ispsystem.com/docs/billmanager-kb/how-to-guides/how-to-set-up-postpaid-in-billmanager
      if (postpaid && creditLimit > 0n) throw badValue('postpaid', 'on')
      store.put('subaccount', { ...purse, creditLimit, postpaid })
      return ok()
    },
  },

  notify: {
    level: 16,
    fields: ['notifiaction'],
    run(call) {
      const { world } = call
      const notices =
        call.user.accountId === undefined ? [] : world.store.seen('notice').filter((one) => one.accountId === call.user.accountId)
      const balance = call.user.accountId === undefined ? 0n : world.purse(call.user.accountId).balance
      return document(
        { name: 'notify', children: notices.map((one) => el('item', one.code, { id: one.id, at: shownMoment(one.at) })) },
        el('realbalance', world.money(balance)),
      )
    },
  },
}

function setSuspended(call: Call, suspended: boolean) {
  const user = call.thing('user')
  if (!user) throw missing('elid')
  call.world.store.put('user', { ...user, suspended })
  return ok()
}
