import { collections } from '../neutron/collections.ts'
import { unknownAttributes, visible } from '../neutron-server/attributes.ts'
import { tungstenExtensions } from '../neutron-server/extensions.ts'
import { NeutronError } from '../neutron-server/refusals.ts'
import type { Generation } from '../world.ts'

/** A call of Neutron's API as this library sees it. */
export interface NeutronCall {
  method: string
  /** From the version on: `/v2.0/networks`. */
  path: string
  query: URLSearchParams
  body?: unknown
}

export interface NeutronAnswer {
  status: number
  body?: unknown
}

export interface NeutronDifferences {
  /** The call as Neutron's own reference implementation has to get it, or the answer that Tungsten gives without asking. */
  request(call: NeutronCall): { call: NeutronCall } | { answer: NeutronAnswer }
  /** The answer of the reference implementation as Tungsten would have given it. */
  response(call: NeutronCall, answer: NeutronAnswer): NeutronAnswer
}

export interface DifferencesOptions {
  generation: Generation
  /** The name of a project in `fq_name`; its id by default. */
  projectName?: (projectId: string) => string
}

type Resource = Record<string, unknown>

const others = new Set(['extensions', 'quotas', 'subnetpools', 'trunks'])

/** Filters that the backend looks at. The others are ignored: the list has more than was asked for. */
const honoured: Record<string, readonly string[]> = {
  network: ['id', 'name', 'tenant_id', 'project_id', 'shared', 'router:external'],
  subnet: ['id', 'name', 'tenant_id', 'project_id', 'network_id', 'cidr', 'shared', 'router:external'],
  port: [
    'id',
    'name',
    'tenant_id',
    'project_id',
    'network_id',
    'device_id',
    'device_owner',
    'mac_address',
    'status',
    'fixed_ips',
  ],
  router: ['id', 'name', 'tenant_id', 'project_id'],
  floatingip: ['id', 'tenant_id', 'project_id', 'port_id', 'floating_ip_address'],
  security_group: ['id', 'name', 'tenant_id', 'project_id'],
  security_group_rule: ['id', 'tenant_id', 'project_id', 'security_group_id'],
}
const alwaysHonoured = [
  'fields',
  'limit',
  'marker',
  'page_reverse',
  'sort_key',
  'sort_dir',
  'tags',
  'tags-any',
  'not-tags',
  'not-tags-any',
]

/** Ports that Tungsten does without: DHCP and names are served by the vRouter, and a gateway or a floating IP is no port. */
const absentOwners = new Set(['network:dhcp', 'network:router_gateway', 'network:floatingip', 'network:distributed'])

const quotaNames = ['network', 'subnet', 'subnetpool', 'port', 'router', 'floatingip', 'security_group', 'security_group_rule']
const furtherQuotaNames = ['trunk', 'route_table', 'nat_instance']

const refused = (status: number, type: string, message: string): { answer: NeutronAnswer } => ({
  answer: { status, body: { NeutronError: { type, message, detail: '' } } },
})
const badRequest = (kind: string, message: string) => refused(400, 'BadRequest', `Bad ${kind} request: ${message}.`)
const notFound = () => refused(404, 'HTTPNotFound', 'The resource could not be found.')

/**
 * What makes a Neutron with Tungsten another thing than one with OVN, as pure functions: to be put around a Neutron that is simulated or real.
 * The quirks are those of README, section "Neutron"; what cannot be seen from one exchange is left out: the address that is taken for names in each subnet,
 * addresses of ports (MACs of `02:`), floating IPs without a router, and names that are taken twice.
 */
