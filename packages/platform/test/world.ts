import { type Client, createClient, type GivenBody, routes, type Server, type Task } from '@straylight/api'
import { AdjustableClock, type Layer, newId, undiciSend } from '@straylight/kit'
import { startOpenstackSimulator } from '@straylight/openstack/simulator'
import { pino } from 'pino'
import { type App, type AppOptions, createApp } from '../src/app.ts'
import { openDatabase } from '../src/foundation/db.ts'
import { secretsOf } from '../src/foundation/secrets.ts'
import { hashPassword } from '../src/identity/index.ts'
import { testDatabase } from './database.ts'

export type OpenstackSimulator = Awaited<ReturnType<typeof startOpenstackSimulator>>

export interface WorldOptions {
  start?: Date
  layers?: Layer[]
  wrap?: AppOptions['wrap']
  logger?: AppOptions['logger']
}

export interface Person {
  email: string
  password: string
  accountId: string
  projectId: string
  token: string
  call: Client
  /** The platform has been restarted and listens elsewhere. */
  moveTo(url: string): void
  topUp(amount: string): Promise<void>
  order(changes?: Partial<GivenBody<typeof routes.serversCreate>>): Promise<GivenBody<typeof routes.serversCreate>>
  /** Orders a server; nothing is carried out yet. */
  createServer(changes?: Partial<GivenBody<typeof routes.serversCreate>>): Promise<{ id: string; taskId: string }>
  server(id: string): Promise<Server>
  task(id: string): Promise<Task>
  balance(): Promise<{ posted: string; held: string; accrued: string; available: string }>
}

export type World = Awaited<ReturnType<typeof createWorld>>

const silent = pino({ level: process.env.STRAYLIGHT_TEST_LOG ?? 'silent' })
export const goodPassword = 'copper lantern on the pier'

/**
 * The whole platform on a real PostgreSQL, with a simulated OpenStack on loopback, both on one clock that only tests move.
 * Everything is done through the API, as customers do it.
 */
export async function createWorld(options: WorldOptions = {}) {
  const clock = new AdjustableClock('still', options.start ?? new Date('2026-11-22T09:00:00Z'))
  const openstack = await startOpenstackSimulator({ clock, pace: 'auto' })
  const store = await testDatabase()
  let app = await begin()
  let url = await app.http.listen({ host: '127.0.0.1', port: 0 })

  async function begin(changes: Pick<WorldOptions, 'layers' | 'wrap'> = options): Promise<App> {
    const created = await createApp({
      database: store.database,
      clock,
      secrets: secretsOf(Buffer.alloc(32, 7)),
      logger: options.logger ?? silent,
      currency: 'EUR',
      isSimulated: true,
      openstack: {
        authUrl: openstack.authUrl,
        username: openstack.credentials.username,
        password: openstack.credentials.password,
        userDomain: openstack.credentials.userDomain,
        adminProject: openstack.adminProject,
        customersDomain: openstack.customersDomain,
        externalNetwork: undefined,
        region: undefined,
        bootsPerSecond: 1000,
        send: undiciSend({ defaultTimeoutMs: 20_000 }),
        ...(changes.layers ? { layers: changes.layers } : {}),
      },
      random: () => 0.5,
      ...(changes.wrap ? { wrap: changes.wrap } : {}),
    })
    await created.prepare()
    await created.engine.enlist()
    return created
  }

  /** Carries out every task, moving the clock to whatever is due next, until none is open or `until` says so. */
  async function runTasks({ until, rounds = 2_000 }: { until?: () => Promise<boolean>; rounds?: number } = {}): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      await app.engine.tick()
      if ((await app.engine.runQueued()) > 0) continue
      if (await until?.()) return
      const due = await app.engine.nextDue()
      if (!due) return
      clock.advance(Math.max(0, due.getTime() - clock.now().getTime()))
      // What the clock woke in the simulator settles before the platform looks.
      await new Promise((resolve) => setImmediate(resolve))
    }
    throw new Error(`tasks are still open after ${rounds} rounds`)
  }

  const person = async (name: string): Promise<Person> => {
    const email = `${name}-${newId().slice(-8)}@example.com`
    const { data } = await createClient({ baseUrl: url })(routes.accountSignUp, {
      body: { email, password: goodPassword, name, language: 'en' },
    })
    return actor({ email, accountId: data.result.id, projectId: data.result.project_id, token: data.result.token })
  }

  const actor = (who: { email: string; accountId: string; projectId: string; token: string }): Person => {
    let base = url
    const call: Client = ((route: never, inputs: never) =>
      createClient({ baseUrl: base, token: who.token })(route, inputs)) as Client
    const order: Person['order'] = async (changes = {}) => {
      const images = (await call(routes.imagesList, { params: { project_id: who.projectId } })).data.result
      return {
        name: 'web-01',
        image: images[0]?.id ?? '',
        flavor: { vcpus: 1, ram: 1 },
        storages: [{ size: 10, bootable: true }],
        addresses: [{}],
        ...changes,
      }
    }
    return {
      ...who,
      password: goodPassword,
      call,
      moveTo(elsewhere) {
        base = elsewhere
      },
      order,
      async topUp(amount) {
        await call(routes.billingTopUp, { body: { amount, method: 'demo' } })
      },
      async createServer(changes) {
        const answer = await call(routes.serversCreate, { params: { project_id: who.projectId }, body: await order(changes) })
        return { id: answer.data.result.id, taskId: answer.taskId ?? '' }
      },
      server: async (id) => (await call(routes.serversDetail, { params: { id } })).data.result,
      task: async (id) => (await call(routes.tasksDetail, { params: { id } })).data.result,
      async balance() {
        const { posted, held, accrued, available } = (await call(routes.billingBalance)).data.result
        return { posted, held, accrued, available }
      },
    }
  }

  return {
    clock,
    openstack,
    store,
    get app() {
      return app
    },
    get url() {
      return url
    },
    get db() {
      return store.database.db
    },
    runTasks,
    person,
    async operator(): Promise<Person> {
      const someone = await person('operator')
      await store.database.db
        .updateTable('account')
        .set({ role: 'operator', password_hash: await hashPassword(goodPassword) })
        .where('id', '=', someone.accountId)
        .execute()
      return someone
    },
    async advance(seconds: number) {
      clock.advance(seconds * 1000)
      await app.runDue()
    },
    /**
     * As after `kill -9`: whatever the old process was about to do never happens, its database connections are cut,
     * and a new one begins on the same database and cloud.
     */
    async restartAfterCrash(changes: Pick<WorldOptions, 'layers' | 'wrap'> = {}) {
      const dead = app
      const { database } = store
      // What a dead process cannot do any more: run tasks, listen, connect again.
      void dead.engine.stop().catch(() => {})
      void dead.close().catch(() => {})
      void database.close().catch(() => {})
      const fresh = openDatabase(store.url)
      // Its locks are free once its connections have really ended.
      await fresh.pool.query(
        'select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      )
      store.database = fresh
      app = await begin(changes)
      url = await app.http.listen({ host: '127.0.0.1', port: 0 })
      return app
    },
    async close() {
      await app.close()
      await openstack.close()
      await store.drop()
    },
  }
}
