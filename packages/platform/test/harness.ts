import { routes } from '@straylight/api'
import type { Layer } from '@straylight/kit'
import { prove } from '../src/billing/index.ts'
import { type AnyWorkflow, OrderFailed } from '../src/foundation/tasks/index.ts'
import { createWorld, type Person, type World } from './world.ts'

/**
 * Runs any workflow through what can happen to it: each step twice, death after each outside effect, failure at each step, and each fault of
 * each upstream call. Afterwards the world must be whole: nothing left upstream that no row knows, books that prove, no open hold, no open task.
 */
export interface Scenario {
  name: string
  /** What must exist before the order. */
  arrange(customer: Person, world: World): Promise<string>
  /** Gives the order; `subject` is what `arrange` gave. @returns the server that it is about, if there is one */
  order(customer: Person, subject: string, world: World): Promise<string | undefined>
  /** The statuses in which the server may be found afterwards; `gone` when it is no more. */
  mayEnd: string[]
}

const order = { storages: [{ size: 10, bootable: true }, { size: 5 }] }

async function running(customer: Person, world: World): Promise<string> {
  const { id } = await customer.createServer(order)
  await world.runTasks()
  const { status, reason } = await customer.server(id)
  if (status !== 'ACTIVE') throw new Error(`the server to begin with is ${status}: ${reason}`)
  return id
}

const act =
  (route: typeof routes.serversStop | typeof routes.serversStart | typeof routes.serversReboot) =>
  async (customer: Person, id: string) => {
    await customer.call(route, { params: { id } })
    return id
  }

export const scenarios: Scenario[] = [
  {
    name: 'project.prepare',
    arrange: async () => '',
    async order(_customer, _subject, world) {
      await world.person('another')
      return undefined
    },
    mayEnd: [],
  },
  {
    name: 'server.create',
    arrange: async () => '',
    order: async (customer) => (await customer.createServer(order)).id,
    mayEnd: ['ACTIVE', 'ERROR'],
  },
  {
    name: 'server.delete',
    arrange: running,
    async order(customer, id) {
      await customer.call(routes.serversDelete, { params: { id }, body: { delete_volumes: 'all', delete_addresses: 'all' } })
      return id
    },
    mayEnd: ['gone'],
  },
  { name: 'server.stop', arrange: running, order: act(routes.serversStop), mayEnd: ['STOPPED', 'ACTIVE'] },
  {
    name: 'server.start',
    async arrange(customer, world) {
      const id = await running(customer, world)
      await customer.call(routes.serversStop, { params: { id } })
      await world.runTasks()
      return id
    },
    order: act(routes.serversStart),
    mayEnd: ['ACTIVE', 'STOPPED'],
  },
  { name: 'server.reboot', arrange: running, order: act(routes.serversReboot), mayEnd: ['ACTIVE'] },
  deletionOf('volume', routes.volumesDelete),
  deletionOf('address', routes.addressesDelete),
]

function deletionOf(kind: 'volume' | 'address', route: typeof routes.volumesDelete | typeof routes.addressesDelete): Scenario {
  return {
    name: `${kind}.delete`,
    arrange: async (customer, world) => (await leftBehind(customer, world))[kind],
    async order(customer, id) {
      await customer.call(route, { params: { id } })
      return undefined
    },
    mayEnd: [],
  }
}

/** A further volume and an address whose server is no more; those of earlier cells are used up first. */
async function leftBehind(customer: Person, world: World): Promise<Record<'volume' | 'address', string>> {
  const params = { project_id: customer.projectId }
  const loose = async () => ({
    volumes: (await customer.call(routes.volumesList, { params })).data.result.filter((volume) => !volume.attached_to_server),
    addresses: (await customer.call(routes.addressesList, { params })).data.result.filter((address) => !address.attached_to),
  })
  const before = await loose()
  for (const { id } of before.volumes) await customer.call(routes.volumesDelete, { params: { id } })
  for (const { id } of before.addresses) await customer.call(routes.addressesDelete, { params: { id } })
  const id = await running(customer, world)
  await customer.call(routes.serversDelete, { params: { id }, body: {} })
  await world.runTasks()
  const [volume] = (await loose()).volumes
  const [address] = (await loose()).addresses
  if (!volume || !address) throw new Error('the volume and the address are kept when their server is deleted')
  return { volume: volume.id, address: address.id }
}

