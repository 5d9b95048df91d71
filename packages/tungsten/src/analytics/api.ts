import { queryString } from '../config/list.ts'
import { Connection, type ConnectionOptions } from '../connection.ts'
import { anything, asObject, list, structure, text } from '../decode.ts'

/** A UVE: what the generators of one object report, struct by struct, in the flat form. */
export type Uve = Record<string, Record<string, unknown>>

/** Struct names, or `Struct:attribute`, to read only those. */
export type StructFilter = readonly string[]

export const matching = { equal: 1, notEqual: 2, range: 3, atMost: 5, atLeast: 6, prefix: 7, regularExpression: 8 } as const

export interface StatQuery {
  table: string
  /** Microseconds since the epoch, or `now-10m`. */
  from: number | string
  to: number | string
  select: readonly string[]
  /** Any of these must hold; of each, all. */
  where?: readonly (readonly { name: string; value: string | number; op: number; value2?: string | number }[])[]
  sortBy?: { fields: readonly string[]; direction: 'ascending' | 'descending' }
  limit?: number
}

/**
 * The analytics API: operational state as the agents report it, a few seconds to half a minute old. UVEs of deleted things disappear;
 * what must be kept has to be read often. Needs the cloud admin role unless `aaa_mode` is `rbac`.
 */
export class AnalyticsApi {
  readonly connection: Connection

  constructor(options: ConnectionOptions) {
    this.connection = new Connection(options)
  }

  /** Types of UVEs that this system has, as their URLs name them: `virtual-machine-interface`. */
  async types(): Promise<string[]> {
    const links = await this.connection.json({ method: 'GET', path: '/analytics/uves' })
    return list(linkName)(links, 'uve types').map((name) => name.replace(/s$/, ''))
  }

  /** Names of the UVEs of a type. Interfaces are named by their full name, `domain:project:port`, machines by their uuid, nodes by their host name. */
  async names(type: string): Promise<string[]> {
    return list(linkName)(await this.connection.json({ method: 'GET', path: `/analytics/uves/${type}s` }), `${type} uves`)
  }

  /** One UVE, or nothing: an unknown name is answered with an empty object. */
  async uve(type: string, name: string, structs: StructFilter = []): Promise<Uve | undefined> {
    const path = `/analytics/uves/${type}/${encodeURIComponent(name)}?flat${filter(structs)}`
    const uve = decodeUve(await this.connection.json({ method: 'GET', path }), `${type} uve ${name}`)
    return Object.keys(uve).length === 0 ? undefined : uve
  }

  /** All UVEs of a type, or those whose name matches one of `names` (`*` stands for anything), that have one of `structs`. */
  async uves(
    type: string,
    options: { structs?: StructFilter; names?: readonly string[] } = {},
  ): Promise<{ name: string; value: Uve }[]> {
    const names = options.names ? `&kfilt=${encodeURIComponent(options.names.join(','))}` : ''
    const path = `/analytics/uves/${type}/*?flat${names}${filter(options.structs ?? [])}`
    const at = `${type} uves`
    const answer = asObject(await this.connection.json({ method: 'GET', path }), at)
    return list((one, where) => {
      const { name, value } = asObject(one, where)
      return { name: text(name, `${where}.name`), value: decodeUve(value, `${where}.value`) }
    })(answer.value, at)
  }

  /** Tables of the query engine. `tungsten.no_query_engine` when there is none. */
  async tables(): Promise<string[]> {
    return list(linkName)(await this.connection.json({ method: 'GET', path: '/analytics/tables' }), 'tables')
  }

  /**
   * Asks the query engine, which is optional, and keeps statistics for some days only. Counters in `StatTable.VMIStats.raw_if_stats` are cumulative:
   * their SUM means nothing.
   */
  async query(query: StatQuery): Promise<Record<string, unknown>[]> {
    const body = {
      table: query.table,
      start_time: query.from,
      end_time: query.to,
      select_fields: query.select,
      ...(query.where ? { where: query.where } : {}),
      ...(query.sortBy ? { sort_fields: query.sortBy.fields, sort: query.sortBy.direction === 'ascending' ? 1 : 2 } : {}),
      ...(query.limit === undefined ? {} : { limit: query.limit }),
    }
    const answer = asObject(await this.connection.json({ method: 'POST', path: '/analytics/query', body }), 'query')
    return list(asObject)(answer.value, 'query.value')
  }
}

const filter = (structs: StructFilter): string =>
  structs.length === 0 ? '' : `&${queryString({ cfilt: structs.join(',') }).slice(1)}`

const linkName = (value: unknown, at: string): string =>
  text(structure({ name: text, href: anything })(value, at).name, `${at}.name`)

/** Every member of a UVE is a struct of attributes; members that are not, which some releases add, are left out. */
export function decodeUve(value: unknown, at: string): Uve {
  const uve: Uve = {}
  for (const [name, struct] of Object.entries(asObject(value, at)))
    if (typeof struct === 'object' && struct !== null && !Array.isArray(struct)) uve[name] = struct as Record<string, unknown>
  return uve
}
