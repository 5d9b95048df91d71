import { findUser, nobody, openSession, signIn } from '../access.ts'
import { type Answer, type Call, document, formAnswer, ok, type PanelFunction, selectList } from '../call.ts'
import { el } from '../element.ts'
import type { PanelSession, User } from '../entities.ts'
import { badValue, missing, noAccess, refuse } from '../refusal.ts'
import { hashOf } from '../world.ts'
import { countryOptions, createClient } from './customers.ts'

const authAnswer = (session: PanelSession, level: number): Answer => ({
  kind: 'document',
  elements: [el('auth', session.id, { id: session.id, level: String(level) })],
  cookie: `billmgrses5=${session.id}; path=/; HttpOnly`,
})

/** The session of a call that needs one. @throws PanelRefusal */
function sessionOf(call: Call): PanelSession {
  if (!call.session) throw noAccess(call.func)
  return call.session
}

const userElement = ({ id, realname, email, phone }: User) =>
  el('user', undefined, { id, realname, email, phone, email_verified: 'on', need_phone_validate: 'off' })

/** The code that the simulated second factor takes. */
const totpCode = '123456'

export const sessionFunctions: Record<string, PanelFunction> = {
  auth: {
    level: 0,
    fields: ['password', 'redirect'],
    run(call) {
      const { store } = call.world
      const key = call.param('key')
      if (key === '') {
        const session = signIn(call.world, call.param('username'), call.param('password'), call.ip)
        return authAnswer(session, store.get('user', session.userId)?.level ?? 0)
      }
      const user = findUser(call.world, call.param('username'))
      const issued = store.get('newkey', key)
      if (!user || issued?.userId !== user.id) throw refuse('auth', 'badpassword')
      store.remove('newkey', key)
      const session = openSession(call.world, user, call.ip, false)
      return { kind: 'redirect', location: '/billmgr', cookie: `billmgrses5=${session.id}; path=/; HttpOnly` }
    },
  },

  whoami: {
    level: 0,
    run(call) {
      if (call.session?.awaitsTotp) return document(el('ok', 'func=totp.confirm'))
      if (call.user.level === 0) throw noAccess(call.func)
      return document(userElement(call.user))
    },
  },

  'totp.confirm': {
    level: 0,
    isForm: true,
    fields: ['qrcode'],
    run(call) {
      const session = sessionOf(call)
      if (!call.sent) return formAnswer({ qrcode: '' })
      if (call.param('qrcode') !== totpCode) throw badValue('qrcode', call.param('qrcode'))
      call.world.store.remove('session', session.id)
      return authAnswer(openSession(call.world, call.caller, call.ip, false), call.caller.level)
    },
  },

  keepalive: {
    level: 0,
    run(call) {
      if (call.user.level === 0) throw noAccess(call.func)
      return ok()
    },
  },

  logon: {
    level: 0,
    run(call) {
      if (call.session) call.world.store.remove('session', call.session.id)
      return ok()
    },
  },

  su: {
    level: 28,
    run(call) {
      const session = sessionOf(call)
      const user = findUser(call.world, call.required('elid'))
      if (!user) throw missing('elid')
      call.world.store.put('session', { ...session, as: [...session.as, user.id] })
      return ok(el('auth', session.id, { id: session.id, level: String(user.level) }))
    },
  },

  chlevel: {
    level: 16,
    fields: ['lp'],
    run(call) {
      const session = sessionOf(call)
      call.world.store.put('session', { ...session, as: session.as.slice(0, -1) })
      return ok(el('auth', session.id, { id: session.id, level: String(call.caller.level) }))
    },
  },

  'session.newkey': {
    level: 28,
    run(call) {
      const user = findUser(call.world, call.param('username'))
      const key = call.param('key')
      if (!user) throw badValue('username', call.param('username'))
      if (key.length < 16) throw badValue('key', key)
      call.world.store.put('newkey', { id: key, userId: user.id })
      return ok()
    },
  },

  register: {
    level: 0,
    isForm: true,
    fields: ['phone', 'state', 'conditions_agree', 'recovery', 'partner', 'sesid', 'project'],
    run(call) {
      if (!call.sent)
        return document(selectList('country', countryOptions(call)), selectList('state', [{ key: 'null', text: '--' }]))
      const { user } = createClient(call)
      const key = call.world.token(32)
      call.world.store.put('newkey', { id: key, userId: user.id })
      return document(el('ok', `/billmgr?${new URLSearchParams({ func: 'auth', username: user.login, key })}`, { type: 'url' }))
    },
  },

  recovery: {
    level: 0,
    isForm: true,
    run(call) {
      if (!call.sent) return formAnswer({ email: '' })
      const user = findUser(call.world, call.param('email'))
      if (!user) throw badValue('email', call.param('email'))
      const sent = call.world.store.find('notice', (one) => one.accountId === user.accountId && one.code === 'recovery')
      const seconds = sent ? 60 - Math.floor((call.world.now().getTime() - new Date(sent.at).getTime()) / 1000) : 0
      if (seconds > 0) throw refuse('min_email_send_timeout', '', { email: user.email, value: String(seconds) })
      if (sent) call.world.store.remove('notice', sent.id)
      if (user.accountId)
        call.world.store.put('notice', {
          id: call.world.store.nextId('notice'),
          accountId: user.accountId,
          code: 'recovery',
          at: call.world.now().toISOString(),
          facts: {},
        })
      return ok()
    },
  },

  usrparam: {
    level: 16,
    isForm: true,
    fields: ['old_passwd', 'passwd', 'confirm', 'timezone', 'atype', 'addr', 'secureip', 'disable_totp', 'telegram_id'],
    run(call) {
      const { user, world } = call
      if (user === nobody) throw noAccess(call.func)
      if (!call.sent)
        return formAnswer({
          elid: user.id,
          email: user.email,
          timezone: user.fields.timezone ?? 'UTC',
          status_totp: user.totp ? 'on' : 'off',
          email_confirmed_status: '1',
        })
      const [old, password, again] = [call.param('old_passwd'), call.param('passwd'), call.param('confirm')]
      const fields = { ...user.fields }
      for (const name of ['timezone', 'atype', 'addr', 'secureip', 'telegram_id'])
        if (call.has(name)) fields[name] = call.param(name)
      if (password === '') {
        world.store.put('user', { ...user, fields })
        return ok()
      }
      if (hashOf(old) !== user.passwordHash) throw refuse('value', 'old_passwd')
      if (password !== again) throw badValue('confirm', '')
      world.store.put('user', { ...user, fields, passwordHash: hashOf(password) })
      return ok()
    },
  },
}
