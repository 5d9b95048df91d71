import { fields } from '../decode.ts'
import { type Listing, oldest } from '../listing.ts'
import { hasAll } from '../metadata.ts'
import { given, path, type Service } from '../service.ts'
import { type NewServer, toNova } from './new-server.ts'
import { ServerActions } from './server-actions.ts'
import { failed, orAbsent, type WaitOptions, waitFor } from '../wait.ts'

export interface Server {
  id: string
  name: string
  description: string
  /** `BUILD`, `ACTIVE`, `SHUTOFF`, `REBOOT`, `HARD_REBOOT`, `RESIZE`, `VERIFY_RESIZE`, `REBUILD`, `RESCUE`, `PAUSED`, `SUSPENDED`, `SHELVED`, `SHELVED_OFFLOADED`, `ERROR`, `DELETED`, `SOFT_DELETED`, `MIGRATING`, `PASSWORD`, `REVERT_RESIZE`, `UNKNOWN`. */
  status: string
  /** What is being done to it now: `spawning`, `powering-off`, `deleting`, …; nothing when it is at rest. */
  taskState: string | undefined
  vmState: string | undefined
  /** `running`, `shutdown`, … as the hypervisor last said. */
  powerState: PowerState | undefined
  projectId: string
  userId: string
  metadata: Record<string, string>
  tags: string[]
  /** What the flavor said when the server was made or last resized. Its id is not known to Nova any more. */
  flavor: ServerFlavor
  /** Nothing for a server that boots from a volume. */
  imageId: string | undefined
  keyName: string | undefined
  /** Network name to addresses. */
  addresses: Record<string, ServerAddress[]>
  /** Ids as Nova believes them attached; the only list to believe. */
  volumes: { id: string; deleteOnTermination: boolean }[]
  securityGroups: string[]
  serverGroupIds: string[]
  /** A hash of host and project: equal for servers of one project on one host. */
  hostId: string | undefined
  /** The compute host's name; for admins. */
  host: string | undefined
  availabilityZone: string | undefined
  hasConfigDrive: boolean
  isLocked: boolean
  lockedReason: string | undefined
  /** Why it is in `ERROR`, for admins more than for others. */
  fault: { code: number; message: string; at: Date } | undefined
  createdAt: Date
  updatedAt: Date
  launchedAt: Date | undefined
  terminatedAt: Date | undefined
}

export type PowerState = 'nostate' | 'running' | 'paused' | 'shutdown' | 'crashed' | 'suspended'

export interface ServerFlavor {
  /** Before 2.47 Nova gave the id alone. */
  id: string | undefined
  name: string | undefined
  vcpus: number
  ramMib: number
  diskGib: number
  extraSpecs: Record<string, string>
}

export interface ServerAddress {
  address: string
  version: number
  kind: 'fixed' | 'floating'
  mac: string | undefined
}

// https://docs.openstack.org/api-ref/compute/#list-servers-detailed, OS-EXT-STS:power_state
const powerStates: Record<number, PowerState> = {
  0: 'nostate',
  1: 'running',
  3: 'paused',
  4: 'shutdown',
  6: 'crashed',
  7: 'suspended',
}

export function fromNova(raw: unknown): Server {
  const server = fields('nova', 'server', raw)
  const flavor = server.child('flavor')
  const image = server.raw.image
  const power = server.maybeNumber('OS-EXT-STS:power_state')
  const fault = server.maybeChild('fault')
  const addresses: Record<string, ServerAddress[]> = {}
  const networks = server.maybeChild('addresses')
  for (const network of Object.keys(networks?.raw ?? {})) addresses[network] = networks?.list(network, addressFromNova) ?? []
  return {
    id: server.text('id'),
    name: server.text('name'),
    description: server.maybeText('description') ?? '',
    status: server.text('status'),
    taskState: server.filledText('OS-EXT-STS:task_state'),
    vmState: server.filledText('OS-EXT-STS:vm_state'),
    powerState: power === undefined ? undefined : powerStates[power],
    projectId: server.text('tenant_id'),
    userId: server.text('user_id'),
    metadata: server.textMap('metadata'),
    tags: server.maybeTexts('tags'),
    flavor: {
      id: flavor.maybeText('id'),
      name: flavor.maybeText('original_name'),
      vcpus: flavor.maybeNumber('vcpus') ?? 0,
      ramMib: flavor.maybeNumber('ram') ?? 0,
      diskGib: flavor.maybeNumber('disk') ?? 0,
      extraSpecs: flavor.textMap('extra_specs'),
    },
    imageId: typeof image === 'object' && image !== null ? server.child('image').maybeText('id') : undefined,
    keyName: server.filledText('key_name'),
    addresses,
    volumes: server.maybeList('os-extended-volumes:volumes_attached', (item) => {
      const volume = fields('nova', 'attached volume', item)
      return { id: volume.text('id'), deleteOnTermination: volume.maybeFlag('delete_on_termination') ?? false }
    }),
    securityGroups: server.maybeList('security_groups', (item) => fields('nova', 'security group', item).text('name')),
    serverGroupIds: server.maybeTexts('server_groups'),
    hostId: server.filledText('hostId'),
    host: server.filledText('OS-EXT-SRV-ATTR:host'),
    availabilityZone: server.filledText('OS-EXT-AZ:availability_zone'),
    hasConfigDrive: server.maybeFlag('config_drive') ?? false,
    isLocked: server.maybeFlag('locked') ?? false,
    lockedReason: server.maybeText('locked_reason'),
    fault: fault && { code: fault.number('code'), message: fault.maybeText('message') ?? '', at: fault.date('created') },
    createdAt: server.date('created'),
    updatedAt: server.date('updated'),
    launchedAt: server.maybeDate('OS-SRV-USG:launched_at'),
    terminatedAt: server.maybeDate('OS-SRV-USG:terminated_at'),
  }
}

