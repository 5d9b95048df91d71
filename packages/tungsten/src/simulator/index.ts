import { type Clock, undiciSend } from '@straylight/kit'
import {
  EntityLog,
  type Faults,
  type JournalEntry,
  type SimResponse,
  type Simulator,
  sharedControl,
  startSimulator,
} from '@straylight/kit/simulator'
import type { AaaMode } from './access.ts'
import { AddressBook } from './address-book.ts'
import { AnalyticsService } from './analytics-service.ts'
import { Authentication } from './authentication.ts'
import { bootstrap } from './bootstrap.ts'
import { answerTo, ConfigService } from './config-service.ts'
import { Feed } from './feed.ts'
import type { KeystoneDirectory } from './keystone.ts'
import { neutronBackend } from './neutron/backend.ts'
import { signInAt } from './neutron-server/plugin-session.ts'
import { json } from './neutron-server/refusals.ts'
import { NeutronServer } from './neutron-server/server.ts'
import { Nodes, type NodeTrouble } from './nodes.ts'
import { createObject, deleteObject } from './objects.ts'
import { ProjectSync } from './project-sync.ts'
import { refusal } from './refusal.ts'
import { resourceTypes } from './schema.ts'
import { ObjectStore, type StoredObject } from './store.ts'
import { type Counts, type Plug, Traffic } from './traffic.ts'
import type { Context, Generation, World } from './world.ts'

export interface TungstenSimulatorOptions {
  clock: Clock
  /** Port of the config API; the real one is 8082. Any free one by default. */
  port?: number
  /** Port of the analytics API; the real one is 8081. */
  analyticsPort?: number
  /** Port of Neutron; the real one is 9696. */
  neutronPort?: number
  host?: string
  /** `tf` by default. */
  generation?: Generation
  /** Keeps everything across a `kill -9`. Without it nothing is kept. */
  dataFile?: string
  /** Ids, choices and traffic repeat with the same seed. */
  seed?: number
  /** Who validates tokens and knows the projects. Without one there is no authentication and no synchronisation of projects. */
  keystone?: KeystoneDirectory
  /** `cloud-admin` with a Keystone, `no-auth` without. */
  aaaMode?: AaaMode
  /** Hosts with a vRouter that have registered themselves. */
  computes?: readonly string[]
  /** `moving` lets every plugged interface carry a stream of its own; `still` only what `traffic.carry` orders. */
  traffic?: 'moving' | 'still'
}

export interface TungstenSimulator {
  /** The config API. */
  url: string
  analyticsUrl: string
  /** Neutron as it is with the plugin of Tungsten in it; paths begin with `/v2.0`. */
  neutronUrl: string
  faults: Faults
  journal(): JournalEntry[]
  /** Back to a fresh installation. */
  reset(): void
  /** The API server starts again: it forgets tokens, and tries projects again that it could not delete. */
  restart(): void
  /** Neutron starts again: its plugin signs in to Keystone anew. */
  restartNeutron(): void
  /** Counters of interfaces. */
  traffic: Pick<Traffic, 'carry' | 'restart' | 'plugs' | 'counts'>
  /** Gives a node trouble, or takes it away. */
  trouble(trouble: NodeTrouble): void
  /** Whether the query engine of the analytics API is there. */
  setQueryEngine(there: boolean): void
  /** Whether the connection to ZooKeeper is lost: changes are refused with 503. */
  setZookeeperAway(away: boolean): void
  close(): Promise<void>
}

/** An order of `POST /_sim/traffic`: let an interface carry something, or begin its counters again, on another host if one is named. */
interface TrafficOrder {
  interfaceId: string
  counts?: Partial<Counts>
  floating?: string
  restart?: boolean
  host?: string
}

/** What other parts of this simulator build on. */
export interface Installation {
  world: World
  config: ConfigService
  authentication: Authentication
}

/**
 * Tungsten Fabric or OpenSDN in this process: its config API on one port, its analytics API on another and Neutron with its plugin on a third, with the characters of the real ones.
 * Switches are shared; a fault names the service `config`, `analytics` or `neutron` to hit one of them.
 */
