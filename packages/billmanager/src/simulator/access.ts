import type { PanelSession, User } from './entities.ts'
import { missing, noAccess, refuse } from './refusal.ts'
import { hashOf, type World } from './world.ts'

/** Who calls, and in whose name. */
export interface Standing {
  caller: User
  user: User
  session: PanelSession | undefined
}

/** What stands for a caller who has not proved anything. */
export const nobody: User = {
  id: '',
  accountId: undefined,
  login: '',
  email: '',
  realname: '',
  phone: '',
  passwordHash: '',
  level: 0,
  totp: false,
  suspended: false,
  fields: {},
}

export function signIn(world: World, username: string, password: string, ip: string): PanelSession {
  const user = findUser(world, username)
  if (!user || user.suspended || user.passwordHash !== hashOf(password)) throw refuse('auth', 'badpassword')
  return openSession(world, user, ip)
}

export function openSession(world: World, user: User, ip: string, awaitsTotp = user.totp): PanelSession {
  return world.store.put('session', {
    id: world.token(24),
    userId: user.id,
    ip,
    usedAt: world.now().toISOString(),
    awaitsTotp,
    as: [],
    filters: {},
  })
}

/** A user by login, e-mail or id: public callers give `su` any of them. */
export const findUser = (world: World, name: string): User | undefined =>
  name === ''
    ? undefined
    : (world.store.find(
        'user',
        (one) => one.login.toLowerCase() === name.toLowerCase() || one.email.toLowerCase() === name.toLowerCase(),
      ) ?? world.store.get('user', name))

/** @throws PanelRefusal when what was given proves nothing, or `su` may not be */
export function standing(
  world: World,
  given: { auth: string; authinfo: string; su: string; func: string; ip: string },
): Standing {
  const { func, su } = given
  const { caller, session } = prove(world, given)
  const innermost = session?.as.at(-1)
  const acting = innermost === undefined ? caller : (world.store.get('user', innermost) ?? caller)
  if (su === '') return { caller, user: acting, session }
  if (acting.level < 28) throw noAccess(func)
  const user = findUser(world, su)
  if (!user) throw missing('user')
  return { caller, user, session }
}

function prove(
  world: World,
  { auth, authinfo, func, ip }: { auth: string; authinfo: string; func: string; ip: string },
): { caller: User; session: PanelSession | undefined } {
  if (authinfo !== '') {
    if (world.switches.authinfoRestricted) throw refuse('auth', 'blocked_ip')
    const colon = authinfo.indexOf(':')
    const user = findUser(world, authinfo.slice(0, colon))
    if (!user || user.suspended || user.passwordHash !== hashOf(authinfo.slice(colon + 1))) throw refuse('auth', 'badpassword')
    return { caller: user, session: undefined }
  }
  if (auth === '') return { caller: nobody, session: undefined }
  const session = world.store.get('session', auth)
  const nowMs = world.now().getTime()
  if (!session || nowMs - new Date(session.usedAt).getTime() > world.switches.sessionExpiryMs) throw noAccess(func)
  if (world.switches.ipBoundSession && session.ip !== ip) throw refuse('auth', 'badip')
  const caller = world.store.get('user', session.userId)
  if (!caller || caller.suspended) throw noAccess(func)
  // Written down at most once a minute, as every call would otherwise grow the log.
  const isStale = nowMs - new Date(session.usedAt).getTime() > Math.min(60_000, world.switches.sessionExpiryMs / 10)
  return { caller, session: isStale ? world.store.put('session', { ...session, usedAt: world.now().toISOString() }) : session }
}
