import { type AdjustableClock, type Layer, Pacer, type Send } from '@straylight/kit'
import { createOpenstack, type Openstack } from '@straylight/openstack'
import { subscribe } from '@straylight/openstack/notifications'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { addressRoutes, deleteAddress } from './addresses/index.ts'
import { billingRoutes } from './billing/index.ts'
import { imageRoutes, syncImages } from './catalogue/index.ts'
import { type Cloud, createCloud } from './foundation/cloud/index.ts'
import type { Database, Db } from './foundation/db.ts'
import { ChangeFeed } from './foundation/events.ts'
import type { Handler } from './foundation/handler.ts'
import { buildHttp, forgetOldAnswers } from './foundation/http/index.ts'
import { Loops } from './foundation/loop.ts'
import { createMetrics } from './foundation/metrics.ts'
import type { Secrets } from './foundation/secrets.ts'
import { type AnyWorkflow, needsOperator, openTasksByState, TaskEngine, type TaskLog } from './foundation/tasks/index.ts'
import { authenticator, forgetExpired, forgetOldAttempts, identityRoutes } from './identity/index.ts'
import { keypairRoutes } from './keypairs/index.ts'
import { endDuePromises, expireHolds, openLedger } from './ledger/index.ts'
import { chargeDue, seedPrices } from './metering/index.ts'
import { createServerObserver, type ServerObserver } from './observe/index.ts'
import {
  askAll,
  demoRoutes,
  type NeighbourOptions,
  proveBooks,
  questionsTo,
  systemRoutes,
  Systems,
  taskRoutes,
} from './operations/index.ts'
import { createProjects, prepareProject, projectRoutes } from './projects/index.ts'
import {
  createServer,
  createTearDown,
  deleteServer,
  rebootServer,
  serverRoutes,
  startServer,
  stopServer,
} from './servers/index.ts'
import { deleteVolume, volumeRoutes } from './volumes/index.ts'

export interface AppOptions {
  database: Database
  clock: AdjustableClock
  secrets: Secrets
  logger: FastifyBaseLogger
  currency: string
  isSimulated: boolean
  /** Whether the method `demo` credits at once; as simulated as the rest when not said. */
  takesDemoPayments?: boolean
  /** How many accounts may be opened from one address in an hour. Where everything is simulated, this machine itself is not counted. */
  signUpsPerHour?: number
  openstack: {
    authUrl: string
    username: string
    password: string
    userDomain: string
    adminProject: string
    customersDomain: string
    externalNetwork: string | undefined
    region: string | undefined
    bootsPerSecond: number
    send?: Send
    /** Around every call, for tests that crash or count. */
    layers?: Layer[]
  }
  /** Whom an operator wants to see besides OpenStack. */
  neighbours?: NeighbourOptions
  amqpUrl?: string | undefined
  webFolder?: string
  secureCookies?: boolean
  trustProxy?: boolean | string
  processMetrics?: boolean
  /** Who shows it may read `/metrics` from anywhere; without one only this machine may. */
  metricsToken?: string | undefined
  random?: () => number
  /** Around each workflow, for tests that run steps twice or make them fail. */
  wrap?: (workflow: AnyWorkflow) => AnyWorkflow
  /** Told after the clock was moved, so that where it stands can be kept. */
  onAdvance?: () => void
}

export interface App {
  http: FastifyInstance
  engine: TaskEngine
  cloud: Cloud
  openstack: Openstack
  observer: ServerObserver
  systems: Systems
  handlers: Handler[]
  /** What must be there before the first request: prices, images. */
  prepare(): Promise<void>
  /** Begins to carry out tasks and to look at the cloud. */
  work(options: { workers: number; pollSeconds: number }): Promise<void>
  /** Everything that is due by the clock now, apart from tasks: charges, holds, promises. */
  runDue(): Promise<void>
  close(): Promise<void>
}

/** What has had its time: answers that were kept, attempts that count no more, sessions and tokens that have expired. */
export async function forgetOld(db: Db, now: Date): Promise<void> {
  await forgetOldAnswers(db, now)
  await forgetOldAttempts(db, now)
  await forgetExpired(db, now)
}