export async function startTungstenSimulator(options: TungstenSimulatorOptions): Promise<TungstenSimulator> {
  const {
    clock,
    seed = 1,
    host,
    generation = 'tf',
    keystone,
    computes = ['compute-1', 'compute-2'],
    traffic: flow = 'moving',
  } = options
  const log = new EntityLog(options.dataFile)
  const store = new ObjectStore(log, clock, seed)
  const addresses = new AddressBook(log)
  const aaaMode = options.aaaMode ?? (keystone ? 'cloud-admin' : 'no-auth')
  const world: World = {
    clock,
    generation,
    log,
    store,
    addresses,
    aaaMode,
    projects: undefined,
    notes: new Map(),
    zookeeperAway: false,
  }
  const traffic = new Traffic({ clock, log, store, seed, flow })
  const nodes = new Nodes(store, log)
  const feed = new Feed(world)
  const authentication = new Authentication({ clock, keystone, mode: aaaMode, defaultDomainId: '' })
  const config = new ConfigService(world, authentication)
  const analytics = new AnalyticsService({ world, authentication, traffic, nodes })
  let neutron: NeutronServer | undefined
  const nowMs = () => clock.now().getTime()

  restore()
  if (store.size === 0) install()
  follow()

  /** Takes back what a process that was killed has left. */
  function restore(): void {
    const kept = log.load()
    store.restore(
      kept.flatMap(({ kind, value }) => (kind === 'object' ? [value as StoredObject] : [])),
      seed,
    )
    for (const { kind, id, value } of kept) {
      if (kind === 'address') {
        const { networkId, address } = value as { networkId: string; address: string }
        addresses.restore(networkId, address)
      }
      if (kind === 'note') world.notes.set(id, value as string)
      if (kind === 'plug') traffic.restore(value as Plug)
      if (kind === 'node') nodes.restore(value as NodeTrouble)
    }
  }

  function install(): void {
    bootstrap(world)
    for (const [index, name] of computes.entries())
      createObject(world, serverContext(), 'virtual-router', {
        fq_name: ['default-global-system-config', name],
        parent_type: 'global-system-config',
        virtual_router_ip_address: `10.0.0.${11 + index}`,
      })
    log.flush()
  }

  function follow(): void {
    authentication.defaultDomainId = (store.uuidOf('domain', ['default-domain']) ?? '').replaceAll('-', '')
    world.projects = keystone && new ProjectSync(keystone, projectOperations(world), nowMs())
  }

  function reset(): void {
    feed.stop('the simulator was reset')
    for (const part of [addresses, traffic, nodes]) part.clear()
    store.clear(seed)
    for (const name of world.notes.keys()) log.remove('note', name)
    world.notes.clear()
    Object.assign(world, { zookeeperAway: false, aaaMode })
    neutron?.restart()
    authentication.mode = aaaMode
    authentication.forget()
    analytics.queryEngine = true
    install()
    follow()
  }

  function restart(): void {
    feed.stop('the API server stopped')
    authentication.forget()
    world.projects?.restart(nowMs())
  }

  const state = () => ({
    generation,
    aaaMode: world.aaaMode,
    watching: feed.watching,
    objects: Object.fromEntries(store.countByType()),
    plugs: traffic.plugs().map((plug) => ({ ...plug, counts: traffic.counts(plug) })),
  })
  const control = (request: { method: string; path: string; body: Buffer }): SimResponse | undefined => {
    const order = () => (request.body.length === 0 ? {} : (JSON.parse(request.body.toString('utf8')) as Record<string, never>))
    switch (`${request.method} ${request.path}`) {
      case 'POST /_sim/restart':
        restart()
        return { status: 204 }
      case 'POST /_sim/restart-neutron':
        neutron?.restart()
        return { status: 204 }
      case 'POST /_sim/trouble':
        nodes.trouble(order() as unknown as NodeTrouble)
        log.flush()
        return { status: 204 }
      case 'POST /_sim/traffic': {
        const { interfaceId, counts, floating, restart: begins, host: moved } = order() as unknown as TrafficOrder
        if (begins) traffic.restart(interfaceId, moved)
        else traffic.carry(interfaceId, counts ?? {}, floating)
        log.flush()
        return { status: 204 }
      }
      case 'POST /_sim/switches': {
        const { queryEngine, zookeeperAway } = order() as { queryEngine?: boolean; zookeeperAway?: boolean }
        if (queryEngine !== undefined) analytics.queryEngine = queryEngine
        if (zookeeperAway !== undefined) world.zookeeperAway = zookeeperAway
        return { status: 204 }
      }
      default:
        return undefined
    }
  }

  const shared = sharedControl()
  const common = { clock, settle: () => {}, flush: () => log.flush(), state, reset, control }
  const configServer: Simulator = await startSimulator(
    {
      ...common,
      name: 'Tungsten config API',
      describe: ({ method, path }) => ({ service: 'config', func: describe(method, path) }),
      handle: (request) => config.handle(request, (context) => neutronBackend(world, context, request)),
      error: (_request, status, message) => refusal(status, message),
      stream: (request, response) => {
        if (request.path !== '/watch' || request.method !== 'GET') return false
        void config.admit(request).then((context) => {
          try {
            if ('status' in context) throw context
            feed.open(context, request.query, response)
          } catch (error) {
            const answer = isAnswer(error) ? error : answerTo(error)
            response.writeHead(answer.status, answer.headers)
            response.end(typeof answer.body === 'string' ? answer.body : '')
          }
        })
        return true
      },
    },
    { port: options.port ?? 0, shared, ...(host === undefined ? {} : { host }) },
  )
  const analyticsServer: Simulator = await startSimulator(
    {
      ...common,
      name: 'Tungsten analytics API',
      describe: ({ method, path }) => ({ service: 'analytics', func: `${method} ${path.split('/').slice(0, 4).join('/')}` }),
      handle: (request) => analytics.handle(request),
      error: (_request, status, message) => refusal(status, message),
    },
    { port: options.analyticsPort ?? 0, shared, ...(host === undefined ? {} : { host }) },
  )
  neutron = new NeutronServer({
    clock,
    tungstenUrl: configServer.url,
    generation,
    keystone,
    signIn: keystone?.signIn && signInAt(keystone),
    send: undiciSend(),
  })
  const front = neutron
  const neutronServer: Simulator = await startSimulator(
    {
      ...common,
      name: 'Neutron with the plugin of Tungsten',
      describe: ({ method, path }) => ({ service: 'neutron', func: `${method} ${path.split('/').slice(0, 3).join('/')}` }),
      handle: (request) => front.handle(request),
      error: (_request, status, message) => json(status, { NeutronError: { type: 'SimulatedFault', message, detail: '' } }),
    },
    { port: options.neutronPort ?? 0, shared, ...(host === undefined ? {} : { host }) },
  )

  return {
    url: configServer.url,
    analyticsUrl: analyticsServer.url,
    neutronUrl: neutronServer.url,
    faults: shared.faults,
    journal: () => [...shared.journal],
    reset: () => {
      reset()
      shared.faults.clear()
      shared.journal.length = 0
      log.flush()
    },
    restart,
    restartNeutron: () => front.restart(),
    traffic,
    trouble: (trouble) => {
      nodes.trouble(trouble)
      log.flush()
    },
    setQueryEngine: (there) => {
      analytics.queryEngine = there
    },
    setZookeeperAway: (away) => {
      world.zookeeperAway = away
    },
    close: async () => {
      feed.stop('the simulator closes')
      await Promise.all([neutronServer.close(), configServer.close(), analyticsServer.close()])
    },
  }
}

