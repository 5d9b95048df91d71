import { invalid } from '@straylight/kit'
import { type Call, Connection, type ConnectionOptions } from '../connection.ts'
import { asObject, list, parseJson, text, whole } from '../decode.ts'
import { garbled } from '../errors.ts'
import { dashed, type FqName } from '../ids.ts'
import { asksForNothing, countIds, type ListQuery, listParameters, mostIdsInUrl, queryString } from './list.ts'
import { type Changes, collectionOf, type Draft, decodeResource, type Resource, type ResourceType } from './resources/index.ts'

type FieldOf<T extends ResourceType> = keyof Resource<T> & string
/** An object of which only some fields were asked for. */
export type Listed<T extends ResourceType, F extends FieldOf<T>> = { uuid: string; fq_name: string[] } & Pick<
  Resource<T>,
  Exclude<F, 'uuid' | 'fq_name'>
>

export interface Created {
  uuid: string
  fq_name: string[]
}

/** One step on a list or map property; `position` is the key of a map or the index that `propertyCollection` gave. */
export type CollectionUpdate =
  | { field: string; operation: 'add'; value: unknown; position?: string }
  | { field: string; operation: 'modify' | 'set'; value: unknown; position: string }
  | { field: string; operation: 'delete'; position: string }

export interface Sharing {
  /** A project or a domain by its id, dashed. */
  tenant: `tenant:${string}` | `domain:${string}`
  /** 4 reads, 2 writes, 1 lets refer to; 5 is the usual one. */
  tenant_access: number
}

/**
 * The config API of Tungsten Fabric and OpenSDN: a database of typed objects with parents, references and rules.
 * All ids may be given with or without dashes. Every call throws an `UpstreamError` when it is refused; see `errors.ts` for the codes.
 */
export class ConfigApi {
  readonly connection: Connection

  constructor(options: ConnectionOptions) {
    this.connection = new Connection(options)
  }

  /**
   * Reads one object: properties, references, children and objects that refer to it, or only `fields`, which is much cheaper for networks and projects.
   * Reading a project by its Keystone id makes it, when Keystone has it and Tungsten has not seen it yet.
   */
  read<T extends ResourceType>(type: T, id: string): Promise<Resource<T>>
  read<T extends ResourceType, const F extends FieldOf<T>>(
    type: T,
    id: string,
    options: { fields: readonly F[] },
  ): Promise<Listed<T, F>>
  async read<T extends ResourceType>(type: T, id: string, options: { fields?: readonly string[] } = {}): Promise<Resource<T>> {
    const query = options.fields ? queryString({ fields: options.fields.join(','), exclude_hrefs: 'true' }) : ''
    return this.#object(type, await this.connection.json({ method: 'GET', path: `${pathOf(type, id)}${query}` }))
  }

  /** Reads the object unless it is still as it was at `lastModified` (its `id_perms.last_modified`); nothing then. */
  async readIfChanged<T extends ResourceType>(type: T, id: string, lastModified: string): Promise<Resource<T> | undefined> {
    const call: Call = { method: 'GET', path: pathOf(type, id), headers: { 'if-none-match': `"${lastModified}"` }, accept: [304] }
    const response = await this.connection.call(call)
    return response.status === 304 ? undefined : this.#object(type, parse(response.body, call))
  }