export function neutronDifferences({ generation, projectName = (id) => id }: DifferencesOptions): NeutronDifferences {
  function request(call: NeutronCall): { call: NeutronCall } | { answer: NeutronAnswer } {
    const { collection, id, action } = parts(call.path)
    if (collection === 'extensions') return extensions(id)
    if (collection === 'subnetpools') return subnetpools(call.method)
    if (collection === 'trunks' && call.method === 'GET' && id === undefined)
      return { answer: { status: 200, body: { trunks: [] } } }
    const kind = collections[collection]
    if (!kind) return others.has(collection) ? { call } : notFound()
    if (action === 'tags' && call.method === 'GET')
      return refused(500, 'HTTPInternalServerError', 'Request Failed: internal server error while processing your request.')
    if (call.method === 'GET' && id === undefined) return { call: { ...call, query: withHonouredFilters(kind, call.query) } }
    const wish = (call.body as Record<string, Resource | undefined> | undefined)?.[kind]
    if (action !== undefined || !wish || typeof wish !== 'object') return { call }
    const unknown = unknownAttributes(kind, wish)
    if (unknown.length > 0) return refused(400, 'HTTPBadRequest', `Unrecognized attribute(s) '${unknown.join(', ')}'`)
    const rewritten = call.method === 'POST' ? creation(kind, wish) : change(kind, wish)
    return 'answer' in rewritten ? rewritten : { call: { ...call, body: { [kind]: rewritten.wish } } }
  }

  function creation(kind: string, wish: Resource): { wish: Resource } | { answer: NeutronAnswer } {
    const name = String(wish.name ?? '')
    if (/[^\p{ASCII}]/u.test(name)) return badRequest(kind, 'Non-ascii symbols are not allowed')
    if (name.includes(':')) return badRequest(backendTypes[kind] ?? kind, "Bad Request, name has one of invalid chars {':'}")
    // The first pool of the network is taken.
    if (kind === 'floatingip') return { wish: without(wish, 'subnet_id') }
    return { wish }
  }

  function change(kind: string, wish: Resource): { wish: Resource } | { answer: NeutronAnswer } {
    if (kind === 'subnet' && 'gateway_ip' in wish) return badRequest(kind, 'update of gateway is not supported')
    if (kind === 'subnet' && 'allocation_pools' in wish && generation === 'tf')
      return badRequest(kind, 'update of allocation_pools is not allowed')
    const named = wish.name === '' ? without(wish, 'name') : wish
    if (kind === 'port' && Array.isArray(wish.fixed_ips)) {
      if (wish.fixed_ips.some(isNewAddress)) return badRequest(kind, 'Fixed ip cannot be updated on a port')
      // TF does nothing about the others.
      return { wish: generation === 'tf' ? without(named, 'fixed_ips') : named }
    }
    return { wish: kind === 'router' ? gatewayChange(named) : named }
  }

  /** TF takes a gateway that is not named for one that is not wanted; OpenSDN needs an empty object for that. */
  function gatewayChange(wish: Resource): Resource {
    const info = wish.external_gateway_info
    if (generation === 'tf') return info ? wish : { ...wish, external_gateway_info: {} }
    return info === null ? without(wish, 'external_gateway_info') : wish
  }

  function subnetpools(method: string): { answer: NeutronAnswer } {
    if (generation === 'opensdn' && method === 'GET') return { answer: { status: 200, body: { subnetpools: [] } } }
    return { answer: { status: 501, body: { NotImplementedError: { type: 'NotImplementedError', message: '', detail: '' } } } }
  }

  function response(call: NeutronCall, answer: NeutronAnswer): NeutronAnswer {
    const { collection, id, action } = parts(call.path)
    if (answer.status >= 300 || typeof answer.body !== 'object' || answer.body === null) return answer
    if (collection === 'quotas') return { ...answer, body: quotas(answer.body as Resource, action) }
    const kind = collections[collection]
    if (!kind) return answer
    if (action === 'tags') return { ...answer, body: (answer.body as { tags?: unknown }).tags ?? answer.body }
    if (action !== undefined) return { ...answer, body: without(answer.body as Resource, 'network_id', 'subnet_ids') }
    const { [kind]: one, [`${kind}s`]: many, ...rest } = answer.body as Record<string, unknown>
    if (Array.isArray(many)) {
      const shown = (many as Resource[]).filter((item) => kind !== 'port' || !absentOwners.has(String(item.device_owner)))
      return { ...answer, body: { ...rest, [`${kind}s`]: shown.map((item) => seen(kind, item)) } }
    }
    const item = one as Resource
    if (kind === 'port' && absentOwners.has(String(item.device_owner))) {
      const error = new NeutronError(404, 'PortNotFound', `Port ${id} could not be found.`)
      return { status: 404, body: { NeutronError: { type: error.type, message: error.message, detail: '' } } }
    }
    const isNew = call.method === 'POST' && kind === 'network'
    return {
      ...answer,
      body: { ...rest, [kind]: { ...seen(kind, item), ...(isNew ? { created_at: null, updated_at: null } : {}) } },
    }
  }

  function seen(kind: string, item: Resource): Resource {
    const own = visible(kind, item, true)
    const view = views[kind]?.(own) ?? own
    const isNamed = (kind === 'network' || kind === 'router') && 'name' in item && 'tenant_id' in item
    const named = isNamed ? { ...view, fq_name: ['default-domain', projectName(String(item.tenant_id)), item.name] } : view
    return Array.isArray(named.tags) && named.tags.length === 0 && kind !== 'subnet' ? without(named, 'tags') : named
  }

  function quotas(body: Resource, verb: string | undefined): Resource {
    const shown = (quota: Resource): Resource => {
      const known = Object.fromEntries(
        Object.entries(quota).filter(([name]) => quotaNames.includes(name) || name === 'tenant_id' || name === 'project_id'),
      )
      if (verb?.startsWith('details')) {
        const unlimited = furtherQuotaNames.map((name) => [name, { limit: -1, used: 0, reserved: 0 }])
        const counted = Object.entries(known).map(([name, value]) => [
          name,
          generation === 'tf' ? { ...(value as Resource), used: 0 } : value,
        ])
        return Object.fromEntries([...counted, ...unlimited])
      }
      return generation === 'tf' && !('tenant_id' in known)
        ? { ...known, ...Object.fromEntries(furtherQuotaNames.map((name) => [name, -1])) }
        : known
    }
    if (Array.isArray(body.quotas)) return { quotas: (body.quotas as Resource[]).map(shown) }
    return typeof body.quota === 'object' && body.quota !== null ? { quota: shown(body.quota as Resource) } : body
  }

  return { request, response }
}