/** The server's own calls to itself. */
const serverContext = (): Context => ({ caller: undefined, base: 'http://127.0.0.1:8082' })

function projectOperations(world: World) {
  /** Projects that the synchronisation makes carry the name of the server's account. */
  const context: Context = {
    base: serverContext().base,
    caller: {
      user: 'contrail',
      roles: ['admin'],
      projectId: '',
      projectName: 'service',
      domainId: '',
      domainName: 'default-domain',
    },
  }
  return {
    ids: () => world.store.ofType('project').map(({ uuid }) => uuid),
    exists: (id: string) => world.store.get(id)?.type === 'project',
    idOf: (fqName: readonly string[]) => world.store.uuidOf('project', fqName),
    remove: (id: string) => deleteObject(world, context, 'project', id),
    create: ({ uuid, fqName, displayName }: { uuid: string; fqName: string[]; displayName: string }) => {
      createObject(world, context, 'project', { fq_name: fqName, parent_type: 'domain', uuid, display_name: displayName })
    },
    newUuid: () => world.store.newUuid(),
  }
}

/** What a call is about, for faults and the journal: `create virtual-network`, `ref-update`. */
function describe(method: string, path: string): string {
  const [, first = '', id, verb] = path.split('/')
  if (verb !== undefined) return verb
  if (!resourceTypes.has(first) && !resourceTypes.has(first.replace(/s$/, ''))) return first
  const words: Record<string, string> = {
    GET: id === undefined ? 'list' : 'read',
    POST: 'create',
    PUT: 'update',
    DELETE: 'delete',
  }
  const type = id === undefined ? first.replace(/s$/, '') : first
  return `${words[method] ?? method} ${type}`.trim()
}

const isAnswer = (thrown: unknown): thrown is SimResponse =>
  typeof thrown === 'object' && thrown !== null && 'status' in thrown && !(thrown instanceof Error)

export type { AaaMode } from './access.ts'
export {
  type KeystoneDirectory,
  type KeystoneProject,
  type KeystoneToken,
  keystoneAt,
  MemoryKeystone,
  type ServiceAccount,
} from './keystone.ts'
export {
  type DifferencesOptions,
  type NeutronAnswer,
  type NeutronCall,
  type NeutronDifferences,
  neutronDifferences,
} from './neutron-front/differences.ts'
export { type NeutronFront, type NeutronFrontOptions, startNeutronFront } from './neutron-front/front.ts'
export type { NodeTrouble } from './nodes.ts'
export type { Generation } from './world.ts'
