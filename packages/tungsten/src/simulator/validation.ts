import { formatAddress, parseAddress, parseNetwork } from './addresses.ts'
import { plain, repr } from './python.ts'
import { type FieldType, mandatoryProperties, type ResourceSchema, structureOf } from './schema.ts'

type Body = Record<string, unknown>

/** A value breaks a rule of the schema; the text is the server's. */
class Invalid extends Error {}

/**
 * Checks the properties of a body against the schema, with the server's own words. Unknown fields at the top are let through, unknown fields of a structure are not.
 *
 * @returns what is wrong, or nothing
 */
export function wrongProperty(schema: ResourceSchema, body: Body, operation: 'CREATE' | 'UPDATE'): string | undefined {
  for (const [name, type] of Object.entries(schema.props)) {
    const value = body[name]
    if (isNothing(value)) {
      if (operation === 'CREATE' && mandatoryProperties.has(name)) return `${name} property is missing`
      continue
    }
    if (isSimple(type)) {
      try {
        body[name] = simple(name, { type }, value)
      } catch (error) {
        return `Error validating property ${(error as Error).message}`
      }
      continue
    }
    if (typeof value !== 'object' || Array.isArray(value))
      return `Error in property ${name} type ${classOf(type)} value of ${plain(value)} `
    try {
      structure(type, value as Body)
    } catch (error) {
      return `Error validating property ${name} value ${repr(value)} ${(error as Error).message}`
    }
  }
  return undefined
}

/** Checks the `attr`s of references that carry one. */
export function wrongReference(schema: ResourceSchema, body: Body): string | undefined {
  for (const [field, [, type]] of Object.entries(schema.refs)) {
    if (type === 'None' || !structureOf(type)) continue
    for (const reference of (body[field] as Body[] | undefined) ?? []) {
      try {
        if (!('attr' in reference)) throw new Invalid("'attr'")
        structure(type, reference.attr as Body | null)
      } catch (error) {
        return `Error validating reference ${field} value ${repr(reference)} ${(error as Error).message}`
      }
    }
  }
  return undefined
}

/** Checks one element of a list or map property. */
export function wrongElement(type: string, value: unknown): string | undefined {
  try {
    structure(elementType(type), value as Body | null)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** The structure of the elements of a collection: the type of its first field. */
function elementType(type: string): string {
  return Object.values(structureOf(type) ?? {})[0]?.type ?? ''
}

const classOf = (type: string): string => `<class 'vnc_api.gen.resource_xsd.${type}'>`
const isSimple = (type: string): boolean => ['string', 'boolean', 'integer', 'unsignedLong', 'dateTime', 'time'].includes(type)
/** What Python takes for false. */
const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === 0 ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && Object.keys(value).length === 0)

function structure(type: string, body: Body | null | undefined): void {
  const fields = structureOf(type)
  if (!fields || body === null || body === undefined) return
  for (const [name, value] of Object.entries(body)) {
    const field = fields[name]
    if (!field) throw new Invalid(`class ${classOf(type)} does not have field ${name}`)
    if (isNothing(value)) continue
    if (field.list && !Array.isArray(value)) throw new Invalid(`Field ${name} must be a list. Received value: ${plain(value)}`)
    const values = field.list ? (value as unknown[]) : [value]
    for (const [index, item] of values.entries()) {
      if (isSimple(field.type)) {
        values[index] = simple(name, field, item)
        continue
      }
      if (field.type === 'AllowedAddressPair') addressPair(item as Body)
      if (field.type === 'SubnetType') subnet(item as Body)
      structure(field.type, item as Body)
    }
    if (!field.list) body[name] = values[0]
  }
}

function simple(name: string, field: FieldType, value: unknown): unknown {
  if (value === null || value === undefined) return value
  if (field.type === 'integer' || field.type === 'unsignedLong') {
    const number = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value
    if (typeof number !== 'number') throw new Invalid(`${name}: integer value expected instead of ${plain(value)}`)
    const [least, greatest] = (field.values ?? []).map(Number)
    if (least !== undefined && greatest !== undefined && !(least <= number && number <= greatest))
      throw new Invalid(`${name}: value must be between ${least} and ${greatest}`)
    return Math.trunc(number)
  }
  if (field.type === 'boolean') {
    if (typeof value !== 'boolean') throw new Invalid(`${name}: true/false expected instead of ${plain(value)}`)
    return value
  }
  if (typeof value !== 'string') throw new Invalid(`${name}: string value expected instead of ${plain(value)}`)
  if (name === 'service_interface_type' && !/^(management|left|right|other\d*)$/.test(value))
    throw new Invalid(`Invalid service interface type ${value}. Valid values are: management|left|right|other[0-9]*`)
  if (field.values && !field.values.includes(value)) throw new Invalid(`${name}: value must be one of ${repr(field.values)}`)
  return value
}

/** Also rewrites the prefix to the first address of its range, as the server does. */
function subnet(value: Body): void {
  if (typeof value !== 'object' || value === null) throw new Invalid('Subnet type is invalid')
  for (const key of ['ip_prefix', 'ip_prefix_len']) if (!(key in value)) throw new Invalid(repr(key))
  const cidr = `${plain(value.ip_prefix)}/${plain(value.ip_prefix_len)}`
  const network = parseNetwork(String(value.ip_prefix), Number(value.ip_prefix_len))
  if (!network) throw new Invalid(`Subnet type '${cidr}' is invalid`)
  value.ip_prefix = formatAddress(network.version, network.first)
  value.ip_prefix_len = network.prefixLength
}

function addressPair(value: Body): void {
  if (!('address_mode' in value)) throw new Invalid("'address_mode'")
  if (value.address_mode !== 'active-standby') return
  const ip = value.ip as { ip_prefix?: string; ip_prefix_len?: number } | undefined
  const version = parseAddress(ip?.ip_prefix ?? '')?.version
  const length = ip?.ip_prefix_len ?? 0
  if (version === 6 && length < 120) throw new Invalid('IPv6 Prefix length lesser than 120 is is not acceptable')
  if (version === 4 && length < 24) throw new Invalid(`IPv4 Prefix length lesser than 24:it is ${length} - is not acceptable`)
}