function addressFromNova(raw: unknown): ServerAddress {
  const address = fields('nova', 'address', raw)
  return {
    address: address.text('addr'),
    version: address.number('version'),
    kind: address.maybeText('OS-EXT-IPS:type') === 'floating' ? 'floating' : 'fixed',
    mac: address.maybeText('OS-EXT-IPS-MAC:mac_addr'),
  }
}

export interface ServerFilter {
  /** Exactly this name: Nova's filter is a regular expression, so it is quoted here. */
  name?: string | undefined
  status?: string | undefined
  /** All of these pairs; looked at here, because Nova has no filter for it. */
  metadata?: Record<string, string> | undefined
  tags?: string[] | undefined
  flavorId?: string | undefined
  imageId?: string | undefined
  ip?: string | undefined
  host?: string | undefined
  /** Of every project; for admins. */
  allProjects?: boolean | undefined
  /** With `allProjects`. */
  projectId?: string | undefined
  /** Changed at or after that time. Deleted ones are among them, with status `DELETED`, without their metadata. */
  changesSince?: Date | undefined
  /** Changed at or before that time. */
  changesBefore?: Date | undefined
  pageSize?: number | undefined
}

export class Servers extends ServerActions {
  readonly #nova: Service

  constructor(nova: Service) {
    super(nova)
    this.#nova = nova
  }

  /** With detail. */
  list(filter: ServerFilter = {}): Listing<Server> {
    const {
      name,
      status,
      metadata,
      tags,
      flavorId,
      imageId,
      ip,
      host,
      allProjects,
      projectId,
      changesSince,
      changesBefore,
      pageSize,
    } = filter
    const listing = this.#nova.list('/servers/detail', 'servers', fromNova, {
      query: {
        name: name === undefined ? undefined : `^${quoteForMysql(name)}$`,
        status,
        tags: tags?.join(','),
        flavor: flavorId,
        image: imageId,
        ip: ip === undefined ? undefined : `^${quoteForMysql(ip)}$`,
        host,
        all_tenants: allProjects ? 1 : undefined,
        project_id: projectId,
        'changes-since': changesSince,
        'changes-before': changesBefore,
        limit: pageSize,
      },
    })
    if (name === undefined && metadata === undefined) return listing
    return listing.filter((server) => (name === undefined || server.name === name) && hasAll(server.metadata, metadata))
  }

  async get(id: string): Promise<Server> {
    return this.#nova.read(await this.#nova.get(path`/servers/${id}`), 'server', fromNova)
  }

  /** The oldest that fits in the scope's project, or with `allProjects` in any; `undefined` when there is none. */
  find(wanted: {
    name?: string
    metadata?: Record<string, string>
    tags?: string[]
    allProjects?: boolean
    projectId?: string
  }): Promise<Server | undefined> {
    return oldest(this.list(wanted), (server) => server.status !== 'DELETED')
  }

  /**
   * Answers at once; the server is then in status `BUILD`, and for a moment can be read but not acted on (404). Nova has no token against repetition: look for your own metadata before you
   * call again. The password is not told a second time.
   */
  async create(server: NewServer): Promise<{ id: string; adminPassword: string | undefined }> {
    const answer = await this.#nova.post('/servers', toNova(server))
    return this.#nova.read(answer, 'server', (raw) => {
      const created = fields('nova', 'created server', raw)
      return { id: created.text('id'), adminPassword: created.maybeText('adminPass') }
    })
  }

  async update(
    id: string,
    changes: { name?: string | undefined; description?: string | undefined; hostname?: string | undefined },
  ): Promise<Server> {
    const { name, description, hostname } = changes
    const answer = await this.#nova.put(path`/servers/${id}`, { server: given({ name, description, hostname }) })
    return this.#nova.read(answer, 'server', fromNova)
  }

  rename(id: string, name: string): Promise<Server> {
    return this.update(id, { name })
  }

  /** Adds these pairs, or changes those of the same name. */
  async setMetadata(id: string, metadata: Record<string, string>): Promise<void> {
    await this.#nova.post(path`/servers/${id}/metadata`, { metadata })
  }

  async remove(id: string): Promise<void> {
    await this.#nova.delete(path`/servers/${id}`)
  }

  /** Waits for one of `statuses` with no task left; fails with kind `failed` when `ERROR` comes first. */
  waitForStatus(id: string, statuses: string | string[], options?: WaitOptions): Promise<Server> {
    const wanted = [statuses].flat()
    return waitFor(
      this.#nova.clock,
      'nova',
      `server ${id} ${wanted.join(' or ')}`,
      async () => {
        const server = await this.get(id)
        if (wanted.includes(server.status) && server.taskState === undefined) return server
        if (server.status === 'ERROR')
          throw failed('nova', 'server_error', `server ${id} is in ERROR: ${server.fault?.message ?? 'no fault told'}`)
        return undefined
      },
      options,
    )
  }

  /** Until Nova answers 404; shortly before, it may still be read with status `DELETED`. */
  async waitUntilGone(id: string, options?: WaitOptions): Promise<void> {
    await waitFor(
      this.#nova.clock,
      'nova',
      `server ${id} gone`,
      async () => ((await orAbsent(this.get(id))) ? undefined : true),
      options,
    )
  }
}

/** Quotes what MySQL's regular expressions (and PostgreSQL's) read as more than a character. */
const quoteForMysql = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