/** What the harness does to the platform while a workflow runs; all off between cells. */
export interface Control {
  twice: boolean
  /** Our client waits only a moment for an answer. */
  impatient: boolean
  failAt: { step: string; when: 'before' | 'after' } | undefined
  /** Done once, between what this step does outside and its commit. */
  meanwhile: { step: string; act(): Promise<void> } | undefined
  /** Dies after this many outside writes have been answered, counted from now. */
  dieAfterWrites: number | undefined
  /** Outside writes since the order. */
  writes: number
  died: () => void
}

const impatientMs = 300
const patientMs = 20_000

export async function createHarness() {
  const control: Control = {
    twice: false,
    impatient: false,
    failAt: undefined,
    meanwhile: undefined,
    dieAfterWrites: undefined,
    writes: 0,
    died: () => {},
  }

  const layer: Layer = (next) => async (request) => {
    const response = await next({ ...request, timeoutMs: control.impatient ? impatientMs : patientMs })
    const isWrite = request.method !== 'GET' && request.method !== 'HEAD' && !request.url.endsWith('/auth/tokens')
    if (isWrite && response.status < 400 && control.dieAfterWrites !== undefined && ++control.writes >= control.dieAfterWrites) {
      control.dieAfterWrites = undefined
      control.died()
      // The process is dead: nothing after the effect ever happens in it.
      await new Promise(() => {})
    }
    return response
  }

  const wrap = (workflow: AnyWorkflow): AnyWorkflow => ({
    ...workflow,
    steps: Object.fromEntries<AnyWorkflow['steps'][string]>(
      Object.entries(workflow.steps).map(([name, step]) => [
        name,
        async (task) => {
          const { failAt } = control
          const fails = failAt?.step === name ? failAt.when : undefined
          if (fails) control.failAt = undefined
          if (fails === 'before') throw new OrderFailed('test.ordered', 'A failure was ordered.')
          if (control.twice) await step(task)
          const move = await step(task)
          const { meanwhile } = control
          if (meanwhile?.step === name) {
            control.meanwhile = undefined
            await meanwhile.act()
          }
          if (fails === 'after') throw new OrderFailed('test.ordered', 'A failure was ordered.')
          return move
        },
      ]),
    ),
  })

  const world = await createWorld({ layers: [layer], wrap })
  const customer = await world.person('harness')
  await customer.topUp('100000')
  await world.runTasks()

  function calm(): void {
    Object.assign(control, {
      twice: false,
      impatient: false,
      failAt: undefined,
      meanwhile: undefined,
      dieAfterWrites: undefined,
      writes: 0,
      died: () => {},
    })
    world.openstack.faults.clear()
  }

  /** Whatever a cell left, its owner can delete it, and then nothing is left. */
  async function cleared(serverId: string | undefined): Promise<string[]> {
    const server = serverId
      ? await world.db.selectFrom('server').select('deleted_at').where('id', '=', serverId).executeTakeFirst()
      : undefined
    if (!serverId || !server || server.deleted_at) return []
    await customer.call(routes.serversDelete, {
      params: { id: serverId },
      body: { delete_volumes: 'all', delete_addresses: 'all' },
    })
    await world.runTasks()
    return (await examine(world, customer, serverId, ['gone'])).map((fault) => `after its deletion: ${fault}`)
  }

  return {
    world,
    customer,
    control,
    calm,

    /** Runs one cell: arranges in calm weather, then the order in the weather that `brew` makes. @returns what is not whole */
    async cell(scenario: Scenario, brew: () => void, options: { mayEnd?: string[] } = {}): Promise<string[]> {
      calm()
      const subject = await scenario.arrange(customer, world)
      brew()
      let serverId: string | undefined
      try {
        serverId = await scenario.order(customer, subject, world)
        await world.runTasks()
      } finally {
        calm()
      }
      // Late effects of cut-off calls come about.
      world.clock.advance(60_000)
      await world.app.observer.poll()
      await world.runTasks()
      return [...(await examine(world, customer, serverId, options.mayEnd ?? scenario.mayEnd)), ...(await cleared(serverId))]
    },

    /** Runs one cell in which the process dies after its `n`th outside write. @returns undefined when there is no such write. */
    async deathCell(scenario: Scenario, n: number): Promise<string[] | undefined> {
      calm()
      const subject = await scenario.arrange(customer, world)
      const died = new Promise<'died'>((resolve) => {
        control.died = () => resolve('died')
      })
      control.writes = 0
      control.dieAfterWrites = n
      const serverId = await scenario.order(customer, subject, world)
      const outcome = await Promise.race([died, world.runTasks().then(() => 'survived' as const)])
      calm()
      if (outcome === 'survived') return undefined
      await world.restartAfterCrash({ layers: [layer], wrap })
      customer.moveTo(world.url)
      await world.runTasks()
      const must = scenario.name === 'server.create' ? ['ACTIVE'] : scenario.mayEnd
      return [...(await examine(world, customer, serverId, must)), ...(await cleared(serverId))]
    },

    stepsOf: (name: string): string[] => {
      const workflow = world.app.engine.workflow(name)
      return workflow ? [...workflow.path] : []
    },
    close: () => world.close(),
  }
}

