import type { Resource } from '../neutron/session.ts'
import { badRequest, invalidInput } from './refusals.ts'

/** An attribute that the caller has not given and that has no value then: it is not passed on. */
const unspecified = Symbol('unspecified')

interface Attribute {
  post?: true
  put?: true
  /** An attribute that may be posted and has none must be. */
  default?: unknown
  convert?: (value: unknown, name: string) => unknown
  /** Only administrators may write it. */
  adminWrites?: true
  /** Only administrators see it. */
  adminReads?: true
}

const shown: Attribute = {}
const always = (fallback: unknown, convert?: Attribute['convert']): Attribute => ({
  post: true,
  put: true,
  default: fallback,
  ...(convert ? { convert } : {}),
})
const once = (fallback: unknown, convert?: Attribute['convert']): Attribute => ({
  post: true,
  default: fallback,
  ...(convert ? { convert } : {}),
})
const required = (convert?: Attribute['convert']): Attribute => ({ post: true, ...(convert ? { convert } : {}) })
const adminWrites = (attribute: Attribute): Attribute => ({ ...attribute, adminWrites: true })
const adminOnly = (attribute: Attribute): Attribute => ({ ...attribute, adminWrites: true, adminReads: true })

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const invalid = (name: string, reason: string) => badRequest(`Invalid input for ${name}. Reason: ${reason}.`)

export const toBoolean = (value: unknown): boolean => {
  if (['true', '1', 'True', true, 1].includes(value as never)) return true
  if (['false', '0', 'False', false, 0].includes(value as never)) return false
  throw invalidInput(`'${value}' cannot be converted to boolean`)
}
const toInteger = (value: unknown): number => {
  const number = typeof value === 'boolean' || value === '' ? Number.NaN : Number(value)
  if (!Number.isInteger(number)) throw invalidInput(`'${value}' is not an integer`)
  return number
}
const text = (value: unknown, name: string): unknown => {
  if (typeof value !== 'string') throw invalid(name, `'${value}' is not a valid string`)
  if (value.length > 255) throw invalid(name, `'${value}' exceeds maximum length of 255`)
  return value
}
const id = (value: unknown, name: string): unknown => {
  if (typeof value !== 'string' || !uuid.test(value)) throw invalid(name, `'${value}' is not a valid UUID`)
  return value
}
const idOrNothing = (value: unknown, name: string): unknown => (value === null ? null : id(value, name))
const version = (value: unknown, name: string): unknown => {
  const number = toInteger(value)
  if (number !== 4 && number !== 6) throw invalid(name, `'${value}' is not in [4, 6]`)
  return number
}
const network = (value: unknown, name: string): unknown => {
  if (typeof value !== 'string' || !/^[0-9a-f:.]+\/\d+$/i.test(value)) throw invalid(name, `'${value}' is not a valid IP subnet`)
  return value
}
const oneOf =
  (...values: string[]) =>
  (value: unknown, name: string): unknown => {
    const found = values.find((one) => one.toLowerCase() === String(value).toLowerCase())
    if (!found) throw invalid(name, `'${value}' is not in [${values.map((one) => `'${one}'`).join(', ')}]`)
    return found
  }
const items = (value: unknown): unknown => value ?? []

const common = {
  id: shown,
  tenant_id: once(unspecified),
  project_id: once(unspecified),
  created_at: shown,
  updated_at: shown,
  tags: shown,
  description: always('', text),
  status: shown,
}