  /** Lists ids and names, and those `fields` that are set. Order is the server's: by name, or by age below a parent. */
  async list<T extends ResourceType, const F extends FieldOf<T> = never>(
    type: T,
    query: ListQuery<T> = {},
    fields: readonly F[] = [],
  ): Promise<Listed<T, F>[]> {
    const found: Listed<T, F>[] = []
    for (const part of inParts(query)) {
      const answer = await this.#list(type, part, fields.length > 0 ? { fields: fields.join(',') } : {})
      found.push(...this.#rows(type, answer))
    }
    return found
  }

  /** Lists whole objects: all properties and references, and of children and back references those named in `links`. */
  async listDetails<T extends ResourceType>(
    type: T,
    query: ListQuery<T> = {},
    links: readonly FieldOf<T>[] = [],
  ): Promise<Resource<T>[]> {
    const found: Resource<T>[] = []
    for (const part of inParts(query)) {
      const answer = await this.#list(type, part, { detail: 'true', ...(links.length > 0 ? { fields: links.join(',') } : {}) })
      const at = `list of ${type}`
      for (const item of list(asObject)(asObject(answer, at)[collectionOf(type)], at))
        found.push(decodeResource(type, item[type], at))
    }
    return found
  }

  /** How many objects a list would hold. */
  async count<T extends ResourceType>(type: T, query: ListQuery<T> = {}): Promise<number> {
    let count = 0
    for (const part of inParts(query)) {
      const answer = asObject(await this.#list(type, part, { count: 'true' }), `count of ${type}`)[collectionOf(type)]
      // A selector that finds nothing is answered with an empty list, not with a count of 0.
      // https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/api_server.py (`http_resource_list`)
      count += Array.isArray(answer) ? answer.length : whole(asObject(answer, `count of ${type}`).count, `count of ${type}`)
    }
    return count
  }

  /** Lists in pages of `pageSize`, so that neither side ever holds everything. With fields, as `list`. */
  async *pages<T extends ResourceType, const F extends FieldOf<T> = never>(
    type: T,
    query: ListQuery<T> = {},
    options: { fields?: readonly F[]; pageSize?: number } = {},
  ): AsyncGenerator<Listed<T, F>[]> {
    const { fields = [], pageSize = 256 } = options
    for (const part of inParts(query)) {
      let marker: string | null = 'None'
      while (marker !== null) {
        const answer: unknown = await this.#list(type, part, {
          page_marker: marker,
          page_limit: String(pageSize),
          ...(fields.length > 0 ? { fields: fields.join(',') } : {}),
        })
        const rows = this.#rows<T, F>(type, answer)
        if (rows.length > 0) yield rows
        const next = asObject(answer, `list of ${type}`).marker
        const following = next === null || next === undefined ? null : text(next, `marker of ${type}`)
        if (following === marker) throw garbled(`list of ${type}`, `the marker ${following} did not move`)
        marker = following
      }
    }
  }

  /** Every object that a list would hold, page by page. */
  async *all<T extends ResourceType, const F extends FieldOf<T> = never>(
    type: T,
    query: ListQuery<T> = {},
    options: { fields?: readonly F[]; pageSize?: number } = {},
  ): AsyncGenerator<Listed<T, F>> {
    for await (const page of this.pages(type, query, options)) yield* page
  }

  /** Makes an object. `tungsten.taken` means that its name, its uuid or its address is taken. */
  async create<T extends ResourceType>(type: T, draft: Draft<T>): Promise<Created> {
    const { uuid, ...rest } = draft as Draft<T> & { uuid?: string }
    const body = { [type]: uuid === undefined ? rest : { ...rest, uuid: dashed(uuid) } }
    const answer = await this.connection.json({ method: 'POST', path: `/${collectionOf(type)}`, body })
    const at = `created ${type}`
    const made = asObject(asObject(answer, at)[type], at)
    return { uuid: text(made.uuid, `${at}.uuid`), fq_name: list(text)(made.fq_name, `${at}.fq_name`) }
  }

  /**
   * Changes fields; what is not given stays. A structure or list of references that is given replaces the old one whole,
   * so two writers of the same field lose one another's work: prefer `addReference`, `removeReference` and `updateCollection`.
   */
  async update<T extends ResourceType>(type: T, id: string, changes: Changes<T>): Promise<void> {
    await this.connection.call({ method: 'PUT', path: pathOf(type, id), body: { [type]: changes } })
  }

  /**
   * Deletes an object. `tungsten.in_use` means that it has children or that others refer to it: the server names one kind of them at a time,
   * in no fixed order, so whoever clears the way tries again until it is clear.
   */
  async delete(type: ResourceType, id: string): Promise<void> {
    await this.connection.call({ method: 'DELETE', path: pathOf(type, id) })
  }

