import { type Client, createClient, routes } from '@straylight/api'
import { type AdjustableClock, newId } from '@straylight/kit'
import type { App } from './app.ts'
import type { Database, Db } from './foundation/db.ts'
import { openTasksByState } from './foundation/tasks/index.ts'
import { accountByEmail, hashPassword, insertAccount } from './identity/index.ts'
import { openLedger } from './ledger/index.ts'

export const demoCustomer = { email: 'demo@straylight.example', name: 'Northlamp Ltd' }

/** There is always an operator, with a ledger as everybody has; the first start makes one. */
export async function ensureOperator(
  db: Db,
  clock: { now(): Date },
  currency: string,
  login: { email: string; password: string },
): Promise<void> {
  const known = await accountByEmail(db, login.email)
  const account = known ?? {
    id: newId(),
    email: login.email,
    name: 'Operator',
    language: 'en' as const,
    role: 'operator' as const,
    password_hash: await hashPassword(login.password),
    currency,
    created_at: clock.now(),
  }
  await db.transaction().execute(async (tx) => {
    if (!known) await insertAccount(tx, account)
    await openLedger(tx, { accountId: account.id, currency: account.currency })
  })
}

const historyDays = 14
const day = 86_400_000
/** The demo's clock begins this long ago. */
export const demoHistoryMs = historyDays * day

/**
 * The demo customer's two weeks: signs up, pays, runs servers. It is no invented data: the same requests that a browser sends, on a clock
 * that begins in the past and is moved through the days, so that every charge was really rated and posted.
 */
export async function playDemo({
  app,
  database,
  clock,
  login,
}: {
  app: App
  database: Database
  clock: AdjustableClock
  login: { email: string; password: string }
}): Promise<void> {
  let token: string | undefined
  const client: Client = createClient({
    baseUrl: '',
    fetch: async (url, init) => {
      const answer = await app.http.inject({
        url: String(url),
        method: (init?.method ?? 'GET') as 'GET',
        headers: { ...(init?.headers as Record<string, string>), ...(token ? { authorization: `Bearer ${token}` } : {}) },
        ...(init?.body ? { payload: String(init.body) } : {}),
      })
      return new Response(answer.statusCode === 204 ? null : answer.body, {
        status: answer.statusCode,
        headers: { 'x-task-id': String(answer.headers['x-task-id'] ?? '') },
      })
    },
  })

  /** Lets simulated time run until nothing is under way. */
  const settle = async () => {
    for (let round = 0; round < 400; round++) {
      if ((await openTasksByState(database.db)).length === 0) return
      clock.advance(1000)
      await app.engine.tick()
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
    throw new Error('The demo customer’s servers did not come up. Remove the data folder and start again.')
  }

  const { data } = await client(routes.accountSignUp, { body: { ...login, name: demoCustomer.name, language: 'en' } })
  token = data.result.token
  const params = { project_id: data.result.project_id }
  await client(routes.billingTopUp, { body: { amount: '60.00', method: 'demo' }, idempotencyKey: newId() })
  const images = (await client(routes.imagesList, { params })).data.result
  const image = (name: string) => (images.find((candidate) => candidate.name.toLowerCase().includes(name)) ?? images[0])?.id ?? ''
  const key = await client(routes.keypairsGenerate, { params, body: { name: 'laptop' } })
  const order = (name: string, system: string, vcpus: number, ram: number, size: number, isPublic: boolean) =>
    client(routes.serversCreate, {
      params,
      body: {
        name,
        image: image(system),
        flavor: { vcpus, ram },
        storages: [{ size, bootable: true }],
        addresses: isPublic ? [{}] : [],
        keypairs: [key.data.result.id],
      },
    })
  await order('web-01', 'debian', 2, 4, 40, true)
  await order('web-02', 'debian', 2, 4, 40, true)
  await order('db-01', 'ubuntu', 4, 8, 80, false)
  await settle()
  const passed = async (days: number) => {
    clock.advance(days * day)
    await app.runDue()
  }
  await passed(historyDays / 3)
  await order('cache-01', 'rocky', 1, 2, 20, false)
  const blog = await order('old-blog', 'fedora', 1, 1, 10, false)
  await settle()
  await passed(historyDays / 3)
  await client(routes.billingTopUp, { body: { amount: '40.00', method: 'demo' }, idempotencyKey: newId() })
  await client(routes.serversStop, { params: { id: blog.data.result.id } })
  await settle()
  await passed(historyDays / 3)
}