/** https://opendev.org/openstack/neutron-lib/src/branch/master/neutron_lib/api/definitions, and the plugin's `extensions/contrail.py`. */
const attributes: Record<string, Record<string, Attribute>> = {
  network: {
    ...common,
    name: always('', text),
    admin_state_up: always(true, toBoolean),
    subnets: shown,
    shared: adminWrites(always(false, toBoolean)),
    'router:external': adminWrites(always(false, toBoolean)),
    mtu: always(0, toInteger),
    port_security_enabled: always(true, toBoolean),
    'provider:network_type': adminOnly(always(unspecified)),
    'provider:physical_network': adminOnly(always(unspecified)),
    'provider:segmentation_id': adminOnly(always(unspecified, toInteger)),
    fq_name: shown,
    instance_count: shown,
    policys: always(unspecified),
    route_table: always(unspecified),
    subnet_ipam: shown,
  },
  subnet: {
    ...common,
    name: always('', text),
    network_id: required(id),
    ip_version: required(version),
    cidr: once(unspecified, network),
    gateway_ip: always(unspecified),
    allocation_pools: always(unspecified),
    dns_nameservers: always(unspecified, items),
    host_routes: always(unspecified, items),
    enable_dhcp: always(true, toBoolean),
    ipv6_ra_mode: once(unspecified),
    ipv6_address_mode: once(unspecified),
    instance_count: shown,
    ipam_fq_name: always(unspecified),
    dns_server_address: shown,
  },
  port: {
    ...common,
    name: always('', text),
    network_id: required(id),
    admin_state_up: always(true, toBoolean),
    mac_address: always(unspecified),
    fixed_ips: always(unspecified, items),
    device_id: always('', text),
    device_owner: always('', text),
    security_groups: always(unspecified, items),
    allowed_address_pairs: always(unspecified, items),
    port_security_enabled: always(unspecified, toBoolean),
    extra_dhcp_opts: always(unspecified),
    'binding:vnic_type': always('normal'),
    'binding:host_id': adminOnly(always(unspecified)),
    'binding:profile': adminOnly(always(unspecified)),
    'binding:vif_type': { adminReads: true },
    'binding:vif_details': { adminReads: true },
    'binding:vf': always(unspecified),
    service_instance_ips: shown,
    service_health_check_ips: shown,
    secondary_ips: shown,
  },
  router: {
    ...common,
    name: always('', text),
    admin_state_up: always(true, toBoolean),
    external_gateway_info: always(null),
    fq_name: shown,
  },
  floatingip: {
    ...common,
    floating_network_id: required(id),
    floating_ip_address: once(unspecified),
    subnet_id: once(unspecified, idOrNothing),
    router_id: shown,
    port_id: always(null, idOrNothing),
    fixed_ip_address: always(null),
  },
  security_group: {
    ...common,
    name: always('', text),
    security_group_rules: shown,
    fq_name: shown,
  },
  security_group_rule: {
    ...common,
    description: once('', text),
    security_group_id: required(id),
    direction: required(oneOf('ingress', 'egress')),
    ethertype: once('IPv4', oneOf('IPv4', 'IPv6')),
    protocol: once(null, (value) => (value === null ? null : String(value).toLowerCase())),
    port_range_min: once(null, (value) => (value === null ? null : toInteger(value))),
    port_range_max: once(null, (value) => (value === null ? null : toInteger(value))),
    remote_ip_prefix: once(null),
    remote_group_id: once(null),
  },
}

const tableOf = (kind: string): Record<string, Attribute> => attributes[kind] ?? {}

/**
 * A resource as the plugin gets it: checked, converted and, when it is to be made, with what the caller left out.
 * https://opendev.org/openstack/neutron/src/branch/master/neutron/api/v2/base.py (`prepare_request_body`)
 */
export function prepared(
  kind: string,
  given: Resource,
  caller: { projectId: string; isAdmin: boolean },
  isCreation: boolean,
): Resource {
  const table = tableOf(kind)
  const resource: Resource = { ...given }
  const project = resource.project_id ?? resource.tenant_id
  if (project !== undefined && project !== caller.projectId && !caller.isAdmin)
    throw badRequest(
      "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges",
    )
  if (isCreation || project !== undefined)
    Object.assign(resource, { project_id: project ?? caller.projectId, tenant_id: project ?? caller.projectId })
  const unknown = unknownAttributes(kind, resource)
  if (unknown.length > 0) throw badRequest(`Unrecognized attribute(s) '${unknown.join(', ')}'`)
  for (const [name, attribute] of Object.entries(table)) {
    const isGiven = name in resource
    if (isCreation && !attribute.post && isGiven) throw badRequest(`Attribute '${name}' not allowed in POST`)
    if (!isCreation && !attribute.put && isGiven) throw badRequest(`Cannot update read-only attribute ${name}`)
    if (isCreation && attribute.post && !isGiven) {
      if (!('default' in attribute)) throw badRequest(`Failed to parse request. Required attribute '${name}' not specified`)
      if (attribute.default !== unspecified) resource[name] = attribute.default
    }
  }
  for (const [name, { convert }] of Object.entries(table))
    if (convert && name in resource) resource[name] = convert(resource[name], name)
  return resource
}

/** What only an administrator may write and the caller wants to: the rules of the policy that forbid it. */
export function forbiddenAttributes(kind: string, given: Resource): string[] {
  return Object.entries(tableOf(kind)).flatMap(([name, { adminWrites: guarded }]) => (guarded && name in given ? [name] : []))
}

/** What the caller is shown of a resource: attributes that Neutron knows, without those that are for administrators. */
export function visible(kind: string, resource: Resource, isAdmin: boolean): Resource {
  const table = tableOf(kind)
  return Object.fromEntries(
    Object.entries(resource).filter(([name]) => {
      const attribute = table[name]
      return attribute !== undefined && (isAdmin || !attribute.adminReads)
    }),
  )
}

/** The value of a filter in the type of its attribute. */
export function filterValue(kind: string, name: string, value: string): unknown {
  const convert = tableOf(kind)[name]?.convert
  return convert === toBoolean || convert === toInteger || convert === version ? convert(value, name) : value
}

/** What a Neutron with this plugin has never heard of. */
export const unknownAttributes = (kind: string, given: Resource): string[] =>
  Object.keys(given).filter((name) => !(name in tableOf(kind)))
