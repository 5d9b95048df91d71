import { repr } from './python.ts'
import { Refused } from './refusal.ts'
import { resourceTypes } from './schema.ts'
import type { ObjectStore, Sharing, StoredObject } from './store.ts'

export type AaaMode = 'no-auth' | 'cloud-admin' | 'rbac'

export const readAccess = 4
export const writeAccess = 2
export const linkAccess = 1
const modeNames: Record<number, string> = { 4: 'read', 2: 'write', 1: 'link' }

/** Who calls, as the token says. In `no-auth` nobody is asked. */
export interface Caller {
  user: string
  roles: string[]
  /** Without dashes. */
  projectId: string
  projectName: string
  domainId: string
  domainName: string
}

export const cloudAdminRole = 'admin'
export const readOnlyRole = 'cloud-admin-ro'

const hasRole = (caller: Caller, role: string): boolean => caller.roles.some((name) => name.toLowerCase() === role)

/** Whether the caller sees and may do everything. Without authentication everybody is. */
export const isAdmin = (caller: Caller | undefined): boolean => caller === undefined || hasRole(caller, cloudAdminRole)

/** Rules of `rbac`: what roles may do with types, on top of the permissions of each object. */
export interface Rule {
  rule_object: string
  rule_field: string | null
  rule_perms: { role_name: string; role_crud: string }[]
}

/** What a fresh installation allows to everybody. */
export const defaultRules: readonly Rule[] = [
  ...['fqname-to-id', 'id-to-fqname', 'useragent-kv'].map((name) => rule(name, 'CRUD')),
  ...['documentation', '/', 'watch'].map((name) => rule(name, 'R')),
  {
    rule_object: 'logical-router',
    rule_field: 'logical_router_gateway_external',
    rule_perms: [{ role_name: '*', role_crud: 'R' }],
  },
]

function rule(rule_object: string, role_crud: string): Rule {
  return { rule_object, rule_field: '', rule_perms: [{ role_name: '*', role_crud }] }
}

const operations: Record<string, string> = { GET: 'R', POST: 'C', PUT: 'U', DELETE: 'D', HEAD: 'R' }

/** Throws when no rule of the system, the caller's domain or project allows the request. */
export function checkRules(
  store: ObjectStore,
  caller: Caller,
  method: string,
  path: string,
  body: Record<string, unknown> | undefined,
): void {
  if (hasRole(caller, cloudAdminRole)) return
  if (hasRole(caller, readOnlyRole) && (method === 'GET' || method === 'HEAD')) return
  const operation = operations[method] ?? 'R'
  const object = objectOfPath(path)
  const denied = new Refused(
    403,
    `Permission Denied for ${caller.user} as ${repr(caller.roles)} to ${operation} ${object} in ${caller.projectName}`,
  )
  const rules = rulesFor(store, caller)
  if (rules.length === 0) throw new Refused(403, 'Permission Denied RBAC rule list empty')
  const allows = (one: Rule) =>
    one.rule_perms.some(
      (perm) => (perm.role_name === '*' || caller.roles.includes(perm.role_name)) && perm.role_crud.includes(operation),
    )
  const own = rules.filter((one) => one.rule_object === object)
  const fields = own.filter((one) => one.rule_field)
  const named = (body?.[object] ?? body ?? {}) as Record<string, unknown>
  const rest = new Set(Object.keys(named).filter((name) => name !== 'uuid' && name !== 'fq_name'))
  if (fields.length > 0 && rest.size > 0) {
    for (const one of fields) {
      const field = one.rule_field as string
      if (!rest.has(field)) continue
      if (!allows(one)) throw denied
      rest.delete(field)
    }
    if (rest.size === 0) return
  }
  const whole = own.filter((one) => !one.rule_field)
  const deciding = whole.length > 0 ? whole : rules.filter((one) => one.rule_object === '*')
  if (!deciding.some(allows)) throw denied
}

/** `/virtual-networks` and `/virtual-network/<id>` are both about `virtual-network`. */
function objectOfPath(path: string): string {
  if (path === '/') return path
  const first = path.split('/')[1] ?? ''
  return !resourceTypes.has(first) && first.endsWith('s') && resourceTypes.has(first.slice(0, -1)) ? first.slice(0, -1) : first
}

function rulesFor(store: ObjectStore, caller: Caller): Rule[] {
  const dashes = (id: string) => `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`
  const holders = [
    store.uuidOf('global-system-config', ['default-global-system-config']),
    dashes(caller.domainId),
    dashes(caller.projectId),
  ]
  return holders
    .flatMap((uuid) => (uuid === undefined ? [] : store.children(uuid, 'api-access-list')))
    .flatMap((list) => (list.properties.api_access_list_entries as { rbac_rule?: Rule[] } | undefined)?.rbac_rule ?? [])
}

/** The reason why the caller may not do this with the object, or nothing. */
export function denial(
  caller: Caller | undefined,
  mode: AaaMode,
  object: Pick<StoredObject, 'perms2'>,
  access: number,
  deletesOwned?: string,
): string | undefined {
  if (mode !== 'rbac' || caller === undefined || hasRole(caller, cloudAdminRole)) return undefined
  if (access === readAccess && hasRole(caller, readOnlyRole)) return undefined
  const owner = object.perms2.owner.replaceAll('-', '')
  const granted = grantedTo(caller, object.perms2)
  const allowed =
    (granted & access) !== 0 && (deletesOwned === undefined || caller.projectId === deletesOwned.replaceAll('-', ''))
  if (allowed) return undefined
  const what = modeNames[access]
  return (
    `Permission Denied for ${repr(caller.roles)} to ${what} operation in domain '${caller.domainName}' and project '${caller.projectName}' ` +
    `RBAC: ${caller.user} doesn't have ${what} permission in project '${owner}'`
  )
}

function grantedTo(caller: Caller, perms2: Sharing): number {
  let granted = perms2.global_access
  if (caller.projectId === perms2.owner.replaceAll('-', '')) granted |= perms2.owner_access
  for (const { tenant, tenant_access } of perms2.share) {
    const [kind, id = ''] = tenant.includes(':') ? tenant.split(':') : ['tenant', tenant]
    const mine = kind === 'domain' ? caller.domainId : caller.projectId
    if (mine === id.replaceAll('-', '')) return granted | tenant_access
  }
  return granted
}

export function checkAccess(
  caller: Caller | undefined,
  mode: AaaMode,
  object: StoredObject,
  access: number,
  deletesOwned?: string,
): void {
  const reason = denial(caller, mode, object, access, deletesOwned)
  if (reason !== undefined) throw new Refused(403, reason)
}

/** Letters of what the caller may do: `RWX`. */
export function accessLetters(caller: Caller | undefined, mode: AaaMode, object: StoredObject | undefined): string {
  if (mode !== 'rbac' || caller === undefined || object === undefined || hasRole(caller, cloudAdminRole)) return 'RWX'
  const granted = grantedTo(caller, object.perms2)
  return `${granted & readAccess ? 'R' : ''}${granted & writeAccess ? 'W' : ''}${granted & linkAccess ? 'X' : ''}`
}

export const roleFlags = (roles: readonly string[]): { is_cloud_admin_role: boolean; is_global_read_only_role: boolean } => ({
  is_cloud_admin_role: roles.some((role) => role.toLowerCase() === cloudAdminRole),
  is_global_read_only_role: roles.some((role) => role.toLowerCase() === readOnlyRole),
})