/** Puts the house together: one database, one clock, one cloud, every module. Nothing here asks whether a neighbour is simulated. */
export async function createApp(options: AppOptions): Promise<App> {
  const { database, clock, secrets, logger } = options
  const { db } = database
  const metrics = createMetrics(() => openTasksByState(db), { process: options.processMetrics ?? false })
  const systems = new Systems(clock, metrics)
  const log: TaskLog = {
    stepFailed(task, error, willRetry) {
      metrics.stepFailures.inc({ workflow: task.workflow, step: task.step, retried: String(willRetry) })
      logger[willRetry ? 'debug' : needsOperator(error) ? 'error' : 'info']({ err: error, ...task }, 'a step failed')
    },
  }
  const openstack = createOpenstack({
    authUrl: options.openstack.authUrl,
    credentials: {
      username: options.openstack.username,
      password: options.openstack.password,
      userDomain: options.openstack.userDomain,
    },
    clock,
    region: options.openstack.region,
    adminProject: { projectName: options.openstack.adminProject, domain: 'Default' },
    layers: [systems.layer, ...(options.openstack.layers ?? [])],
    ...(options.openstack.send ? { send: options.openstack.send } : {}),
  })
  const cloud = createCloud(openstack, options.openstack, new Pacer({ clock, perSecond: options.openstack.bootsPerSecond }))
  const engine = new TaskEngine({
    database,
    clock,
    log,
    ...(options.random ? { random: options.random } : {}),
    onError: (error) => logger.error({ err: error }, 'the task queue'),
  })
  const feed = new ChangeFeed(database.url)
  feed.onGap(() => logger.warn('changes between two connections to the database were not heard; browsers connect and read again'))

  const questions = questionsTo(options.neighbours ?? {}, {
    database,
    clock,
    systems,
    token: async () => (await openstack.admin.token()).value,
  })

  const parts = { db, cloud, clock, engine, secrets, noteSilence: (system: string) => systems.noteSilence(system) }
  const tearDown = createTearDown({ db, cloud })
  const prepare = prepareProject(parts)
  const workflows = {
    create: createServer({ ...parts, tearDown }),
    delete: deleteServer({ ...parts, tearDown }),
    start: startServer(parts),
    stop: stopServer(parts),
    reboot: rebootServer(parts),
  }
  const volumeDeletion = deleteVolume(parts)
  const addressDeletion = deleteAddress(parts)
  for (const workflow of [prepare, ...Object.values(workflows), volumeDeletion, addressDeletion])
    engine.register(options.wrap ? options.wrap(workflow) : workflow)
  const projects = createProjects(engine, prepare)
  const observer = createServerObserver(parts)

  async function runDue(): Promise<void> {
    // First where time stands: what is written below must not lie in the future of the next start.
    options.onAdvance?.()
    const now = clock.now()
    await chargeDue(db, { now })
    await expireHolds(db, { now })
    await endDuePromises(db, { now })
    engine.kick()
  }

  const handlers: Handler[] = [
    ...identityRoutes({
      currency: options.currency,
      secrets,
      signUps: { perHour: options.signUpsPerHour ?? 20, sparesLoopback: options.isSimulated },
      async welcome(tx, { id, currency, now }) {
        await openLedger(tx, { accountId: id, currency })
        const project = await projects.create(tx, { accountId: id, name: 'main', description: '', now })
        return { projectId: project.id }
      },
    }),
    ...projectRoutes(projects),
    ...imageRoutes(),
    ...keypairRoutes(),
    ...serverRoutes({ ...parts, projects, workflows }),
    ...volumeRoutes({ engine, deletion: volumeDeletion }),
    ...addressRoutes({ engine, deletion: addressDeletion }),
    ...billingRoutes({ takesDemoPayments: options.takesDemoPayments ?? options.isSimulated }),
    ...taskRoutes(engine),
    ...systemRoutes(systems),
    ...demoRoutes({ clock, isSimulated: options.isSimulated, runDue }),
  ]

  let isWorking = false
  const http = await buildHttp({
    database,
    clock,
    secrets,
    feed,
    metrics,
    handlers,
    logger,
    authenticate: authenticator(db, clock),
    ...(options.webFolder ? { webFolder: options.webFolder } : {}),
    secureCookies: options.secureCookies ?? false,
    trustProxy: options.trustProxy ?? false,
    metricsToken: options.metricsToken,
    ready: async () => ({
      database: await database.pool.query('select 1').then(
        () => true,
        () => false,
      ),
      tasks: isWorking,
    }),
  })

  const loops = new Loops(log)
  let unsubscribe: (() => Promise<void>) | undefined
  await engine.open()
  await feed.start()

  return {
    http,
    engine,
    cloud,
    openstack,
    observer,
    systems,
    handlers,
    runDue,
    async prepare() {
      await db.transaction().execute((tx) => seedPrices(tx, clock.now(), options.currency))
      // A cloud that is away now is no reason not to start: orders wait, and the list comes with the next look.
      await syncImages(parts).catch((error: unknown) => logger.warn({ err: error }, 'the list of images could not be read'))
    },
    async work({ workers, pollSeconds }) {
      if (workers > 0) await engine.work(workers)
      isWorking = true
      loops.every(pollSeconds * 1000, 'observe.servers', () => observer.poll())
      loops.every(15_000, 'neighbours.ask', () => askAll(questions))
      loops.every(600_000, 'observe.sweep', () => observer.sweep())
      loops.every(60_000, 'catalogue.images', () => syncImages(parts))
      loops.every(20_000, 'money.due', runDue)
      loops.every(86_400_000, 'money.proof', () => proveBooks(db, clock))
      loops.every(3_600_000, 'forget', () => forgetOld(db, clock.now()))
      if (options.amqpUrl) {
        const subscription = await subscribe({
          url: options.amqpUrl,
          queuePrefix: 'portal',
          onNotification: (notification) => observer.hear(notification),
        })
        unsubscribe = () => subscription.close()
      }
    },
    async close() {
      await unsubscribe?.()
      await loops.stop()
      await http.close()
      await engine.stop()
      await feed.close()
    },
  }
}