/** Everything that is not whole, in sentences. */
async function examine(world: World, customer: Person, serverId: string | undefined, mayEnd: string[]): Promise<string[]> {
  const { db } = world
  const faults: string[] = []
  const open = await db.selectFrom('task').select(['workflow', 'step', 'error']).where('finished_at', 'is', null).execute()
  for (const task of open) faults.push(`${task.workflow} is still open at ${task.step}: ${task.error}`)
  for (const difference of await prove(db, world.clock.now()))
    faults.push(`the books: ${JSON.stringify(difference, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`)
  const balance = await customer.balance()
  if (balance.held !== '0.00') faults.push(`a hold of ${balance.held} is open`)

  const server = serverId ? await db.selectFrom('server').selectAll().where('id', '=', serverId).executeTakeFirst() : undefined
  if (server) {
    const status = server.deleted_at ? 'gone' : server.status
    if (!mayEnd.includes(status))
      faults.push(`the server ended as ${status}${server.reason ? ` (${server.reason})` : ''}, not as ${mayEnd.join(' or ')}`)
    if (status === 'ERROR' && !server.reason) faults.push('the customer was not told why')
    const meters = await db
      .selectFrom('meter')
      .select(['sku', 'resource_type'])
      .where('resource_id', '=', server.id)
      .where('closed_at', 'is', null)
      .execute()
    const charged = meters.length > 0
    if (charged !== (status === 'ACTIVE'))
      faults.push(`a server that is ${status} is ${charged ? '' : 'not '}charged for vCPU and RAM`)
    const seen = world.openstack.servers().find((known) => known.name === server.id)
    if (status === 'ACTIVE' && seen?.status !== 'ACTIVE')
      faults.push(`the cloud says ${seen?.status} of a server that is ACTIVE here`)
    if (status === 'STOPPED' && seen?.status !== 'SHUTOFF')
      faults.push(`the cloud says ${seen?.status} of a server that is STOPPED here`)
  }
  faults.push(...(await strays(world)))
  return faults
}

/** What exists upstream and belongs to nothing that is alive here, and the other way round. */
export async function strays(world: World): Promise<string[]> {
  const { db, openstack } = world
  const faults: string[] = []
  const alive = async (table: 'server' | 'volume' | 'address') =>
    new Set(
      (await db.selectFrom(table).select(['id', 'status']).where('deleted_at', 'is', null).execute())
        .filter(({ status }) => status !== 'ERROR')
        .map(({ id }) => id),
    )
  const [servers, volumes, addresses] = [await alive('server'), await alive('volume'), await alive('address')]
  const compare = (what: string, ours: Set<string>, names: (string | null)[]) => {
    const theirs = names.map((name) => name ?? 'without a name')
    for (const id of theirs) if (!ours.has(id)) faults.push(`${what} ${id} was left behind in the cloud`)
    for (const id of new Set(theirs))
      if (theirs.filter((other) => other === id).length > 1)
        faults.push(`${what} ${id} exists ${theirs.filter((other) => other === id).length} times`)
    for (const id of ours) if (!theirs.includes(id)) faults.push(`${what} ${id} is not in the cloud`)
  }
  compare(
    'server',
    servers,
    openstack.servers().map(({ name }) => name),
  )
  compare(
    'volume',
    volumes,
    openstack.volumes().map(({ name }) => name),
  )
  compare(
    'address',
    addresses,
    openstack.floatingIps().map(({ description }) => description ?? ''),
  )
  compare(
    'port',
    servers,
    openstack
      .ports()
      .filter(({ deviceOwner }) => !deviceOwner.startsWith('network:'))
      .map(({ name }) => name),
  )
  return faults
}

/** One kind of call that a clean run made, as a fault can name it. */
export interface KindOfCall {
  service: string
  method: string
  path: string
}

const id = '[0-9a-f-]{32,36}'

/** The distinct calls of the journal; ids are made into patterns. */
export function kindsOfCalls(journal: { service: string | undefined; method: string; path: string }[]): KindOfCall[] {
  const kinds = new Map<string, KindOfCall>()
  for (const { service = '', method, path } of journal) {
    const pattern = `^${path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/g, id)}$`
    kinds.set(`${method} ${pattern}`, { service, method, path: pattern })
  }
  return [...kinds.values()]
}