  /** Refers from one object to another, or replaces the `attr` of the reference that there is. */
  async addReference(type: ResourceType, id: string, to: { type: string; uuid: string; attr?: unknown }): Promise<void> {
    const body = {
      type,
      uuid: dashed(id),
      'ref-type': to.type,
      'ref-uuid': dashed(to.uuid),
      operation: 'ADD',
      attr: to.attr ?? null,
    }
    await this.connection.json({ method: 'POST', path: '/ref-update', body })
  }

  /** Takes a reference away; that it is not there is no error. */
  async removeReference(type: ResourceType, id: string, to: { type: string; uuid: string }): Promise<void> {
    const body = { type, uuid: dashed(id), 'ref-type': to.type, 'ref-uuid': dashed(to.uuid), operation: 'DELETE' }
    await this.connection.json({ method: 'POST', path: '/ref-update', body })
  }

  /**
   * The id behind a name, or nothing. Asking for a project makes it, when Keystone has one of that name in any domain; the first is taken.
   * Names of projects are not to be built by hand: a project made after an orphan of its name is called `<name>-<uuid>` here.
   */
  async idOf(type: ResourceType, name: FqName): Promise<string | undefined> {
    const answer = await this.#orNothing({ method: 'POST', path: '/fqname-to-id', body: { type, fq_name: name } })
    return answer === undefined ? undefined : text(asObject(answer, 'fqname-to-id').uuid, 'fqname-to-id.uuid')
  }

  /** The name and type behind an id, or nothing. */
  async nameOf(id: string): Promise<{ type: string; fq_name: string[] } | undefined> {
    const answer = await this.#orNothing({ method: 'POST', path: '/id-to-fqname', body: { uuid: dashed(id) } })
    if (answer === undefined) return undefined
    const at = 'id-to-fqname'
    return {
      type: text(asObject(answer, at).type, `${at}.type`),
      fq_name: list(text)(asObject(answer, at).fq_name, `${at}.fq_name`),
    }
  }

  /** Changes single elements of list and map properties, such as `annotations`, without reading them. */
  async updateCollection(id: string, updates: readonly CollectionUpdate[]): Promise<void> {
    await this.connection.call({ method: 'POST', path: '/prop-collection-update', body: { uuid: dashed(id), updates } })
  }

  /** The elements of list and map properties with their positions. */
  async propertyCollection(
    id: string,
    fields: readonly string[],
  ): Promise<Record<string, { value: unknown; position: string }[]>> {
    const at = 'prop-collection-get'
    const answer = asObject(
      await this.connection.json({
        method: 'GET',
        path: `/prop-collection-get${queryString({ uuid: dashed(id), fields: fields.join(',') })}`,
      }),
      at,
    )
    const read: Record<string, { value: unknown; position: string }[]> = {}
    for (const field of fields)
      read[field] = list((pair, where) => {
        const [value, position] = list((element) => element)(pair, where)
        return { value, position: String(position) }
      })(answer[field] ?? [], `${at}.${field}`)
    return read
  }

  /** Takes addresses out of a network's subnets without an object for them; `freeAddresses` gives them back. */
  async allocateAddresses(
    networkId: string,
    options: { count?: number; subnetId?: string; family?: 'v4' | 'v6' } = {},
  ): Promise<string[]> {
    const body = {
      count: options.count ?? 1,
      subnet: options.subnetId ?? null,
      ...(options.family ? { family: options.family } : {}),
    }
    const answer = await this.connection.json({ method: 'POST', path: `${pathOf('virtual-network', networkId)}/ip-alloc`, body })
    return list(text)(asObject(answer, 'ip-alloc').ip_addr, 'ip-alloc.ip_addr')
  }

  async freeAddresses(networkId: string, addresses: readonly string[]): Promise<void> {
    await this.connection.call({
      method: 'POST',
      path: `${pathOf('virtual-network', networkId)}/ip-free`,
      body: { ip_addr: addresses },
    })
  }

