import { readFileSync } from 'node:fs'

/** A field of a structure. `values` are the words of an enumeration, or the least and the greatest number. */
export interface FieldType {
  type: string
  list?: boolean
  values?: (string | number)[]
}

export interface ResourceSchema {
  /** In the order in which the server looks for a parent by name. */
  parents: string[]
  props: Record<string, string>
  /** Field → [type referred to, structure of `attr` or `None`]. */
  refs: Record<string, [string, string]>
  children: Record<string, string>
  back_refs: Record<string, string>
  list_props: string[]
  map_props: string[]
}

interface Schema {
  types: Record<string, Record<string, FieldType>>
  resources: Record<string, ResourceSchema>
  all_resource_types: string[]
}

/** Names and types of resources and structures, read from the classes that are generated from `schema/all_cfg.xsd` (tf-api-client 7c34593, Apache-2.0). */
const schema = JSON.parse(readFileSync(new URL('./schema.json', import.meta.url), 'utf8')) as Schema

export const resourceTypes: ReadonlySet<string> = new Set(schema.all_resource_types)
export const structureOf = (type: string): Record<string, FieldType> | undefined => schema.types[type]

const undescribed: ResourceSchema = {
  parents: [],
  props: { display_name: 'string', id_perms: 'IdPermsType', perms2: 'PermType2', annotations: 'KeyValuePairs' },
  refs: {},
  children: {},
  back_refs: {},
  list_props: [],
  map_props: ['annotations'],
}

/** The schema of a type; of the types that our schema only names, what all types have in common. */
export const schemaOf = (type: string): ResourceSchema => schema.resources[type] ?? undescribed

/** Resource types by either spelling: `virtual-network` and `virtual_network`. */
const spellings = new Map<string, string>(
  [...resourceTypes].flatMap((type) => [
    [type, type],
    [underscored(type), type],
  ]),
)
export const resourceTypeOf = (name: unknown): string | undefined => (typeof name === 'string' ? spellings.get(name) : undefined)

export function underscored(type: string): string {
  return type.replaceAll('-', '_')
}

/** Children that the system makes itself: a delete of the parent does not stop at them. */
const derived = new Set(['routing_instances', 'access_control_lists', 'bridge_domains', 'bgp_routers'])
export const isDerived = (childField: string): boolean => derived.has(childField)

/** The one property that must be given. https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/api_server.py (`_MANDATORY_PROPS`) */
export const mandatoryProperties: ReadonlySet<string> = new Set(['loadbalancer_healthmonitor_properties'])

/** Resources that `project.quota` can limit. */
export const quotaFields: ReadonlySet<string> = new Set(Object.keys(schema.types.QuotaType ?? {}))
