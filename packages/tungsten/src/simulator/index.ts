import { undiciSend } from '@straylight/kit'
import { EntityLog, type SimResponse, type Simulator, sharedControl, startSimulator } from '@straylight/kit/simulator'
import { AddressBook } from './address-book.ts'
import { AnalyticsService } from './analytics-service.ts'
import { Authentication } from './authentication.ts'
import { bootstrap } from './bootstrap.ts'
import { answerTo, ConfigService } from './config-service.ts'
import { describe } from './describe.ts'
import { Feed } from './feed.ts'
import { neutronBackend } from './neutron/backend.ts'
import { signInAt } from './neutron-server/plugin-session.ts'
import { json } from './neutron-server/refusals.ts'
import { NeutronServer } from './neutron-server/server.ts'
import { Nodes, type NodeTrouble } from './nodes.ts'
import { Notes } from './notes.ts'
import { createObject } from './objects.ts'
import type { TungstenSimulator, TungstenSimulatorOptions } from './options.ts'
import { projectOperations, serverContext } from './project-operations.ts'
import { ProjectSync } from './project-sync.ts'
import { refusal } from './refusal.ts'
import { ObjectStore, type StoredObject } from './store.ts'
import { type Counts, type Plug, Traffic } from './traffic.ts'
import type { World } from './world.ts'

/** An order of `POST /_sim/traffic`: let an interface carry something, or begin its counters again, on another host if one is named. */
interface TrafficOrder {
  interfaceId: string
  counts?: Partial<Counts>
  floating?: string
  restart?: boolean
  host?: string
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
    notes: new Notes(log),
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
      if (kind === 'note') world.notes.restore(id, value as string)
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
    for (const part of [addresses, traffic, nodes, world.notes]) part.clear()
    store.clear(seed)
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
      case 'GET /_sim/switches':
        return { status: 200, body: { queryEngine: analytics.queryEngine, zookeeperAway: world.zookeeperAway } }
      case 'PUT /_sim/switches':
      case 'POST /_sim/switches': {
        const { queryEngine, zookeeperAway, ...others } = order() as { queryEngine?: boolean; zookeeperAway?: boolean }
        if (
          [queryEngine, zookeeperAway].some((one) => one !== undefined && typeof one !== 'boolean') ||
          Object.keys(others).length > 0
        )
          return { status: 400, body: { error: 'the switches are queryEngine and zookeeperAway, each true or false' } }
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
export type { TungstenSimulator, TungstenSimulatorOptions } from './options.ts'
export type { Generation } from './world.ts'