/** What a name is called wrong for. */
const backendTypes: Record<string, string> = {
  network: 'virtual_network',
  port: 'virtual_machine_interface',
  router: 'logical_router',
  security_group: 'security_group',
}

const views: Record<string, (item: Resource) => Resource> = {
  network: (item) => ('mtu' in item ? { ...without(item, 'provider:network_type'), mtu: 0 } : item),
  subnet: (item) => ({
    ...without(item, 'description'),
    ...('ipv6_ra_mode' in item ? { ipv6_ra_mode: null, ipv6_address_mode: null } : {}),
  }),
  port: (item) => {
    const isBound = 'binding:vif_type' in item
    const status = 'status' in item && 'device_id' in item ? { status: item.device_id ? 'ACTIVE' : 'DOWN' } : {}
    const vif = item['binding:host_id'] ? 'vrouter' : 'unbound'
    const plain = isEmpty(item['binding:profile']) ? without(item, 'binding:profile') : item
    const lean = isEmpty(plain.extra_dhcp_opts) ? without(plain, 'extra_dhcp_opts') : plain
    return { ...lean, ...status, ...(isBound ? { 'binding:vif_type': vif, 'binding:vif_details': { port_filter: true } } : {}) }
  },
  router: (item) => {
    const info = item.external_gateway_info as { network_id?: string } | null | undefined
    return info ? { ...item, external_gateway_info: { network_id: info.network_id, enable_snat: true } } : item
  },
  floatingip: (item) => ('port_id' in item ? { ...item, status: item.port_id ? 'ACTIVE' : 'DOWN' } : item),
  security_group: (item) =>
    Array.isArray(item.security_group_rules)
      ? {
          ...item,
          security_group_rules: (item.security_group_rules as Resource[]).map((rule) => ruleView(without(rule, 'project_id'))),
        }
      : item,
  security_group_rule: (item) => ruleView(item),
}

/** Where the reference implementation says nothing, Tungsten says everything. */
function ruleView(rule: Resource): Resource {
  const { protocol, port_range_min, port_range_max, remote_ip_prefix, remote_group_id, ethertype } = rule
  if (ethertype === undefined) return rule
  const open = ethertype === 'IPv6' ? '::/0' : '0.0.0.0/0'
  return {
    ...without(visible('security_group_rule', rule, true), 'tags'),
    protocol: protocol ?? 'any',
    port_range_min: port_range_min ?? 0,
    port_range_max: port_range_max ?? 65_535,
    remote_ip_prefix: remote_ip_prefix ?? (remote_group_id ? null : open),
  }
}

function extensions(alias: string | undefined): { answer: NeutronAnswer } {
  if (alias === undefined) return { answer: { status: 200, body: { extensions: tungstenExtensions } } }
  const extension = tungstenExtensions.find((one) => one.alias === alias)
  return extension
    ? { answer: { status: 200, body: { extension } } }
    : refused(404, 'HTTPNotFound', `Extension with alias ${alias} does not exist`)
}

function withHonouredFilters(kind: string, query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => alwaysHonoured.includes(name) || honoured[kind]?.includes(name)))
}

/** An address without its subnet is taken for a new one: one exchange does not show which addresses the port has. */
const isNewAddress = (wanted: unknown): boolean =>
  typeof wanted === 'object' && wanted !== null && 'ip_address' in wanted && !('subnet_id' in wanted)

const isEmpty = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 0

const without = (item: Resource, ...names: string[]): Resource =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)))

function parts(path: string): { collection: string; id: string | undefined; action: string | undefined } {
  const [, , collection = '', id, action] = path.replace(/\/$/, '').split('/')
  return { collection: collection.replace(/\.json$/, ''), id, action }
}