  /**
   * How many addresses of each subnet are taken. The server looks subnets up by `subnet_uuid`; what it does not find, a CIDR for example, counts as 0.
   * https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/vnc_addr_mgmt.py (`ip_count_req`)
   */
  async countAddresses(networkId: string, subnetIds: readonly string[]): Promise<number[]> {
    const body = { subnet_list: subnetIds }
    const answer = await this.connection.json({
      method: 'POST',
      path: `${pathOf('virtual-network', networkId)}/subnet-ip-count`,
      body,
    })
    return list(whole)(asObject(answer, 'subnet-ip-count').ip_count_list, 'subnet-ip-count.ip_count_list')
  }

  /** Gives an object to another project. */
  async changeOwner(id: string, projectId: string): Promise<void> {
    await this.connection.call({ method: 'POST', path: '/chown', body: { uuid: dashed(id), owner: dashed(projectId) } })
  }

  /** Replaces whom an object is shared with. */
  async share(id: string, share: readonly Sharing[]): Promise<void> {
    await this.connection.call({ method: 'POST', path: '/chmod', body: { uuid: dashed(id), share } })
  }

  /** `cloud-admin`, `rbac` or `no-auth`. */
  async aaaMode(): Promise<string> {
    const answer = await this.connection.json({ method: 'GET', path: '/aaa-mode' })
    return text(asObject(answer, 'aaa-mode')['aaa-mode'], 'aaa-mode')
  }

  #object<T extends ResourceType>(type: T, answer: unknown): Resource<T> {
    return decodeResource(type, asObject(answer, type)[type], type)
  }

  #rows<T extends ResourceType, F extends FieldOf<T>>(type: T, answer: unknown): Listed<T, F>[] {
    const at = `list of ${type}`
    const rows = asObject(answer, at)[collectionOf(type)]
    return list((row, where) => decodeResource(type, row, where))(rows, at) as Listed<T, F>[]
  }

  #list(type: ResourceType, query: ListQuery<never>, extra: Record<string, string>): Promise<unknown> {
    const parameters: Record<string, string> = { ...listParameters(query), ...extra }
    if (countIds({ ...query, names: [] }) <= mostIdsInUrl)
      return this.connection.json({ method: 'GET', path: `/${collectionOf(type)}${queryString(parameters)}` })
    if (query.names || query.parentName)
      throw invalid('tungsten.query_too_large', `a list by more than ${mostIdsInUrl} ids cannot also select by name`)
    const { count, detail, shared, ...rest } = parameters
    const body = { type, ...rest, ...asTrue({ count, detail, shared }) }
    return this.connection.json({ method: 'POST', path: '/list-bulk-collection', body })
  }

  async #orNothing(call: Call): Promise<unknown> {
    const response = await this.connection.call({ ...call, accept: [404] })
    return response.status === 404 ? undefined : parse(response.body, call)
  }
}

const pathOf = (type: ResourceType, id: string): string => `/${type}/${dashed(id)}`

const asTrue = (flags: Record<string, string | undefined>): Record<string, boolean> =>
  Object.fromEntries(Object.entries(flags).flatMap(([name, value]) => (value === 'true' ? [[name, true]] : [])))

const parse = (body: Buffer, call: Call): unknown => parseJson(body.toString('utf8'), `${call.method} ${call.path}`)

/** Names fit into no POST, so many of them are asked for in several lists; a list of no ids at all is answered without asking. */
function* inParts<T extends ResourceType>(query: ListQuery<T>): Generator<ListQuery<never>> {
  if (asksForNothing(query as ListQuery<never>)) return
  const { names } = query
  if (!names) {
    yield query as ListQuery<never>
    return
  }
  for (let start = 0; start < names.length; start += mostIdsInUrl)
    yield { ...query, names: names.slice(start, start + mostIdsInUrl) } as ListQuery<never>
}
